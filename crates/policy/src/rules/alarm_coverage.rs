use std::borrow::Cow;

use drstack_plan::{AttrPath, Resource};
use drstack_recovery::alarm::{
    Certainty, Composites, Flaw, Measure, Metric, Response, Watched, metrics,
};
use foldhash::{HashMap, HashSet};

use crate::alarms::Named;
use crate::arguments::Truth;
use crate::database_events::{pattern, rule_of, takes, tells};
use crate::iam::arn::Arn;
use crate::links::{Directory, Link};
use crate::regions::{RegionPair, are_together, serving_regions};
use crate::{Checked, Finding, Parameters, Rule, Severity, Sink, Status};

pub(super) const RULE: Rule = Rule {
    id: "alarm-coverage",
    severity: Severity::Error,
    summary: "in both regions alarms that can fire in time watch the replication lags, the functions, the queues and the health checks",
    protects: "what no alarm watches, or one that never speaks, fails unseen: a replica that lags loses data, a function that fails loses transactions",
    fix: "add an alarm on the metric in the region that emits it, that compares the right way, with a threshold and periods within the objectives",
    requirements: &["R6", "V10", "C9", "T5"],
    explanation: include_str!("alarm_coverage.md"),
    check,
};

/// The most that can fail in a second: what a function of an account's default quota handles, 1,000 environments with
/// 10 requests a second each: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>.
const MOST_FAILURES: u64 = 10_000;

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(pair) = RegionPair::of(checked) else { return };
    let mut watch = Watch::of(checked);
    for &cluster in checked.of_type("aws_rds_cluster") {
        if !cluster.get("global_cluster_identifier").is_null() {
            for metric in ["AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag"] {
                watch.demand(cluster, metric, cluster.region().as_deref(), sink);
            }
        }
    }
    check_replicas(checked, &mut watch, pair, sink);
    for &function in checked.of_type("aws_lambda_function") {
        if function.region().is_none_or(|region| pair.contains(&region)) {
            watch.demand(function, "Errors", function.region().as_deref(), sink);
        }
    }
    check_buckets(checked, &mut watch, pair, sink);
    check_queues(checked, &mut watch, sink);
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

/// A replica in another region than its source is there to be promoted. Names alone are of the region that they are used
/// in; across regions the source is an ARN:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.XRgn.html>.
fn check_replicas<'plan>(
    checked: &Checked<'plan>,
    watch: &mut Watch<'plan>,
    pair: &RegionPair,
    sink: &mut Sink,
) {
    const SOURCE: &str = "replicate_source_db";
    let sources = Directory::of(checked, &["aws_db_instance"], &["arn", "id", "identifier"]);
    for &replica in checked.of_type("aws_db_instance") {
        let own = replica.region();
        if own.as_ref().is_some_and(|region| !pair.contains(region)) {
            continue;
        }
        let written = replica.get(SOURCE).as_str();
        let found = sources.find(replica, &AttrPath::root().key(SOURCE));
        let source = match written.as_deref().map(Arn::parse) {
            Some(Some(arn)) => Some(Cow::Borrowed(arn.region)),
            Some(None) => continue,
            None => match found {
                Link::Absent => continue,
                Link::To(source) if are_together(source, replica) == Truth::Yes => continue,
                Link::To(source) => source.region(),
                Link::Outside(_) | Link::Unresolved => None,
            },
        };
        if source.is_some() && source == own {
            continue;
        }
        if source.is_none() {
            sink.judged();
            let message = "whether the source is in another region is not known, so the replica's alarms can't be told";
            sink.report(Finding::undetermined(replica, SOURCE, message));
            continue;
        }
        watch.demand(replica, "ReplicaLag", own.as_deref(), sink);
        let origin = if let Link::To(source) = found { Some(source) } else { None };
        if let Some(region) = own {
            watch.demand_news_of_stops(checked, replica, origin, &region, sink);
        }
    }
}

