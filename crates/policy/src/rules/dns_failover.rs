use std::collections::BTreeMap;

use drstack_plan::{AttrPath, Resource};
use foldhash::HashMap;

use crate::arguments::is_left_out;
use crate::endpoints::Endpoints;
use crate::links::{Directory, Link};
use crate::regions::RegionPair;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "dns-failover",
    severity: Severity::Error,
    summary: "records that route between regions lead to both of them, each under its own health check, and are soon forgotten",
    protects: "without a checked record for each region, or with a long TTL, clients go on to a region that is down",
    fix: "give each region a record with its own set_identifier, health_check_id and target, evaluate_target_health for aliases and a short ttl for others",
    requirements: &["C7", "R5", "N4", "T3"],
    explanation: include_str!("dns_failover.md"),
    check,
};

/// The blocks that route between records of one name by what is healthy.
const POLICIES: [&str; 3] =
    ["failover_routing_policy", "latency_routing_policy", "weighted_routing_policy"];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let records = checked.of_type("aws_route53_record");
    let routed = records.iter().copied().filter(|record| policy(*record).is_some());
    let mut groups: BTreeMap<[String; 3], Vec<Resource<'_>>> = BTreeMap::new();
    for record in routed {
        groups.entry(group(record)).or_default().push(record);
    }
    let pair = RegionPair::of(checked);
    if groups.is_empty() {
        demand_group(checked, sink);
        return;
    }
    let endpoints = Endpoints::of(checked);
    let health_checks = Directory::of(checked, &["aws_route53_health_check"], &["id"]);
    for records in groups.values() {
        let mut regions = Vec::new();
        for &record in records {
            sink.judged();
            check_record(checked, record, sink);
            regions.push(check_target(endpoints, record, sink));
        }
        check_health_checks(&health_checks, records, sink);
        check_identifiers(records, sink);
        check_roles(records, sink);
        check_regions(pair, records, &regions, sink);
    }
}

/// The routing policy of a record.
fn policy(record: Resource<'_>) -> Option<&'static str> {
    POLICIES.into_iter().find(|policy| {
        !record.get(policy).is_empty() && !is_left_out(record, &AttrPath::root().key(*policy))
    })
}

/// What the records that route between each other have in common: zone, name and type.
fn group(record: Resource<'_>) -> [String; 3] {
    ["zone_id", "name", "type"].map(|argument| {
        if let Some(text) = record.get(argument).as_str() {
            return text.trim_end_matches('.').to_ascii_lowercase();
        }
        let references = record.references(&AttrPath::root().key(argument));
        let targets = references.targets.iter().map(|target| target.resource.address());
        let variables = references.variables.iter().map(String::as_str);
        targets.chain(variables).collect::<Vec<_>>().join(" ")
    })
}

/// Where the pack is asked for a pair of regions and both have load balancers, there must be records to route by.
fn demand_group(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(regions) = checked.parameters().regions() else { return };
    let balancers = checked.of_type("aws_lb");
    let has_balancer = |region: &str| {
        balancers.iter().any(|balancer| balancer.region().as_deref() == Some(region))
    };
    if regions.into_iter().all(has_balancer) {
        sink.judged();
        let message = "no records route between the load balancers of the two regions";
        let finding = Finding::absent(message);
        sink.report(finding.expected("weighted or failover records for both regions"));
    }
}

fn check_record(checked: &Checked<'_>, record: Resource<'_>, sink: &mut Sink) {
    if record.get("alias").is_empty() {
        let longest = checked.parameters().record_ttl_max_seconds;
        let ttl = record.get("ttl");
        if ttl.is_unknown() {
            let finding = Finding::undetermined(record, "ttl", "the TTL is not known before apply");
            sink.report(finding.expected(format_args!("at most {longest} s")));
        } else if ttl.as_u64().is_none_or(|ttl| ttl > longest) {
            let finding = Finding::violated(record, "ttl", "clients keep the record too long");
            sink.report(finding.found(ttl).expected(format_args!("at most {longest} s")));
        }
        return;
    }
    let path = "alias[0].evaluate_target_health";
    let evaluated = record.get(path);
    if evaluated.is_unknown() {
        let message = "whether the target's health counts is not known";
        sink.report(Finding::undetermined(record, path, message).expected("true"));
    } else if evaluated.as_bool() != Some(true) {
        let finding = Finding::violated(record, path, "the target's health does not count");
        sink.report(finding.found(evaluated).expected("true"));
    }
}

/// Where a record leads.
fn check_target<'plan>(
    endpoints: &Endpoints<'plan>,
    record: Resource<'plan>,
    sink: &mut Sink,
) -> Option<String> {
    let path = if record.get("alias").is_empty() { "records" } else { "alias[0].name" };
    match endpoints.behind(record) {
        Link::To(target) => {
            let region = target.region();
            if region.is_none() {
                let finding =
                    Finding::undetermined(record, path, "the region of the target is not known");
                sink.report(finding.evidence(target));
            }
            region.map(std::borrow::Cow::into_owned)
        }
        Link::Absent => {
            sink.report(Finding::violated(record, path, "the record leads nowhere"));
            None
        }
        Link::Outside(name) => {
            let message = "the target is not part of the input, so its region can't be told";
            sink.report(Finding::undetermined(record, path, message).found(name));
            None
        }
        Link::Unresolved => {
            let message = "where the record leads is not known before apply";
            sink.report(Finding::undetermined(record, path, message));
            None
        }
    }
}

