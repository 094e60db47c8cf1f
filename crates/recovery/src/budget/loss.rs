use drstack_plan::{AttrPath, Plan, Resource};
use serde::Serialize;

use super::alarms::{Alarm, Alarms, Watches};
use super::time::{is_in, of_type};
use super::{Amount, Source, Term};
use crate::Regions;
use crate::place::{self, Place};

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
const DYNAMODB: &str =
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html";
const S3: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html";
const SQS: &str =
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/welcome.html";

/// Units of a metric that make a second.
const MILLISECONDS: f64 = 1000.0;
const SECONDS: f64 = 1.0;

pub(super) fn of<'plan>(
    plan: &'plan Plan<'plan>,
    regions: &Regions,
    alarms: &Alarms<'plan>,
) -> Vec<Loss> {
    let mut losses = Vec::new();
    losses.extend(clusters(plan, regions, alarms));
    losses.extend(tables(plan, regions, alarms));
    losses.extend(buckets(plan, regions, alarms));
    losses.extend(queues(plan, regions, alarms));
    losses.sort_by(|one, other| one.store.cmp(&other.store));
    losses
}

/// Global databases. The lag is emitted on the secondary's side.
fn clusters<'plan>(
    plan: &'plan Plan<'plan>,
    regions: &Regions,
    alarms: &Alarms<'plan>,
) -> Vec<Loss> {
    let metrics = ["AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag"];
    let global = of_type(plan, "aws_rds_cluster")
        .filter(|cluster| !cluster.get("global_cluster_identifier").is_null());
    let (primaries, others): (Vec<_>, Vec<_>) =
        global.partition(|cluster| is_in(*cluster, &regions.primary));
    if !others.iter().any(|cluster| is_in(*cluster, &regions.recovery)) {
        return Vec::new();
    }
    let loss = |cluster: Resource<'plan>| {
        // With one database, every such alarm is on it; the metric carries the one or the other cluster's name.
        let alarms = alarms.on(&regions.recovery, "AWS/RDS", &metrics).map(|alarm| {
            let named = [cluster].into_iter().chain(others.iter().copied());
            let watched = named
                .map(|cluster| alarm.watches("DBClusterIdentifier", cluster, "cluster_identifier"));
            let is_watched =
                primaries.len() == 1 || watched.into_iter().any(|watches| watches == Watches::Yes);
            (alarm, if is_watched { Watches::Yes } else { Watches::Unknown })
        });
        Loss {
            store: cluster.address().to_owned(),
            terms: terms(alarms, MILLISECONDS),
            promise: Promise {
                amount: Amount::Unbounded,
                note: "replication is asynchronous: usually under a second, with no limit unless rds.global_db_rpo sets one"
                    .to_owned(),
                source: Source::Documentation { url: AURORA },
            },
        }
    };
    primaries.iter().map(|cluster| loss(*cluster)).collect()
}

/// Global tables. The latency is emitted in the region that sends, for each that receives.
fn tables<'plan>(plan: &'plan Plan<'plan>, regions: &Regions, alarms: &Alarms<'plan>) -> Vec<Loss> {
    let replicated = of_type(plan, "aws_dynamodb_table").filter(|table| {
        is_in(*table, &regions.primary)
            && place::has_replica(*table, &regions.recovery) != Some(false)
    });
    let losses = replicated.map(|table| {
        let alarms = alarms.on(&regions.primary, "AWS/DynamoDB", &["ReplicationLatency"]);
        let alarms = alarms.map(|alarm| (alarm, alarm.watches("TableName", table, "name")));
        Loss {
            store: table.address().to_owned(),
            terms: terms(alarms, MILLISECONDS),
            promise: Promise {
                amount: Amount::Unbounded,
                note: "replication is asynchronous: usually about a second, with no limit; the last writer wins".to_owned(),
                source: Source::Documentation { url: DYNAMODB },
            },
        }
    });
    losses.collect()
}

