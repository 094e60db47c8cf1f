use std::collections::HashMap;

use drstack_plan::{AttrPath, Resource};

use crate::alarms::{self, Metric, Named};
use crate::links::{Directory, Link};
use crate::regions::RegionPair;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "alarm-coverage",
    severity: Severity::Error,
    summary: "in both regions alarms watch the replication lags, the functions, the queues and the health checks, within the recovery point objective",
    protects: "what no alarm watches fails unseen: a replica that lags loses data, a function that fails loses transactions",
    fix: "add an alarm on the metric in the region that emits it, with a threshold that leaves time within the recovery point objective",
    requirements: &["R6", "V10", "C9", "T5"],
    explanation: include_str!("alarm_coverage.md"),
    check,
};

/// The metrics by namespace, with the dimension that says what each is about, and how many of the metric's units are a second, for lags.
const WATCHED: [(&str, &str, &str, Option<u32>); 9] = [
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", Some(1)),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", None),
    ("AWS/RDS", "AuroraGlobalDBRPOLag", "DBClusterIdentifier", Some(1000)),
    ("AWS/RDS", "AuroraGlobalDBReplicationLag", "DBClusterIdentifier", Some(1000)),
    ("AWS/Lambda", "Errors", "FunctionName", None),
    ("AWS/Route53", "HealthCheckStatus", "HealthCheckId", None),
    ("AWS/S3", "OperationsFailedReplication", "SourceBucket", None),
    // Of buckets in seconds, of tables in milliseconds.
    ("AWS/S3", "ReplicationLatency", "SourceBucket", Some(1)),
    ("AWS/DynamoDB", "ReplicationLatency", "TableName", Some(1000)),
];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(pair) = RegionPair::of(checked) else { return };
    let watch = Watch::of(checked, sink);
    for &cluster in checked.of_type("aws_rds_cluster") {
        if !cluster.get("global_cluster_identifier").is_null() {
            for metric in ["AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag"] {
                watch.demand(cluster, metric, cluster.region().as_deref(), sink);
            }
        }
    }
    for &function in checked.of_type("aws_lambda_function") {
        if function.region().is_none_or(|region| pair.contains(&region)) {
            watch.demand(function, "Errors", function.region().as_deref(), sink);
        }
    }
    check_buckets(checked, &watch, pair, sink);
    check_queues(checked, &watch, sink);
    for &table in checked.of_type("aws_dynamodb_table") {
        if !table.get("replica").is_empty() {
            for region in pair.both() {
                watch.demand(table, "ReplicationLatency", Some(region), sink);
            }
        }
    }
    for &health_check in checked.of_type("aws_route53_health_check") {
        watch.demand(health_check, "HealthCheckStatus", Some("us-east-1"), sink);
    }
}

/// Replication is watched where it arrives, failures where they happen.
fn check_buckets<'plan>(
    checked: &Checked<'plan>,
    watch: &Watch<'plan>,
    pair: &RegionPair,
    sink: &mut Sink,
) {
    let replications = checked.of_type("aws_s3_bucket_replication_configuration");
    if replications.is_empty() {
        return;
    }
    let buckets = Directory::of(checked, &["aws_s3_bucket"], &["bucket", "id"]);
    for &replication in replications {
        let Link::To(source) = buckets.find(replication, &AttrPath::root().key("bucket")) else {
            sink.judged();
            let message = "which bucket is replicated is not known, so its alarms can't be told";
            sink.report(Finding::undetermined(replication, "bucket", message));
            continue;
        };
        let Some(region) = source.region() else {
            sink.judged();
            let message = "the bucket's region is not known, so its alarms can't be told";
            sink.report(Finding::undetermined(source, "", message));
            continue;
        };
        watch.demand(source, "OperationsFailedReplication", Some(&region), sink);
        if let Some(other) = pair.other(&region) {
            watch.demand(source, "ReplicationLatency", Some(other), sink);
        }
    }
}

/// Work waits in queues that a function reads, and is lost in those that take what failed.
fn check_queues<'plan>(checked: &Checked<'plan>, watch: &Watch<'plan>, sink: &mut Sink) {
    let mappings = checked.of_type("aws_lambda_event_source_mapping");
    if mappings.is_empty() {
        return;
    }
    let queues = Directory::of(checked, &["aws_sqs_queue"], &["arn", "id"]);
    for &mapping in mappings {
        let Link::To(queue) = queues.find(mapping, &AttrPath::root().key("event_source_arn"))
        else {
            continue;
        };
        let region = queue.region();
        watch.demand(queue, "ApproximateAgeOfOldestMessage", region.as_deref(), sink);
        if let Some(dead_letters) = dead_letters(checked, &queues, queue) {
            watch.demand(
                dead_letters,
                "ApproximateNumberOfMessagesVisible",
                region.as_deref(),
                sink,
            );
        }
    }
}

