//! The verdict in one sentence, the numbers, and the inputs.

use std::fmt::Write;

use drstack_policy::Status;
use drstack_recovery::{Class, Drill};
use drstack_report::{Input, Outcome, kind};

use crate::html::{Column, Html};
use crate::judged::Judged;
use crate::subject::{Known, Subject};
use crate::tone::Tone;
use crate::words::{amount, count, duration, grouped};

/// What browsers show on the tab.
pub(crate) fn title(judged: &Judged<'_>) -> String {
    let (_, word) = verdict(judged.page.report.outcome());
    format!("{word}: {} - drstack", name(judged))
}

pub(crate) fn write(html: &mut Html, judged: &Judged<'_>) {
    let report = judged.page.report;
    html.line("p", &[("class", "kicker")], "drstack recovery report");
    html.line("h1", &[], name(judged));
    let (tone, word) = verdict(report.outcome());
    html.element("p", &[("class", &format!("verdict {}", tone.class()))], |line| {
        line.badge(tone, word);
        line.text(format_args!(" {}", sentence(judged)));
    });
    html.element("dl", &[("class", "figures")], |list| {
        let summary = report.summary();
        figure(
            list,
            "Resources",
            &grouped(summary.resources as u128),
            &count(summary.inputs, "input"),
        );
        let broken = broken_rules(judged);
        let rules = format!("{} of {}", summary.rules.saturating_sub(broken), summary.rules);
        figure(
            list,
            "Rules without findings",
            &rules,
            &format!("looked at {}", count(summary.judged, "thing")),
        );
        let findings = format!("{} violated", grouped(summary.violated as u128));
        let rest = format!(
            "{} undetermined, {} waived",
            grouped(summary.undetermined as u128),
            grouped(summary.waived as u128)
        );
        figure(list, "Findings", &findings, &rest);
        if let [subject] = judged.subjects.as_slice() {
            figures(list, subject);
        }
    });
    inputs(html, judged);
    let remarks = report.remarks();
    if !remarks.is_empty() {
        html.element("details", &[("class", "printed")], |details| {
            details.line("summary", &[], "What this report can't show");
            details.element("ul", &[], |list| {
                for remark in remarks {
                    list.element("li", &[], |item| item.prose(&remark));
                }
            });
        });
    }
}

/// What the loss of regions means for an input, and what recovery takes.
fn figures(list: &mut Html, subject: &Subject<'_>) {
    for drill in &subject.drills {
        let mut rest = String::new();
        for class in [Class::Fatal, Class::Undetermined, Class::Degrading] {
            let comma = if rest.is_empty() { "" } else { ", " };
            // Writing into a string does not fail.
            let _ =
                write!(rest, "{comma}{} {class}", grouped(drill.of_class(class).count() as u128));
        }
        let missing = subject.missing(&drill.lost);
        if !missing.is_empty() {
            let _ = write!(rest, ", {} without a copy", count(missing.len(), "store"));
        }
        figure(list, &format!("Loss of {}", drill.lost), survival(subject, drill), &rest);
    }
    let Some(budget) = &subject.budget else { return };
    let objectives = budget.objectives;
    if budget.time.database_total().is_some() {
        let left = match budget.decision_seconds() {
            Some(left) if left < 0 => format!("none: {} over", duration(left.unsigned_abs())),
            Some(left) => duration(left.unsigned_abs()),
            None => "unknown".to_owned(),
        };
        let rest = format!("of {} to recover", duration(objectives.rto_seconds));
        figure(list, "Left for a person to decide", &left, &rest);
    }
    if let Some(worst) = budget.worst_loss() {
        let rest = format!("of {} that may be lost", duration(objectives.rpo_seconds));
        figure(list, "Worst loss until somebody is told", &amount(worst), &rest);
    }
}

