//! SARIF 2.1.0, as GitHub code scanning takes it:
//! <https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.
//!
//! GitHub refuses a file of more than 25,000 results a run and shows the worst 5,000, so the worst go first and what is
//! over the limit is left out with a notification. It also refuses files of more than 10 MB compressed, which
//! 25,000 results stay below as long as each takes less than 400 compressed bytes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use drstack_policy::{Rule, Severity};
use serde_json::{Value, json};

use crate::escape::clip;
use crate::path::uri;
use crate::report::Fingerprints;
use crate::{Entry, Outcome, Report};

const MAX_RESULTS: usize = 25_000;
const MAX_RULES: usize = 25_000;
/// GitHub's limit on a rule's descriptions, in characters.
const MAX_DESCRIPTION: usize = 1_024;
/// How much of one finding is kept, in characters, so that the file stays small.
const MAX_MESSAGE: usize = 4_000;

pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &log(report))?;
    writeln!(out)
}

fn log(report: &Report) -> Value {
    let rules: Vec<_> = report.rules().into_iter().take(MAX_RULES).collect();
    let indices: BTreeMap<&str, usize> =
        rules.iter().enumerate().map(|(index, (rule, _))| (rule.id, index)).collect();
    let mut fingerprints = Fingerprints::default();
    let findings = report.worst_first();
    let results: Vec<Value> = findings
        .iter()
        .take(MAX_RESULTS)
        .map(|entry| result(*entry, indices.get(entry.found.rule.id), &mut fingerprints))
        .collect();
    let mut notifications: Vec<Value> = Vec::new();
    for input in &report.inputs {
        if let Some(reason) = input.unjudged() {
            notifications.push(json!({
                "level": "error",
                "message": {"text": format!("{} could not be judged: {reason}", input.title())},
            }));
        }
    }
    if findings.len() > results.len() {
        let text = format!(
            "{} findings, of which the worst {} are in this file",
            findings.len(),
            results.len()
        );
        notifications.push(json!({"level": "warning", "message": {"text": text}}));
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "drstack",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.into_iter().map(|(rule, severity)| descriptor(rule, severity)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                "%SRCROOT%": {"description": {"text": "the directory that the inputs' paths are relative to"}},
            },
            "invocations": [{
                "executionSuccessful": report.outcome() != Outcome::Unjudged,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
            "properties": {"summary": report.summary(), "remarks": report.remarks()},
        }],
    })
}

fn descriptor(rule: &Rule, severity: Severity) -> Value {
    let text = format!("{}. {}. Fix: {}.", rule.summary, rule.protects, rule.fix);
    let markdown = format!(
        "{}\n\n**Protects:** {}\n\n**Fix:** {}\n",
        rule.explanation.trim_end(),
        rule.protects,
        rule.fix
    );
    json!({
        "id": rule.id,
        "name": rule.id,
        "shortDescription": {"text": clip(rule.summary, MAX_DESCRIPTION)},
        "fullDescription": {"text": clip(rule.protects, MAX_DESCRIPTION)},
        "help": {"text": text, "markdown": markdown},
        "defaultConfiguration": {"level": severity},
        "properties": {
            "tags": ["terraform", "aws"],
            "precision": "high",
            "problem.severity": match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "recommendation",
            },
            "requirements": rule.requirements,
        },
    })
}

fn result(entry: Entry<'_>, rule: Option<&usize>, fingerprints: &mut Fingerprints) -> Value {
    let finding = &entry.found.finding;
    let location = entry.location();
    let (fingerprint, number) = fingerprints.number(entry);
    let mut place = json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri(&entry.file()), "uriBaseId": "%SRCROOT%"},
            "region": {
                "startLine": location.line,
                "startColumn": location.column,
                "endLine": location.end_line,
                "endColumn": location.end_column,
            },
        },
    });
    if !finding.address.is_empty() {
        place["logicalLocations"] =
            json!([{"fullyQualifiedName": finding.address, "kind": "resource"}]);
    }
    let suppressions: Vec<Value> = entry
        .found
        .waived_by
        .iter()
        .map(|reason| json!({"kind": "external", "status": "accepted", "justification": reason}))
        .collect();
    let mut result = json!({
        "ruleId": entry.found.rule.id,
        "level": entry.level(),
        "message": {"text": clip(&entry.lines().join("\n"), MAX_MESSAGE)},
        "locations": [place],
        // GitHub takes the text before the colon for the finding and the number for its occurrence.
        "partialFingerprints": {"primaryLocationLineHash": format!("{fingerprint}:{number}")},
        "suppressions": suppressions,
        "properties": {
            "status": finding.status,
            "path": &*finding.path,
            "evidence": finding.evidence,
        },
    });
    if let Some(rule) = rule {
        result["ruleIndex"] = json!(rule);
    }
    result
}
