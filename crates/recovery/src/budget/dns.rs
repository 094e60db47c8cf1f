//! How long it takes until DNS leads clients to the recovery region.

use std::collections::{BTreeMap, BTreeSet};

use drstack_plan::{AttrPath, Plan, Resource};

use super::{Amount, Source, Term};
use crate::place::Site;
use crate::{Regions, Survey, literal};

/// What is left out is 30 s and three failures.
const HEALTH_CHECKS: &str =
    "https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html";
/// An alias to a load balancer has the TTL of that, 60 s.
const ALIAS: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html";

/// Seconds that are nobody's word.
const PROPAGATION: u64 = 10;

/// The blocks that route between records of one name.
const POLICIES: [&str; 7] = [
    "weighted_routing_policy",
    "failover_routing_policy",
    "latency_routing_policy",
    "geolocation_routing_policy",
    "geoproximity_routing_policy",
    "cidr_routing_policy",
    "multivalue_answer_routing_policy",
];

/// What clients are led to by records that have no alias.
const ENTRIES: [&str; 9] = [
    "aws_lb",
    "aws_alb",
    "aws_elb",
    "aws_eip",
    "aws_instance",
    "aws_api_gateway_domain_name",
    "aws_apigatewayv2_domain_name",
    "aws_api_gateway_rest_api",
    "aws_apigatewayv2_api",
];

/// The records of one name, and where each of them leads.
struct Group<'plan>(Vec<(Resource<'plan>, Lead)>);

/// Where a record leads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    Primary,
    Recovery,
    /// Somewhere else, or it does not show.
    Elsewhere,
}

/// What it takes until a record leads clients to the recovery region.
type Way = (String, Vec<Term>);

/// The slowest of the records that lead to the primary region while it is healthy.
pub(super) fn of(survey: &Survey<'_>, regions: &Regions) -> Option<Way> {
    let groups = groups(survey, regions);
    let routed =
        groups.iter().filter(|group| group.is_routed()).flat_map(|group| group.ways(survey));
    let total = |(_, terms): &Way| Amount::sum(terms.iter().map(|term| term.amount)).rank();
    // A name that is not routed may be one region's own, beside one that is.
    let is_led = |group: &Group<'_>| {
        group.is_routed() && group.0.iter().any(|(_, lead)| *lead != Lead::Elsewhere)
    };
    routed
        .max_by_key(total)
        .or_else(|| if groups.iter().any(is_led) { None } else { fixed(&groups) })
}

fn groups<'plan>(survey: &Survey<'plan>, regions: &Regions) -> Vec<Group<'plan>> {
    let mut groups: BTreeMap<[String; 3], Vec<(Resource<'plan>, Lead)>> = BTreeMap::new();
    for record in survey.managed("aws_route53_record") {
        let name = ["zone_id", "name", "type"].map(|argument| {
            if let Some(text) = record.get(argument).as_str() {
                return text.trim_end_matches('.').to_ascii_lowercase();
            }
            let references = record.references(&AttrPath::root().key(argument));
            let targets = references.targets.iter().map(|target| target.resource.address());
            targets.chain(references.variables.iter().map(String::as_str)).collect()
        });
        groups.entry(name).or_default().push((record, lead(survey, regions, record)));
    }
    groups.into_values().map(Group).collect()
}

fn lead(survey: &Survey<'_>, regions: &Regions, record: Resource<'_>) -> Lead {
    let (primary, recovery) =
        (survey.places.region(&regions.primary), survey.places.region(&regions.recovery));
    // Zones and health checks are in no region, whatever their provider is set to.
    let sites: Vec<Site> = survey
        .plan
        .graph()
        .references(record.index())
        .map(|(target, _)| survey.places.at(target))
        .collect();
    let leads = |region: &str, number| {
        // A state has no references; the names of load balancers hold their region.
        let alias = record.get("alias[0].name").as_str();
        alias.is_some_and(|name| literal::names(&name, region))
            || record
                .get("records")
                .elements()
                .any(|text| text.as_str().is_some_and(|text| literal::names(&text, region)))
            || sites.iter().any(|site| matches!(site, Site::In(found) if Some(*found) == number))
    };
    if leads(&regions.primary, primary) {
        Lead::Primary
    } else if leads(&regions.recovery, recovery) {
        Lead::Recovery
    } else {
        Lead::Elsewhere
    }
}

