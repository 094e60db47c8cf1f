//! What verdicts say, to be compared.

use std::collections::BTreeMap;
use std::fmt;

use drstack_policy::{Status, Verdict};

/// What a verdict says of each place that it says anything of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Says(pub(crate) BTreeMap<Place, Status>);

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) rule: &'static str,
    pub(crate) address: String,
    pub(crate) path: String,
}

impl Says {
    pub(crate) fn of(verdict: &Verdict) -> Self {
        let mut says = BTreeMap::new();
        for found in &verdict.findings {
            let finding = &found.finding;
            let place = Place {
                rule: found.rule.id,
                address: finding.address.to_string(),
                path: finding.path.to_string(),
            };
            let status = says.entry(place).or_insert(finding.status);
            if finding.status == Status::Violated {
                *status = Status::Violated;
            }
        }
        Self(says)
    }

    /// Places at which this breaks a rule.
    pub(crate) fn violated(&self) -> impl Iterator<Item = &Place> {
        let violated = |&(_, status): &(&Place, &Status)| *status == Status::Violated;
        self.0.iter().filter(violated).map(|(place, _)| place)
    }

    /// Places at which this breaks a rule and the other does not even leave that open.
    pub(crate) fn missing_in<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a Place> {
        self.violated().filter(|place| !other.0.contains_key(place))
    }

    /// Places that this leaves open and the other does not.
    pub(crate) fn open_beside<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a Place> {
        let is_open = |&(place, status): &(&Place, &Status)| {
            *status == Status::Undetermined && other.0.get(place) != Some(&Status::Undetermined)
        };
        self.0.iter().filter(is_open).map(|(place, _)| place)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at {} {}", self.rule, self.address, self.path)
    }
}
