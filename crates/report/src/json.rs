//! One JSON document; its form is `docs/findings.schema.json`.

use std::io::{self, Write};

use drstack_policy::{Severity, Status};
use rayon::prelude::*;
use serde::Serialize;

use crate::report::{blind_spot, kind};
use crate::{Entry, Input, Outcome, Report, Summary};

pub(crate) const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'r> {
    schema_version: u32,
    outcome: Outcome,
    summary: Summary,
    inputs: Vec<InputRecord<'r>>,
    rules: Vec<RuleRecord>,
    /// The last member: its elements are written one part after the other.
    findings: [Record<'r>; 0],
}

#[derive(Serialize)]
struct InputRecord<'r> {
    label: &'r str,
    kind: Option<&'static str>,
    resources: usize,
    only_deletes: bool,
    blind_spots: Vec<String>,
    unjudged: Option<String>,
}

#[derive(Serialize)]
struct RuleRecord {
    id: &'static str,
    severity: Severity,
    judged: usize,
}

/// A finding as JSON and ndjson show it.
#[derive(Serialize)]
pub(crate) struct Record<'r> {
    rule: &'static str,
    severity: Severity,
    status: Status,
    address: &'r str,
    path: &'r str,
    message: &'r str,
    found: Option<&'r str>,
    expected: Option<&'r str>,
    fix: &'static str,
    evidence: &'r [String],
    location: Option<Place>,
    waived_by: Option<&'r str>,
    fingerprint: String,
    input: Option<&'r str>,
}

#[derive(Serialize)]
struct Place {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let runs = report.runs().into_iter();
    let document = Document {
        schema_version: SCHEMA_VERSION,
        outcome: report.outcome(),
        summary: report.summary(),
        inputs: report.inputs.iter().map(InputRecord::of).collect(),
        rules: runs
            .map(|run| RuleRecord { id: run.rule.id, severity: run.severity, judged: run.judged })
            .collect(),
        findings: [],
    };
    let mut frame = serde_json::to_string_pretty(&document)?;
    if report.findings().next().is_some() {
        frame.truncate(frame.len() - END_OF_EMPTY.len());
        out.write_all(frame.as_bytes())?;
        write_findings(report, ",", pretty, out)?;
        frame = "\n  ]\n}".to_owned();
    }
    writeln!(out, "{frame}")
}

/// How a document without findings ends.
const END_OF_EMPTY: &str = "]\n}";

/// Findings as they stand in the document.
fn pretty(records: &[Record<'_>]) -> serde_json::Result<Vec<u8>> {
    // As deep within the brackets of lists as they are within the document.
    let mut text = serde_json::to_vec_pretty(&[records])?;
    text.truncate(text.len() - "\n  ]\n]".len());
    text.drain(.."[\n  [".len());
    Ok(text)
}

/// Writes all findings as `text_of` puts a part of them, with a separator between the parts. Threads share the parts, of
/// which a few are in memory at a time.
pub(crate) fn write_findings(
    report: &Report,
    separator: &str,
    text_of: impl Fn(&[Record<'_>]) -> serde_json::Result<Vec<u8>> + Sync,
    out: &mut dyn Write,
) -> io::Result<()> {
    const PART: usize = 256;
    const AT_A_TIME: usize = 16;
    let mut findings = report.findings();
    let mut before = "";
    loop {
        let entries: Vec<Entry<'_>> = findings.by_ref().take(PART * AT_A_TIME).collect();
        if entries.is_empty() {
            return Ok(());
        }
        let parts = entries.par_chunks(PART).map(|part| {
            let records: Vec<Record<'_>> = part.iter().copied().map(Record::of).collect();
            text_of(&records)
        });
        for text in parts.collect::<Result<Vec<_>, _>>()? {
            out.write_all(before.as_bytes())?;
            out.write_all(&text)?;
            before = separator;
        }
    }
}

impl<'r> Record<'r> {
    pub(crate) fn of(entry: Entry<'r>) -> Self {
        let found = entry.found;
        let finding = &found.finding;
        Self {
            rule: found.rule.id,
            severity: found.severity,
            status: finding.status,
            address: &finding.address,
            path: &finding.path,
            message: &finding.message,
            found: finding.found.as_deref(),
            expected: finding.expected.as_deref(),
            fix: found.rule.fix,
            evidence: &finding.evidence,
            location: found.location.as_ref().map(|location| Place {
                file: entry.file(),
                line: location.line,
                column: location.column,
                end_line: location.end_line,
                end_column: location.end_column,
            }),
            waived_by: found.waived_by.as_deref(),
            fingerprint: found.fingerprint(),
            input: entry.input.map(|input| input.label.as_str()),
        }
    }
}

impl<'r> InputRecord<'r> {
    fn of(input: &'r Input) -> Self {
        let verdict = input.verdict();
        let spots = verdict.map_or(&[][..], |verdict| verdict.blind_spots.as_slice());
        Self {
            label: &input.label,
            kind: verdict.map(|verdict| kind(verdict.kind)),
            resources: verdict.map_or(0, |verdict| verdict.resources),
            only_deletes: verdict.is_some_and(|verdict| verdict.only_deletes),
            blind_spots: spots.iter().copied().map(blind_spot).collect(),
            unjudged: input.unjudged(),
        }
    }
}
