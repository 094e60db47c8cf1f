use drstack_recovery::{Amount, Loss, Source};

use crate::regions::budget;
use crate::{Checked, Finding, Rule, Severity, Sink, Status};

pub(super) const RULE: Rule = Rule {
    id: "rpo-budget",
    severity: Severity::Error,
    summary: "somebody is told of each store's lag within the recovery point objective",
    protects: "a store that lags behind further than the objective, unnoticed, loses that much in an outage",
    fix: "alarm on the store's lag with threshold + period x evaluations within the objective",
    requirements: &["R6"],
    explanation: include_str!("rpo_budget.md"),
    check,
};

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(budget) = budget(checked) else { return };
    for loss in &budget.losses {
        sink.judged();
        judge(loss, budget.objectives.rpo_seconds, sink);
    }
}

fn judge(loss: &Loss, rpo: u64, sink: &mut Sink) {
    let detection = loss.detection();
    let (status, message) = match detection {
        Amount::Seconds(seconds) if seconds <= rpo => return,
        Amount::Seconds(_) => (Status::Violated, "the lag is told of later than the objective"),
        Amount::Unbounded => (Status::Violated, "no alarm watches the lag"),
        Amount::Unknown => {
            (Status::Undetermined, "when the lag is told of is not known before apply")
        }
    };
    let is_of_plan = loss.terms.iter().any(|term| matches!(term.source, Source::Plan { .. }));
    let mut finding = if is_of_plan {
        Finding::of_terms(status, &loss.terms, message.to_owned())
    } else {
        Finding::new(status, &loss.store, "", message)
    };
    finding.evidence.push(loss.store.clone());
    sink.report(finding.found(detection).expected(format_args!("at most {rpo} s")));
}
