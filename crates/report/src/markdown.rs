//! A comment on a pull request: the numbers, a table of findings, and the rest to unfold.

use std::collections::BTreeSet;
use std::io::{self, Write};

use drstack_policy::Severity;

use crate::escape::{clip, markdown};
use crate::{Entry, Outcome, Report};

/// GitHub takes comments of 65,536 characters. Counted in bytes, which are never fewer.
const LIMIT: usize = 65_536;
/// How far each list may reach, so that the ones behind it have room, and what belongs to no list.
const REMARKS: usize = LIMIT / 8;
const FINDINGS: usize = LIMIT * 3 / 4;
const FIXES: usize = LIMIT * 7 / 8;
const WAIVED: usize = LIMIT - 2_000;
/// How much of one cell is shown, in characters before they are escaped.
const CELL: usize = 400;

pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let (waived, counted): (Vec<_>, Vec<_>) =
        report.worst_first().into_iter().partition(|entry| entry.is_waived());
    let mark = match report.outcome() {
        Outcome::Clean => "✅ passed",
        Outcome::Findings => "❌ failed",
        Outcome::Unjudged => "❌ not judged",
    };
    let mut page = format!("## drstack: {mark}\n\n{}\n\n", report.headline());
    let remarks = report.remarks();
    list(&mut page, REMARKS, remarks.iter().map(|remark| format!("- {}\n", cell(remark))));
    if !counted.is_empty() {
        page.push_str("\n| | Rule | Finding | Where |\n| --- | --- | --- | --- |\n");
        list(&mut page, FINDINGS, counted.iter().map(|entry| row(*entry)));
        // What is violated comes first.
        let fixes: BTreeSet<_> = counted
            .iter()
            .map(|entry| (entry.found.finding.status, entry.found.rule.id, entry.found.fix()))
            .collect();
        page.push_str("\n<details><summary>How to fix</summary>\n\n");
        let fixes =
            fixes.into_iter().map(|(_, id, fix)| format!("- {}: {}\n", code(id), cell(fix)));
        list(&mut page, FIXES, fixes);
        page.push_str("\n</details>\n");
    }
    if !waived.is_empty() {
        page.push_str(&format!("\n<details><summary>{} waived</summary>\n\n", waived.len()));
        page.push_str("| Rule | Finding | Waived by |\n| --- | --- | --- |\n");
        let rows = waived.iter().map(|entry| {
            let reason = entry.found.waived_by.as_deref().unwrap_or_default();
            format!(
                "| {} | {} | {} |\n",
                code(entry.found.rule.id),
                cell(&entry.sentence()),
                cell(reason)
            )
        });
        list(&mut page, WAIVED, rows);
        page.push_str("\n</details>\n");
    }
    out.write_all(page.as_bytes())
}

/// Adds lines as long as the page stays within `limit` bytes, and says how many had no room.
fn list(page: &mut String, limit: usize, lines: impl Iterator<Item = String>) {
    let mut left_out = 0_usize;
    for line in lines {
        // Once a line is left out the rest is too, so that what is shown is the worst.
        if left_out > 0 || page.len() + line.len() > limit {
            left_out += 1;
        } else {
            page.push_str(&line);
        }
    }
    if left_out > 0 {
        page.push_str(&format!(
            "\n{left_out} more had no room here; `--format json` has all of them\n"
        ));
    }
}

fn row(entry: Entry<'_>) -> String {
    let level = match entry.level() {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
        Severity::Note => "ℹ️",
    };
    let finding = &entry.found.finding;
    let mut what = cell(&finding.message);
    if !finding.address.is_empty() {
        what = format!("{}<br>{}: {what}", code(&finding.address), finding.status);
    }
    if let Some(contrast) = entry.contrast() {
        what = format!("{what}<br>{}", cell(&contrast));
    }
    let mut place = code(&entry.file());
    if let Some(location) = &entry.found.location {
        place = format!("{place}:{}", location.line);
    }
    format!("| {level} | {} | {what} | {place} |\n", code(entry.found.rule.id))
}

fn cell(text: &str) -> String {
    markdown(&clip(text, CELL))
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", cell(text))
}
