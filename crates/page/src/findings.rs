//! The findings of one rule.

use std::collections::{BTreeMap, HashMap};

use drstack_policy::Status;
use drstack_report::{Entry, clip};

use crate::html::Html;
use crate::tone::Tone;
use crate::words::{count, grouped};

/// How many findings of one rule are listed, the worst first. Instances of one block of which the same is said count once.
const MAX_FINDINGS: usize = 15;
/// How many addresses that led to a finding are shown.
const MAX_EVIDENCE: usize = 12;
/// How many lines sum up the rest of a rule's findings.
const MAX_GROUPS: usize = 8;
/// How much of one text of a finding is shown, in characters.
const MAX_TEXT: usize = 400;

/// Lists findings, which come with the worst first, and sums up those that there are too many of.
pub(crate) fn write(html: &mut Html, findings: &[Entry<'_>], inputs: usize) {
    let mut listed = by_block(findings);
    let rest = listed.split_off(listed.len().min(MAX_FINDINGS));
    html.element("ul", &[("class", "findings")], |list| {
        for alike in &listed {
            list.element("li", &[], |item| finding(item, alike, inputs));
        }
    });
    if !rest.is_empty() {
        sum_up(html, &rest);
    }
}

/// Puts findings together that say the same of instances of one block.
fn by_block<'report>(findings: &[Entry<'report>]) -> Vec<Vec<Entry<'report>>> {
    let mut groups: Vec<Vec<Entry<'_>>> = Vec::new();
    let mut places = HashMap::new();
    for entry in findings {
        let found = &entry.found.finding;
        let said = (&found.path, found.status, &found.message, &found.found, &found.expected);
        let input = entry.input.map(|input| &input.label);
        let key =
            (input, without_keys(&found.address), said, &entry.found.waived_by, entry.level());
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(*entry),
            None => groups.push(vec![*entry]),
        }
    }
    groups
}

/// An address without its instance keys: `module.a["x"].aws_vpc.b[0]` is `module.a.aws_vpc.b`.
fn without_keys(address: &str) -> String {
    let mut bare = String::with_capacity(address.len());
    let (mut is_key, mut is_text, mut is_escaped) = (false, false, false);
    for character in address.chars() {
        match character {
            '[' if !is_key => is_key = true,
            ']' if is_key && !is_text => is_key = false,
            '"' if is_key && !is_escaped => is_text = !is_text,
            _ if !is_key => bare.push(character),
            _ => {}
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    bare
}

/// What a finding says, and of which instances it says the same.
fn finding(item: &mut Html, alike: &[Entry<'_>], inputs: usize) {
    let Some(&entry) = alike.first() else { return };
    let found = &entry.found.finding;
    item.element("p", &[], |line| {
        match (entry.is_waived(), found.status) {
            (true, _) => line.badge(Tone::Quiet, "waived"),
            (false, Status::Violated) if entry.fails() => line.badge(Tone::Bad, "violated"),
            (false, Status::Violated) => {
                line.badge(Tone::Mild, &format!("violated, {}", entry.level()));
            }
            (false, Status::Undetermined) => line.badge(Tone::Open, "undetermined"),
        }
        line.text(" ");
        if !found.address.is_empty() {
            line.element("strong", &[], |address| address.code(&found.address));
            line.text(" ");
        }
        if !found.path.is_empty() {
            line.code(&found.path);
        }
        let others = alike.len() - 1;
        if others > 0 {
            line.text(format_args!(" and the same of {}", count(others, "other instance")));
        }
    });
    item.element("p", &[], |line| {
        line.prose(&clip(&found.message, MAX_TEXT));
        line.text(".");
        for (word, text) in
            [("Found", found.found.as_deref()), ("Expected", found.expected.as_deref())]
        {
            let Some(text) = text else { continue };
            line.text(format_args!(" {word} "));
            line.line("span", &[("class", "value")], clip(text, MAX_TEXT));
            line.text(".");
        }
    });
    if let Some(remedy) = &found.remedy {
        item.element("p", &[("class", "aside")], |line| line.prose(&clip(remedy, MAX_TEXT)));
    }
    if let Some(reason) = &entry.found.waived_by {
        item.line("p", &[("class", "aside")], format_args!("Waived: {reason}"));
    }
    if !found.evidence.is_empty() {
        item.element("p", &[("class", "aside")], |line| {
            line.text("By way of ");
            for (place, address) in found.evidence.iter().take(MAX_EVIDENCE).enumerate() {
                if place > 0 {
                    line.text(" → ");
                }
                line.code(address);
            }
        });
    }
    let location = entry.found.location.as_ref();
    if inputs > 1 || location.is_some_and(|location| location.file.is_some()) {
        item.element("p", &[("class", "aside")], |line| {
            line.text("In ");
            line.code(entry.file());
            if let Some(location) = location {
                line.text(format_args!(", line {}", location.line));
            }
        });
    }
}

/// What is said of findings that are not listed: how often the same is said.
fn sum_up(html: &mut Html, rest: &[Vec<Entry<'_>>]) {
    let total: usize = rest.iter().map(Vec::len).sum();
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in rest.iter().flatten() {
        *groups.entry(&entry.found.finding.message).or_default() += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    html.element("p", &[("class", "rest")], |line| {
        line.text(format_args!("{} more are not listed here; ", grouped(total as u128)));
        line.code("drstack check --format json");
        line.text(" has them:");
    });
    html.element("ul", &[("class", "rest")], |list| {
        for (message, number) in groups.iter().take(MAX_GROUPS) {
            list.element("li", &[], |item| {
                item.text(format_args!("{}: ", grouped(*number as u128)));
                item.prose(&clip(message, MAX_TEXT));
            });
        }
        let others: usize = groups.iter().skip(MAX_GROUPS).map(|(_, number)| number).sum();
        if others > 0 {
            list.line("li", &[], format_args!("{}: something else", count(others, "finding")));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_out_of_addresses() {
        for (address, bare) in [
            ("aws_vpc.a", "aws_vpc.a"),
            ("aws_vpc.a[0]", "aws_vpc.a"),
            (r#"module.x["a]\"b"].aws_vpc.a["c"]"#, "module.x.aws_vpc.a"),
            (r#"module.x["\\"].aws_vpc.a"#, "module.x.aws_vpc.a"),
            ("", ""),
        ] {
            assert_eq!(without_keys(address), bare);
        }
    }
}
