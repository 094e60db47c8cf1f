use std::collections::BTreeMap;
use std::ops::Add;

use crate::target::Target;
use crate::{Name, Region, Zone};

/// A string of literal text and expressions. Literal text is escaped when it is written, so `${` in it stays `${`.
///
/// ```
/// use drstack_terraform::{Input, Template};
/// let arn = Template::from("arn:aws:sns:us-east-1:") + Input::ACCOUNT_ID + ":alarms";
/// assert_eq!(arn.to_string(), "arn:aws:sns:us-east-1:${var.account_id}:alarms");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Template {
    parts: Vec<Part>,
}

/// Something that Terraform evaluates: an attribute of a resource, a variable of the root, a function's result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expression(pub(crate) Term);

/// A variable of the root that every module may use: using it in a module declares it there and passes it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input(&'static str);

/// One piece of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Literal(String),
    Expression(Expression),
}

/// An expression's grammar; as small as the stack's needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Term {
    Attribute(Box<Target>),
    Input(&'static str),
    RootDirectory,
    Number(i64),
    Text(Vec<Part>),
    Call(&'static str, Vec<Term>),
    Object(BTreeMap<&'static str, Term>),
    Field(Box<Term>, &'static str),
}

impl Input {
    /// The suffix of this environment, part of every name.
    pub const ENVIRONMENT_SUFFIX: Self = Self("environment_suffix");
    /// The id of the account that is deployed to, twelve digits.
    pub const ACCOUNT_ID: Self = Self("account_id");

    /// The variable's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl Expression {
    /// The directory of the root module, relative to where Terraform runs: `path.root`.
    pub const ROOT_DIRECTORY: Self = Self(Term::RootDirectory);

    /// A call of one of Terraform's functions, such as `replace(arn, "us-east-1", "us-east-2")`.
    #[must_use]
    pub fn call(function: &'static str, arguments: impl IntoIterator<Item = Self>) -> Self {
        Self(Term::Call(function, arguments.into_iter().map(|argument| argument.0).collect()))
    }

    /// An object of these fields, such as `{ "username" = "admin" }`.
    #[must_use]
    pub fn object(fields: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        Self(Term::Object(fields.into_iter().map(|(name, value)| (name, value.0)).collect()))
    }

    /// A field of an object, such as `jsondecode(text)["password"]`.
    #[must_use]
    pub fn field(self, name: &'static str) -> Self {
        Self(Term::Field(Box::new(self.0), name))
    }

    pub(crate) fn from_target(target: Target) -> Self {
        Self(Term::Attribute(Box::new(target)))
    }
}

impl From<Input> for Expression {
    fn from(input: Input) -> Self {
        Self(Term::Input(input.0))
    }
}

impl From<i64> for Expression {
    fn from(number: i64) -> Self {
        Self(Term::Number(number))
    }
}

impl From<&str> for Expression {
    fn from(text: &str) -> Self {
        Template::from(text).into()
    }
}

impl From<Template> for Expression {
    fn from(mut template: Template) -> Self {
        match template.parts.pop() {
            Some(Part::Expression(only)) if template.parts.is_empty() => only,
            last => {
                template.parts.extend(last);
                Self(Term::Text(template.parts))
            }
        }
    }
}

impl Template {
    /// The text, when no expression is in it.
    #[must_use]
    pub fn as_literal(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => Some(text.as_str()),
                Part::Expression(_) => None,
            })
            .collect()
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn into_parts(self) -> Vec<Part> {
        self.parts
    }

    pub(crate) fn push(&mut self, part: Part) {
        match (self.parts.last_mut(), part) {
            (_, Part::Literal(text)) if text.is_empty() => {}
            (Some(Part::Literal(before)), Part::Literal(text)) => before.push_str(&text),
            (_, part) => self.parts.push(part),
        }
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(Part::Literal(before)) => before.push_str(text),
            _ => self.push(Part::Literal(text.to_owned())),
        }
    }
}

impl<T: Into<Template>> Add<T> for Template {
    type Output = Self;

    fn add(mut self, more: T) -> Self {
        for part in more.into().parts {
            self.push(part);
        }
        self
    }
}

impl FromIterator<Part> for Template {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        let mut template = Self::default();
        parts.into_iter().for_each(|part| template.push(part));
        template
    }
}

impl From<Expression> for Template {
    fn from(expression: Expression) -> Self {
        Self { parts: vec![Part::Expression(expression)] }
    }
}

impl From<Input> for Template {
    fn from(input: Input) -> Self {
        Expression::from(input).into()
    }
}

impl From<&str> for Template {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Template {
    fn from(text: String) -> Self {
        [Part::Literal(text)].into_iter().collect()
    }
}

impl From<Region> for Template {
    fn from(region: Region) -> Self {
        region.as_str().into()
    }
}

impl From<Zone> for Template {
    fn from(zone: Zone) -> Self {
        zone.to_string().into()
    }
}

impl From<Name> for Template {
    fn from(name: Name) -> Self {
        name.into_template()
    }
}

impl From<&Name> for Template {
    fn from(name: &Name) -> Self {
        name.clone().into_template()
    }
}
