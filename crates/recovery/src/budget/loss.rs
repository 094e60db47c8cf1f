use drstack_plan::{AttrPath, Resource};
use serde::Serialize;

use super::alarms::{Alarms, Watches};
use super::time::is_in;
use super::{Amount, Source, Term};
use crate::walk::Lost;
use crate::{Regions, Survey, place};

/// What one store loses at worst.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// The address of the store in the primary region.
    pub store: String,
    /// How far it lags before somebody is told: the threshold of its alarm, and the time until that says so.
    pub terms: Vec<Term>,
    /// What the store promises by itself.
    pub promise: Promise,
}

/// What a store promises of its replication, whatever is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// How much may be lost.
    pub amount: Amount,
    /// What is to be known of it.
    pub note: String,
    /// Whose word that is.
    pub source: Source,
}

impl Loss {
    /// How much is lost at worst before somebody is told.
    #[must_use]
    pub fn detection(&self) -> Amount {
        Amount::sum(self.terms.iter().map(|term| term.amount))
    }
}

const AURORA: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database.html";
const DYNAMODB: &str = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html";
const S3: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html";
const SQS: &str =
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/welcome.html";

/// Units of a metric that make a second.
const MILLISECONDS: f64 = 1000.0;
const SECONDS: f64 = 1.0;

pub(super) fn of<'plan>(
    survey: &Survey<'plan>,
    regions: &Regions,
    alarms: &Alarms<'plan>,
) -> Vec<Loss> {
    let mut losses = Vec::new();
    losses.extend(clusters(survey, regions, alarms));
    losses.extend(tables(survey, regions, alarms));
    losses.extend(buckets(survey, regions, alarms));
    losses.extend(queues(survey, regions, alarms));
    losses.sort_by(|one, other| one.store.cmp(&other.store));
    losses
}

/// Global databases. The lag is emitted on the secondary's side.
fn clusters<'plan>(survey: &Survey<'plan>, regions: &Regions, alarms: &Alarms<'plan>) -> Vec<Loss> {
    let metrics = ["AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag"];
    let global = survey
        .managed("aws_rds_cluster")
        .filter(|cluster| !cluster.get("global_cluster_identifier").is_null());
    let (primaries, others): (Vec<_>, Vec<_>) =
        global.partition(|cluster| is_in(*cluster, &regions.primary));
    if !others.iter().any(|cluster| is_in(*cluster, &regions.recovery)) {
        return Vec::new();
    }
    let alarms = alarms.on(&regions.recovery, "AWS/RDS", &metrics);
    let watches = Watches::of(&alarms, "DBClusterIdentifier", MILLISECONDS);
    let naming = |cluster: Resource<'plan>| {
        watches.naming(cluster, cluster.get("cluster_identifier").as_str().as_deref())
    };
    // With one database, every such alarm is on it; the metric carries the one or the other cluster's name.
    let of_others = if primaries.len() == 1 {
        watches.first(watches.all())
    } else {
        watches.first(others.iter().flat_map(|cluster| naming(*cluster)))
    };
    let loss = |cluster: Resource<'plan>| {
        Loss {
        store: cluster.address().to_owned(),
        terms: watches
            .terms_of(watches.first(naming(cluster).chain(of_others)), !watches.all().is_empty()),
        promise: Promise {
            amount: Amount::Unbounded,
            note: "replication is asynchronous: usually under a second, with no limit unless rds.global_db_rpo sets one"
                .to_owned(),
            source: Source::Documentation { url: AURORA },
        },
    }
    };
    primaries.into_iter().map(loss).collect()
}

/// Global tables. The latency is emitted in the region that sends, for each that receives.
fn tables<'plan>(survey: &Survey<'plan>, regions: &Regions, alarms: &Alarms<'plan>) -> Vec<Loss> {
    let alarms = alarms.on(&regions.primary, "AWS/DynamoDB", &["ReplicationLatency"]);
    let watches = Watches::of(&alarms, "TableName", MILLISECONDS);
    let replicated = survey.managed("aws_dynamodb_table").filter(|table| {
        is_in(*table, &regions.primary)
            && place::has_replica(*table, &regions.recovery) != Some(false)
    });
    let losses = replicated.map(|table| Loss {
        store: table.address().to_owned(),
        terms: watches.terms(table, table.get("name").as_str().as_deref()),
        promise: Promise {
            amount: Amount::Unbounded,
            note: "replication is asynchronous: usually about a second, with no limit; the last writer wins".to_owned(),
            source: Source::Documentation { url: DYNAMODB },
        },
    });
    losses.collect()
}

