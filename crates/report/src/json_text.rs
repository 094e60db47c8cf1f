//! JSON text that is put together piece by piece: there may be hundreds of thousands of findings to write.

use std::io::Write;
use std::sync::Arc;

/// JSON that is being written.
pub(crate) struct JsonText {
    bytes: Vec<u8>,
    layout: Layout,
    depth: usize,
}

/// How JSON is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// All on one line.
    Compact,
    /// A line for each member and each element.
    Lines,
}

/// A line break and the deepest indentation.
const INDENTATION: &[u8] = b"\n                ";

impl JsonText {
    /// The text of elements so many levels below the top.
    pub(crate) const fn new(layout: Layout, depth: usize) -> Self {
        Self { bytes: Vec::new(), layout, depth }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes an object, of which `members` writes the keys and values.
    pub(crate) fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.container(*b"{}", members);
    }

    /// Writes a member's key, a plain word; its value comes next.
    pub(crate) fn key(&mut self, key: &'static str) -> &mut Self {
        self.item();
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(key.as_bytes());
        self.bytes.extend_from_slice(if self.layout == Layout::Lines { b"\": " } else { b"\":" });
        self
    }

    /// Writes a list of strings.
    pub(crate) fn strings(&mut self, strings: &[Arc<str>]) {
        self.container(*b"[]", |text| {
            for string in strings {
                text.item();
                text.string(string);
            }
        });
    }

    /// Writes a string.
    pub(crate) fn string(&mut self, text: &str) {
        self.bytes.push(b'"');
        // Hardly any text has something to escape, and to look at all of it at once is quick.
        if text.bytes().fold(false, |found, byte| found | needs_escape(byte)) {
            self.escaped(text);
        } else {
            self.bytes.extend_from_slice(text.as_bytes());
        }
        self.bytes.push(b'"');
    }

    /// Writes a string, or that there is none.
    pub(crate) fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.null(),
        }
    }

    /// Writes that there is nothing.
    pub(crate) fn null(&mut self) {
        self.bytes.extend_from_slice(b"null");
    }

    /// Writes a number.
    pub(crate) fn number(&mut self, number: u32) {
        // Writing to memory cannot fail.
        let _ = write!(self.bytes, "{number}");
    }

    /// Ends a line between two values at the top.
    pub(crate) fn end_line(&mut self) {
        self.bytes.push(b'\n');
    }

    /// Begins a member or an element.
    pub(crate) fn item(&mut self) {
        if !matches!(self.bytes.last(), None | Some(b'{' | b'[')) {
            self.bytes.push(b',');
        }
        self.line();
    }

    fn container(&mut self, [opening, closing]: [u8; 2], items: impl FnOnce(&mut Self)) {
        self.bytes.push(opening);
        self.depth += 1;
        items(self);
        self.depth -= 1;
        if self.bytes.last() != Some(&opening) {
            self.line();
        }
        self.bytes.push(closing);
    }

    fn line(&mut self) {
        if self.layout == Layout::Lines {
            let length = INDENTATION.len().min(1 + 2 * self.depth);
            self.bytes.extend_from_slice(INDENTATION.get(..length).unwrap_or_default());
        }
    }

    fn escaped(&mut self, text: &str) {
        for byte in text.bytes() {
            let short = match byte {
                b'"' | b'\\' => byte,
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                0x08 => b'b',
                0x0c => b'f',
                _ if needs_escape(byte) => {
                    // Writing to memory cannot fail.
                    let _ = write!(self.bytes, "\\u{byte:04x}");
                    continue;
                }
                _ => {
                    self.bytes.push(byte);
                    continue;
                }
            };
            self.bytes.extend_from_slice(&[b'\\', short]);
        }
    }
}

const fn needs_escape(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | ..b' ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Sample {
        one: String,
        other: Option<String>,
        strings: Vec<Arc<str>>,
        within: Within,
    }

    #[derive(Serialize)]
    struct Within {
        number: u32,
    }

    proptest! {
        #[test]
        fn it_is_written_as_serde_writes_it(
            one: String,
            other in proptest::option::of("[\\x00-\\x20\"\\\\a]{0,9}"),
            strings: Vec<Arc<str>>,
            number: u32,
        ) {
            let sample = Sample { one, other, strings, within: Within { number } };
            let written = |layout| {
                let mut text = JsonText::new(layout, 0);
                text.object(|text| {
                    text.key("one").string(&sample.one);
                    text.key("other").optional(sample.other.as_deref());
                    text.key("strings").strings(&sample.strings);
                    text.key("within").object(|text| text.key("number").number(number));
                });
                String::from_utf8(text.into_bytes()).unwrap()
            };
            prop_assert_eq!(written(Layout::Compact), serde_json::to_string(&sample).unwrap());
            prop_assert_eq!(written(Layout::Lines), serde_json::to_string_pretty(&sample).unwrap());
        }
    }
}
