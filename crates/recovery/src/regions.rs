use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use drstack_plan::{Mode, Plan, Resource};
use serde::Serialize;

use crate::place::{Place, of as place};

/// The region that serves and the one that takes over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Regions {
    /// The region that serves.
    pub primary: String,
    /// The region that takes over.
    pub recovery: String,
}

/// Types of which each region of a stack has some, and that nobody puts elsewhere for a service's sake, as the alarms
/// on Route 53 are put into us-east-1.
const ANCHORS: [&str; 4] = ["aws_vpc", "aws_lambda_function", "aws_rds_cluster", "aws_lb"];
/// Types that tell the regions of a stack that has no anchors in two of them.
const OTHERS: [&str; 5] =
    ["aws_dynamodb_table", "aws_kms_key", "aws_s3_bucket", "aws_sns_topic", "aws_sqs_queue"];

impl Regions {
    /// The two regions of a plan, where it shows which of them serves: by its records (weight above zero, or primary of
    /// a failover), else by the writer of its global database, else by its other databases, if only one region has some
    /// that take writes. `None` if there are not exactly two, or nothing shows it.
    #[must_use]
    pub fn infer(plan: &Plan<'_>) -> Option<Self> {
        let pair = Self::pair(plan)?;
        let primary = served_by_records(plan, &pair)
            .or_else(|| writer(plan, &pair))
            .or_else(|| databases(plan, &pair))?;
        let [one, other] = pair;
        Some(if primary == one {
            Self { primary: one, recovery: other }
        } else {
            Self { primary: other, recovery: one }
        })
    }

    /// The two regions of a plan in the order of their names, whichever serves. `None` if there are not exactly two.
    #[must_use]
    pub fn pair(plan: &Plan<'_>) -> Option<[String; 2]> {
        let mut found = regions_of(plan, &ANCHORS);
        if found.len() < 2 {
            found.extend(regions_of(plan, &OTHERS));
        }
        let found: Vec<String> = found.into_iter().collect();
        found.try_into().ok()
    }

    /// The other region of the two; `None` for a third one.
    #[must_use]
    pub fn other(&self, region: &str) -> Option<&str> {
        if region == self.primary {
            Some(&self.recovery)
        } else if region == self.recovery {
            Some(&self.primary)
        } else {
            None
        }
    }
}

fn regions_of(plan: &Plan<'_>, types: &[&str]) -> BTreeSet<String> {
    let mut of_providers: HashMap<&str, Option<String>> = HashMap::new();
    let regions = of_types(plan, types).filter_map(|resource| match resource.provider_key() {
        // One provider has one region, except that a resource may name its own.
        Some(key) if resource.get("region").is_null() => {
            of_providers.entry(key).or_insert_with(|| region(resource)).clone()
        }
        _ => region(resource),
    });
    regions.collect()
}

fn region(resource: Resource<'_>) -> Option<String> {
    resource.region().map(Cow::into_owned)
}

fn of_types<'plan>(
    plan: &'plan Plan<'plan>,
    types: &[&str],
) -> impl Iterator<Item = Resource<'plan>> {
    plan.resources().filter(|resource| {
        resource.mode() == Mode::Managed && types.contains(&resource.resource_type())
    })
}

/// The one region that the records with a weight, or the primary ones of a failover, lead to.
fn served_by_records(plan: &Plan<'_>, pair: &[String; 2]) -> Option<String> {
    let serving = of_types(plan, &["aws_route53_record"]).filter(|record| {
        record.get("weighted_routing_policy[0].weight").as_u64().is_some_and(|weight| weight > 0)
            || record
                .get("failover_routing_policy[0].type")
                .as_str()
                .is_some_and(|kind| kind == "PRIMARY")
    });
    let targets = serving.flat_map(|record| plan.graph().references(record.index()));
    // Zones and health checks are in no region, whatever their provider is set to.
    let regions = targets.filter_map(|(target, _)| match place(plan, plan.nth(target)?) {
        Place::In(region) => Some(region.into_owned()),
        Place::Global(_) | Place::Unknown => None,
    });
    only(regions.filter(|region| pair.contains(region)))
}

/// The region of the cluster that has a master user: secondary clusters get theirs by replication.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-getting-started.html>
fn writer(plan: &Plan<'_>, pair: &[String; 2]) -> Option<String> {
    let clusters = of_types(plan, &["aws_rds_cluster"]).filter(|cluster| {
        !cluster.get("global_cluster_identifier").is_null()
            && cluster.get("source_region").is_null()
            && !cluster.get("master_username").is_null()
            && !cluster.get("master_username").is_unknown()
    });
    only(clusters.filter_map(region).filter(|region| pair.contains(region)))
}

/// The only region with databases that are no copies of others.
fn databases(plan: &Plan<'_>, pair: &[String; 2]) -> Option<String> {
    let sources =
        ["global_cluster_identifier", "replication_source_identifier", "replicate_source_db"];
    let writers = of_types(plan, &["aws_db_instance", "aws_rds_cluster"])
        .filter(|database| sources.iter().all(|argument| database.get(argument).is_null()));
    only(writers.filter_map(region).filter(|region| pair.contains(region)))
}

fn only(regions: impl Iterator<Item = String>) -> Option<String> {
    let regions: BTreeSet<String> = regions.collect();
    let mut regions = regions.into_iter();
    regions.next().filter(|_| regions.next().is_none())
}
