use std::borrow::Cow;
use std::collections::BTreeSet;

use drstack_plan::{Mode, Plan, Resource};
use foldhash::{HashMap, HashSet};
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

const RECORD: &str = "aws_route53_record";
const CLUSTER: &str = "aws_rds_cluster";
const INSTANCE: &str = "aws_db_instance";

impl Regions {
    /// The two regions of a plan, where it shows which of them serves: by its records (weight above zero, or primary of
    /// a failover), else by the writer of its global database, else by its other databases, if only one region has some
    /// that take writes. `None` if there are not exactly two, or nothing shows it.
    #[must_use]
    pub fn infer(plan: &Plan<'_>) -> Option<Self> {
        let witnesses = Witnesses::of(plan);
        let pair = witnesses.pair()?;
        let primary = witnesses
            .served_by_records(plan, &pair)
            .or_else(|| witnesses.writer(&pair))
            .or_else(|| witnesses.databases(&pair))?;
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
        Witnesses::of(plan).pair()
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

/// The resources that tell the regions and what is in them, by type.
struct Witnesses<'plan>(HashMap<&'plan str, Vec<Resource<'plan>>>);

impl<'plan> Witnesses<'plan> {
    /// Looks through a plan once.
    fn of(plan: &'plan Plan<'plan>) -> Self {
        let types: HashSet<&str> =
            [RECORD, CLUSTER, INSTANCE].into_iter().chain(ANCHORS).chain(OTHERS).collect();
        let mut found = HashMap::default();
        for resource in plan.resources().filter(|resource| resource.mode() == Mode::Managed) {
            if types.contains(resource.resource_type()) {
                found.entry(resource.resource_type()).or_insert_with(Vec::new).push(resource);
            }
        }
        Self(found)
    }

    fn of_types(&self, types: &[&str]) -> impl Iterator<Item = Resource<'plan>> {
        types.iter().filter_map(|of_type| self.0.get(*of_type)).flatten().copied()
    }

    fn pair(&self) -> Option<[String; 2]> {
        let mut found = self.regions_of(&ANCHORS);
        if found.len() < 2 {
            found.extend(self.regions_of(&OTHERS));
        }
        let found: Vec<String> = found.into_iter().collect();
        found.try_into().ok()
    }

    fn regions_of(&self, types: &[&str]) -> BTreeSet<String> {
        let mut of_providers: HashMap<&str, Option<String>> = HashMap::default();
        let regions = self.of_types(types).filter_map(|resource| match resource.provider_key() {
            // One provider has one region, except that a resource may name its own.
            Some(key) if resource.get("region").is_null() => {
                of_providers.entry(key).or_insert_with(|| region(resource)).clone()
            }
            _ => region(resource),
        });
        regions.collect()
    }

    /// The one region that the records with a weight, or the primary ones of a failover, lead to.
    fn served_by_records(&self, plan: &'plan Plan<'plan>, pair: &[String; 2]) -> Option<String> {
        let serving = self.of_types(&[RECORD]).filter(|record| {
            record
                .get("weighted_routing_policy[0].weight")
                .as_u64()
                .is_some_and(|weight| weight > 0)
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
    fn writer(&self, pair: &[String; 2]) -> Option<String> {
        let clusters = self.of_types(&[CLUSTER]).filter(|cluster| {
            !cluster.get("global_cluster_identifier").is_null()
                && cluster.get("source_region").is_null()
                && !cluster.get("master_username").is_null()
                && !cluster.get("master_username").is_unknown()
        });
        only(clusters.filter_map(region).filter(|region| pair.contains(region)))
    }

    /// The only region with databases that are no copies of others.
    fn databases(&self, pair: &[String; 2]) -> Option<String> {
        let sources =
            ["global_cluster_identifier", "replication_source_identifier", "replicate_source_db"];
        let writers = self
            .of_types(&[INSTANCE, CLUSTER])
            .filter(|database| sources.iter().all(|argument| database.get(argument).is_null()));
        only(writers.filter_map(region).filter(|region| pair.contains(region)))
    }
}

fn region(resource: Resource<'_>) -> Option<String> {
    resource.region().map(Cow::into_owned)
}

fn only(regions: impl Iterator<Item = String>) -> Option<String> {
    let regions: BTreeSet<String> = regions.collect();
    let mut regions = regions.into_iter();
    regions.next().filter(|_| regions.next().is_none())
}
