use drstack_recovery::{Class, Crossing, drill};

use crate::regions::RegionPair;
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
        let drill = drill(checked.plan(), lost);
        for _ in 0..drill.reached {
            sink.judged();
        }
        for crossing in &drill.crossings {
            let status = match crossing.class {
                Class::Fatal => Status::Violated,
                Class::Undetermined => Status::Undetermined,
                Class::Degrading | Class::ControlPlaneOnly | Class::Allowed => continue,
            };
            sink.report(finding(status, crossing, lost));
        }
    }
}

fn finding(status: Status, crossing: &Crossing, lost: &str) -> Finding {
    let message = match status {
        Status::Violated => format!("does not survive the loss of {lost}: {}", crossing.reason),
        Status::Undetermined => {
            format!("may not survive the loss of {lost}: {}", crossing.reason)
        }
    };
    let mut finding = Finding::new(status, &crossing.from, &crossing.path, message)
        .found(&crossing.to)
        .expected(format_args!("nothing of {lost}"));
    finding.evidence.clone_from(&crossing.trail);
    finding
}
