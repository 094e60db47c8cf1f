use drstack_plan::Resource;
use serde::Serialize;

use super::alarms::{Alarm, Alarms};
use super::copies::Kept;
use super::stores::Copying;
use super::{Amount, Source, Standby, Term, dns};
use crate::{Regions, Survey};

/// What is spent until the recovery region serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Time {
    /// Until clients are led to the recovery region; empty if no record of the plan leads them to the primary one.
    pub dns: Vec<Term>,
    /// Until the recovery region's copy takes writes that somebody has to promote, without the time that a person needs to
    /// decide; empty if there is none.
    pub database: Vec<Term>,
    /// The address of the store whose copy that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promoted: Option<String>,
    /// Until somebody has made sure.
    pub verify: Term,
}

impl Time {
    /// Until clients are led to the recovery region.
    #[must_use]
    pub fn dns_total(&self) -> Option<Amount> {
        (!self.dns.is_empty()).then(|| Amount::sum(self.dns.iter().map(|term| term.amount)))
    }

    /// Until the database takes writes, without the decision.
    #[must_use]
    pub fn database_total(&self) -> Option<Amount> {
        (!self.database.is_empty())
            .then(|| Amount::sum(self.database.iter().map(|term| term.amount)))
    }
}

/// Seconds that are nobody's word. Each is labelled wherever it is printed.
const PROMOTION: u64 = 300;
const ENDPOINT: u64 = 65;
const VERIFICATION: u64 = 100;

pub(super) fn of<'plan>(
    survey: &Survey<'plan>,
    regions: &Regions,
    alarms: &Alarms<'plan>,
    kept: &[Kept<'plan>],
) -> Time {
    let (promoted, database) = database(regions, alarms, kept).unzip();
    Time {
        dns: dns::of(survey, regions),
        database: database.unwrap_or_default(),
        promoted,
        verify: assumed(
            "verification",
            VERIFICATION,
            "making sure that the recovery region serves",
        ),
    }
}

/// The slowest of the copies that somebody has to promote: the first store that it is of, and what it takes.
fn database<'plan>(
    regions: &Regions,
    alarms: &Alarms<'plan>,
    kept: &[Kept<'plan>],
) -> Option<(String, Vec<Term>)> {
    let copied = kept.iter().filter(|kept| kept.standby == Standby::Promotion);
    let mut ways: Vec<(&Kept<'plan>, &Copying)> = Vec::new();
    for (kept, copying) in copied.filter_map(|kept| Some((kept, kept.copying?))) {
        if !ways.iter().any(|(_, known)| std::ptr::eq(*known, copying)) {
            ways.push((kept, copying));
        }
    }
    let terms = ways.into_iter().map(|(kept, copying)| {
        (kept.store.address().to_owned(), promotion(copying, regions, alarms))
    });
    terms.max_by_key(|(_, terms)| Amount::sum(terms.iter().map(|term| term.amount)).rank())
}

fn promotion(copying: &Copying, regions: &Regions, alarms: &Alarms<'_>) -> Vec<Term> {
    // Lag is measured on the copy's side, and its metrics end with the primary: that is what tells a person.
    let told = copying
        .lag
        .as_ref()
        .map(|lag| alarms.on(&regions.recovery, lag.namespace, lag.metrics))
        .unwrap_or_default();
    let told = told.into_iter().filter_map(Alarm::delay_without_data);
    let told = told.min_by_key(|term| term.amount.rank()).unwrap_or_else(|| Term {
        name: "alarm: period × evaluations".to_owned(),
        amount: Amount::Unbounded,
        source: Source::Assumption {
            why: "no alarm of the recovery region watches the lag, so nobody is told",
        },
    });
    let minutes = if copying.of == "aws_rds_cluster" {
        "AWS says that a managed failover takes minutes"
    } else {
        "AWS says that a promotion takes minutes, and longer the more there is to catch up with"
    };
    vec![
        told,
        assumed("promotion", PROMOTION, minutes),
        assumed(
            "endpoint's DNS",
            ENDPOINT,
            "the writer endpoint's record, and what clients keep of it",
        ),
    ]
}

pub(super) fn is_in(resource: Resource<'_>, region: &str) -> bool {
    resource.region().is_some_and(|found| found == region)
}

pub(super) fn plan_value(resource: Resource<'_>, path: &str) -> Source {
    Source::Plan { address: resource.address().to_owned(), path: path.to_owned() }
}

pub(super) fn assumed(name: &str, seconds: u64, why: &'static str) -> Term {
    Term {
        name: name.to_owned(),
        amount: Amount::Seconds(seconds),
        source: Source::Assumption { why },
    }
}