/// The queue that takes what could not be processed, where the queue's own redrive policy names it.
fn dead_letters<'plan>(
    checked: &Checked<'plan>,
    queues: &Directory<'plan>,
    queue: Resource<'plan>,
) -> Option<Resource<'plan>> {
    let path = AttrPath::root().key("redrive_policy");
    match queues.find(queue, &path) {
        Link::To(target) => Some(target),
        Link::Outside(policy) => {
            let policy: serde_json::Value = serde_json::from_str(&policy).ok()?;
            let arn = policy.get("deadLetterTargetArn")?.as_str()?;
            checked.plan().identified_by(arn).next()
        }
        Link::Absent | Link::Unresolved => None,
    }
}

/// What the alarms of a plan watch.
#[derive(Default)]
struct Watch<'plan> {
    /// By metric and by the resource that it is about: the alarms' regions.
    seen: HashMap<(&'static str, usize), Vec<Option<String>>>,
    /// Alarms on a metric of which it is not known what they are about.
    open: HashMap<&'static str, Vec<Resource<'plan>>>,
    /// Alarms on all functions of their region.
    of_all_functions: Vec<Option<String>>,
}

impl<'plan> Watch<'plan> {
    fn of(checked: &Checked<'plan>, sink: &mut Sink) -> Self {
        let mut watch = Self::default();
        let mut named = Named::default();
        for &alarm in checked.of_type("aws_cloudwatch_metric_alarm") {
            for metric in alarms::metrics(alarm) {
                watch.add(checked, &mut named, &metric, sink);
            }
        }
        watch
    }

    fn add(
        &mut self,
        checked: &Checked<'plan>,
        named: &mut Named<'plan>,
        metric: &Metric<'plan>,
        sink: &mut Sink,
    ) {
        let alarm = metric.alarm;
        let Some(name) = metric.argument("metric_name").as_str() else { return };
        let region = alarm.region().map(std::borrow::Cow::into_owned);
        let namespace = metric.argument("namespace").as_str();
        for (of, watched, dimension, per_second) in WATCHED {
            if watched != name || namespace.as_deref() != Some(of) {
                continue;
            }
            match named.find(checked, metric, dimension) {
                Some(Link::To(thing)) => {
                    self.seen.entry((watched, thing.index())).or_default().push(region.clone());
                    if let Some(per_second) = per_second {
                        check_objective(checked, alarm, per_second, sink);
                    }
                }
                Some(Link::Unresolved) => self.open.entry(watched).or_default().push(alarm),
                Some(Link::Absent) if watched == "Errors" && is_of_all(metric) => {
                    self.of_all_functions.push(region.clone());
                }
                _ => {}
            }
        }
    }

    /// Demands an alarm on a metric of a resource in a region.
    fn demand(
        &self,
        thing: Resource<'plan>,
        metric: &'static str,
        region: Option<&str>,
        sink: &mut Sink,
    ) {
        sink.judged();
        let Some(region) = region else {
            let message = "the region is not known, so the alarm that watches it can't be told";
            return sink.report(Finding::undetermined(thing, "", message).expected(metric));
        };
        let alarms = self.seen.get(&(metric, thing.index())).map_or(&[][..], Vec::as_slice);
        let of_all = if metric == "Errors" { self.of_all_functions.as_slice() } else { &[] };
        let alarms = || alarms.iter().chain(of_all);
        if alarms().flatten().any(|found| found == region) {
            return;
        }
        let expected = format!("an alarm on {metric} in {region}");
        let open = self.open.get(metric).and_then(|alarms| alarms.first());
        let finding = match open {
            Some(alarm) => {
                let message = "whether an alarm watches it is not known: there is one of which it is not known what it watches";
                Finding::undetermined(thing, "", message).evidence(*alarm)
            }
            None if alarms().any(Option::is_none) => Finding::undetermined(
                thing,
                "",
                "the region of the alarm that watches it is not known",
            ),
            None => Finding::violated(thing, "", format!("no alarm watches {metric} in {region}")),
        };
        sink.report(finding.expected(expected));
    }
}

/// Whether a metric has no dimensions.
fn is_of_all(metric: &Metric<'_>) -> bool {
    let dimensions = metric.argument("dimensions");
    !dimensions.is_unknown() && dimensions.entries().next().is_none()
}

/// An alarm on a lag must speak before the lag is as long as the recovery point objective.
fn check_objective(checked: &Checked<'_>, alarm: Resource<'_>, per_second: u32, sink: &mut Sink) {
    let objective = checked.parameters().rpo_seconds;
    let number = |name: &str| alarm.get(name).as_f64();
    let path = "threshold";
    let (Some(threshold), Some(period), Some(periods)) =
        (number("threshold"), number("period"), number("evaluation_periods"))
    else {
        if [path, "period", "evaluation_periods"].iter().any(|name| alarm.get(name).is_unknown()) {
            let message = "when the alarm speaks is not known before apply";
            sink.report(Finding::undetermined(alarm, path, message));
        }
        return;
    };
    let seconds = threshold / f64::from(per_second) + period * periods;
    #[expect(clippy::cast_precision_loss, reason = "objectives are far below 2^52 seconds")]
    if seconds > objective as f64 {
        let message =
            "the alarm speaks only when more than the recovery point objective is at risk";
        let finding = Finding::violated(alarm, path, message);
        let expected = format!("threshold and periods within {objective} s");
        sink.report(finding.found(format_args!("{seconds} s")).expected(expected));
    }
}
