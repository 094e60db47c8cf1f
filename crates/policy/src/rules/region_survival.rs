use drstack_recovery::{Class, Crossing};

use crate::regions::{RegionPair, survey};
use crate::{Checked, Finding, Rule, Severity, Sink, Status};

pub(super) const RULE: Rule = Rule {
    id: "region-survival",
    severity: Severity::Error,
    summary: "nothing of one region needs the other region to go on",
    protects: "a second region that reads a key, a secret or a queue of the first is lost together with it",
    fix: "give each region a resource of its own, or a replica, and refer to that",
    requirements: &["N3", "N4", "C4"],
    explanation: include_str!("region_survival.md"),
    check,
};

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(pair) = RegionPair::of(checked) else { return };
    for lost in pair.both() {
        let outage = survey(checked).lose(lost);
        for _ in 0..outage.reached() {
            sink.judged();
        }
        for crossing in outage.crossings(Class::Undetermined) {
            sink.report(finding(crossing, lost));
        }
    }
}

fn finding(crossing: Crossing, lost: &str) -> Finding {
    let (status, verb) = match crossing.class {
        Class::Fatal => (Status::Violated, "does"),
        _ => (Status::Undetermined, "may"),
    };
    let message = format!("{verb} not survive the loss of {lost}: {}", crossing.reason);
    let finding = Finding::new(status, crossing.from, crossing.path, message)
        .expected(format_args!("nothing of {lost}"));
    Finding { found: Some(crossing.to), evidence: crossing.trail, ..finding }
}