/// Whether a replica has a lag of -1 while it does not replicate, which no alarm on a lag notices; `None` if its engine is
/// not known: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Monitoring.html>.
fn hides_stops(replica: Resource<'_>, source: Option<Resource<'_>>) -> Option<bool> {
    let mut engines = [Some(replica), source].into_iter().flatten();
    let engine = engines.find_map(|database| database.get("engine").as_str())?;
    Some(matches!(&*engine, "mysql" | "mariadb"))
}

/// Whether events in a region tell of a replica that stops; `None` if that is not known. Those are of the category
/// `read replica`: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html>,
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-cloud-watch-events.html>.
fn events_tell(checked: &Checked<'_>, replica: Resource<'_>, region: &str) -> Option<bool> {
    let is_there = |from: Resource<'_>| from.region().map(|own| own == region);
    let of_replica = |subscription: Resource<'_>| {
        let ids = subscription.get("source_ids");
        let id = replica.get("identifier").as_str();
        if ids.is_empty() || ids.elements().any(|one| id.is_some() && one.as_str() == id) {
            Some(true)
        } else if ids.is_unknown() || ids.elements().any(|one| one.is_unknown()) || id.is_none() {
            None
        } else {
            Some(false)
        }
    };
    let subscriptions = checked.of_type("aws_db_event_subscription").iter().map(|&one| {
        all([is_there(one), tells(one, "db-instance", &["read replica"]), of_replica(one)])
    });
    let targets = checked.of_type("aws_cloudwatch_event_target").iter().map(|&one| {
        all([
            is_there(one),
            rule_of(checked, one).and_then(pattern).and_then(|pattern| {
                let is_taken = takes(&pattern, "source", "aws.rds")
                    && takes(&pattern, "detail-type", "RDS DB Instance Event");
                match pattern.get("detail") {
                    _ if pattern.is_null() || !is_taken => Some(false),
                    None => Some(true),
                    Some(_) => None,
                }
            }),
        ])
    });
    any(subscriptions.chain(targets))
}

/// Whether all hold; `None` if that depends on one of which it is not known.
fn all<const N: usize>(truths: [Option<bool>; N]) -> Option<bool> {
    any(truths.map(|truth| truth.map(|holds| !holds))).map(|fails| !fails)
}

/// Whether one holds; `None` if that depends on one of which it is not known.
fn any(truths: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut sum = Some(false);
    for truth in truths {
        match truth {
            Some(true) => return Some(true),
            Some(false) => {}
            None => sum = None,
        }
    }
    sum
}

/// Replication is watched where it arrives, failures where they happen.
fn check_buckets<'plan>(
    checked: &Checked<'plan>,
    watch: &mut Watch<'plan>,
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
fn check_queues<'plan>(checked: &Checked<'plan>, watch: &mut Watch<'plan>, sink: &mut Sink) {
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
struct Watch<'plan> {
    parameters: &'plan Parameters,
    /// The region that takes over, where the parameters or the plan tell.
    recovery: Option<String>,
    /// By metric and by the resource that it is about: the alarms' metrics.
    seen: HashMap<(&'static str, usize), Vec<Metric<'plan>>>,
    /// Alarms on a metric of which it is not known what they are about.
    open: HashMap<&'static str, Vec<Resource<'plan>>>,
    /// Alarms on all functions of their region.
    of_all_functions: Vec<Metric<'plan>>,
    /// Alarms whose flaws are reported.
    reported: HashSet<usize>,
    composites: Composites<'plan>,
}

impl<'plan> Watch<'plan> {
    fn of(checked: &Checked<'plan>) -> Self {
        let mut watch = Self {
            parameters: checked.parameters(),
            recovery: serving_regions(checked).map(|regions| regions.recovery.clone()),
            seen: HashMap::default(),
            open: HashMap::default(),
            of_all_functions: Vec::new(),
            reported: HashSet::default(),
            composites: Composites::of(
                checked.of_type("aws_cloudwatch_composite_alarm").iter().copied(),
            ),
        };
        let mut named = Named::default();
        for metric in
            checked.of_type("aws_cloudwatch_metric_alarm").iter().copied().flat_map(metrics)
        {
            if let Some(watched) = metric.watched() {
                watch.add(checked, &mut named, metric, watched);
            }
        }
        watch
    }

