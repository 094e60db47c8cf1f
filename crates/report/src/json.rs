//! One JSON document; its form is `docs/findings.schema.json`.

use std::io::{self, Write};

use drstack_policy::{Severity, Status};
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
    findings: Vec<Record<'r>>,
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
        findings: report.findings().map(Record::of).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
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
