//! Templates and expressions as Terraform reads them.

use std::borrow::Cow;
use std::fmt;

use crate::Template;
use crate::target::Target;
use crate::template::{Expression, Part, Term};

/// Names things from inside a module, or from the root.
pub(crate) trait Scope {
    /// Appends the expression for another resource's attribute.
    fn attribute(&mut self, target: &Target, out: &mut String);
    /// Appends the expression for a variable of the root.
    fn input(&mut self, name: &str, out: &mut String);
}

/// Terraform's escapes for text that is not a template.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if text.contains('{') {
        Cow::Owned(text.replace("${", "$${").replace("%{", "%%{"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A template as the string that Terraform reads.
pub(crate) fn write_template(parts: &[Part], scope: &mut dyn Scope) -> String {
    let mut out = String::new();
    write_parts(parts, scope, escape, &mut out);
    out
}

fn write_parts(
    parts: &[Part],
    scope: &mut dyn Scope,
    quote: fn(&str) -> Cow<'_, str>,
    out: &mut String,
) {
    for part in parts {
        match part {
            Part::Literal(text) => out.push_str(&quote(text)),
            Part::Expression(Expression(term)) => {
                // A dollar sign right before an interpolation would read as the escape `$${`.
                if out.ends_with('$') {
                    out.truncate(out.len() - 1);
                    out.push_str("${\"$\"}");
                }
                out.push_str("${");
                write_term(term, scope, out);
                out.push('}');
            }
        }
    }
}

fn write_term(term: &Term, scope: &mut dyn Scope, out: &mut String) {
    match term {
        Term::Attribute(target) => scope.attribute(target, out),
        Term::Input(name) => scope.input(name, out),
        Term::RootDirectory => out.push_str("path.root"),
        Term::Number(number) => out.push_str(&number.to_string()),
        Term::Text(parts) => {
            out.push('"');
            write_parts(parts, scope, quote, out);
            out.push('"');
        }
        Term::Call(function, arguments) => {
            out.push_str(function);
            out.push('(');
            for (index, argument) in arguments.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_term(argument, scope, out);
            }
            out.push(')');
        }
        Term::Object(fields) => {
            out.push_str("{ ");
            for (index, (name, value)) in fields.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_quoted(name, out);
                out.push_str(" = ");
                write_term(value, scope, out);
            }
            out.push_str(" }");
        }
        Term::Field(object, name) => {
            write_term(object, scope, out);
            out.push('[');
            write_quoted(name, out);
            out.push(']');
        }
    }
}

fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    out.push_str(&quote(text));
    out.push('"');
}

/// Text as it stands between the quotes of an expression.
fn quote(text: &str) -> Cow<'_, str> {
    Cow::Owned(escape(text).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// As a configuration would hold it, except that references carry their module.
impl fmt::Display for Template {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Absolute;
        impl Scope for Absolute {
            fn attribute(&mut self, target: &Target, out: &mut String) {
                let Target { module, address, attribute, .. } = target;
                *out += &format!("{module}.{address}.{attribute}");
            }
            fn input(&mut self, name: &str, out: &mut String) {
                *out += "var.";
                *out += name;
            }
        }
        out.write_str(&write_template(self.parts(), &mut Absolute))
    }
}
