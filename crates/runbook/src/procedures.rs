//! The procedures, put together from the parts that a plan has.

mod failback;
mod failover;
mod preparation;
mod rehearsal;
mod rescue;
mod steps;

use drstack_recovery::{Amount, Budget, Term};

use crate::document::{Procedure, assumed};
use crate::name::Name;
use crate::parts::Parts;

/// All procedures in their order.
pub(crate) fn all(parts: &Parts<'_>, budget: &Budget) -> Vec<Procedure> {
    let guide = Guide { parts, budget };
    vec![
        preparation::procedure(&guide),
        failover::procedure(&guide),
        rescue::procedure(&guide),
        failback::procedure(&guide),
        rehearsal::procedure(&guide),
    ]
}

/// What steps are made from.
struct Guide<'a> {
    parts: &'a Parts<'a>,
    budget: &'a Budget,
}

impl Guide<'_> {
    const fn lost(&self) -> &Name {
        &self.parts.lost
    }

    const fn recovery(&self) -> &Name {
        &self.parts.recovery
    }

    /// What a new shell needs before the steps that come after the return.
    fn preparations(&self) -> &'static str {
        match preparation::look_up(self, self.lost()) {
            Some(_) => "part 1 and the first step of part 3",
            None => "part 1",
        }
    }

    /// A term of the database's budget by its name.
    fn database_term(&self, name: &str) -> Option<Term> {
        self.budget.time.database.iter().find(|term| term.name == name).cloned()
    }

    /// How long the promotion of a cluster takes.
    fn promotion(&self) -> Term {
        self.database_term("promotion")
            .unwrap_or_else(|| assumed(300, "AWS says that a managed failover takes minutes"))
    }

    /// How long it takes until clients are led elsewhere.
    fn dns(&self) -> Term {
        let terms = &self.budget.time.dns;
        let names: Vec<&str> = terms.iter().map(|term| term.name.as_str()).collect();
        let Some(first) = terms.first() else {
            return assumed(100, "health checks that notice, and records that expire");
        };
        Term {
            name: names.join(" + "),
            amount: Amount::sum(terms.iter().map(|term| term.amount)),
            source: first.source.clone(),
        }
    }

    /// The longest time that a message which was received stays hidden.
    fn visibility(&self) -> u64 {
        let sides = self.parts.intakes.iter().flat_map(|intake| [&intake.lost, &intake.recovery]);
        sides.map(|side| side.visibility).max().unwrap_or_default()
    }
}

/// The seconds of a term, doubled: for how long it is worth asking again.
fn patience(term: &Term) -> u64 {
    match term.amount {
        Amount::Seconds(seconds) => seconds.saturating_mul(2),
        Amount::Unknown | Amount::Unbounded => 600,
    }
}

/// One call of an API, with the time that a person needs to paste it and to read the answer.
fn moment() -> Term {
    assumed(15, "one call")
}
