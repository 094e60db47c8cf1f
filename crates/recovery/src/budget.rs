//! How long recovery takes and how much is lost, from a plan's own numbers.

mod alarms;
mod copies;
mod dns;
mod lag;
mod loss;
mod stores;
mod time;

use std::fmt;
use std::sync::Arc;

use drstack_plan::{Plan, Resource};
use serde::Serialize;

use crate::{Regions, Survey};

pub use loss::{Loss, Promise};
pub use time::Time;

/// What recovery may cost, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Objectives {
    /// The recovery time objective.
    pub rto_seconds: u64,
    /// The recovery point objective.
    pub rpo_seconds: u64,
}

/// The time and the loss of a failover from the primary region to the recovery region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// Which region fails and which takes over.
    pub regions: Regions,
    /// What may be spent.
    pub objectives: Objectives,
    /// What is spent until the recovery region serves.
    pub time: Time,
    /// What each store loses at worst before somebody is told, in the order of their addresses.
    pub losses: Vec<Loss>,
}

/// A part of the budget, and where its number comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Term {
    /// What it is.
    pub name: String,
    /// How long it takes.
    pub amount: Amount,
    /// Where the number comes from.
    pub source: Source,
}

/// Seconds, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// So many seconds.
    Seconds(u64),
    /// The input does not tell.
    Unknown,
    /// Nothing bounds it.
    Unbounded,
}

/// What stands by for a store in the recovery region. The order is from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standby {
    /// A copy that takes over by itself.
    Active,
    /// A copy that somebody has to promote.
    Promotion,
    /// Backups that somebody has to restore.
    Backup,
    /// The input does not tell.
    Unknown,
    /// No copy: what waits in the store is out of reach until the region is back, and new work goes to the other region.
    Waiting,
    /// No copy.
    Missing,
}

/// Where a number comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The plan.
    Plan {
        /// The resource.
        address: Arc<str>,
        /// The attributes.
        path: String,
    },
    /// AWS's documentation.
    Documentation {
        /// The page.
        url: &'static str,
    },
    /// Nobody's word: an assumption, and what it is about.
    Assumption {
        /// What is assumed.
        why: &'static str,
    },
}

/// The budget of a plan.
///
/// Time is `max(DNS, database) + verification`: records move by themselves, the database waits for a person.
///
/// - DNS: health-check interval × threshold + propagation + TTL
/// - database: alarm period × evaluations + decision + promotion + endpoint's DNS
/// - loss of a store: threshold of its lag alarm + period × evaluations
#[must_use]
pub fn budget<'plan>(
    plan: &'plan Plan<'plan>,
    regions: &Regions,
    objectives: Objectives,
) -> Budget {
    Survey::of(plan).budget(regions, objectives)
}

impl Term {
    /// A part that takes so long by an assumption.
    fn assumed(name: &str, seconds: u64, why: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            amount: Amount::Seconds(seconds),
            source: Source::Assumption { why },
        }
    }
}

impl Source {
    /// Attributes of a resource.
    fn plan(resource: Resource<'_>, path: &str) -> Self {
        Self::Plan { address: resource.shared_address(), path: path.to_owned() }
    }
}

impl Survey<'_> {
    /// The [`budget`] of the plan.
    #[must_use]
    pub fn budget(&self, regions: &Regions, objectives: Objectives) -> Budget {
        let alarms = alarms::Alarms::of(self);
        let kept = copies::of(self, regions);
        Budget {
            regions: regions.clone(),
            objectives,
            time: time::of(self, regions, &alarms, &kept),
            losses: loss::of(self, regions, &alarms, &kept),
        }
    }
}

impl Budget {
    /// The seconds that are left for a person to decide, below zero if there is none; nothing if there is no database to
    /// promote, or a term has no number.
    #[must_use]
    pub fn decision_seconds(&self) -> Option<i64> {
        let Amount::Seconds(spent) = self.time.database_total()? else { return None };
        let Amount::Seconds(verify) = self.time.verify.amount else { return None };
        let left = i128::from(self.objectives.rto_seconds) - i128::from(spent) - i128::from(verify);
        i64::try_from(left).ok()
    }

    /// The worst loss of all stores; nothing if no store is known in the primary region, which is not the same as a loss of
    /// nothing.
    #[must_use]
    pub fn worst_loss(&self) -> Option<Amount> {
        self.losses.iter().map(Loss::detection).max_by_key(|amount| amount.rank())
    }

    /// The stores of the primary region that have no copy in the recovery region.
    pub fn missing(&self) -> impl Iterator<Item = &Loss> {
        self.losses.iter().filter(|loss| loss.standby == Standby::Missing)
    }
}

impl Amount {
    /// The sum of amounts; what has no number has none in the sum.
    #[must_use]
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Self {
        amounts.into_iter().fold(Self::Seconds(0), |sum, amount| match (sum, amount) {
            (Self::Seconds(one), Self::Seconds(other)) => Self::Seconds(one.saturating_add(other)),
            (Self::Unbounded, _) | (_, Self::Unbounded) => Self::Unbounded,
            _ => Self::Unknown,
        })
    }

    /// Orders amounts from good to bad.
    pub(crate) const fn rank(self) -> (u8, u64) {
        match self {
            Self::Seconds(seconds) => (0, seconds),
            Self::Unknown => (1, 0),
            Self::Unbounded => (2, 0),
        }
    }

    pub(crate) fn of(seconds: Option<u64>) -> Self {
        seconds.map_or(Self::Unknown, Self::Seconds)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => out.pad(&format!("{seconds} s")),
            Self::Unknown => out.pad("unknown"),
            Self::Unbounded => out.pad("unbounded"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan { address, path } => write!(out, "{address} {path}"),
            Self::Documentation { url } => write!(out, "AWS: {url}"),
            Self::Assumption { why } => write!(out, "assumed: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount() -> impl Strategy<Value = Amount> {
        prop_oneof![
            (0_u64..9_999).prop_map(Amount::Seconds),
            Just(Amount::Unknown),
            Just(Amount::Unbounded)
        ]
    }

    proptest! {
        #[test]
        fn a_sum_does_not_depend_on_the_order_and_is_no_better_than_its_parts(amounts in proptest::collection::vec(amount(), 0..6)) {
            let sum = Amount::sum(amounts.iter().copied());
            prop_assert_eq!(Amount::sum(amounts.iter().rev().copied()), sum);
            for amount in amounts {
                prop_assert!(sum.rank() >= amount.rank());
            }
        }
    }
}
