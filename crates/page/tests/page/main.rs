//! What the page says, that it is well-formed and harmless whatever the text, and that everybody can read it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod contents;
mod made;
mod reading;
mod safety;
