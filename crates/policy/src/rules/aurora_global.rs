use std::collections::BTreeSet;

use drstack_plan::{Order, Resource, Value};

use crate::arguments::is_state;
use crate::aurora::{Cluster, Databases, Primary};
use crate::demand::{Demand, given, is_on, is_set, is_text, path};
use crate::links::Link;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "aurora-global",
    severity: Severity::Error,
    summary: "the Aurora clusters of both regions are members of one global database, and are made in order",
    protects: "separate clusters hold separate data: after the loss of a region nothing of it is left in the other",
    fix: "give both clusters the id of one aws_rds_global_cluster; leave the secondary without credentials and let it wait for the primary's instance",
    requirements: &["R1", "R8", "C8", "N4", "V4", "T2"],
    explanation: include_str!("aurora_global.md"),
    check,
};

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let databases = Databases::of(checked);
    if databases.is_empty() && databases.demanded {
        sink.judged();
        sink.report(Finding::absent("there is no Aurora global database"));
    }
    separate(databases, sink);
    for &global in &databases.globals {
        sink.judged();
        encrypted(global, sink);
        both_regions(databases, global, sink);
        if let Primary::Is(primary) = databases.primary(global) {
            for secondary in
                databases.members(global).filter(|member| member.resource != primary.resource)
            {
                judge_secondary(checked, databases, primary, secondary, sink);
            }
        } else if databases.members(global).count() > 1 {
            let message = "it is not known which member is the primary cluster";
            sink.report(Finding::undetermined(global, "", message));
        }
    }
}

/// Clusters outside of any global database, where one is asked for or where another region has such a cluster too.
fn separate(databases: &Databases<'_>, sink: &mut Sink) {
    let alone = || databases.clusters.iter().filter(|cluster| cluster.global == Link::Absent);
    let regions: BTreeSet<_> = alone().filter_map(|cluster| cluster.region.as_deref()).collect();
    for cluster in &databases.clusters {
        match &cluster.global {
            Link::To(_) => {}
            Link::Absent if !databases.demanded && regions.len() < 2 => continue,
            Link::Absent => {
                let message = "the cluster is not a member of a global database";
                let finding =
                    Finding::violated(cluster.resource, "global_cluster_identifier", message);
                sink.report(finding.expected("the id of an aws_rds_global_cluster"));
            }
            Link::Outside(name) => {
                let message = "the global database is not in this input";
                sink.report(
                    Finding::undetermined(cluster.resource, "global_cluster_identifier", message)
                        .found(name),
                );
            }
            Link::Unresolved => {
                sink.unresolved(
                    cluster.resource,
                    &path("global_cluster_identifier"),
                    "global database",
                );
            }
        }
        sink.judged();
    }
}

/// A global database that is made around a cluster takes the encryption of that one.
fn encrypted(global: Resource<'_>, sink: &mut Sink) {
    if is_set(given(global, &path("source_db_cluster_identifier"))) {
        return;
    }
    let demand =
        Demand { message: "the storage of the global database is not encrypted", expected: "true" };
    sink.demand(global, &path("storage_encrypted"), demand, is_on);
}

fn both_regions(databases: &Databases<'_>, global: Resource<'_>, sink: &mut Sink) {
    let members: Vec<_> = databases.members(global).collect();
    let regions: BTreeSet<&str> =
        members.iter().filter_map(|member| member.region.as_deref()).collect();
    let is_open = members.iter().any(|member| member.region.is_none())
        || databases.clusters.iter().any(|cluster| cluster.global == Link::Unresolved);
    let has_both = match databases.pair.as_ref().filter(|_| databases.demanded) {
        Some(pair) => pair.both().iter().all(|region| regions.contains(region)),
        None => regions.len() > 1,
    };
    if has_both {
        return;
    }
    let expected = match &databases.pair {
        Some(pair) => pair.both().join(" and "),
        None => "two regions".to_owned(),
    };
    let finding = if is_open {
        Finding::undetermined(global, "", "the regions of the members are not known")
    } else {
        Finding::violated(global, "", "the global database does not have a member in both regions")
    };
    let found = if regions.is_empty() {
        "none".to_owned()
    } else {
        regions.into_iter().collect::<Vec<_>>().join(", ")
    };
    let finding = finding.found(found).expected(expected);
    sink.report(
        members.into_iter().fold(finding, |finding, member| finding.evidence(member.resource)),
    );
}

fn judge_secondary(
    checked: &Checked<'_>,
    databases: &Databases<'_>,
    primary: &Cluster<'_>,
    secondary: &Cluster<'_>,
    sink: &mut Sink,
) {
    sink.judged();
    // A state shows the primary's user name on the secondary too.
    let credentials: &[&str] = if is_state(checked) {
        &["master_password"]
    } else {
        &["master_username", "master_password", "master_password_wo"]
    };
    for name in credentials {
        let demand = Demand {
            message: "the secondary cluster has credentials of its own",
            expected: "none: it takes them from the primary",
        };
        sink.demand(secondary.resource, &path(name), demand, |value: Value<'_>| !is_set(value));
    }
    match &primary.region {
        Some(region) => {
            let demand = Demand {
                message: "the secondary cluster does not name the primary's region as its source",
                expected: region,
            };
            sink.demand(secondary.resource, &path("source_region"), demand, is_text(region));
        }
        None if is_set(given(secondary.resource, &path("source_region"))) => {}
        None => {
            let message =
                "the secondary cluster names no source region, and the primary's is not known";
            sink.report(Finding::undetermined(secondary.resource, "source_region", message));
        }
    }
    for cluster in [primary, secondary] {
        if !cluster.instances.is_empty() {
            continue;
        }
        sink.report(if databases.stray.is_empty() {
            Finding::violated(cluster.resource, "", "the cluster has no instance")
        } else {
            Finding::undetermined(
                cluster.resource,
                "",
                "it is not known whether the cluster has an instance",
            )
        });
    }
    if primary.instances.is_empty() || is_state(checked) {
        return;
    }
    let finding = match secondary.resource.order_after(&primary.instances) {
        Order::After => return,
        Order::Free => {
            let message = "the secondary cluster does not wait for the primary's instance";
            Finding::violated(secondary.resource, "depends_on", message)
        }
        Order::Unknown => {
            let message =
                "it is not known whether the secondary cluster waits for the primary's instance";
            Finding::undetermined(secondary.resource, "depends_on", message)
        }
    };
    let instances = primary.instances.iter().copied();
    sink.report(
        instances.fold(finding.expected("after an instance of the primary"), Finding::evidence),
    );
}
