use std::collections::BTreeSet;

use drstack_plan::{AttrPath, Plan, Resource};
use serde::Serialize;

use super::alarms::{Alarm, Alarms};
use super::{Amount, Source, Term};
use crate::{Regions, Survey, literal};

/// What is spent until the recovery region serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Time {
    /// Until clients are led to the recovery region; empty if no record of the plan does that.
    pub dns: Vec<Term>,
    /// Until the recovery region's database takes writes, without the time that a person needs to decide; empty if there is
    /// no global database.
    pub database: Vec<Term>,
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

/// What is left out is 30 s and three failures.
const HEALTH_CHECKS: &str =
    "https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html";
/// An alias to a load balancer has the TTL of that, 60 s.
const ALIAS: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html";

/// Seconds that are nobody's word. Each is labelled wherever it is printed.
const PROPAGATION: u64 = 10;
const PROMOTION: u64 = 300;
const ENDPOINT: u64 = 65;
const VERIFICATION: u64 = 100;

pub(super) fn of<'plan>(survey: &Survey<'plan>, regions: &Regions, alarms: &Alarms<'plan>) -> Time {
    Time {
        dns: dns(survey, regions),
        database: database(survey, regions, alarms),
        verify: assumed(
            "verification",
            VERIFICATION,
            "making sure that the recovery region serves",
        ),
    }
}

/// The slowest of the records that lead to the primary region while it is healthy.
fn dns(survey: &Survey<'_>, regions: &Regions) -> Vec<Term> {
    let plan = survey.plan;
    let ways =
        survey.managed("aws_route53_record").filter(|record| serves(*record)).filter(|record| {
            let mut targets = plan.graph().references(record.index());
            let alias = record.get("alias[0].name").as_str();
            // A state has no references; the names of load balancers hold their region.
            alias.is_some_and(|name| literal::names(&name, &regions.primary))
                || targets.any(|(target, _)| {
                    plan.nth(target).is_some_and(|target| is_in(target, &regions.primary))
                })
        });
    let terms = ways.map(|record| {
        vec![
            detection(plan, record),
            assumed("DNS propagation", PROPAGATION, "the time until all of Route 53 answers anew"),
            ttl(record),
        ]
    });
    terms
        .max_by_key(|terms| Amount::sum(terms.iter().map(|term| term.amount)).rank())
        .unwrap_or_default()
}

/// Whether a record leads clients while all is well.
fn serves(record: Resource<'_>) -> bool {
    record.get("weighted_routing_policy[0].weight").as_u64().is_some_and(|weight| weight > 0)
        || record
            .get("failover_routing_policy[0].type")
            .as_str()
            .is_some_and(|kind| kind == "PRIMARY")
}

/// The slowest of the health checks behind a record.
fn detection<'plan>(plan: &'plan Plan<'plan>, record: Resource<'plan>) -> Term {
    let checks = checks(plan, record, "health_check_id", &mut BTreeSet::new());
    let terms = checks.into_iter().map(|check| {
        let number = |argument: &str, default: u64| {
            let value = check.get(argument);
            if value.is_null() { Some(default) } else { value.as_u64() }
        };
        let seconds = number("request_interval", 30).zip(number("failure_threshold", 3));
        let source = if check.get("request_interval").is_null()
            && check.get("failure_threshold").is_null()
        {
            Source::Documentation { url: HEALTH_CHECKS }
        } else {
            plan_value(check, "request_interval × failure_threshold")
        };
        let amount =
            Amount::of(seconds.map(|(interval, threshold)| interval.saturating_mul(threshold)));
        Term { name: "health check: interval × threshold".to_owned(), amount, source }
    });
    let slowest = terms.max_by_key(|term| term.amount.rank());
    slowest.unwrap_or_else(|| Term {
        name: "health check: interval × threshold".to_owned(),
        // A target's health, or a check of another configuration, may stand behind the record.
        amount: Amount::Unknown,
        source: plan_value(record, "health_check_id"),
    })
}

/// The health checks that ask an endpoint: those that are put together from others stand for these.
fn checks<'plan>(
    plan: &'plan Plan<'plan>,
    from: Resource<'plan>,
    argument: &str,
    seen: &mut BTreeSet<usize>,
) -> Vec<Resource<'plan>> {
    let path = AttrPath::root().key(argument);
    let mut named: Vec<Resource<'_>> =
        from.references(&path).targets.into_iter().map(|target| target.resource).collect();
    for text in from.at(&path).elements().filter_map(|value| value.as_str()) {
        named.extend(plan.identified_by(&text));
    }
    let mut found = Vec::new();
    for check in named {
        if check.resource_type() != "aws_route53_health_check" || !seen.insert(check.index()) {
            continue;
        }
        if check.get("type").as_str().is_some_and(|kind| kind == "CALCULATED") {
            found.extend(checks(plan, check, "child_healthchecks", seen));
        } else {
            found.push(check);
        }
    }
    found
}

fn ttl(record: Resource<'_>) -> Term {
    let name = "record: TTL".to_owned();
    if record.get("alias").is_empty() {
        let amount = Amount::of(record.get("ttl").as_u64());
        Term { name, amount, source: plan_value(record, "ttl") }
    } else {
        Term { name, amount: Amount::Seconds(60), source: Source::Documentation { url: ALIAS } }
    }
}

fn database<'plan>(survey: &Survey<'plan>, regions: &Regions, alarms: &Alarms<'plan>) -> Vec<Term> {
    let is_global = |region: &str| {
        survey.managed("aws_rds_cluster").any(|cluster| {
            is_in(cluster, region) && !cluster.get("global_cluster_identifier").is_null()
        })
    };
    if !is_global(&regions.primary) || !is_global(&regions.recovery) {
        return Vec::new();
    }
    // Lag is measured on the secondary's side, and its metrics end with the primary: that is what tells a person.
    let lag = ["AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag"];
    let told = alarms.on(&regions.recovery, "AWS/RDS", &lag);
    let told = told.into_iter().filter_map(Alarm::delay_without_data);
    let told = told.min_by_key(|term| term.amount.rank()).unwrap_or_else(|| Term {
        name: "alarm: period × evaluations".to_owned(),
        amount: Amount::Unbounded,
        source: Source::Assumption {
            why: "no alarm of the recovery region watches the lag, so nobody is told",
        },
    });
    vec![
        told,
        assumed("promotion", PROMOTION, "AWS says that a managed failover takes minutes"),
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

fn assumed(name: &str, seconds: u64, why: &'static str) -> Term {
    Term {
        name: name.to_owned(),
        amount: Amount::Seconds(seconds),
        source: Source::Assumption { why },
    }
}
