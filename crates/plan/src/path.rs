//! Paths of attributes inside a resource.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The path of an attribute inside a resource, `ingress[0].cidr_blocks[1]` or `tags["cost centre"]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttrPath(Vec<Step>);

/// One step of an [`AttrPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into an object or a map.
    Key(String),
    /// Into a list, a set or a sequence of blocks, counted from zero.
    Index(usize),
}

/// A text that is not an attribute path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not an attribute path; expected the like of `ingress[0].cidr_blocks`")]
pub struct PathError {
    text: String,
}

impl AttrPath {
    /// The path of the resource itself.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// Whether this is the path of the resource itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// This path, one key further.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.0.push(Step::Key(key.into()));
        self
    }

    /// This path, one index further.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.0.push(Step::Index(index));
        self
    }

    /// This path followed by another.
    #[must_use]
    pub fn join(mut self, rest: &AttrPath) -> Self {
        self.0.extend_from_slice(&rest.0);
        self
    }

    /// Whether `self` is `other` or leads to it.
    pub fn contains(&self, other: &AttrPath) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl FromIterator<Step> for AttrPath {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if !is_identifier(key) => {
                    write!(f, "[\"{}\"]", key.replace('\\', "\\\\").replace('"', "\\\""))?;
                }
                Step::Key(key) if place == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for AttrPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Steps::new(text)
            .map(|step| match step? {
                StepRef::Key(key) => Some(Step::Key(key.into_owned())),
                StepRef::Index(index) => Some(Step::Index(index)),
            })
            .collect::<Option<_>>()
            .map(Self)
            .ok_or_else(|| PathError { text: text.to_owned() })
    }
}

/// A step borrowed from a path or from a path's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StepRef<'p> {
    Key(Cow<'p, str>),
    Index(usize),
}

impl<'p> From<&'p Step> for StepRef<'p> {
    fn from(step: &'p Step) -> Self {
        match step {
            Step::Key(key) => Self::Key(Cow::Borrowed(key)),
            Step::Index(index) => Self::Index(*index),
        }
    }
}

impl From<&StepRef<'_>> for Step {
    fn from(step: &StepRef<'_>) -> Self {
        match step {
            StepRef::Key(key) => Self::Key(key.to_string()),
            StepRef::Index(index) => Self::Index(*index),
        }
    }
}

/// The steps of a path's text; `None` where the text is no path, and nothing after that.
#[derive(Debug, Clone)]
pub(crate) struct Steps<'p> {
    text: &'p str,
    rest: &'p str,
}

impl<'p> Steps<'p> {
    pub(crate) fn new(text: &'p str) -> Self {
        Self { text, rest: text }
    }

    fn step(&mut self) -> Option<StepRef<'p>> {
        let first = self.rest.len() == self.text.len();
        if let Some(inner) = self.rest.strip_prefix("[\"") {
            let (key, rest) = quoted(inner)?;
            self.rest = rest.strip_prefix(']')?;
            return Some(StepRef::Key(key));
        }
        if let Some(inner) = self.rest.strip_prefix('[') {
            let (index, rest) = inner.split_once(']')?;
            self.rest = rest;
            return Some(StepRef::Index(index.parse().ok()?));
        }
        let text = if first { self.rest } else { self.rest.strip_prefix('.')? };
        let (name, rest) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
        if name.is_empty() {
            return None;
        }
        self.rest = rest;
        match name.parse() {
            // Flatmap style, `ingress.0.cidr_blocks`.
            Ok(index) if !first => Some(StepRef::Index(index)),
            _ => Some(StepRef::Key(Cow::Borrowed(name))),
        }
    }
}

impl<'p> Iterator for Steps<'p> {
    type Item = Option<StepRef<'p>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let step = self.step();
        if step.is_none() {
            self.rest = "";
        }
        Some(step)
    }
}

/// Splits a quoted text, whose opening quote is gone already, from what follows its closing quote.
pub(crate) fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let end = text.find(['"', '\\'])?;
    if text.as_bytes().get(end) == Some(&b'"') {
        return Some((Cow::Borrowed(text.get(..end)?), text.get(end + 1..)?));
    }
    let mut decoded = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((Cow::Owned(decoded), text.get(at + 1..)?)),
            '\\' => match characters.next()?.1 {
                'n' => decoded.push('\n'),
                't' => decoded.push('\t'),
                'r' => decoded.push('\r'),
                escaped => decoded.push(escaped),
            },
            character => decoded.push(character),
        }
    }
    None
}

pub(crate) fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && text
            .chars()
            .all(|character| character.is_alphanumeric() || matches!(character, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_printed_parses_back(steps in proptest::collection::vec(
            prop_oneof![any::<String>().prop_map(Step::Key), "[a-z_]{1,8}".prop_map(Step::Key), (0_usize..100).prop_map(Step::Index)],
            0..6,
        )) {
            let path: AttrPath = steps.into_iter().collect();
            prop_assert_eq!(path.to_string().parse::<AttrPath>().unwrap(), path);
        }

        #[test]
        fn no_text_makes_parsing_panic(text: String) {
            let _ = text.parse::<AttrPath>();
        }
    }

    #[test]
    fn paths_look_as_terraform_writes_them() {
        let path = AttrPath::root().key("ingress").index(0).key("cidr_blocks").index(1);
        assert_eq!(path.to_string(), "ingress[0].cidr_blocks[1]");
        assert_eq!("ingress.0.cidr_blocks.1".parse(), Ok(path));
        assert_eq!(
            AttrPath::root().key("tags").key("cost centre").to_string(),
            "tags[\"cost centre\"]"
        );
        for wrong in ["a..b", "a[", "a[x]", ".a", "a.", "a[\"x\"", "a]"] {
            assert!(wrong.parse::<AttrPath>().is_err() || wrong == "a]", "{wrong}");
        }
    }
}