fn check_health_checks<'plan>(
    health_checks: &Directory<'plan>,
    records: &[Resource<'plan>],
    sink: &mut Sink,
) {
    let path = AttrPath::root().key("health_check_id");
    let mut users: Vec<(Link<'_>, Resource<'_>)> = Vec::new();
    for &record in records {
        let link = health_checks.find(record, &path);
        match &link {
            Link::Absent => {
                let message = "no health check takes the record out when its region fails";
                sink.report(Finding::violated(record, &path, message).expected("a health check"));
            }
            Link::Unresolved => {
                let message = "the health check is not known before apply";
                sink.report(Finding::undetermined(record, &path, message));
            }
            Link::Outside(id) => {
                let message = "the health check is not part of the input";
                sink.report(Finding::undetermined(record, &path, message).found(id));
            }
            Link::To(health_check) => {
                if let Some((_, other)) = users.iter().find(|(known, _)| *known == link) {
                    let message = "two records share one health check, so they fail together";
                    let finding = Finding::violated(record, &path, message);
                    sink.report(finding.evidence(*health_check).evidence(*other));
                }
            }
        }
        users.push((link, record));
    }
}

fn check_identifiers(records: &[Resource<'_>], sink: &mut Sink) {
    let path = "set_identifier";
    let mut known: HashMap<String, Resource<'_>> = HashMap::default();
    for &record in records {
        let value = record.get(path);
        if value.is_unknown() {
            let message = "the set identifier is not known before apply";
            sink.report(Finding::undetermined(record, path, message));
            continue;
        }
        let Some(identifier) = value.as_str().filter(|text| !text.is_empty()) else {
            let message = "a record of a routing policy needs a set identifier";
            sink.report(Finding::violated(record, path, message).found(value));
            continue;
        };
        if let Some(other) = known.insert(identifier.into_owned(), record) {
            let message = "two records of one name have the same set identifier";
            let finding = Finding::violated(record, path, message).found(value);
            sink.report(finding.expected("an identifier of its own").evidence(other));
        }
    }
}

/// Failover records come in twos.
fn check_roles(records: &[Resource<'_>], sink: &mut Sink) {
    let path = "failover_routing_policy[0].type";
    let mut failover =
        records.iter().filter(|record| policy(**record) == Some("failover_routing_policy"));
    let Some(&first) = failover.clone().next() else { return };
    for role in ["PRIMARY", "SECONDARY"] {
        let has = |record: &&Resource<'_>| record.get(path).as_str().as_deref() == Some(role);
        if failover.clone().any(|record| has(&record)) {
            continue;
        }
        let finding = if failover.any(|record| record.get(path).is_unknown()) {
            Finding::undetermined(first, path, "which record is primary is not known before apply")
        } else {
            Finding::violated(first, path, "the failover records lack one of their two roles")
        };
        sink.report(finding.expected(role));
        return;
    }
}

/// Both regions must be led to; where one of the targets is not known, that is reported already.
fn check_regions(
    pair: Option<&RegionPair>,
    records: &[Resource<'_>],
    regions: &[Option<String>],
    sink: &mut Sink,
) {
    let Some(&first) = records.first() else { return };
    if let [_] = records {
        let finding =
            Finding::violated(first, "set_identifier", "there is no other record to fail over to");
        sink.report(finding.expected("a record for each region"));
        return;
    }
    let Some(pair) = pair.filter(|_| regions.iter().all(Option::is_some)) else { return };
    for region in pair.both() {
        if !regions.iter().flatten().any(|found| found == region) {
            let message = "no record of this name leads to the region";
            let mut finding = Finding::violated(first, "alias", message).expected(region);
            for &other in records.iter().skip(1) {
                finding = finding.evidence(other);
            }
            sink.report(finding);
        }
    }
}
