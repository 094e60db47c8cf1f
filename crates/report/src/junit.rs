//! JUnit XML: a suite for each input, a test case for each rule that ran, a failure for each finding that fails the gate.
//!
//! What does not fail the gate stands in `system-out`; a rule that had nothing to look at is skipped; an input that
//! can't be judged is an error.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use drstack_policy::RuleRun;

use crate::escape::xml;
use crate::{Entry, Report};

pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: Vec<Suite> = Vec::new();
    for input in &report.inputs {
        let mut suite = Suite::named(input.title());
        if let Some(reason) = input.unjudged() {
            suite.error("input", &reason);
        }
        let runs = input.verdict().map_or(&[][..], |verdict| verdict.rules.as_slice());
        suite.cases(runs, report.findings_of(input));
        suites.push(suite);
    }
    if !report.housekeeping.is_empty() {
        let mut suite = Suite::named("waivers and baselines");
        suite.cases(&[], report.findings().filter(|entry| entry.input.is_none()));
        suites.push(suite);
    }
    let total = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="drstack" tests="{}" failures="{}" errors="{}">"#,
        total(|suite| suite.tests),
        total(|suite| suite.failures),
        total(|suite| suite.errors),
    )?;
    for Suite { name, tests, failures, errors, skipped, xml: cases } in &suites {
        writeln!(
            out,
            r#"  <testsuite name="{}" tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}">"#,
            xml(name),
        )?;
        out.write_all(cases.as_bytes())?;
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

struct Suite {
    name: String,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    xml: String,
}

impl Suite {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            tests: 0,
            failures: 0,
            errors: 0,
            skipped: 0,
            xml: String::new(),
        }
    }

    fn error(&mut self, name: &str, message: &str) {
        self.errors += 1;
        self.push(name, &format!(r#"<error type="unjudged" message="{}"/>"#, xml(message)));
    }

    /// Adds a case for each rule that ran or found something.
    fn cases<'r>(&mut self, runs: &[RuleRun], findings: impl Iterator<Item = Entry<'r>>) {
        let mut cases: BTreeMap<&str, (usize, Vec<Entry<'_>>)> =
            runs.iter().map(|run| (run.rule.id, (run.judged, Vec::new()))).collect();
        for entry in findings {
            cases.entry(entry.found.rule.id).or_default().1.push(entry);
        }
        for (rule, (judged, findings)) in cases {
            self.case(rule, judged, findings);
        }
    }

    fn case(&mut self, rule: &str, judged: usize, findings: Vec<Entry<'_>>) {
        let (failing, rest): (Vec<_>, Vec<_>) =
            findings.into_iter().partition(|entry| entry.fails());
        let mut body = String::new();
        for entry in &failing {
            let (status, message) = (entry.found.finding.status, xml(&entry.sentence()));
            // Writing into a String does not fail.
            let _ = write!(
                body,
                r#"<failure type="{status}" message="{message}">{}</failure>"#,
                details(*entry)
            );
        }
        if !rest.is_empty() {
            let details: Vec<_> = rest.into_iter().map(details).collect();
            let _ = write!(body, "<system-out>{}</system-out>", details.join("\n\n"));
        }
        if body.is_empty() && judged == 0 {
            self.skipped += 1;
            body.push_str(r#"<skipped message="nothing to look at"/>"#);
        }
        self.failures += usize::from(!failing.is_empty());
        self.push(rule, &body);
    }

    fn push(&mut self, name: &str, body: &str) {
        self.tests += 1;
        let (class, name) = (xml(&self.name), xml(name));
        let _ = writeln!(
            self.xml,
            r#"    <testcase classname="{class}" name="{name}">{body}</testcase>"#
        );
    }
}

fn details(entry: Entry<'_>) -> String {
    let location = entry.location();
    let mut lines = entry.lines();
    lines.push(format!("at {}:{}:{}", entry.file(), location.line, location.column));
    lines.extend(entry.found.waived_by.iter().map(|reason| format!("waived: {reason}")));
    let lines: Vec<_> = lines.iter().map(|line| xml(line)).collect();
    lines.join("\n")
}
