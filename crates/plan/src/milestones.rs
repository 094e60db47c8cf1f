//! Finding lines and columns in large texts.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::OnceLock;

use crate::documents::Documents;
use crate::place::Place;
use crate::text::Part;

/// The text, in one part or several, or the texts that a plan was read from.
#[derive(Clone, Copy)]
pub(crate) enum Input<'input> {
    Text { bytes: &'input [u8], parts: &'input [Part] },
    Documents(&'input Documents),
}

impl Input<'_> {
    fn milestones(self) -> Vec<Milestones> {
        match self {
            Self::Text { bytes, parts } => {
                let ends = parts.iter().skip(1).map(|part| part.start).chain([bytes.len()]);
                let texts = parts
                    .iter()
                    .zip(ends)
                    .map(|(part, end)| (part.place, bytes.get(part.start..end)));
                texts.map(|(place, text)| Milestones::of(place, text.unwrap_or_default())).collect()
            }
            Self::Documents(documents) => {
                documents.iter().map(|(_, text)| Milestones::of(Place::START, text)).collect()
            }
        }
    }
}

/// The milestones of each text of an input, or of each of a text's parts. They are set when something is located for the first time; from then on it
/// costs the same wherever it is, even if the text is one long line.
#[derive(Default)]
pub(crate) struct TextMilestones(OnceLock<Vec<Milestones>>);

impl TextMilestones {
    /// The place of an offset in one of the input's texts, which is counted from zero.
    pub(crate) fn place(
        &self,
        input: Input<'_>,
        number: usize,
        text: &[u8],
        offset: usize,
    ) -> Option<Place> {
        let milestones = self.0.get_or_init(|| input.milestones());
        milestones.get(number)?.place(text, offset)
    }
}

/// The places of every [`STRIDE`]th byte of a text, the first among them.
struct Milestones(Vec<Place>);

/// Short enough to count on from a milestone for each finding, long enough that milestones take no memory to speak of.
const STRIDE: usize = 1 << 10;

impl Milestones {
    /// Of a text that begins at `start`.
    fn of(start: Place, text: &[u8]) -> Self {
        let strides = places_in_strides(text);
        let mut next = start;
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
            let place = Milestones::of(Place::START, text.as_bytes()).place(text.as_bytes(), offset);
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
        let milestones = Milestones::of(Place::START, text.as_bytes());
        for (offset, _) in text.char_indices() {
            let near_an_edge = (offset + 4) % STRIDE < 8;
            if near_an_edge {
                assert_eq!(milestones.place(text.as_bytes(), offset), Some(slowly(&text, offset)));
            }
        }
    }
}
