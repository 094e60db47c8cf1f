use serde::Serialize;

use super::alarms::{Alarm, Alarms};
use super::copies::Kept;
use super::lag::LagAlarms;
use super::stores::Copying;
use super::{Amount, Source, Standby, Term, dns};
use crate::{Regions, Survey};

/// What is spent until the recovery region serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Time {
    /// Until clients are led to the recovery region; empty if no record of the plan leads them to the primary one.
    pub dns: Vec<Term>,
    /// The address of the record that does so last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
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
    let (record, dns) = dns::of(survey, regions).unzip();
    Time {
        dns: dns.unwrap_or_default(),
        record,
        database: database.unwrap_or_default(),
        promoted,
        verify: Term::assumed(
            "verification",
            VERIFICATION,
            "making sure that the recovery region serves",
        ),
    }
}

/// The copy that somebody is told of last, among those that have to be promoted: the first such store, and what it takes.
fn database<'plan>(
    regions: &Regions,
    alarms: &Alarms<'plan>,
    kept: &[Kept<'plan>],
) -> Option<(String, Vec<Term>)> {
    let mut ways: Vec<(&Copying, Option<LagAlarms<'plan>>)> = Vec::new();
    let mut slowest: Option<(&Kept<'plan>, &Copying, Term)> = None;
    for kept_so in kept.iter().filter(|kept| kept.standby == Standby::Promotion) {
        let Some(copying) = kept_so.copying else { continue };
        let known = ways.iter().position(|(known, _)| std::ptr::eq(*known, copying));
        let place = known.unwrap_or_else(|| {
            ways.push((copying, speaking_alone(copying, regions, alarms, kept)));
            ways.len() - 1
        });
        let alarms = ways.get(place).and_then(|(_, alarms)| alarms.as_ref());
        let told = told(kept_so, alarms);
        if slowest.as_ref().is_none_or(|(_, _, last)| told.amount.rank() > last.amount.rank()) {
            slowest = Some((kept_so, copying, told));
        }
    }
    let (kept, copying, told) = slowest?;
    Some((kept.store.address().to_owned(), promotion(copying, told)))
}

/// The alarms on the lag of copies that speak when the primary region is gone. Lag is measured on the copy's side, and its
/// metrics end with the primary: that is what tells a person.
fn speaking_alone<'plan>(
    copying: &Copying,
    regions: &Regions,
    alarms: &Alarms<'plan>,
    kept: &[Kept<'plan>],
) -> Option<LagAlarms<'plan>> {
    let delay = |alarm: &Alarm<'plan>| Vec::from_iter(alarm.delay_without_data());
    let lag = copying.lag.as_ref()?;
    Some(LagAlarms::of(copying, lag, &[&regions.recovery], alarms, kept, delay))
}

/// How long it takes until somebody is told of a store's copy.
fn told<'plan>(kept: &Kept<'plan>, alarms: Option<&LagAlarms<'plan>>) -> Term {
    if let Some([delay, ..]) = alarms.and_then(|alarms| alarms.terms(kept)) {
        return delay.clone();
    }
    let (amount, why) = if alarms.is_some_and(|alarms| alarms.may_watch(kept.store)) {
        (Amount::Unknown, "which alarm watches the lag is not known before apply")
    } else {
        let why = "no alarm of the recovery region watches the lag, so nobody is told";
        (Amount::Unbounded, why)
    };
    let name = "alarm: period × evaluations".to_owned();
    Term { name, amount, source: Source::Assumption { why } }
}

fn promotion(copying: &Copying, told: Term) -> Vec<Term> {
    let minutes = if copying.of == "aws_rds_cluster" {
        "AWS says that a managed failover takes minutes"
    } else {
        "AWS says that a promotion takes minutes, and longer the more there is to catch up with"
    };
    vec![
        told,
        Term::assumed("promotion", PROMOTION, minutes),
        Term::assumed(
            "endpoint's DNS",
            ENDPOINT,
            "the writer endpoint's record, and what clients keep of it",
        ),
    ]
}
