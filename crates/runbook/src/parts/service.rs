use drstack_plan::{AttrPath, Resource};

use super::{Finder, is_in};
use crate::name::Name;

/// A name that Route 53 leads to the one or to the other region's load balancer.
pub(crate) struct Service {
    /// The name that clients use.
    pub(crate) endpoint: Name,
    /// The name of the hosted zone, if the plan has it.
    pub(crate) zone: Option<Name>,
    /// The name of the lost region's load balancer.
    pub(crate) lost: Name,
    /// The name of the recovery region's load balancer.
    pub(crate) recovery: Name,
    /// How Route 53 asks the lost region.
    pub(crate) protocol: Protocol,
    /// What Route 53 asks for.
    pub(crate) path: Name,
    /// Whether the lost region serves again as soon as it is healthy.
    pub(crate) returns: bool,
}

/// How health is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    Https,
}

impl Protocol {
    pub(crate) const fn scheme(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

const LOAD_BALANCERS: [&str; 2] = ["aws_lb", "aws_alb"];

/// The first name with a record into each region, one of which fails over to the other.
pub(super) fn find(finder: &Finder<'_>) -> Option<Service> {
    let records = || {
        finder.of_type("aws_route53_record").filter(|record| {
            !record.get("weighted_routing_policy").is_empty()
                || !record.get("failover_routing_policy").is_empty()
        })
    };
    records().find_map(|record| {
        let endpoint = Name::of(record.get("name"))?;
        let lost = load_balancer(finder, record, &finder.lost)?;
        let recovery = records().find_map(|other| {
            let same = Name::of(other.get("name")).is_some_and(|name| name == endpoint);
            if same { load_balancer(finder, other, &finder.recovery) } else { None }
        })?;
        let check = finder.target(
            record,
            &AttrPath::root().key("health_check_id"),
            "aws_route53_health_check",
        );
        let zone = AttrPath::root().key("zone_id");
        let is_https = |check: Resource<'_>| {
            check.get("type").as_str().is_some_and(|kind| kind.starts_with("HTTPS"))
        };
        Some(Service {
            zone: finder
                .target(record, &zone, "aws_route53_zone")
                .and_then(|zone| Name::of(zone.get("name"))),
            lost: Name::of(lost.get("name"))?,
            recovery: Name::of(recovery.get("name"))?,
            protocol: if check.is_some_and(is_https) { Protocol::Https } else { Protocol::Http },
            path: check
                .and_then(|check| Name::of(check.get("resource_path")))
                .or_else(|| Name::parse("/"))?,
            returns: leads(record),
            endpoint,
        })
    })
}

/// Whether a record leads clients while all is well.
fn leads(record: Resource<'_>) -> bool {
    record.get("weighted_routing_policy[0].weight").as_u64().is_some_and(|weight| weight > 0)
        || record
            .get("failover_routing_policy[0].type")
            .as_str()
            .is_some_and(|kind| kind == "PRIMARY")
}

/// The load balancer of a region that an alias record leads to.
fn load_balancer<'plan>(
    finder: &Finder<'plan>,
    record: Resource<'plan>,
    region: &Name,
) -> Option<Resource<'plan>> {
    let path = AttrPath::root().key("alias").index(0).key("name");
    let by_reference = LOAD_BALANCERS.iter().find_map(|kind| finder.target(record, &path, kind));
    // A state holds the name that the load balancer answers to.
    let alias = record.at(&path);
    let by_name = || {
        let alias = alias.as_str()?;
        let alias = alias.strip_prefix("dualstack.").unwrap_or(&alias).to_owned();
        LOAD_BALANCERS.iter().flat_map(|kind| finder.of_type(kind)).find(|candidate| {
            candidate.get("dns_name").as_str().is_some_and(|name| name.eq_ignore_ascii_case(&alias))
        })
    };
    by_reference.or_else(by_name).filter(|found| is_in(*found, region))
}
