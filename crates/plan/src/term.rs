//! Values while a configuration is evaluated.

use std::collections::BTreeMap;

use crate::json::{Json, JsonKind, write_string};
use crate::record::{Marked, Texts};

/// How long a text may get. What people write stays far below; a longer one is unknown.
pub(crate) const MOST_TEXT: usize = 4 << 20;

/// A value of Terraform's language, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term {
    Null,
    Unknown,
    Bool(bool),
    /// A number as it was written.
    Number(String),
    Text(String),
    /// Lists, tuples and sets.
    List(Vec<Term>),
    /// Maps and objects.
    Map(BTreeMap<String, Term>),
    Sensitive(Box<Term>),
}

impl Term {
    /// A Boolean, a number or null.
    pub(crate) fn literal(json: Json<'_>) -> Self {
        match (json.kind(), json.as_bool()) {
            (JsonKind::Bool, Some(truth)) => Self::Bool(truth),
            (JsonKind::Number, _) => {
                Self::Number(String::from_utf8_lossy(json.text()).into_owned())
            }
            _ => Self::Null,
        }
    }

    /// A value in which no string is a template.
    pub(crate) fn constant(json: Json<'_>) -> Self {
        match json.kind() {
            JsonKind::String => {
                json.as_str().map_or(Self::Unknown, |text| Self::Text(text.into_owned()))
            }
            JsonKind::Array => Self::List(json.elements().map(Self::constant).collect()),
            JsonKind::Object => Self::Map(
                json.members()
                    .map(|(key, value)| (key.into_owned(), Self::constant(value)))
                    .collect(),
            ),
            JsonKind::Null | JsonKind::Bool | JsonKind::Number => Self::literal(json),
        }
    }

    pub(crate) fn into_sensitive(self) -> Self {
        match self {
            Self::Sensitive(_) => self,
            plain => Self::Sensitive(Box::new(plain)),
        }
    }

    pub(crate) fn sensitive_if(self, sensitive: bool) -> Self {
        if sensitive { self.into_sensitive() } else { self }
    }

    /// The value without its outermost mark.
    pub(crate) fn into_plain(self) -> Self {
        match self {
            Self::Sensitive(plain) => *plain,
            plain => plain,
        }
    }

    pub(crate) fn is_sensitive(&self) -> bool {
        matches!(self, Self::Sensitive(_))
    }

    /// Whether all of it is known.
    pub(crate) fn is_wholly_known(&self) -> bool {
        !self.holds(|term| matches!(term, Self::Unknown))
    }

    /// Whether any of it is sensitive.
    pub(crate) fn holds_sensitive(&self) -> bool {
        self.holds(Self::is_sensitive)
    }

    /// Whether it, or anything in it, is such a value.
    fn holds(&self, is_such: fn(&Self) -> bool) -> bool {
        is_such(self)
            || match self {
                Self::List(items) => items.iter().any(|item| item.holds(is_such)),
                Self::Map(map) => map.values().any(|value| value.holds(is_such)),
                Self::Sensitive(plain) => plain.holds(is_such),
                Self::Null | Self::Unknown | Self::Bool(_) | Self::Number(_) | Self::Text(_) => {
                    false
                }
            }
    }

    /// The text that a string would hold for it, as Terraform converts it.
    pub(crate) fn to_text(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text.clone()),
            Self::Bool(truth) => Some(truth.to_string()),
            Self::Sensitive(plain) => plain.to_text(),
            Self::Null | Self::Unknown | Self::List(_) | Self::Map(_) => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            Self::Text(text) => text.parse().ok(),
            Self::Sensitive(plain) => plain.as_bool(),
            _ => None,
        }
    }

    pub(crate) fn as_u64(&self) -> Option<u64> {
        self.to_text()?.parse().ok()
    }

    /// Keys and values of a collection; the keys of lists are their indices.
    pub(crate) fn entries(self) -> Option<Vec<(Term, Term)>> {
        match self.into_plain() {
            Self::List(items) => Some(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| (Self::Number(index.to_string()), item))
                    .collect(),
            ),
            Self::Map(map) => {
                Some(map.into_iter().map(|(key, value)| (Self::Text(key), value)).collect())
            }
            _ => None,
        }
    }

    /// How many values it holds, itself included. Long texts count as several.
    pub(crate) fn size(&self) -> u64 {
        const SHORT: usize = 64;
        let below = match self {
            Self::Null | Self::Unknown | Self::Bool(_) | Self::Number(_) => 0,
            Self::Text(text) => (text.len() / SHORT) as u64,
            Self::List(items) => items.iter().map(Self::size).sum(),
            Self::Map(map) => map.values().map(Self::size).sum(),
            Self::Sensitive(plain) => plain.size(),
        };
        1 + below
    }

    /// The elements of a list.
    pub(crate) fn items(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            Self::Sensitive(plain) => plain.items(),
            _ => None,
        }
    }

    /// A member of a map, or an element of a list by its index. One that is missing is not known: its object's type may
    /// give it a default.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => map.get(name),
            Self::List(items) => items.get(name.parse::<usize>().ok()?),
            Self::Sensitive(plain) => plain.member(name),
            _ => None,
        }
    }

    /// The value as JSON, with the marks for what is unknown and sensitive in it.
    pub(crate) fn texts(&self) -> Texts<'static> {
        let mut unknown = String::new();
        let mut sensitive = String::new();
        self.write_marks(&mut unknown, |term| matches!(term, Self::Unknown));
        self.write_marks(&mut sensitive, Self::is_sensitive);
        Texts::Made(Box::new(Marked { json: self.to_json(), unknown, sensitive }))
    }

    pub(crate) fn to_json(&self) -> String {
        let mut json = String::new();
        self.write(&mut json);
        json
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null | Self::Unknown => out.push_str("null"),
            Self::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Self::Number(number) => out.push_str(number),
            Self::Text(text) => write_string(text, out),
            Self::List(items) => {
                out.push('[');
                for (place, item) in items.iter().enumerate() {
                    out.push_str(if place == 0 { "" } else { "," });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Map(map) => {
                out.push('{');
                for (place, (key, value)) in map.iter().enumerate() {
                    out.push_str(if place == 0 { "" } else { "," });
                    write_string(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
            Self::Sensitive(plain) => plain.write(out),
        }
    }

    /// Writes where values are marked, maps without the members that hold no mark, as Terraform does.
    fn write_marks(&self, out: &mut String, is_marked: fn(&Self) -> bool) {
        match self {
            marked if is_marked(marked) => out.push_str("true"),
            Self::List(items) if self.holds(is_marked) => {
                out.push('[');
                for (place, item) in items.iter().enumerate() {
                    out.push_str(if place == 0 { "" } else { "," });
                    item.write_marks(out, is_marked);
                }
                out.push(']');
            }
            Self::Map(map) if self.holds(is_marked) => {
                let members = map.iter().filter(|(_, value)| value.holds(is_marked));
                out.push('{');
                for (place, (key, value)) in members.enumerate() {
                    out.push_str(if place == 0 { "" } else { "," });
                    write_string(key, out);
                    out.push(':');
                    value.write_marks(out, is_marked);
                }
                out.push('}');
            }
            Self::Sensitive(plain) => plain.write_marks(out, is_marked),
            _ => out.push_str("false"),
        }
    }
}
