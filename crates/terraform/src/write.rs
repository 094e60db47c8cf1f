//! Templates and expressions as Terraform reads them.

use std::borrow::Cow;
use std::fmt;

use crate::Template;
use crate::target::Target;
use crate::template::{Expression, Part, Term};

/// Names things from inside a module, or from the root.
pub(crate) trait Scope {
    /// The expression for another resource's attribute.
    fn attribute(&mut self, target: &Target) -> String;
    /// The expression for a variable of the root.
    fn input(&mut self, name: &str) -> String;
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
    write_parts(parts, scope, escape)
}

fn write_parts(parts: &[Part], scope: &mut dyn Scope, quote: fn(&str) -> Cow<'_, str>) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Literal(text) => out.push_str(&quote(text)),
            Part::Expression(expression) => {
                // A dollar sign right before an interpolation would read as the escape `$${`.
                if out.ends_with('$') {
                    out.truncate(out.len() - 1);
                    out.push_str("${\"$\"}");
                }
                out.push_str("${");
                out.push_str(&write_expression(expression, scope));
                out.push('}');
            }
        }
    }
    out
}

pub(crate) fn write_expression(Expression(term): &Expression, scope: &mut dyn Scope) -> String {
    write_term(term, scope)
}

fn write_term(term: &Term, scope: &mut dyn Scope) -> String {
    match term {
        Term::Attribute(target) => scope.attribute(target),
        Term::Input(name) => scope.input(name),
        Term::RootDirectory => "path.root".to_owned(),
        Term::Number(number) => number.to_string(),
        Term::Text(parts) => format!("\"{}\"", write_parts(parts, scope, quote)),
        Term::Call(function, arguments) => {
            let arguments: Vec<_> =
                arguments.iter().map(|argument| write_term(argument, scope)).collect();
            format!("{function}({})", arguments.join(", "))
        }
        Term::Object(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| format!("\"{}\" = {}", quote(name), write_term(value, scope)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Term::Field(object, name) => format!("{}[\"{}\"]", write_term(object, scope), quote(name)),
    }
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
            fn attribute(&mut self, target: &Target) -> String {
                format!("{}.{}.{}", target.module, target.address, target.attribute)
            }
            fn input(&mut self, name: &str) -> String {
                format!("var.{name}")
            }
        }
        out.write_str(&write_template(self.parts(), &mut Absolute))
    }
}
