//! One JSON document; its form is `docs/findings.schema.json`.

use std::io::{self, Write};

use drstack_policy::Severity;
use rayon::prelude::*;
use serde::Serialize;

use crate::json_text::{JsonText, Layout};
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
    findings: [(); 0],
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
fn pretty(entries: &[Entry<'_>]) -> JsonText {
    let mut text = JsonText::new(Layout::Lines, 2);
    for entry in entries {
        text.item();
        record(*entry, &mut text);
    }
    text
}

/// Writes all findings as `text_of` puts a part of them, with a separator between the parts. Threads share the parts, of
/// which a few are in memory at a time.
pub(crate) fn write_findings(
    report: &Report,
    separator: &str,
    text_of: impl Fn(&[Entry<'_>]) -> JsonText + Sync,
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
        for text in entries.par_chunks(PART).map(&text_of).collect::<Vec<_>>() {
            out.write_all(before.as_bytes())?;
            out.write_all(&text.into_bytes())?;
            before = separator;
        }
    }
}

/// Writes a finding as JSON and ndjson show it.
pub(crate) fn record(entry: Entry<'_>, text: &mut JsonText) {
    let found = entry.found;
    let finding = &found.finding;
    text.object(|text| {
        text.key("rule").string(found.rule.id);
        text.key("severity").string(found.severity.name());
        text.key("status").string(finding.status.name());
        text.key("address").string(&finding.address);
        text.key("path").string(&finding.path);
        text.key("message").string(&finding.message);
        text.key("found").optional(finding.found.as_deref());
        text.key("expected").optional(finding.expected.as_deref());
        text.key("fix").string(found.fix());
        text.key("evidence").strings(&finding.evidence);
        text.key("location");
        match &found.location {
            Some(location) => text.object(|text| {
                text.key("file").string(&entry.file());
                text.key("line").number(location.line);
                text.key("column").number(location.column);
                text.key("end_line").number(location.end_line);
                text.key("end_column").number(location.end_column);
            }),
            None => text.null(),
        }
        text.key("waived_by").optional(found.waived_by.as_deref());
        text.key("fingerprint").string(&found.fingerprint());
        text.key("input").optional(entry.input.map(|input| input.label.as_str()));
    });
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
