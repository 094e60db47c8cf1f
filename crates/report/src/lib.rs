//! What the rules found, for people and for machines.
//!
//! A [`Report`] holds the verdicts of all inputs; [`render`] writes it in one of eight [`Format`]s, and
//! [`Report::outcome`] says how the command ends, whatever the format.
//!
//! # Invariants
//!
//! - Nothing here knows of a terminal: colour and width are the caller's to say.
//! - No format shows a value that a finding does not show itself. Findings redact what is sensitive; excerpts
//!   of source, which know nothing of that, are made only of configurations and only of what the finding says it found.
//! - Text of an input never becomes markup, a terminal's control sequence or a workflow command.
//! - The same report is the same to the byte.

mod escape;
mod excerpt;
mod github;
mod gitlab;
mod human;
mod json;
mod json_text;
mod junit;
mod markdown;
mod ndjson;
mod path;
mod report;
mod sarif;

use std::fmt;
use std::io::{self, BufWriter, Write};

pub use escape::{clip, printable, xml};
pub use report::{Entry, Gate, Input, Outcome, Report, Summary, Unknown, kind};

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people at a terminal.
    Human,
    /// One document, whose form is `docs/findings.schema.json`.
    Json,
    /// One finding a line, each as in [`Json`](Self::Json).
    Ndjson,
    /// SARIF 2.1.0, as GitHub code scanning takes it.
    Sarif,
    /// JUnit XML: a test case for each rule.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// A report of GitLab Code Quality.
    Gitlab,
    /// A comment on a pull request.
    Markdown,
}

/// How [`Format::Human`] looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether there are colours.
    pub palette: Palette,
    /// Columns to wrap at.
    pub width: usize,
}

/// The colours of [`Format::Human`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// None: no control sequences at all.
    Plain,
    /// ANSI colours.
    Ansi,
}

/// Finds the text of a file by the path that the report shows, for excerpts. Only files of configurations, waivers,
/// baselines and policies are asked for, never plans or states.
pub type Sources<'a> = dyn Fn(&str) -> Option<&'a str> + 'a;

/// Writes a report. `sources` and `style` serve [`Format::Human`] alone.
///
/// # Errors
/// When `out` can't be written to.
pub fn render(
    report: &Report,
    format: Format,
    sources: &Sources<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    // The formats write in small pieces.
    let mut out = BufWriter::new(out);
    match format {
        Format::Human => human::write(report, sources, style, &mut out),
        Format::Json => json::write(report, &mut out),
        Format::Ndjson => ndjson::write(report, &mut out),
        Format::Sarif => sarif::write(report, &mut out),
        Format::Junit => junit::write(report, &mut out),
        Format::Github => github::write(report, &mut out),
        Format::Gitlab => gitlab::write(report, &mut out),
        Format::Markdown => markdown::write(report, &mut out),
    }?;
    out.flush()
}

impl Format {
    /// Every format, the default first.
    pub const ALL: [Self; 8] = [
        Self::Human,
        Self::Json,
        Self::Ndjson,
        Self::Sarif,
        Self::Junit,
        Self::Github,
        Self::Gitlab,
        Self::Markdown,
    ];

    /// The format's name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Markdown => "markdown",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

impl Default for Style {
    fn default() -> Self {
        Self { palette: Palette::Plain, width: 100 }
    }
}
