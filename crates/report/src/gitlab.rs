//! GitLab Code Quality: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.
//!
//! The format has no suppressions, so waived findings are left out.

use std::io::{self, Write};

use drstack_policy::Severity;
use serde_json::json;

use crate::Report;
use crate::report::Fingerprints;

pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut fingerprints = Fingerprints::default();
    let mut issues = Vec::new();
    for input in &report.inputs {
        if let Some(reason) = input.unjudged() {
            let path = input.path();
            issues.push(json!({
                "description": format!("{} could not be judged: {reason}", input.title()),
                "check_name": "unjudged",
                "fingerprint": format!("unjudged-{path}"),
                "severity": "blocker",
                "location": {"path": path, "lines": {"begin": 1}},
            }));
        }
    }
    for entry in report.findings().filter(|entry| !entry.is_waived()) {
        let location = entry.location();
        // GitLab shows one issue for each fingerprint.
        let fingerprint = match fingerprints.number(entry) {
            (fingerprint, 1) => fingerprint,
            (fingerprint, number) => format!("{fingerprint}-{number}"),
        };
        issues.push(json!({
            "description": entry.lines().join("; "),
            "check_name": entry.found.rule.id,
            "fingerprint": fingerprint,
            "severity": match entry.level() {
                Severity::Error => "critical",
                Severity::Warning => "minor",
                Severity::Note => "info",
            },
            "location": {
                "path": entry.file(),
                "lines": {"begin": location.line, "end": location.end_line},
            },
        }));
    }
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}
