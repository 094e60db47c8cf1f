//! Where a resource is, as far as the loss of a region goes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use drstack_plan::{Kind, Mode, Plan, Resource, Value};

use crate::literal;

/// Where a resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place<'plan> {
    /// In one region.
    In(Cow<'plan, str>),
    /// In no region: its data plane is everywhere. The region is that of its control plane, if it has one.
    Global(Option<&'static str>),
    /// In a region that is not known.
    Unknown,
}

/// Services whose data plane is spread over all regions, by the beginning of the resource type, with the region of
/// their control plane. The first row that fits decides.
///
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html>
const GLOBAL: [(&str, Option<&str>); 17] = [
    ("aws_route53_resolver_", REGIONAL),
    ("aws_route53recoverycontrolconfig_", Some("us-west-2")),
    ("aws_route53", Some("us-east-1")),
    ("aws_iam_", Some("us-east-1")),
    ("aws_cloudfront_", Some("us-east-1")),
    ("aws_organizations_", Some("us-east-1")),
    ("aws_shield_", Some("us-east-1")),
    ("aws_globalaccelerator_", Some("us-west-2")),
    ("aws_rds_global_cluster", None),
    ("aws_docdb_global_cluster", None),
    ("aws_neptune_global_cluster", None),
    ("aws_elasticache_global_replication_group", None),
    ("aws_dynamodb_global_table", None),
    ("aws_s3control_multi_region_access_point", None),
    ("aws_caller_identity", None),
    ("aws_partition", None),
    ("aws_region", None),
];

/// Stands in [`GLOBAL`] for a type that only looks like a global one.
const REGIONAL: Option<&str> = Some("");

/// Where a resource is: by the service, where that is global; else by the plan. In a state, which says it of few
/// types, by what the resource's values speak of.
pub fn of<'plan>(plan: &'plan Plan<'plan>, resource: Resource<'plan>) -> Place<'plan> {
    let resource_type = resource.resource_type();
    if !resource_type.starts_with("aws_") {
        return Place::Global(None);
    }
    match GLOBAL.iter().find(|(prefix, _)| resource_type.starts_with(prefix)) {
        Some((_, home)) if *home != REGIONAL => {
            // A data source of IAM puts a document together and asks nobody.
            return Place::Global(home.filter(|_| resource.mode() == Mode::Managed));
        }
        _ => {}
    }
    match resource.region() {
        Some(region) => Place::In(region),
        None if plan.kind() == Kind::State => neighbourhood(plan, resource),
        None => Place::Unknown,
    }
}

/// The one region that the values of a state's resource speak of: many types have neither an ARN nor a region.
fn neighbourhood<'plan>(plan: &'plan Plan<'plan>, resource: Resource<'plan>) -> Place<'plan> {
    let mut found: Option<String> = None;
    for (_, value) in resource.values().entries() {
        let Some(text) = value.as_str() else { continue };
        let named = plan.identified_by(&text).filter(|other| *other != resource);
        let named: BTreeSet<Cow<'_, str>> = named.filter_map(Resource::region).collect();
        // Ids that are names stand in both regions, and tell nothing.
        let named =
            named.first().filter(|_| named.len() == 1).map(|region| region.clone().into_owned());
        for region in named.into_iter().chain(literal::region_of(&text).map(str::to_owned)) {
            if found.get_or_insert_with(|| region.clone()) != &region {
                return Place::Unknown;
            }
        }
    }
    found.map_or(Place::Unknown, |region| Place::In(Cow::Owned(region)))
}

/// Whether a replicated store keeps a replica in a region, by its `replica` blocks. `None` if that is not known.
#[must_use]
pub fn has_replica(resource: Resource<'_>, region: &str) -> Option<bool> {
    let argument = match resource.resource_type() {
        "aws_dynamodb_table" => "region_name",
        "aws_secretsmanager_secret" => "region",
        _ => return Some(false),
    };
    let mut is_known = true;
    for replica in resource.get("replica").elements() {
        let named: Value<'_> = replica.get(argument);
        match named.as_str() {
            Some(named) if named == region => return Some(true),
            Some(_) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(false)
}
