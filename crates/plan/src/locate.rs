//! Where in the input an attribute is written. Worked out on demand, for findings.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::OnceLock;

use crate::configuration::Source;
use crate::documents::Documents;
use crate::json::Json;
use crate::path::AttrPath;
use crate::plan::{Plan, Resource};
use crate::value::Value;

/// A place in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location<'input> {
    /// The document, by its path; `None` for inputs that are one text.
    pub file: Option<&'input str>,
    /// Byte offset of the value.
    pub offset: usize,
    /// Length of the value in bytes.
    pub len: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Line of the end.
    pub end_line: usize,
    /// Column just behind the end.
    pub end_column: usize,
}

/// The text or the texts that a plan was read from.
#[derive(Clone, Copy)]
pub(crate) enum Input<'input> {
    Text(&'input [u8]),
    Documents(&'input Documents),
}

impl Plan<'_> {
    /// Where an attribute is: in the document that holds the block, or in the plan's or the state's entry. If the
    /// attribute is not written there, the nearest thing around it that is.
    pub fn locate(&self, resource: Resource<'_>, path: &AttrPath) -> Option<Location<'_>> {
        match self.input {
            Input::Text(text) => {
                let record = self.records.get(resource.index())?;
                let entry = Json::new(record.entry);
                // They are a part of the entry, and were found when that was read.
                let values = Json::new(&record.values.json);
                let written = resource.values().nearest(path).filter(|found| *found != values);
                // An attribute that only the configuration or the marks know of is in the entry, which is better
                // shown by its address than by all of its values.
                let shown = written.or_else(|| entry.get("address")).unwrap_or(entry);
                self.place(0, text, None, shown)
            }
            Input::Documents(documents) => {
                let block = self
                    .configuration
                    .blocks
                    .get(self.origins.get(resource.index())?.block? as usize)?;
                let (file, text) = documents.nth(block.document?)?;
                let Source::Document(body) = block.body.source() else { return None };
                let written = Value::known(body).nearest(path)?;
                self.place(block.document?, text, Some(file), written)
            }
        }
    }

    /// Where a value is in one of the input's texts, of which it is a slice.
    fn place<'a>(
        &self,
        number: usize,
        text: &'a [u8],
        file: Option<&'a str>,
        value: Json<'_>,
    ) -> Option<Location<'a>> {
        let offset = (value.text().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
        let milestones = self.milestones.0.get_or_init(|| self.input.milestones());
        let Place { line, column } = milestones.get(number)?.place(text, offset)?;
        let end = Place { line, column }.after(value.text());
        let len = value.text().len();
        Some(Location {
            file,
            offset,
            len,
            line,
            column,
            end_line: end.line,
            end_column: end.column,
        })
    }
}

impl Input<'_> {
    fn milestones(self) -> Vec<Milestones> {
        match self {
            Self::Text(text) => vec![Milestones::of(text)],
            Self::Documents(documents) => {
                documents.iter().map(|(_, text)| Milestones::of(text)).collect()
            }
        }
    }
}

/// The milestones of each text of an input. They are set when something is located for the first time; from then on it
/// costs the same wherever it is, even if the text is one long line.
#[derive(Default)]
pub(crate) struct TextMilestones(OnceLock<Vec<Milestones>>);

/// The places of every [`STRIDE`]th byte of a text, the first among them.
struct Milestones(Vec<Place>);

/// Short enough to count on from a milestone for each finding, long enough that milestones take no memory to speak of.
const STRIDE: usize = 1 << 10;

/// Just before a byte of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Milestones {
    fn of(text: &[u8]) -> Self {
        let strides = places_in_strides(text);
        let mut next = Place::START;
        let places = strides.into_iter().map(|stride| {
            let place = next;
            let column =
                if stride.line == 1 { place.column + stride.column - 1 } else { stride.column };
            next = Place { line: place.line + stride.line - 1, column };
            place
        });
        Self(places.collect())
    }

    fn place(&self, text: &[u8], offset: usize) -> Option<Place> {
        let stride = offset / STRIDE;
        Some(self.0.get(stride)?.after(text.get(stride * STRIDE..offset)?))
    }
}

/// The place behind each stride, as if it were the beginning of the text.
///
/// Large texts are shared between threads of their own. Those of rayon's pool take up other work while they wait for
/// each other, which here may be work that waits for these very milestones.
fn places_in_strides(text: &[u8]) -> Vec<Place> {
    const WORTH_A_THREAD: usize = 1 << 22;
    let places = |text: &[u8]| -> Vec<Place> {
        text.chunks(STRIDE).map(|stride| Place::START.after(stride)).collect()
    };
    // Asking how many processors there are takes longer than going through a small text.
    if text.len() <= WORTH_A_THREAD {
        return places(text);
    }
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let part = text.len().div_ceil(threads).max(WORTH_A_THREAD).next_multiple_of(STRIDE);
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            text.chunks(part).map(|part| scope.spawn(move || places(part))).collect();
        let joined = parts.into_iter().map(|part| part.join());
        joined.flat_map(|places| places.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

impl Place {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// The place behind a text that begins here.
    pub(crate) fn after(self, text: &[u8]) -> Self {
        match memchr::memrchr(b'\n', text) {
            None => Self { line: self.line, column: self.column + characters(text) },
            Some(end) => Self {
                line: self.line + memchr::memchr_iter(b'\n', text).count(),
                column: 1 + characters(text.get(end + 1..).unwrap_or_default()),
            },
        }
    }
}

/// How many characters begin in a text: bytes that go on with a character don't count.
fn characters(text: &[u8]) -> usize {
    // Counts of this many bytes fit into one, which is what makes this fast.
    let chunks = text.chunks(usize::from(u8::MAX));
    chunks
        .map(|chunk| {
            usize::from(chunk.iter().map(|byte| u8::from(byte & 0xc0 != 0x80)).sum::<u8>())
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Character by character.
    fn slowly(text: &str, offset: usize) -> Place {
        text[..offset].chars().fold(Place::START, |place, character| match character {
            '\n' => Place { line: place.line + 1, column: 1 },
            _ => Place { column: place.column + 1, ..place },
        })
    }

    proptest! {
        #[test]
        fn milestones_lead_to_every_place(
            parts in proptest::collection::vec(("[a-zäß€😀\\n]{0,40}", 0_usize..400), 1..8),
            at in 0.0..1.0,
        ) {
            let text: String = parts.iter().map(|(part, times)| part.repeat(*times)).collect();
            prop_assume!(!text.is_empty());
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "any place will do")]
            let offset = text.floor_char_boundary((text.len() as f64 * at) as usize);
            let place = Milestones::of(text.as_bytes()).place(text.as_bytes(), offset);
            prop_assert_eq!(place, Some(slowly(&text, offset)));
        }
    }

    #[test]
    fn strides_that_end_within_a_character_and_at_a_line_s_end_count_right() {
        let text = format!(
            "{}€{}\n{}\n",
            "a".repeat(STRIDE - 1),
            "b".repeat(STRIDE - 4),
            "c".repeat(2 * STRIDE)
        );
        let milestones = Milestones::of(text.as_bytes());
        for (offset, _) in text.char_indices() {
            let near_an_edge = (offset + 4) % STRIDE < 8;
            if near_an_edge {
                assert_eq!(milestones.place(text.as_bytes(), offset), Some(slowly(&text, offset)));
            }
        }
    }
}
