//! Regions that a resource names: those of its replicas, those of its peers.

use std::borrow::Cow;
use std::collections::BTreeSet;

use drstack_plan::{Resource, Value};

/// What an attribute that names a region says.
pub(crate) struct Named {
    resource_type: &'static str,
    /// Blocks around the attribute, and the attribute.
    path: &'static [&'static str],
    /// Whether the region gets something of its own, a replica.
    is_replica: bool,
}

const fn replica(resource_type: &'static str, path: &'static [&'static str]) -> Named {
    Named { resource_type, path, is_replica: true }
}

const fn peer(resource_type: &'static str) -> Named {
    Named { resource_type, path: &["peer_region"], is_replica: false }
}

const NAMED: [Named; 5] = [
    replica("aws_dynamodb_table", &["replica", "region_name"]),
    replica("aws_secretsmanager_secret", &["replica", "region"]),
    replica(
        "aws_ecr_replication_configuration",
        &["replication_configuration", "rule", "destination", "region"],
    ),
    peer("aws_vpc_peering_connection"),
    peer("aws_ec2_transit_gateway_peering_attachment"),
];

/// The regions that hold a replica of a resource, as far as they are known.
pub(crate) fn replica_regions(resource: Resource<'_>) -> BTreeSet<String> {
    regions(resource, |named| named.is_replica)
}

/// The regions that a resource names, as far as they are known.
pub(crate) fn all_regions(resource: Resource<'_>) -> BTreeSet<String> {
    regions(resource, |_| true)
}

fn regions(resource: Resource<'_>, wanted: impl Fn(&Named) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let rows = NAMED
        .iter()
        .filter(|named| named.resource_type == resource.resource_type() && wanted(named));
    for named in rows {
        collect(resource.values(), named.path, &mut found);
    }
    found
}

fn collect(value: Value<'_>, path: &[&str], found: &mut BTreeSet<String>) {
    let Some((first, rest)) = path.split_first() else {
        found.extend(value.as_str().map(Cow::into_owned));
        return;
    };
    for element in value.get(first).elements() {
        collect(element, rest, found);
    }
}
