//! What came of each rule, and how to mend what it found.

use std::collections::BTreeMap;

use drstack_policy::{Rule, Severity, Status};
use drstack_report::Entry;

use crate::findings;
use crate::html::{Column, Html};
use crate::judged::{Judged, Level};
use crate::tone::Tone;
use crate::words::grouped;

/// A rule and what came of it over all inputs.
struct RuleRow<'report> {
    rule: &'static Rule,
    severity: Severity,
    judged: usize,
    /// The findings, the worst first.
    findings: Vec<Entry<'report>>,
}

pub(crate) fn write(html: &mut Html, judged: &Judged<'_>) {
    let rows = rows(judged);
    if rows.is_empty() {
        return html.line("p", &[], "No rule ran.");
    }
    let columns = [
        Column::Text("Rule"),
        Column::Text("Result"),
        Column::Text("Severity"),
        Column::Number("Looked at"),
        Column::Text("Findings"),
    ];
    let caption = format!("The rules of {}", judged.page.rules);
    html.table(&caption, &columns, |table| {
        for row in &rows {
            table.element("tr", &[], |cells| row.write(cells));
        }
    });
    for row in rows.iter().filter(|row| !row.findings.is_empty()) {
        row.details(html, judged);
    }
}

/// Every rule that ran or found something: those that fail first, then by id.
fn rows<'report>(judged: &'report Judged<'_>) -> Vec<RuleRow<'report>> {
    let report = judged.page.report;
    let mut rows: BTreeMap<&str, RuleRow<'_>> = BTreeMap::new();
    for run in report.runs() {
        let row = RuleRow {
            rule: run.rule,
            severity: run.severity,
            judged: run.judged,
            findings: Vec::new(),
        };
        rows.insert(run.rule.id, row);
    }
    for entry in report.worst_first() {
        let found = entry.found;
        let row = rows.entry(found.rule.id).or_insert_with(|| RuleRow {
            rule: found.rule,
            severity: found.severity,
            judged: 0,
            findings: Vec::new(),
        });
        row.findings.push(entry);
    }
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort_by_key(RuleRow::order);
    rows
}

impl RuleRow<'_> {
    fn count(&self, status: Status) -> usize {
        let counted = self.findings.iter().filter(|entry| !entry.is_waived());
        counted.filter(|entry| entry.found.finding.status == status).count()
    }

    fn waived(&self) -> usize {
        self.findings.iter().filter(|entry| entry.is_waived()).count()
    }

    fn fails(&self) -> bool {
        self.findings.iter().any(|entry| entry.fails())
    }

    fn result(&self) -> (Tone, &'static str) {
        if self.count(Status::Violated) > 0 {
            (if self.fails() { Tone::Bad } else { Tone::Mild }, "violated")
        } else if self.count(Status::Undetermined) > 0 {
            (Tone::Open, "undetermined")
        } else if self.waived() > 0 {
            (Tone::Quiet, "waived")
        } else if self.judged > 0 {
            (Tone::Good, "passed")
        } else {
            (Tone::Quiet, "nothing to judge")
        }
    }

    fn order(&self) -> u8 {
        match self.result().0 {
            _ if self.fails() => 0,
            Tone::Bad | Tone::Mild => 1,
            Tone::Open => 2,
            Tone::Quiet if !self.findings.is_empty() => 3,
            Tone::Good => 4,
            Tone::Quiet => 5,
        }
    }

    fn write(&self, row: &mut Html) {
        row.element("th", &[("scope", "row"), ("class", "rule-name")], |cell| {
            if self.findings.is_empty() {
                cell.code(self.rule.id);
            } else {
                let target = format!("#rule-{}", self.rule.id);
                cell.element("a", &[("href", &target)], |link| link.code(self.rule.id));
            }
            cell.element("span", &[("class", "source")], |summary| {
                summary.prose(self.rule.summary);
            });
        });
        row.element("td", &[], |cell| {
            let (tone, word) = self.result();
            cell.badge(tone, word);
        });
        row.line("td", &[], self.severity);
        row.line("td", &[("class", "number")], grouped(self.judged as u128));
        row.line("td", &[], self.counts());
    }

    /// The numbers of findings, those that are not zero.
    fn counts(&self) -> String {
        let counts = [
            (self.count(Status::Violated), "violated"),
            (self.count(Status::Undetermined), "undetermined"),
            (self.waived(), "waived"),
        ];
        let counts = counts.into_iter().filter(|(number, _)| *number > 0);
        let counts: Vec<String> =
            counts.map(|(number, word)| format!("{} {word}", grouped(number as u128))).collect();
        if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
    }

    fn details(&self, html: &mut Html, judged: &Judged<'_>) {
        let id = format!("rule-{}", self.rule.id);
        let heading = format!("{id}-heading");
        html.element(
            "article",
            &[("class", "rule"), ("id", &id), ("aria-labelledby", &heading)],
            |article| {
                article.element(Level::TOP.heading(), &[("id", &heading)], |heading| {
                    heading.code(self.rule.id);
                    heading.text(" ");
                    let (tone, _) = self.result();
                    heading.badge(tone, &self.counts());
                });
                article.element("dl", &[("class", "about")], |about| {
                    for (term, text) in [
                        ("Demands", self.rule.summary),
                        ("Protects from", self.rule.protects),
                        ("Fix", self.rule.fix),
                    ] {
                        about.line("dt", &[], term);
                        about.element("dd", &[], |line| line.prose(text));
                    }
                });
                findings::write(article, &self.findings, judged.page.report.inputs.len());
            },
        );
    }
}
