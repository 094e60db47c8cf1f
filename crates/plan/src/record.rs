//! What is kept of a resource instance.

use std::borrow::Cow;

use crate::address::Parts;
use crate::value::{Indices, Value};

/// What is kept of a resource instance.
pub(crate) struct Record<'input> {
    pub(crate) address: Cow<'input, str>,
    pub(crate) parts: Parts,
    pub(crate) action: Action,
    pub(crate) deposed: Option<Box<str>>,
    /// The entry that the record was made from; empty for configurations.
    pub(crate) entry: &'input [u8],
    pub(crate) values: Texts<'input>,
    /// Of `values`: rules ask for one attribute after the other.
    pub(crate) indices: Indices,
}

/// The texts of a value. There are some for each resource.
#[derive(Debug, Clone)]
pub(crate) enum Texts<'input> {
    /// As the input has them.
    Read(Marked<&'input [u8]>),
    /// As they were worked out.
    Made(Box<Marked<String>>),
}

/// A value's JSON text with the texts that mark what is unknown and what is sensitive; empty marks mark nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marked<T> {
    pub(crate) json: T,
    pub(crate) unknown: T,
    pub(crate) sensitive: T,
}

/// What Terraform will do to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Nothing: it is as it should be. All of a state's resources are so.
    NoOp,
    /// It will be made, as all of a configuration's managed resources will.
    Create,
    /// It will be read (data sources).
    Read,
    /// It will be changed in place.
    Update,
    /// It will be destroyed and made anew, in either order.
    Replace,
    /// It will be destroyed.
    Delete,
    /// It will be left alone, out of Terraform's sight.
    Forget,
}

impl Record<'_> {
    pub(crate) fn group(&self) -> &str {
        self.address.get(self.parts.group()).unwrap_or_default()
    }
}

impl Texts<'_> {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Read(texts) => Value::new(texts.json, texts.unknown, texts.sensitive),
            Self::Made(texts) => Value::new(
                texts.json.as_bytes(),
                texts.unknown.as_bytes(),
                texts.sensitive.as_bytes(),
            ),
        }
    }

    pub(crate) fn json(&self) -> &[u8] {
        match self {
            Self::Read(texts) => texts.json,
            Self::Made(texts) => texts.json.as_bytes(),
        }
    }
}

impl<'a> Texts<'a> {
    pub(crate) fn known(json: &'a [u8], sensitive: bool) -> Self {
        let sensitive: &[u8] = if sensitive { b"true" } else { b"" };
        Self::Read(Marked { json, unknown: b"", sensitive })
    }
}

impl<'a> Marked<&'a [u8]> {
    /// Keeps the text of what marks sensitive parts, unless it is one of the many that spell out a value's blocks and
    /// mark nothing in them.
    pub(crate) fn mark_sensitive(&mut self, marks: &'a [u8]) {
        if memchr::memmem::find(marks, b"true").is_some() {
            self.sensitive = marks;
        }
    }
}
