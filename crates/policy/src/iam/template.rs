//! Policy text with parts that are not known yet.
//!
//! An unknown part is one character that no policy contains: a Unicode noncharacter
//! (<https://www.unicode.org/faq/private_use.html#nonchar1>). So a policy with unknown parts is still one
//! string, still JSON, and still borrows from its input.

use std::borrow::Cow;
use std::fmt;

/// Stands for text that is not known but is one name: an id, an ARN or a name that a provider gives.
/// It holds no wildcard.
pub const IDENTIFIER: char = '\u{FDD0}';

/// Stands for text of which nothing is known: it may be empty, a wildcard, or several parts of an ARN.
pub const UNKNOWN: char = '\u{FDD1}';

/// Stands for a whole JSON value of which nothing is known: a list of actions, a statement.
pub const OPAQUE: char = '\u{FDD2}';

/// One piece of a policy's template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// JSON text as it stands.
    Literal(&'a str),
    /// An interpolation that gives one name; see [`IDENTIFIER`].
    Identifier,
    /// An interpolation of which nothing is known.
    Unknown,
}

/// The policy's JSON text with its unknown parts marked: inside a JSON string by a character of their
/// kind, outside of one as an opaque value.
#[must_use]
pub fn join<'a>(parts: impl IntoIterator<Item = Part<'a>>) -> String {
    let mut out = String::new();
    let mut quotes = Quotes::default();
    for part in parts {
        match part {
            Part::Literal(text) => {
                quotes.read(text);
                out.push_str(text);
            }
            Part::Identifier if quotes.inside => out.push(IDENTIFIER),
            Part::Unknown if quotes.inside => out.push(UNKNOWN),
            Part::Identifier | Part::Unknown => {
                out.push('"');
                out.push(OPAQUE);
                out.push('"');
            }
        }
    }
    out
}

/// Whether a value is opaque as a whole.
pub(super) fn is_opaque(text: &str) -> bool {
    text.contains(OPAQUE)
}

/// The text with what is unknown taken for one name.
pub(super) fn narrowest(text: &str) -> Cow<'_, str> {
    replace(text, IDENTIFIER.encode_utf8(&mut [0; 4]))
}

/// The text with what is unknown taken for anything at all.
pub(super) fn widest(text: &str) -> Cow<'_, str> {
    replace(text, "*")
}

fn replace<'a>(text: &'a str, with: &str) -> Cow<'a, str> {
    if text.contains([UNKNOWN, OPAQUE]) {
        Cow::Owned(text.replace([UNKNOWN, OPAQUE], with))
    } else {
        Cow::Borrowed(text)
    }
}

/// Policy text for a reader: unknown parts are printed as `…`.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a>(
    /// The text.
    pub &'a str,
);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((before, after)) = rest.split_once([IDENTIFIER, UNKNOWN, OPAQUE]) {
            write!(f, "{before}…")?;
            rest = after;
        }
        f.write_str(rest)
    }
}

/// Where JSON text stands: inside a string or not.
#[derive(Default)]
struct Quotes {
    inside: bool,
    escaped: bool,
}

impl Quotes {
    fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.inside => self.escaped = true,
                b'"' => self.inside = !self.inside,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_marked_inside_of_strings_and_outside() {
        let joined = join([
            Part::Literal(r#"{"a": "x\""#),
            Part::Identifier,
            Part::Literal(":"),
            Part::Unknown,
            Part::Literal(r#"", "b": "#),
            Part::Unknown,
            Part::Literal("}"),
        ]);
        let value: serde_json::Value = serde_json::from_str(&joined).unwrap();
        assert_eq!(value["a"], format!("x\"{IDENTIFIER}:{UNKNOWN}"));
        assert_eq!(value["b"], OPAQUE.to_string());
    }

    #[test]
    fn unknown_text_is_taken_narrowly_or_widely() {
        let text = format!("arn:{IDENTIFIER}:{UNKNOWN}");
        assert_eq!(narrowest(&text), format!("arn:{IDENTIFIER}:{IDENTIFIER}"));
        assert_eq!(widest(&text), format!("arn:{IDENTIFIER}:*"));
        assert!(matches!(widest("known"), Cow::Borrowed("known")));
    }

    #[test]
    fn unknown_parts_are_shown_as_an_ellipsis() {
        assert_eq!(Shown(&format!("a{UNKNOWN}b{IDENTIFIER}")).to_string(), "a…b…");
        assert_eq!(Shown("plain").to_string(), "plain");
    }
}
