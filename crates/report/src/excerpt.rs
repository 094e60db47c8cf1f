//! The line of source that a finding is about, with nothing on it that the finding does not show itself.
//!
//! Source text knows nothing of sensitivity: on the line of an attribute, or on the lines around it, may stand a password.
//! Plans and states, which hold every value, are never quoted. Of a configuration, the key and its value are quoted,
//! and the value only where the finding says that it found it; everything else is `…`.

use std::ops::Range;

use drstack_policy::Location;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use serde_json::Value;

use crate::escape::{clip, printable};

/// How much of a value or of a line is quoted, in characters.
const LIMIT: usize = 120;

/// One line of a file, for miette.
#[derive(Debug)]
pub(crate) struct Excerpt {
    file: String,
    line: usize,
    column: usize,
    text: String,
    /// The bytes of `text` that the label points at.
    pub(crate) label: Range<usize>,
}

impl Excerpt {
    /// Quotes a JSON configuration. `found` is what the finding says it found.
    pub(crate) fn of_configuration(
        file: &str,
        text: &str,
        location: &Location,
        found: Option<&str>,
    ) -> Option<Self> {
        let before = text.get(..location.offset)?;
        let at = text.get(location.offset..)?;
        let (key, value) = match first_string(at) {
            // The place is that of the key.
            Some((key, rest)) if rest.trim_start().starts_with(':') => {
                (Some(key), rest.trim_start().get(1..)?.trim_start())
            }
            _ => (key_before(before), at),
        };
        let key = key.map(|key| format!("{}: ", printable(key))).unwrap_or_default();
        let value = quoted(value, found);
        let label = key.len()..key.len() + value.len();
        Some(Self::new(file, location, key + &value, label))
    }

    /// Quotes the line of a file that holds no values of resources.
    pub(crate) fn of_line(file: &str, text: &str, location: &Location) -> Option<Self> {
        let span = location.span();
        let start = text.get(..span.start)?.rfind('\n').map_or(0, |newline| newline + 1);
        let line = text.get(start..)?.lines().next()?;
        let end = span.end.min(start + line.len());
        let (head, labelled) = (text.get(start..span.start)?, text.get(span.start..end)?);
        let (head, labelled) = (printable(head), printable(labelled));
        let label = head.len()..head.len() + labelled.len();
        let tail = printable(text.get(end..start + line.len())?);
        (line.len() <= LIMIT).then(|| Self::new(file, location, head + &labelled + &tail, label))
    }

    fn new(file: &str, location: &Location, text: String, label: Range<usize>) -> Self {
        let (line, column) = (location.line.saturating_sub(1), location.column.saturating_sub(1));
        Self { file: printable(file), line: line as usize, column: column as usize, text, label }
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        _span: &SourceSpan,
        _lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.clone(),
            self.text.as_bytes(),
            (0, self.text.len()).into(),
            self.line,
            self.column,
            1,
        )))
    }
}

/// A value as it may be shown.
fn quoted(value: &str, found: Option<&str>) -> String {
    match value.bytes().next() {
        Some(b'{') => "{…}".to_owned(),
        Some(b'[') => "[…]".to_owned(),
        _ => scalar(value)
            .filter(|(_, shown)| {
                !shown.is_empty() && found.is_some_and(|found| found.contains(shown.as_str()))
            })
            .map_or_else(|| "…".to_owned(), |(raw, _)| clip(&printable(raw), LIMIT)),
    }
}

/// The scalar at the beginning of a text: as it is written, and what it means.
fn scalar(text: &str) -> Option<(&str, String)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    let raw = text.get(..values.byte_offset())?;
    Some((raw, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
}

/// The JSON string at the beginning of a text, quotes included, and what follows.
fn first_string(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = inner.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    text.split_at_checked(end + 2)
}

/// The key whose value begins right behind a text.
fn key_before(before: &str) -> Option<&str> {
    let key = before.trim_end().strip_suffix(':')?.trim_end();
    let inner = key.strip_suffix('"')?;
    // Keys of Terraform hold no quotes, those of maps hardly ever: then no key is shown.
    let start = inner.rfind('"')?;
    let key = key.get(start..)?;
    (first_string(key)?.1.is_empty() && !inner.get(..start)?.ends_with('\\')).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIFIED: &str =
        r#"{"aws_db_instance":{"db":{"password":"hunter2","port":30,"tags":{"a":"b"}}}}"#;

    fn quote(text: &str, place: &str, found: Option<&str>) -> (String, String) {
        let start = text.find(place).unwrap();
        let location = Location::in_text("main.tf.json", text, start..start + place.len());
        let excerpt = Excerpt::of_configuration("main.tf.json", text, &location, found).unwrap();
        (excerpt.text[excerpt.label].to_owned(), excerpt.text)
    }

    #[test]
    fn quotes_the_attribute_and_nothing_beside_it() {
        let expected = ("30".to_owned(), r#""port": 30"#.to_owned());
        assert_eq!(quote(MINIFIED, "30", Some("30")), expected);
        assert_eq!(quote(MINIFIED, r#""port""#, Some("30")), expected);
        assert_eq!(quote(MINIFIED, r#""port":30"#, Some("30")), expected);
    }

    #[test]
    fn hides_a_value_that_the_finding_does_not_show() {
        let expected = ("…".to_owned(), r#""password": …"#.to_owned());
        assert_eq!(quote(MINIFIED, r#""hunter2""#, None), expected);
        assert_eq!(quote(MINIFIED, r#""password""#, Some("(sensitive)")), expected);
        assert_eq!(quote(MINIFIED, r#"{"password""#, Some("hunter2")).1, r#""db": {…}"#);
    }

    #[test]
    fn a_broken_place_quotes_nothing() {
        let location = Location::in_text("f", "ü", 0..2);
        let outside = Location { offset: 1, ..location };
        assert!(Excerpt::of_configuration("f", "ü", &outside, None).is_none());
        assert!(Excerpt::of_line("f", "ü", &outside).is_none());
    }

    #[test]
    fn quotes_a_line_of_waivers() {
        let text = "[[waiver]]\nowner = \"me\" # x\n";
        let location = Location::in_text("waivers.toml", text, 19..23);
        let excerpt = Excerpt::of_line("waivers.toml", text, &location).unwrap();
        assert_eq!(
            (excerpt.text.as_str(), &excerpt.text[excerpt.label.clone()]),
            ("owner = \"me\" # x", "\"me\"")
        );
    }
}
