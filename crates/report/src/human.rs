//! For people at a terminal: each finding with its place, and a summary at the end.

use std::fmt;
use std::io::{self, Write};

use drstack_plan::Kind;
use drstack_policy::Severity;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use crate::escape::{clip, printable};
use crate::excerpt::Excerpt;
use crate::{Entry, Outcome, Palette, Report, Sources, Style};

/// How much of one statement is shown, in characters; JSON has all of it.
const LIMIT: usize = 600;

pub(crate) fn write(
    report: &Report,
    sources: &Sources<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let theme = match style.palette {
        Palette::Plain => GraphicalTheme::unicode_nocolor(),
        Palette::Ansi => GraphicalTheme::unicode(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(style.width)
        .with_break_words(false);
    for entry in report.findings().filter(|entry| !entry.is_waived()) {
        let mut text = String::new();
        handler.render_report(&mut text, &Shown::of(entry, sources)).map_err(io::Error::other)?;
        writeln!(out, "{text}")?;
    }
    let outcome = match report.outcome() {
        Outcome::Clean => "passed",
        Outcome::Findings => "failed",
        Outcome::Unjudged => "not judged",
    };
    writeln!(out, "{outcome}: {}", report.headline())?;
    for remark in report.remarks() {
        writeln!(out, "  {}", printable(&remark))?;
    }
    if report.findings().next().is_some() {
        writeln!(
            out,
            "  `drstack rules ID` explains a rule; `--format json` has every field and what is waived"
        )?;
    }
    Ok(())
}

/// A finding as miette sees it.
#[derive(Debug)]
struct Shown {
    code: &'static str,
    severity: miette::Severity,
    message: String,
    fix: String,
    excerpt: Option<Excerpt>,
    label: String,
}

impl Shown {
    fn of(entry: Entry<'_>, sources: &Sources<'_>) -> Self {
        let finding = &entry.found.finding;
        let excerpt = excerpt(entry, sources);
        let contrast = entry.contrast().map(|contrast| clip(&printable(&contrast), LIMIT));
        let mut lines = vec![clip(&printable(&entry.sentence()), LIMIT)];
        if excerpt.is_none() {
            lines.push(format!("at {}", place(entry)));
            lines.extend(contrast.clone());
        }
        if !finding.evidence.is_empty() {
            lines.push(format!(
                "by way of {}",
                clip(&printable(&finding.evidence.join(" → ")), LIMIT)
            ));
        }
        Self {
            code: entry.found.rule.id,
            severity: match entry.level() {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
                Severity::Note => miette::Severity::Advice,
            },
            message: lines.join("\n"),
            fix: clip(&printable(entry.found.fix()), LIMIT),
            excerpt,
            label: match (&*finding.path, contrast) {
                ("", contrast) => contrast.unwrap_or_else(|| "here".to_owned()),
                (path, None) => printable(path),
                (path, Some(contrast)) => format!("{}: {contrast}", printable(path)),
            },
        }
    }
}

/// Where to look: the attribute, the file and, when it is known, the line.
fn place(entry: Entry<'_>) -> String {
    let path = match &*entry.found.finding.path {
        "" => String::new(),
        path => format!("{} in ", printable(path)),
    };
    let file = printable(&entry.file());
    match &entry.found.location {
        Some(location) => format!("{path}{file}:{}:{}", location.line, location.column),
        None => format!("{path}{file}"),
    }
}

fn excerpt(entry: Entry<'_>, sources: &Sources<'_>) -> Option<Excerpt> {
    let location = entry.found.location.as_ref()?;
    let file = entry.file();
    match entry.input.filter(|_| !entry.in_policy()) {
        None => Excerpt::of_line(&file, sources(location.file.as_deref()?)?, location),
        Some(input) if input.verdict()?.kind == Kind::Configuration => Excerpt::of_configuration(
            &file,
            sources(&file)?,
            location,
            entry.found.finding.found.as_deref(),
        ),
        Some(_) => None,
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.fix))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = self.excerpt.as_ref()?.label.clone();
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(
            Some(self.label.clone()),
            label,
        ))))
    }
}