/// How many resources may lie between a replication and its bucket.
const HOPS: usize = 4;

/// Replicated buckets. The latency is emitted in the region of the destination.
fn buckets<'plan>(survey: &Survey<'plan>, regions: &Regions, alarms: &Alarms<'plan>) -> Vec<Loss> {
    let alarms = alarms.on(&regions.recovery, "AWS/S3", &["ReplicationLatency"]);
    let watches = Watches::of(&alarms, "SourceBucket", SECONDS);
    let primary = Lost(survey.places.region(&regions.primary));
    let configurations = survey
        .managed("aws_s3_bucket_replication_configuration")
        .filter(|configuration| primary.is(survey.site(*configuration)));
    let losses = configurations.map(|configuration| {
        // A bucket of another configuration is known by its name alone.
        let bucket = bucket_of(configuration, HOPS).unwrap_or(configuration);
        Loss {
            store: bucket.address().to_owned(),
            terms: watches.terms(bucket, bucket.get("bucket").as_str().as_deref()),
            promise: replication_time(configuration),
        }
    });
    losses.collect()
}

/// The bucket that an argument names: by itself, or by what names it too, as its versioning does.
fn bucket_of(resource: Resource<'_>, hops: usize) -> Option<Resource<'_>> {
    let hops = hops.checked_sub(1)?;
    let targets = resource.references(&AttrPath::root().key("bucket")).targets;
    let bucket = |target: Resource<'_>| target.resource_type() == "aws_s3_bucket";
    let mut targets = targets.into_iter().map(|target| target.resource);
    targets.find_map(|target| if bucket(target) { Some(target) } else { bucket_of(target, hops) })
}

/// What replication time control aims at, if it is on for every rule.
fn replication_time(configuration: Resource<'_>) -> Promise {
    let minutes = configuration.get("rule").elements().map(|rule| {
        let control = rule.get("destination[0].replication_time");
        let is_on = control.get("status").as_str().is_some_and(|status| status == "Enabled");
        control.get("time[0].minutes").as_u64().filter(|_| is_on)
    });
    let slowest: Option<Vec<u64>> = minutes.collect();
    match slowest.and_then(|minutes| minutes.into_iter().max()) {
        Some(minutes) => Promise {
            amount: Amount::Seconds(minutes * 60),
            note: format!(
                "replication time control aims at {minutes} min for 99.9 % of the objects, and promises nothing shorter"
            ),
            source: super::time::plan_value(
                configuration,
                "rule[0].destination[0].replication_time[0].time[0].minutes",
            ),
        },
        None => Promise {
            amount: Amount::Unbounded,
            note: "without replication time control, replication has no limit".to_owned(),
            source: Source::Documentation { url: S3 },
        },
    }
}

/// Queues that feed functions. Nothing copies them: what waits in the lost region waits until it is back.
fn queues<'plan>(survey: &Survey<'plan>, regions: &Regions, alarms: &Alarms<'plan>) -> Vec<Loss> {
    let path = AttrPath::root().key("event_source_arn");
    let mut fed: Vec<Resource<'plan>> = survey
        .managed("aws_lambda_event_source_mapping")
        .flat_map(|mapping| {
            let named = mapping.at(&path).as_str();
            let by_arn: Vec<_> =
                named.iter().flat_map(|arn| survey.plan.identified_by(arn)).collect();
            let targets =
                mapping.references(&path).targets.into_iter().map(|target| target.resource);
            targets.chain(by_arn).collect::<Vec<_>>()
        })
        .filter(|queue| queue.resource_type() == "aws_sqs_queue" && is_in(*queue, &regions.primary))
        .collect();
    fed.sort_by_key(|queue| queue.index());
    fed.dedup();
    let alarms = alarms.on(&regions.primary, "AWS/SQS", &["ApproximateAgeOfOldestMessage"]);
    let watches = Watches::of(&alarms, "QueueName", SECONDS);
    let losses = fed.into_iter().map(|queue| {
        let returns = queue.get("visibility_timeout_seconds").as_u64().map_or_else(String::new, |seconds| {
            format!("; a message whose processing was cut off is hidden for {seconds} s more")
        });
        Loss {
            store: queue.address().to_owned(),
            terms: watches.terms(queue, queue.get("name").as_str().as_deref()),
            promise: Promise {
                amount: Amount::Unbounded,
                note: format!("queues are not replicated: what waits is out of reach until the region is back{returns}"),
                source: Source::Documentation { url: SQS },
            },
        }
    });
    losses.collect()
}
