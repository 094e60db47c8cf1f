//! What the loss of each region means.

use std::collections::BTreeMap;
use std::sync::Arc;

use drstack_recovery::{Class, Crossing, Drill};

use crate::html::Html;
use crate::judged::{Judged, Level};
use crate::sections::head::survival;
use crate::subject::{Known, Subject};
use crate::tone::Tone;
use crate::words::{count, grouped};

/// How many edges of one class and reason are listed.
const MAX_EDGES: usize = 25;
/// How many reasons of one class are listed.
const MAX_REASONS: usize = 40;
/// How many addresses of a path are shown: its beginning and its end.
const MAX_TRAIL: usize = 12;

const CLASSES: [(Class, Tone, &str); 5] = [
    (Class::Fatal, Tone::Bad, "The surviving region does not serve."),
    (Class::Undetermined, Tone::Open, "The input does not tell what becomes of it."),
    (Class::Degrading, Tone::Mild, "The surviving region serves with something missing."),
    (Class::ControlPlaneOnly, Tone::Quiet, "What runs goes on; changes to it wait."),
    (Class::Allowed, Tone::Good, "Nothing is missing."),
];

pub(crate) fn write(html: &mut Html, judged: &Judged<'_>) {
    judged.each(html, subject);
}

fn subject(html: &mut Html, subject: &Subject<'_>, level: Level) {
    if subject.drills.is_empty() {
        return html.element("p", &[], |line| absent(line, subject));
    }
    for drill in &subject.drills {
        direction(html, subject, drill, level);
    }
}

/// Says why no region was lost.
fn absent(line: &mut Html, subject: &Subject<'_>) {
    match &subject.regions {
        Known::Others(all) if all.len() == 1 => {
            line.text("All of the input is in one region: nothing takes over when that is lost.");
        }
        Known::Others(all) if all.is_empty() => {
            line.text("In which regions the input's resources are is not known, so none can be lost on paper.");
        }
        _ => {
            line.text("Which two of the regions belong together does not show. ");
            line.code("drstack drill --lose REGION");
            line.text(" loses any one of them.");
        }
    }
}

fn direction(html: &mut Html, subject: &Subject<'_>, drill: &Drill, level: Level) {
    let missing = subject.missing(&drill.lost);
    let tone = match survival(subject, drill) {
        "survived" => Tone::Good,
        "undetermined" => Tone::Open,
        _ => Tone::Bad,
    };
    html.element(level.heading(), &[], |heading| {
        let role =
            subject.role(&drill.lost).map_or_else(String::new, |role| format!(", which {role}"));
        heading.text(format_args!("Loss of {}{role} ", drill.lost));
        heading.badge(tone, survival(subject, drill));
    });
    html.line(
        "p",
        &[],
        format_args!(
            "Beginning with {}, {} of what is left were looked at. {} into {}.",
            count(drill.roots.len(), "recovery root"),
            count(drill.reached, "resource"),
            match drill.crossings.len() {
                1 => "One edge leads".to_owned(),
                edges => format!("{} lead", count(edges, "edge")),
            },
            drill.lost
        ),
    );
    stores(html, drill, missing);
    for (class, tone, meaning) in CLASSES {
        let found: Vec<&Crossing> = drill.of_class(class).collect();
        let summary = |html: &mut Html| {
            html.badge(tone_of(tone, &found), &format!("{} {class}", grouped(found.len() as u128)));
            html.line("span", &[("class", "aside")], format_args!(" {meaning}"));
        };
        if found.is_empty() {
            html.element("p", &[("class", "class")], summary);
            continue;
        }
        let attributes: &[_] = match class {
            Class::Fatal | Class::Undetermined => &[("class", "class printed"), ("open", "")],
            Class::Degrading => &[("class", "class printed")],
            Class::ControlPlaneOnly | Class::Allowed => &[("class", "class")],
        };
        html.element("details", attributes, |details| {
            details.element("summary", &[], summary);
            edges(details, &found);
        });
    }
}