/// What a loss comes to, in a word or two.
pub(crate) fn survival(subject: &Subject<'_>, drill: &Drill) -> &'static str {
    if drill.reached == 0 {
        "nothing is left"
    } else if drill.of_class(Class::Fatal).next().is_some() {
        "not survived"
    } else if !subject.missing(&drill.lost).is_empty() {
        "data is lost"
    } else if drill.survives() {
        "survived"
    } else {
        "undetermined"
    }
}

fn figure(list: &mut Html, term: &str, number: &str, rest: &str) {
    list.element("div", &[], |group| {
        group.line("dt", &[], term);
        group.element("dd", &[], |line| {
            line.line("strong", &[], number);
            line.text(" ");
            line.line("span", &[], rest);
        });
    });
}

fn inputs(html: &mut Html, judged: &Judged<'_>) {
    let columns = [
        Column::Text("Input"),
        Column::Text("Kind"),
        Column::Number("Resources"),
        Column::Text("Regions"),
        Column::Text("Result"),
    ];
    html.table("Inputs", &columns, |table| {
        for (input, plan) in judged.page.report.inputs.iter().zip(judged.page.plans) {
            let subject = judged.subjects.iter().find(|subject| std::ptr::eq(subject.input, input));
            table.element("tr", &[], |row| {
                row.element("th", &[("scope", "row")], |cell| cell.code(input.title()));
                let version = plan.as_ref().and_then(|plan| plan.terraform_version());
                row.element("td", &[], |cell| match input.verdict() {
                    Some(verdict) => {
                        cell.text(kind(verdict.kind));
                        if let Some(version) = version {
                            cell.text(format_args!(", Terraform {version}"));
                        }
                    }
                    None => cell.text("not known"),
                });
                let resources = input.verdict().map_or(0, |verdict| verdict.resources);
                row.line("td", &[("class", "number")], grouped(resources as u128));
                row.line("td", &[], subject.map_or_else(String::new, regions));
                row.element("td", &[], |cell| result(cell, judged, input));
            });
        }
    });
}

fn regions(subject: &Subject<'_>) -> String {
    match &subject.regions {
        Known::Roles(regions) => {
            format!("{} serves, {} takes over", regions.primary, regions.recovery)
        }
        Known::Pair => {
            let lost: Vec<&str> = subject.drills.iter().map(|drill| &*drill.lost).collect();
            format!("{}; which one serves does not show", lost.join(" and "))
        }
        Known::Others(all) if all.is_empty() => "none known".to_owned(),
        Known::Others(all) => all.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    }
}

fn result(cell: &mut Html, judged: &Judged<'_>, input: &Input) {
    if let Some(reason) = input.unjudged() {
        cell.badge(Tone::Open, "not judged");
        return cell.prose(&format!(": {reason}"));
    }
    let findings = judged.page.report.findings_of(input);
    let (mut failing, mut others) = (0, 0);
    for entry in findings {
        *if entry.fails() { &mut failing } else { &mut others } += 1;
    }
    if failing == 0 {
        cell.badge(Tone::Good, "passed");
    } else {
        cell.badge(Tone::Bad, "failed");
    }
    cell.text(format_args!(
        ": {} that fail the gate, {} that do not",
        count(failing, "finding"),
        grouped(others as u128)
    ));
}

fn sentence(judged: &Judged<'_>) -> String {
    let report = judged.page.report;
    let rules = judged.page.rules;
    match report.outcome() {
        Outcome::Clean => {
            let rest = report.findings().count();
            let rest = match rest {
                0 => "there is no finding".to_owned(),
                rest => format!("{} are waived or below what fails it", count(rest, "finding")),
            };
            let beyond = beyond_rules(judged).unwrap_or_default();
            format!("The rules of {rules} find nothing that fails the gate; {rest}.{beyond}")
        }
        Outcome::Findings => {
            let failing: Vec<_> = report.findings().filter(|entry| entry.fails()).collect();
            let mut ids: Vec<&str> = failing.iter().map(|entry| entry.found.rule.id).collect();
            ids.sort_unstable();
            ids.dedup();
            let open = failing
                .iter()
                .filter(|entry| entry.found.finding.status == Status::Undetermined)
                .count();
            let open = match open {
                0 => String::new(),
                open => format!("; {} of them can't be judged before apply", grouped(open as u128)),
            };
            format!(
                "{} of {} fail the gate{open}.",
                count(failing.len(), "finding"),
                count(ids.len(), "rule")
            )
        }
        Outcome::Unjudged if report.inputs.is_empty() => "There is no input.".to_owned(),
        Outcome::Unjudged => {
            let unjudged: Vec<String> = report.inputs.iter().filter_map(Input::unjudged).collect();
            match unjudged.as_slice() {
                [reason] if report.inputs.len() == 1 => {
                    format!("The input could not be judged: {reason}.")
                }
                _ => format!(
                    "{} of {} could not be judged.",
                    grouped(unjudged.len() as u128),
                    count(report.inputs.len(), "input")
                ),
            }
        }
    }
}

/// Losses that are not survived, where no rule judges that: the verdict alone would mislead.
fn beyond_rules(judged: &Judged<'_>) -> Option<String> {
    if judged.page.report.runs().iter().any(|run| run.rule.id == "region-survival") {
        return None;
    }
    let losses = judged.subjects.iter().flat_map(|subject| {
        let not_survived = |drill: &&Drill| survival(subject, drill) != "survived";
        subject.drills.iter().filter(not_survived).map(|drill| drill.lost.as_str())
    });
    let mut lost: Vec<&str> = losses.collect();
    lost.sort_unstable();
    lost.dedup();
    (!lost.is_empty()).then(|| {
        format!(
            " Whether the loss of a region is survived is not among them: that of {} is not, or it can't be told.",
            lost.join(" and of ")
        )
    })
}

fn name(judged: &Judged<'_>) -> String {
    match judged.page.report.inputs.as_slice() {
        [] => "No input".to_owned(),
        [input] => input.title().to_owned(),
        inputs => count(inputs.len(), "input"),
    }
}

fn verdict(outcome: Outcome) -> (Tone, &'static str) {
    match outcome {
        Outcome::Clean => (Tone::Good, "Passed"),
        Outcome::Findings => (Tone::Bad, "Failed"),
        Outcome::Unjudged => (Tone::Open, "Not judged"),
    }
}

/// How many rules have a finding that is not waived.
fn broken_rules(judged: &Judged<'_>) -> usize {
    let mut ids: Vec<&str> = judged
        .page
        .report
        .findings()
        .filter(|entry| entry.input.is_some() && !entry.is_waived())
        .map(|entry| entry.found.rule.id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}