impl Group<'_> {
    fn is_routed(&self) -> bool {
        self.0.iter().any(|(record, _)| policy(*record).is_some())
    }

    /// Whether a record leads clients while all is well.
    ///
    /// Where all weights are 0, all records are equal:
    /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-weighted.html>.
    fn serves(&self, record: Resource<'_>) -> bool {
        let weight =
            |record: Resource<'_>| record.get("weighted_routing_policy[0].weight").as_u64();
        match policy(record) {
            Some("weighted_routing_policy") => {
                weight(record).is_some_and(|weight| weight > 0)
                    || self.0.iter().all(|(record, _)| weight(*record) == Some(0))
            }
            Some("failover_routing_policy") => {
                let kind = record.get("failover_routing_policy[0].type").as_str();
                kind.is_some_and(|kind| kind == "PRIMARY")
            }
            policy => policy.is_some(),
        }
    }

    /// The terms of each record that leads clients to the primary region: what is not known to be there is, where another
    /// record of the name leads to the recovery region.
    fn ways(&self, survey: &Survey<'_>) -> Vec<Way> {
        let has = |lead: Lead| self.0.iter().any(|(_, found)| *found == lead);
        let serving = self.0.iter().filter(|(record, lead)| {
            let is_way = match lead {
                Lead::Primary => true,
                Lead::Recovery => false,
                Lead::Elsewhere => has(Lead::Recovery) && !has(Lead::Primary),
            };
            is_way && self.serves(*record)
        });
        let terms = serving.map(|(record, _)| {
            let others: Vec<Lead> =
                self.0.iter().filter(|(other, _)| other != record).map(|(_, lead)| *lead).collect();
            let terms = if others.contains(&Lead::Recovery) {
                vec![
                    detection(survey.plan, *record),
                    Term::assumed(
                        "DNS propagation",
                        PROPAGATION,
                        "the time until all of Route 53 answers anew",
                    ),
                    ttl(*record),
                ]
            } else {
                let is_open = others.contains(&Lead::Elsewhere);
                vec![unmoved(*record, if is_open { Amount::Unknown } else { Amount::Unbounded })]
            };
            (record.address().to_owned(), terms)
        });
        terms.collect()
    }
}

/// Names without routing that lead to the primary region: clients follow nothing when it is lost.
fn fixed(groups: &[Group<'_>]) -> Option<Way> {
    let is_entry = |record: Resource<'_>| {
        !record.get("alias").is_empty() || {
            let targets = record.references(&AttrPath::root().key("records")).targets;
            targets.iter().any(|target| ENTRIES.contains(&target.resource.resource_type()))
        }
    };
    let records = groups.iter().flat_map(|group| &group.0);
    let mut leading = records.filter(|(record, lead)| *lead == Lead::Primary && is_entry(*record));
    let (record, _) = leading.next()?;
    Some((record.address().to_owned(), vec![unmoved(*record, Amount::Unbounded)]))
}

fn policy(record: Resource<'_>) -> Option<&'static str> {
    POLICIES.into_iter().find(|policy| {
        let value = record.get(policy);
        !value.is_empty() && value.as_bool() != Some(false)
    })
}

/// No record of the name leads to the recovery region.
fn unmoved(record: Resource<'_>, amount: Amount) -> Term {
    Term {
        name:
            "no record of the name is known to lead to the other region: DNS does not move clients"
                .to_owned(),
        amount,
        source: Source::plan(
            record,
            if record.get("alias").is_empty() { "records" } else { "alias[0].name" },
        ),
    }
}

/// The slowest of the health checks behind a record. A record without any is healthy at all times:
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html>.
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
            Source::plan(check, "request_interval × failure_threshold")
        };
        let amount =
            Amount::of(seconds.map(|(interval, threshold)| interval.saturating_mul(threshold)));
        Term { name: "health check: interval × threshold".to_owned(), amount, source }
    });
    let slowest = terms.max_by_key(|term| term.amount.rank());
    let evaluated = record.get("alias[0].evaluate_target_health");
    let is_unchecked = record.get("health_check_id").is_null()
        && !evaluated.is_unknown()
        && evaluated.as_bool() != Some(true);
    slowest.unwrap_or_else(|| {
        if is_unchecked {
            return Term {
                name: "no health check takes the record out".to_owned(),
                amount: Amount::Unbounded,
                source: Source::plan(record, "health_check_id"),
            };
        }
        Term {
            name: "health check: interval × threshold".to_owned(),
            // A target's health, or a check of another configuration, may stand behind the record.
            amount: Amount::Unknown,
            source: Source::plan(record, "health_check_id"),
        }
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
        Term { name, amount, source: Source::plan(record, "ttl") }
    } else {
        Term { name, amount: Amount::Seconds(60), source: Source::Documentation { url: ALIAS } }
    }
}
