use std::sync::Arc;

use drstack_recovery::{Amount, Source, Term};

use crate::regions::budget;
use crate::{Checked, Finding, Rule, Severity, Sink, Status};

pub(super) const RULE: Rule = Rule {
    id: "rto-budget",
    severity: Severity::Error,
    summary: "what recovery takes leaves a person time to decide within the recovery time objective",
    protects: "detection, promotion and DNS that use up the objective leave nobody time to decide on a failover",
    fix: "shorten what the plan sets: health-check interval and threshold, TTL, the lag alarm's period and evaluations",
    requirements: &["R5", "R6", "C7"],
    explanation: include_str!("rto_budget.md"),
    check,
};

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(budget) = budget(checked) else { return };
    let rto = budget.objectives.rto_seconds;
    let time = &budget.time;
    if let Some(total) = time.dns_total() {
        sink.judged();
        let total = Amount::sum([total, time.verify.amount]);
        let record = time.record.as_deref().unwrap_or_default();
        judge("DNS and verification", total, rto, (&time.dns, record), sink);
    }
    if let Some(total) = time.database_total() {
        sink.judged();
        let store = time.promoted.as_deref().unwrap_or_default();
        let total = Amount::sum([total, time.verify.amount]);
        judge("what is promoted", total, rto, (&time.database, store), sink);
    }
}

fn judge(what: &str, total: Amount, rto: u64, (terms, thing): (&[Term], &str), sink: &mut Sink) {
    let (status, message) = match total {
        Amount::Seconds(seconds) if seconds <= rto => return,
        Amount::Seconds(_) => (Status::Violated, format!("{what} takes longer than the objective")),
        Amount::Unbounded => {
            let unbounded = terms.iter().find(|term| term.amount == Amount::Unbounded);
            let why = unbounded.map_or_else(String::new, |term| match term.source {
                Source::Assumption { why } => format!(": {why}"),
                _ => format!(": {}", term.name),
            });
            (Status::Violated, format!("nothing bounds the time of {what}{why}"))
        }
        Amount::Unknown => {
            (Status::Undetermined, format!("the time of {what} is not known before apply"))
        }
    };
    sink.report(
        Finding::of_terms(status, terms, thing, message)
            .found(total)
            .expected(format_args!("at most {rto} s")),
    );
}

impl Finding {
    /// A finding at the term that weighs most among those that the plan sets, at a store or a record if it sets none.
    pub(super) fn of_terms(status: Status, terms: &[Term], thing: &str, message: String) -> Self {
        let of_plan = |term: &&Term| matches!(term.source, Source::Plan { .. });
        let weight = |term: &&Term| match term.amount {
            Amount::Seconds(seconds) => (0, seconds),
            Amount::Unknown | Amount::Unbounded => (1, 0),
        };
        let heaviest = terms.iter().filter(of_plan).max_by_key(weight);
        match heaviest.map(|term| &term.source) {
            Some(Source::Plan { address, path }) => {
                let path = path.split(" × ").next().unwrap_or_default();
                Self::new(status, Arc::clone(address), path, message)
            }
            _ => Self::new(status, thing, "", message),
        }
    }
}