    fn add(
        &mut self,
        checked: &Checked<'plan>,
        named: &mut Named<'plan>,
        metric: Metric<'plan>,
        watched: &'static Watched,
    ) {
        let name = watched.metric;
        match named.find(checked, &metric, watched.dimension) {
            Some(Link::To(thing)) => {
                self.seen.entry((name, thing.index())).or_default().push(metric);
            }
            Some(Link::Unresolved) => self.open.entry(name).or_default().push(metric.alarm),
            Some(Link::Absent) if name == "Errors" && is_of_all(&metric) => {
                self.of_all_functions.push(metric);
            }
            _ => {}
        }
    }

    /// Demands an alarm on a metric of a resource in a region: one that speaks in time.
    fn demand(
        &mut self,
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
        let (mut faults, mut is_open) = (Vec::new(), false);
        for alarm in alarms.iter().chain(of_all) {
            match alarm.alarm.region() {
                Some(found) if found == region => {
                    let found = self.faults(alarm, thing, region);
                    if found.is_empty() {
                        return;
                    }
                    faults.push((alarm.alarm, found));
                }
                Some(_) => {}
                None => is_open = true,
            }
        }
        let finding = match self.open.get(metric).and_then(|alarms| alarms.first()) {
            Some(alarm) => {
                let message = "whether an alarm watches it is not known: there is one of which it is not known what it watches";
                Finding::undetermined(thing, "", message).evidence(*alarm)
            }
            None if is_open => Finding::undetermined(
                thing,
                "",
                "the region of the alarm that watches it is not known",
            ),
            None if !faults.is_empty() => return self.report(faults, sink),
            None => Finding::violated(thing, "", format!("no alarm watches {metric} in {region}")),
        };
        sink.report(finding.expected(format!("an alarm on {metric} in {region}")));
    }

    /// Demands that somebody hears of a replica that has stopped, where its lag does not show it.
    fn demand_news_of_stops(
        &self,
        checked: &Checked<'plan>,
        replica: Resource<'plan>,
        source: Option<Resource<'plan>>,
        region: &str,
        sink: &mut Sink,
    ) {
        let hides_stops = hides_stops(replica, source);
        if hides_stops == Some(false) {
            return;
        }
        sink.judged();
        let alarms = self.seen.get(&("ReplicaLag", replica.index())).into_iter().flatten();
        let told = alarms.map(|metric| {
            let is_there = metric.alarm.region().map(|own| own == region);
            let in_time =
                metric.seconds_to_speak().map(|waits| waits <= self.parameters.rpo_seconds);
            let tells = self.composites.response(metric.alarm) != Response::Machines;
            all([is_there, metric.speaks_below_zero(), in_time, Some(tells)])
        });
        let is_open = self.open.contains_key("ReplicaLag").then_some(None);
        let told = any(told.chain(is_open).chain([events_tell(checked, replica, region)]));
        let finding = match (hides_stops, told) {
            (_, Some(true)) => return,
            (None, _) => {
                let message = "the engine is not known, so whether the lag shows that replication stops can't be told";
                Finding::undetermined(replica, "engine", message)
            }
            (Some(_), None) => {
                let message = "whether anybody hears when replication stops is not known";
                Finding::undetermined(replica, "", message)
            }
            (Some(_), Some(false)) => {
                let message = "nobody hears when replication stops: the lag is -1 then, which no alarm on a lag notices";
                Finding::violated(replica, "", message)
            }
        };
        sink.report(finding.expected(format_args!(
            "an alarm on ReplicaLag below 0, or an event subscription for the category read replica, in {region}"
        )));
    }