/// The stores that are lost with a region.
fn stores(html: &mut Html, drill: &Drill, missing: &[Arc<str>]) {
    if missing.is_empty() {
        return;
    }
    html.element("details", &[("class", "class printed"), ("open", "")], |details| {
        details.element("summary", &[], |summary| {
            summary.badge(Tone::Bad, &format!("{} without a copy", count(missing.len(), "store")));
            let meaning = format_args!(" What they hold is lost with {}.", drill.lost);
            summary.line("span", &[("class", "aside")], meaning);
        });
        details.element("ul", &[], |list| {
            for store in missing.iter().take(MAX_EDGES) {
                list.element("li", &[], |item| item.code(store));
            }
            let rest = missing.len().saturating_sub(MAX_EDGES);
            if rest > 0 {
                let more = format_args!("and {} more", grouped(rest as u128));
                list.line("li", &[("class", "rest")], more);
            }
        });
    });
}

/// What there is none of is neither good nor bad.
fn tone_of(tone: Tone, found: &[&Crossing]) -> Tone {
    if found.is_empty() { Tone::Quiet } else { tone }
}

/// Lists edges by the reason of their class.
fn edges(html: &mut Html, found: &[&Crossing]) {
    let mut by_reason: BTreeMap<&str, Vec<&Crossing>> = BTreeMap::new();
    for crossing in found {
        by_reason.entry(&crossing.reason).or_default().push(crossing);
    }
    let mut reasons: Vec<_> = by_reason.into_iter().collect();
    reasons.sort_by_key(|(_, edges)| std::cmp::Reverse(edges.len()));
    html.element("dl", &[("class", "edges")], |list| {
        for (reason, edges) in reasons.iter().take(MAX_REASONS) {
            list.element("dt", &[], |term| {
                term.prose(reason);
                term.line(
                    "span",
                    &[("class", "aside")],
                    format_args!(" {}", count(edges.len(), "edge")),
                );
            });
            for crossing in edges.iter().take(MAX_EDGES) {
                list.element("dd", &[], |item| edge(item, crossing));
            }
            let rest = edges.len().saturating_sub(MAX_EDGES);
            if rest > 0 {
                list.line(
                    "dd",
                    &[("class", "rest")],
                    format_args!("and {} more", grouped(rest as u128)),
                );
            }
        }
    });
    let rest: usize = reasons.iter().skip(MAX_REASONS).map(|(_, edges)| edges.len()).sum();
    if rest > 0 {
        html.line(
            "p",
            &[("class", "rest")],
            format_args!("and {} for other reasons", count(rest, "edge")),
        );
    }
}

/// What leads where, by which attribute; and the path to it from where recovery begins.
fn edge(item: &mut Html, crossing: &Crossing) {
    item.code(&crossing.from);
    item.text(" → ");
    item.code(&crossing.to);
    if !crossing.path.is_empty() {
        item.text(" by ");
        item.code(&crossing.path);
    }
    // Two addresses say no more than that.
    if crossing.trail.len() > 2 {
        item.element("div", &[("class", "aside")], |line| {
            line.text("Path: ");
            path(line, &crossing.trail);
        });
    }
}

/// Addresses in a row. Of many, those in the middle are left out.
fn path(line: &mut Html, trail: &[Arc<str>]) {
    let left_out = trail.len().saturating_sub(MAX_TRAIL);
    let gap = MAX_TRAIL / 2..MAX_TRAIL / 2 + left_out;
    for (place, address) in trail.iter().enumerate() {
        if place == gap.start && left_out > 0 {
            line.text(format_args!(" → … {} more", grouped(left_out as u128)));
        }
        if gap.contains(&place) {
            continue;
        }
        if place > 0 {
            line.text(" → ");
        }
        line.code(address);
    }
}
