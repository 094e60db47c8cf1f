//! The text of a plan or a state, as far as it is kept.

use std::io::{self, Read};

use crate::error::ReadError;
use crate::place::Place;
use crate::plan_format;
use crate::scan::{BLOCK, Containers};

/// The text of a plan or a state.
///
/// Two fifths of a plan say again what its other parts say. [`Text::read`] does not keep them, nor ever has all of them in
/// memory. Where something stands is told, and errors too, as if they were there.
///
/// ```
/// use drstack_plan::{Plan, Text};
///
/// let plan = br#"{"format_version": "1.2", "planned_values": {"root_module": {}}, "resource_changes": []}"#;
/// let text = Text::read(&plan[..])?;
/// assert!(text.whole().is_none());
/// assert_eq!(Plan::from_text(&text)?.len(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Text {
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

/// What of a text is kept in one piece: up to where the next part begins, or to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Where it begins in what is kept.
    pub(crate) start: usize,
    /// Where it begins in the whole text.
    pub(crate) offset: usize,
    /// The same as a line and a column.
    pub(crate) place: Place,
}

/// How much is read at once while something is left out.
const CHUNK: usize = 1 << 18;

impl Text {
    /// Reads a text to its end, and leaves out what no [`Plan`](crate::Plan) is made of.
    ///
    /// # Errors
    ///
    /// Fails if the input can't be read.
    pub fn read(input: impl Read) -> io::Result<Self> {
        Self::read_by(CHUNK, input)
    }

    /// Reads so much at once, a multiple of [`BLOCK`], where something may be left out.
    fn read_by(chunk: usize, mut input: impl Read) -> io::Result<Self> {
        let mut text = Self::whole_of(Vec::new());
        loop {
            let missing = (text.last().start + chunk).saturating_sub(text.bytes.len());
            fill(&mut text.bytes, &mut input, missing)?;
            let Some(container) = plan_format::unread(&text.bytes) else { break };
            if text.leave_out(chunk, &mut input, container)? == Left::Open {
                break;
            }
        }
        input.read_to_end(&mut text.bytes)?;
        Ok(text)
    }

    /// Keeps all of a text.
    #[must_use]
    pub fn whole_of(bytes: Vec<u8>) -> Self {
        Self { bytes, parts: vec![Part::WHOLE] }
    }

    /// The text, if all of it was kept.
    #[must_use]
    pub fn whole(&self) -> Option<&[u8]> {
        (self.parts.len() == 1).then_some(&*self.bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// An error in what is kept, as one in the whole text.
    pub(crate) fn error(&self, error: ReadError) -> ReadError {
        let whole = |at| {
            let part = self.parts.iter().rfind(|part| part.start <= at);
            part.map_or(at, |part| part.offset + (at - part.start))
        };
        match error {
            ReadError::Truncated { at } => ReadError::Truncated { at: whole(at) },
            ReadError::NotJson { at, expected } => ReadError::NotJson { at: whole(at), expected },
            other => other,
        }
    }

    fn last(&self) -> Part {
        self.parts.last().copied().unwrap_or(Part::WHOLE)
    }

    /// Leaves out what is between the brackets of the container that begins at `start`, read or not.
    fn leave_out(&mut self, chunk: usize, input: &mut impl Read, start: usize) -> io::Result<Left> {
        let Part { start: from, offset, place } = self.last();
        let inside = start + 1;
        let mut part = Part {
            start: inside,
            offset: offset + (inside - from),
            place: place.after(self.bytes.get(from..inside).unwrap_or_default()),
        };
        let mut rest = self.bytes.split_off(inside);
        let mut containers = Containers::inside();
        let left = loop {
            let missing = rest.len().next_multiple_of(BLOCK).max(chunk) - rest.len();
            fill(&mut rest, input, missing)?;
            let end = containers.end(&rest).map(|end| end - 1);
            let (inner, behind) = rest.split_at(end.unwrap_or(rest.len()));
            part.offset += inner.len();
            part.place = part.place.after(inner);
            self.bytes.extend(behind);
            match end {
                Some(_) => break Left::Closed,
                None if inner.is_empty() => break Left::Open,
                None => rest.clear(),
            }
        };
        self.parts.push(part);
        Ok(left)
    }
}

/// What is left of a container whose content is left out.
#[derive(PartialEq, Eq)]
enum Left {
    /// Both of its brackets.
    Closed,
    /// The first; the input ended within.
    Open,
}

/// Reads so many bytes more, or what there is.
fn fill(bytes: &mut Vec<u8>, input: &mut impl Read, missing: usize) -> io::Result<()> {
    input.take(missing as u64).read_to_end(bytes).map(drop)
}

impl Part {
    /// All of a text.
    pub(crate) const WHOLE: Self = Self { start: 0, offset: 0, place: Place::START };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Plan;

    /// Hands out a few bytes at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(7);
            self.0.read(&mut buffer[..length])
        }
    }

