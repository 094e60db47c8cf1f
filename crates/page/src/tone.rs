//! Results, told by a sign and a word beside their colour.

use crate::html::Html;

/// How a result is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    /// It can't be told.
    Open,
    /// It is worth knowing.
    Mild,
    /// It is neither.
    Quiet,
}

impl Tone {
    /// The class that the style sheet knows it by.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Open => "open",
            Self::Mild => "mild",
            Self::Quiet => "quiet",
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✕",
            Self::Open => "?",
            Self::Mild => "!",
            Self::Quiet => "–",
        }
    }
}

impl Html {
    /// Adds a result: its sign, and the word for it.
    pub(crate) fn badge(&mut self, tone: Tone, word: &str) {
        self.element("span", &[("class", &format!("badge {}", tone.class()))], |badge| {
            badge.line("span", &[("aria-hidden", "true")], tone.sign());
            badge.text(format_args!(" {word}"));
        });
    }
}
