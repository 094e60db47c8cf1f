use std::collections::BTreeSet;

use drstack_plan::Resource;

use crate::demand::{given, path};
use crate::links::Link;
use crate::routes::Routing;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "three-zones",
    severity: Severity::Error,
    summary: "databases, functions and load balancers are spread over the availability zones that are asked for",
    protects: "the loss of a zone must not become the loss of a region's service",
    fix: "list a subnet in each of three availability zones",
    requirements: &["R13"],
    explanation: include_str!("three_zones.md"),
    check,
};

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let users = [
        ("aws_db_subnet_group", "subnet_ids"),
        ("aws_lambda_function", "vpc_config.0.subnet_ids"),
        ("aws_lb", "subnets"),
    ];
    if users.iter().all(|(kind, _)| checked.of_type(kind).is_empty()) {
        return;
    }
    let routing = Routing::of(checked);
    for (kind, argument) in users {
        for &user in checked.of_type(kind) {
            let at = path(argument);
            let subnets = routing.subnets(user, &at);
            // A function outside of any VPC, a load balancer with subnet_mapping.
            if subnets.is_empty() {
                continue;
            }
            sink.judged();
            let mut zones = BTreeSet::new();
            let mut is_open = false;
            for subnet in subnets {
                match subnet {
                    Link::To(subnet) => match zone(subnet) {
                        Some(zone) => {
                            zones.insert(zone);
                        }
                        None => is_open = true,
                    },
                    Link::Absent | Link::Outside(_) | Link::Unresolved => is_open = true,
                }
            }
            let wanted = checked.parameters().zones;
            if zones.len() >= wanted {
                continue;
            }
            let finding = if is_open {
                Finding::undetermined(
                    user,
                    at,
                    "the availability zones of the subnets are not known",
                )
            } else {
                Finding::violated(user, at, "the subnets are in too few availability zones")
            };
            let found: Vec<_> = zones.into_iter().collect();
            let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
            sink.report(finding.found(found).expected(format!("{wanted} zones")));
        }
    }
}

/// The zone's name or id; a subnet that names none is put anywhere.
fn zone(subnet: Resource<'_>) -> Option<String> {
    let names = ["availability_zone", "availability_zone_id"];
    names.iter().find_map(|name| given(subnet, &path(name)).as_str().map(Into::into))
}