    fn read(whole: &[u8], blocks: usize) -> Text {
        Text::read_by(blocks * BLOCK, Slow(whole)).unwrap()
    }

    /// What is kept is where its parts say.
    fn assert_places(text: &Text, whole: &[u8]) {
        let ends = text.parts.iter().skip(1).map(|part| part.start).chain([text.bytes.len()]);
        for (part, end) in text.parts.iter().zip(ends) {
            let kept = &text.bytes[part.start..end];
            assert_eq!(kept, &whole[part.offset..part.offset + kept.len()]);
            assert_eq!(part.place, Place::START.after(&whole[..part.offset]));
        }
    }

    /// With brackets, quotes and backslashes in it.
    const STRING: &str = r#""([ab€ {}\[\]:,]|\\\\|\\"){0,9}""#;

    fn value() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![STRING, "[1-9]{1,3}", "true|null"];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let items = proptest::collection::vec((STRING, inner, "[ \n]{0,2}"), 0..6);
            (items, any::<bool>()).prop_map(|(items, is_object)| {
                let items = items.iter().map(|(key, value, space)| match is_object {
                    true => format!("{space}{key}:{space}{value}"),
                    false => format!("{space}{value}{space}"),
                });
                let items = items.collect::<Vec<_>>().join(",");
                if is_object { format!("{{{items}}}") } else { format!("[{items}]") }
            })
        })
    }

    fn plan() -> impl Strategy<Value = String> {
        let keys =
            Just(vec!["planned_values", "resource_drift", "planned_values", "checks", "variables"]);
        let members = (keys.prop_shuffle(), proptest::collection::vec((value(), "[ \n]{0,2}"), 5));
        members.prop_map(|(keys, values)| {
            let members = keys
                .iter()
                .zip(&values)
                .map(|(key, (value, space))| format!("\"{key}\":{space}{value}{space},"));
            let members = members.collect::<String>();
            format!("{{\"format_version\":\"1.2\",{members}\"resource_changes\":[]}}\n")
        })
    }

    proptest! {
        #[test]
        fn what_is_kept_is_read_as_the_whole_is(whole in plan(), blocks in 1_usize..4, cut in 0.0..1.3) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "any cut will do")]
            let cut = (whole.len() as f64 * cut) as usize;
            let whole = whole.as_bytes();
            let whole = whole.get(..cut).unwrap_or(whole);
            let text = read(whole, blocks);
            assert_places(&text, whole);
            prop_assert_eq!(Plan::from_text(&text).err(), Plan::read(whole).err());
        }
    }

    #[test]
    fn what_says_nothing_new_is_left_out() {
        let kept = |whole: &str| String::from_utf8(read(whole.as_bytes(), 1).bytes).unwrap();
        let long = r#"{"a": ["]", {"b": "\\\"}"}]}"#.repeat(20);
        assert_eq!(
            kept(&format!(
                r#"{{"planned_values": [{long}], "resource_drift":{{"a":[{long}]}} ,"resource_changes":[{{"planned_values":{{"a": 1}}}}]}}"#
            )),
            r#"{"planned_values": [], "resource_drift":{} ,"resource_changes":[{"planned_values":{"a": 1}}]}"#
        );
        for whole in [
            "",
            "{",
            "[1]",
            "null",
            "{\"planned_values\": 1}",
            "{\"planned_values\": {}}",
            "\u{feff}{\"values\": {\"a\": []}}",
        ] {
            assert_eq!(kept(whole), whole);
            assert_eq!(read(whole.as_bytes(), 1).whole(), Some(whole.as_bytes()));
        }
    }

    #[test]
    fn attributes_are_located_in_the_whole_text() {
        let long = "\n{\"a\": \"ä\"},".repeat(40);
        let change = r#"{
            "address": "aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue", "name": "q",
            "change": {"actions": ["create"], "before": null, "after": {"name": "ö", "fifo_queue": true}, "after_unknown": {}}
        }"#;
        for whole in [
            format!(
                r#"{{"format_version": "1.2", "planned_values": [{long} 1], "resource_changes": [{change}]}}"#
            ),
            format!(
                r#"{{"format_version": "1.2", "planned_values": [{long} 1], "resource_drift": [{}, 2], "resource_changes": [{change}]}}"#,
                long.trim_end_matches(',')
            ),
        ] {
            let text = read(whole.as_bytes(), 1);
            assert!(text.whole().is_none());
            let (kept, plan) =
                (Plan::from_text(&text).unwrap(), Plan::read(whole.as_bytes()).unwrap());
            for path in ["", "name", "fifo_queue", "other"] {
                let path = path.parse().unwrap();
                let [one, other] = [&kept, &plan].map(|plan| {
                    plan.locate(plan.resource("aws_sqs_queue.q").unwrap(), &path).unwrap()
                });
                assert_eq!(one, other);
                assert!(one.line > 40);
            }
        }
    }
}
