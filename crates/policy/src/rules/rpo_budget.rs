use std::sync::Arc;

use drstack_recovery::{Amount, Budget, Loss, Regions, Source, Standby};

use crate::regions::{RegionPair, budget, objectives, survey};
use crate::{Checked, Finding, Rule, Severity, Sink, Status};

pub(super) const RULE: Rule = Rule {
    id: "rpo-budget",
    severity: Severity::Error,
    summary: "each store has a copy in the other region, and somebody is told of its lag within the recovery point objective",
    protects: "a store without a copy is lost with its region, and one that lags behind unnoticed loses that much in an outage",
    fix: "replicate the store to the other region, and alarm on its lag with threshold + period x evaluations within the objective",
    requirements: &["R6"],
    explanation: include_str!("rpo_budget.md"),
    check,
};

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    if let Some(budget) = budget(checked) {
        for loss in &budget.losses {
            sink.judged();
            judge(loss, budget, sink);
        }
    } else if let Some(pair) = RegionPair::of(checked) {
        judge_either(checked, pair, sink);
    }
}

/// Which region serves does not show: what has no copy is lost if its region is the one.
fn judge_either(checked: &Checked<'_>, pair: &RegionPair, sink: &mut Sink) {
    let [one, other] = pair.both();
    for (primary, recovery) in [(one, other), (other, one)] {
        let regions = Regions { primary: primary.to_owned(), recovery: recovery.to_owned() };
        for loss in survey(checked).budget(&regions, objectives(checked)).missing() {
            sink.judged();
            let message = format!(
                "lost with {primary}, if that is the region that serves, which does not show: there is no copy in {recovery}"
            );
            let finding = Finding::new(Status::Undetermined, Arc::clone(&loss.store), "", message);
            sink.report(finding.found("no copy").expected(format_args!("a copy in {recovery}")));
        }
    }
}

fn judge(loss: &Loss, budget: &Budget, sink: &mut Sink) {
    let rpo = budget.objectives.rpo_seconds;
    let Regions { primary, recovery } = &budget.regions;
    let detection = loss.detection();
    let standing = match loss.standby {
        Standby::Missing => Some((
            Status::Violated,
            format!("lost with {primary}: there is no copy in {recovery}"),
            "no copy",
        )),
        // What nobody watches has no bound, whether there is a copy or not.
        Standby::Unknown if detection == Amount::Unbounded => None,
        Standby::Unknown => Some((
            Status::Undetermined,
            format!("whether there is a copy in {recovery} does not show"),
            "not known",
        )),
        Standby::Backup => Some((
            Status::Undetermined,
            format!(
                "only backups are copied to {recovery}: what was written since the last one is lost"
            ),
            "backups",
        )),
        Standby::Active | Standby::Promotion | Standby::Waiting => None,
    };
    if let Some((status, message, found)) = standing {
        let finding = Finding::new(status, Arc::clone(&loss.store), "", message).found(found);
        return sink.report(finding.expected(format_args!("a copy in {recovery}")));
    }
    let unknown = loss.terms.iter().find(|term| term.amount == Amount::Unknown);
    let (status, message) = match (detection, unknown.map(|term| &term.source)) {
        (Amount::Seconds(seconds), _) if seconds <= rpo => return,
        (Amount::Seconds(_), _) => {
            (Status::Violated, "the lag is told of later than the objective".to_owned())
        }
        (Amount::Unbounded, _) => (Status::Violated, "no alarm watches the lag".to_owned()),
        (Amount::Unknown, Some(Source::Assumption { why })) => {
            (Status::Undetermined, format!("when the lag is told of can't be said: {why}"))
        }
        (Amount::Unknown, _) => {
            (Status::Undetermined, "when the lag is told of is not known before apply".to_owned())
        }
    };
    let mut finding = Finding::of_terms(status, &loss.terms, &loss.store, message);
    finding.evidence.push(Arc::clone(&loss.store));
    sink.report(finding.found(detection).expected(format_args!("at most {rpo} s")));
}