    /// Reports why the alarms on a thing do not speak: what is not known, if it decides, else what is wrong.
    fn report(&mut self, faults: Vec<(Resource<'plan>, Vec<Finding>)>, sink: &mut Sink) {
        let is_broken =
            |found: &[Finding]| found.iter().any(|fault| fault.status == Status::Violated);
        let all_broken = faults.iter().all(|(_, found)| is_broken(found));
        for (alarm, found) in faults {
            if is_broken(&found) == all_broken && self.reported.insert(alarm.index()) {
                let decisive = if all_broken { Status::Violated } else { Status::Undetermined };
                sink.report_each(found.into_iter().filter(|fault| fault.status == decisive));
            }
        }
    }

    /// What keeps an alarm from speaking in time of a thing in a region.
    fn faults(&self, metric: &Metric<'plan>, thing: Resource<'plan>, region: &str) -> Vec<Finding> {
        let Some(watched) = metric.watched() else { return Vec::new() };
        let mut flaws = metric.flaws(watched.measure);
        // The lag of a global database is measured where it arrives, and ends with the region that serves.
        if thing.resource_type() == "aws_rds_cluster" && self.recovery.as_deref() == Some(region) {
            flaws.extend(metric.quiet());
        }
        let alarm = metric.alarm;
        if self.composites.response(alarm) == Response::Machines {
            flaws.push(Flaw {
                certainty: Certainty::Certain,
                path: AttrPath::root().key("alarm_actions"),
                message: "the alarm scales, stops or recovers machines, and tells nobody",
                expected: "a topic's ARN beside that",
            });
        }
        let finding = |flaw: Flaw| {
            let finding = match flaw.certainty {
                Certainty::Certain => Finding::violated(alarm, &flaw.path, flaw.message),
                Certainty::Possible => Finding::undetermined(alarm, &flaw.path, flaw.message),
            };
            let value = alarm.at(&flaw.path);
            let finding = if value.is_unknown() { finding } else { finding.found(value) };
            finding.expected(flaw.expected)
        };
        let faults =
            flaws.into_iter().map(finding).chain(late(metric, watched.measure, self.parameters));
        faults.map(|fault| fault.evidence(thing)).collect()
    }
}

/// Whether a metric has no dimensions.
fn is_of_all(metric: &Metric<'_>) -> bool {
    let dimensions = metric.argument("dimensions");
    !dimensions.is_unknown() && dimensions.entries().next().is_none()
}

/// What keeps an alarm from speaking within the objectives: on a lag before that is as long as may be lost, on anything
/// else while there is time to recover.
#[expect(clippy::cast_precision_loss, reason = "objectives are far below 2^52 seconds")]
fn late(metric: &Metric<'_>, measure: Measure, parameters: &Parameters) -> Option<Finding> {
    let alarm = metric.alarm;
    let (evaluations, datapoints) = metric.datapoints();
    let (threshold, period) = (alarm.get("threshold"), metric.argument("period"));
    let (Some(limit), Some(waits)) = (threshold.as_f64(), metric.seconds_to_speak()) else {
        let is_open = [threshold, period, datapoints].iter().any(|value| value.is_unknown());
        let message = "when the alarm speaks is not known before apply";
        return is_open.then(|| Finding::undetermined(alarm, "threshold", message));
    };
    if let Measure::Lag { per_second } = measure {
        let objective = parameters.rpo_seconds;
        let seconds = limit / f64::from(per_second) + waits as f64;
        return (seconds > objective as f64).then(|| {
            let message =
                "the alarm speaks only when more than the recovery point objective is at risk";
            let finding = Finding::violated(alarm, "threshold", message);
            let expected = format!("threshold and periods within {objective} s");
            finding.found(format_args!("{seconds} s")).expected(expected)
        });
    }
    let objective = parameters.rto_seconds;
    if waits > objective {
        let message = "the alarm speaks only when the recovery time objective is over";
        let finding = Finding::violated(alarm, evaluations, message);
        let expected = format!("period × {evaluations} within {objective} s");
        return Some(finding.found(format_args!("{waits} s")).expected(expected));
    }
    let most = objective.saturating_mul(MOST_FAILURES);
    (matches!(measure, Measure::Failures | Measure::Outcomes) && limit > most as f64).then(|| {
        let message = "so much does not fail within the recovery time objective";
        let finding = Finding::violated(alarm, "threshold", message);
        finding.found(threshold).expected(format!("{most} at most"))
    })
}