/// Replicated buckets. The latency is emitted in the region of the destination.
fn buckets<'plan>(
    plan: &'plan Plan<'plan>,
    regions: &Regions,
    alarms: &Alarms<'plan>,
) -> Vec<Loss> {
    let configurations = of_type(plan, "aws_s3_bucket_replication_configuration");
    let configurations =
        configurations.filter(|configuration| {
        matches!(place::of(plan, *configuration), Place::In(region) if region == regions.primary)
    });
    let losses = configurations.map(|configuration| {
        let path = AttrPath::root().key("bucket");
        let targets = configuration.references(&path).targets;
        let bucket = targets
            .into_iter()
            .map(|target| target.resource)
            .find(|target| target.resource_type() == "aws_s3_bucket");
        // A bucket of another configuration is known by its name alone.
        let bucket = bucket.unwrap_or(configuration);
        let alarms = alarms.on(&regions.recovery, "AWS/S3", &["ReplicationLatency"]);
        let alarms = alarms.map(|alarm| (alarm, alarm.watches("SourceBucket", bucket, "bucket")));
        Loss {
            store: bucket.address().to_owned(),
            terms: terms(alarms, SECONDS),
            promise: replication_time(configuration),
        }
    });
    losses.collect()
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
                "replication time control aims at {minutes} min for 99.99 % of the objects, and promises nothing shorter"
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
fn queues<'plan>(plan: &'plan Plan<'plan>, regions: &Regions, alarms: &Alarms<'plan>) -> Vec<Loss> {
    let path = AttrPath::root().key("event_source_arn");
    let mut fed: Vec<Resource<'plan>> = of_type(plan, "aws_lambda_event_source_mapping")
        .flat_map(|mapping| {
            let named = mapping.at(&path).as_str();
            let by_arn: Vec<_> = named.iter().flat_map(|arn| plan.identified_by(arn)).collect();
            let targets =
                mapping.references(&path).targets.into_iter().map(|target| target.resource);
            targets.chain(by_arn).collect::<Vec<_>>()
        })
        .filter(|queue| queue.resource_type() == "aws_sqs_queue" && is_in(*queue, &regions.primary))
        .collect();
    fed.sort_by_key(|queue| queue.index());
    fed.dedup();
    let losses = fed.into_iter().map(|queue| {
        let alarms = alarms.on(&regions.primary, "AWS/SQS", &["ApproximateAgeOfOldestMessage"]);
        let alarms = alarms.map(|alarm| (alarm, alarm.watches("QueueName", queue, "name")));
        let returns = queue.get("visibility_timeout_seconds").as_u64().map_or_else(String::new, |seconds| {
            format!("; a message whose processing was cut off is hidden for {seconds} s more")
        });
        Loss {
            store: queue.address().to_owned(),
            terms: terms(alarms, SECONDS),
            promise: Promise {
                amount: Amount::Unbounded,
                note: format!("queues are not replicated: what waits is out of reach until the region is back{returns}"),
                source: Source::Documentation { url: SQS },
            },
        }
    });
    losses.collect()
}

/// The terms of the alarm that speaks first. Without one, nothing bounds the loss.
fn terms<'a, 'plan: 'a>(
    alarms: impl Iterator<Item = (&'a Alarm<'plan>, Watches)>,
    per_second: f64,
) -> Vec<Term> {
    let mut is_open = false;
    let mut first: Option<Vec<Term>> = None;
    let total = |terms: &[Term]| Amount::sum(terms.iter().map(|term| term.amount)).rank();
    for (alarm, watches) in alarms {
        match watches {
            Watches::No => {}
            Watches::Unknown => is_open = true,
            Watches::Yes => {
                let terms = vec![alarm.threshold(per_second), alarm.delay()];
                if first.as_ref().is_none_or(|first| total(&terms) < total(first)) {
                    first = Some(terms);
                }
            }
        }
    }
    first.unwrap_or_else(|| {
        let (amount, why) = if is_open {
            (Amount::Unknown, "which alarm watches its lag is not known before apply")
        } else {
            (Amount::Unbounded, "no alarm watches its lag, so nobody is told")
        };
        vec![Term { name: "lag alarm".to_owned(), amount, source: Source::Assumption { why } }]
    })
}
