//! Whether a CloudWatch alarm speaks when what it watches goes wrong.
//!
//! Judged is what an alarm says of itself: which way it compares, by which statistic, with a threshold that is crossed at
//! some time, and what it makes of missing data. How soon it must speak is left to whoever asks.

use std::borrow::Cow;

use drstack_plan::{AttrPath, Resource, Value};
use foldhash::HashSet;

/// A metric that tells how recovery is doing, and how its values are to be read.
#[derive(Debug)]
pub struct Watched {
    /// The namespace.
    pub namespace: &'static str,
    /// The metric's name.
    pub metric: &'static str,
    /// The dimension that says what the metric is about.
    pub dimension: &'static str,
    /// What the values mean.
    pub measure: Measure,
}

/// What the values of a metric mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// How far something lags: the more the worse.
    Lag {
        /// How many of the metric's units are a second.
        per_second: u32,
    },
    /// How much has failed: the more the worse, none while all is well.
    Failures,
    /// One for each thing that failed, zero for each that did not: only a sum is ever above one.
    Outcomes,
    /// One while healthy, zero else.
    Health,
}

/// The metrics that recovery is watched by.
pub const WATCHED: [&Watched; 15] = [
    &QUEUE_AGE,
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    &watched("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", Measure::Failures),
    &GLOBAL_DATABASE_RPO_LAG,
    &GLOBAL_DATABASE_LAG,
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    &watched("AWS/Lambda", "Errors", "FunctionName", Measure::Outcomes),
    // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-cloudwatch.html
    &watched("AWS/Route53", "HealthCheckStatus", "HealthCheckId", Measure::Health),
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
    &watched("AWS/S3", "OperationsFailedReplication", "SourceBucket", Measure::Failures),
    &BUCKET_LAG,
    &TABLE_LAG,
    &REPLICA_LAG,
    &BINLOG_LAG,
    &FILE_SYSTEM_LAG,
    &DOCUMENT_LAG,
    &GRAPH_LAG,
    &DATASTORE_LAG,
];

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>
pub(crate) const QUEUE_AGE: Watched =
    watched("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", SECONDS);
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html>
pub(crate) const GLOBAL_DATABASE_RPO_LAG: Watched =
    watched("AWS/RDS", "AuroraGlobalDBRPOLag", "DBClusterIdentifier", MILLISECONDS);
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html>
pub(crate) const GLOBAL_DATABASE_LAG: Watched =
    watched("AWS/RDS", "AuroraGlobalDBReplicationLag", "DBClusterIdentifier", MILLISECONDS);
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html>
pub(crate) const BINLOG_LAG: Watched =
    watched("AWS/RDS", "AuroraBinlogReplicaLag", "DBClusterIdentifier", SECONDS);
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html>. It is -1 while a replica of MySQL or MariaDB does
/// not replicate, not missing, for which [`Metric::speaks_below_zero`] asks:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Monitoring.html>.
pub(crate) const REPLICA_LAG: Watched =
    watched("AWS/RDS", "ReplicaLag", "DBInstanceIdentifier", SECONDS);
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html>
pub(crate) const BUCKET_LAG: Watched =
    watched("AWS/S3", "ReplicationLatency", "SourceBucket", SECONDS);
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_monitoring.html>
pub(crate) const TABLE_LAG: Watched =
    watched("AWS/DynamoDB", "ReplicationLatency", "TableName", MILLISECONDS);
/// <https://docs.aws.amazon.com/efs/latest/ug/monitoring-replication-status.html>
pub(crate) const FILE_SYSTEM_LAG: Watched =
    watched("AWS/EFS", "TimeSinceLastSync", "FileSystemId", SECONDS);
/// Name, unit and dimension are not confirmed.
pub(crate) const DOCUMENT_LAG: Watched =
    watched("AWS/DocDB", "GlobalClusterReplicationLag", "DBClusterIdentifier", MILLISECONDS);
/// Name, unit and dimension are not confirmed.
pub(crate) const GRAPH_LAG: Watched =
    watched("AWS/Neptune", "GlobalDbProgressLag", "DBClusterIdentifier", MILLISECONDS);
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html>; unit and dimension are not confirmed.
pub(crate) const DATASTORE_LAG: Watched =
    watched("AWS/ElastiCache", "GlobalDatastoreReplicationLag", "ReplicationGroupId", SECONDS);

const SECONDS: Measure = Measure::Lag { per_second: 1 };
const MILLISECONDS: Measure = Measure::Lag { per_second: 1000 };

const fn watched(
    namespace: &'static str,
    metric: &'static str,
    dimension: &'static str,
    measure: Measure,
) -> Watched {
    Watched { namespace, metric, dimension, measure }
}

/// One metric of an alarm: the alarm's own, or one of its metric queries.
#[derive(Clone, Debug)]
pub struct Metric<'plan> {
    /// The alarm.
    pub alarm: Resource<'plan>,
    path: AttrPath,
    compared: Compared,
}

/// What an alarm compares with its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compared {
    Metric,
    Expression,
}

/// Why an alarm does not speak when what it watches goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Whether that is known.
    pub certainty: Certainty,
    /// The argument of the alarm that is to blame.
    pub path: AttrPath,
    /// What is wrong.
    pub message: &'static str,
    /// What was expected.
    pub expected: &'static str,
}

/// Whether a flaw is known to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// The input shows it.
    Certain,
    /// The input does not show that all is well.
    Possible,
}

/// The metrics of an `aws_cloudwatch_metric_alarm`. An alarm by metric queries has one for each query that reads one;
/// the others are expressions over these.
#[must_use]
pub fn metrics(alarm: Resource<'_>) -> Vec<Metric<'_>> {
    let all = AttrPath::root().key("metric_query");
    let queries = given(alarm, &all);
    if queries.is_empty() {
        return vec![Metric { alarm, path: AttrPath::root(), compared: Compared::Metric }];
    }
    let is_only = queries.len() == Some(1);
    let queries = queries.elements().enumerate();
    let read = queries.filter(|(_, query)| !query.get("metric").is_empty());
    read.map(|(index, query)| {
        let is_result = is_only || query.get("return_data").as_bool() == Some(true);
        let compared = if is_result { Compared::Metric } else { Compared::Expression };
        Metric { alarm, path: all.clone().index(index).key("metric").index(0), compared }
    })
    .collect()
}

impl<'plan> Metric<'plan> {
    /// The path of one of its arguments.
    #[must_use]
    pub fn path(&self, argument: &str) -> AttrPath {
        self.path.clone().key(argument)
    }

    /// The path of one of its dimensions.
    #[must_use]
    pub fn dimension_path(&self, dimension: &str) -> AttrPath {
        self.path("dimensions").key(dimension)
    }

    /// One of its arguments: `namespace`, `metric_name`, `dimensions`, `period`.
    #[must_use]
    pub fn argument(&self, argument: &str) -> Value<'plan> {
        self.alarm.at(&self.path(argument))
    }

    /// What it tells of recovery, if anything.
    #[must_use]
    pub fn watched(&self) -> Option<&'static Watched> {
        let (name, namespace) = (self.argument("metric_name"), self.argument("namespace"));
        let (name, namespace) = (name.as_str()?, namespace.as_str()?);
        let mut all = WATCHED.into_iter();
        all.find(|watched| watched.metric == name && watched.namespace == namespace)
    }

    /// How many data points must be wrong before the alarm speaks: `datapoints_to_alarm`, or all of the periods.
    #[must_use]
    pub fn datapoints(&self) -> (&'static str, Value<'plan>) {
        let datapoints = self.own("datapoints_to_alarm");
        // Zero is how a state says that none is set.
        if datapoints.is_null() || datapoints.as_u64() == Some(0) {
            ("evaluation_periods", self.own("evaluation_periods"))
        } else {
            ("datapoints_to_alarm", datapoints)
        }
    }

    /// How many seconds something is wrong before the alarm says so: period × data points.
    #[must_use]
    pub fn seconds_to_speak(&self) -> Option<u64> {
        let (_, datapoints) = self.datapoints();
        let (period, datapoints) = self.argument("period").as_u64().zip(datapoints.as_u64())?;
        Some(period.saturating_mul(datapoints))
    }

    /// What keeps the alarm from speaking when the metric gets worse.
    #[must_use]
    pub fn flaws(&self, measure: Measure) -> Vec<Flaw> {
        if self.compared == Compared::Expression {
            let path = AttrPath::root().key("metric_query");
            let message = "what the alarm's expression makes of the metric can't be told";
            return vec![possible(path, message, "an alarm on the metric itself")];
        }
        let quiet = if measure == Measure::Health { self.quiet() } else { None };
        let flaws = [self.comparison(measure), self.statistic(measure), self.points(), quiet];
        flaws.into_iter().flatten().collect()
    }

    /// What makes the alarm take missing data for good news, or for no news.
    ///
    /// See [missing data](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
    #[must_use]
    pub fn quiet(&self) -> Option<Flaw> {
        let (argument, expected) = ("treat_missing_data", "breaching");
        let value = self.own(argument);
        let path = AttrPath::root().key(argument);
        match value.as_str().as_deref() {
            Some("ignore" | "notBreaching") => {
                let message = "the alarm stays calm without data, which an outage may cause";
                Some(certain(path, message, expected))
            }
            None if value.is_unknown() => {
                Some(possible(path, "what missing data is taken for is not known", expected))
            }
            _ => None,
        }
    }

    /// Whether the alarm speaks while the metric is -1 and not while it is 0 or more; `None` if that is not known.
    #[must_use]
    pub fn speaks_below_zero(&self) -> Option<bool> {
        let [operator, threshold] = ["comparison_operator", "threshold"].map(|name| self.own(name));
        let statistic = given(self.alarm, &self.statistic_path());
        let is_open = [operator, threshold, statistic].iter().any(|value| value.is_unknown());
        if is_open || self.compared == Compared::Expression {
            return None;
        }
        let (operator, threshold) = (operator.as_str()?, threshold.as_f64()?);
        let crosses = match &*operator {
            "LessThanThreshold" => threshold > -1.0 && threshold <= 0.0,
            "LessThanOrEqualToThreshold" => (-1.0..0.0).contains(&threshold),
            _ => false,
        };
        let counts_only = statistic.as_str().as_deref() == Some("SampleCount");
        Some(crosses && !counts_only && self.points().is_none())
    }

    fn own(&self, argument: &str) -> Value<'plan> {
        given(self.alarm, &AttrPath::root().key(argument))
    }

    fn comparison(&self, measure: Measure) -> Option<Flaw> {
        let path = AttrPath::root().key("comparison_operator");
        let rises = measure != Measure::Health;
        let expected = if rises { "GreaterThanThreshold" } else { "LessThanThreshold" };
        let operator = self.own("comparison_operator");
        let Some(name) = operator.as_str() else {
            let message = "which way the alarm compares is not known";
            return operator.is_unknown().then(|| possible(path, message, expected));
        };
        match (&*name, rises) {
            ("GreaterThanThreshold" | "GreaterThanOrEqualToThreshold", true)
            | ("LessThanThreshold" | "LessThanOrEqualToThreshold", false) => {
                let is_inclusive = name.contains("OrEqualTo");
                let threshold = self.own("threshold").as_f64()?;
                let crosses = |value: f64| match rises {
                    _ if is_inclusive && value == threshold => true,
                    true => value > threshold,
                    false => value < threshold,
                };
                let (message, expected) = match reached(crosses, self.most(measure)) {
                    Reached::Sometimes => return None,
                    Reached::Always => (
                        "the alarm is on all the time, so that it never speaks",
                        "a threshold that is crossed when something is wrong",
                    ),
                    Reached::Never if measure == Measure::Outcomes => (
                        "each value is 0 or 1, and only their sum gets above 1",
                        "the statistic Sum, or a threshold below 1",
                    ),
                    Reached::Never => {
                        ("the metric never crosses the threshold", "a threshold between 0 and 1")
                    }
                };
                Some(certain(AttrPath::root().key("threshold"), message, expected))
            }
            ("GreaterThanUpperThreshold", true)
            | ("LessThanLowerThreshold", false)
            | ("LessThanLowerOrGreaterThanUpperThreshold", _) => {
                let message = "the alarm learns from the metric when to speak";
                Some(possible(path, message, "a threshold of its own"))
            }
            _ => {
                let message =
                    "the alarm speaks while all is well, and not when the metric gets worse";
                Some(certain(path, message, expected))
            }
        }
    }

    /// The highest that what is compared gets.
    fn most(&self, measure: Measure) -> f64 {
        let is_bounded = match measure {
            Measure::Health => true,
            Measure::Outcomes => {
                let statistic = given(self.alarm, &self.statistic_path());
                statistic.as_str().is_some_and(|name| {
                    ["Average", "Maximum"].contains(&&*name) || percentile(&name).is_some()
                })
            }
            Measure::Lag { .. } | Measure::Failures => false,
        };
        if is_bounded { 1.0 } else { f64::INFINITY }
    }

    fn statistic_path(&self) -> AttrPath {
        let path = AttrPath::root().key("statistic");
        if !self.path.is_root() {
            self.path("stat")
        } else if is_unset(given(self.alarm, &path)) {
            AttrPath::root().key("extended_statistic")
        } else {
            path
        }
    }

    fn statistic(&self, measure: Measure) -> Option<Flaw> {
        let rises = measure != Measure::Health;
        let path = self.statistic_path();
        let expected = if rises { "Maximum, Average or Sum" } else { "Minimum or Average" };
        let value = given(self.alarm, &path);
        let Some(name) = value.as_str() else {
            let message = "by which statistic the alarm judges is not known";
            return value.is_unknown().then(|| possible(path, message, expected));
        };
        match (&*name, rises) {
            ("Average", _) | ("Maximum" | "Sum", true) | ("Minimum", false) => None,
            ("Minimum", true) | ("Maximum" | "Sum", false) | ("SampleCount", _) => {
                Some(certain(path, "the statistic hides the values that matter", expected))
            }
            _ if percentile(&name).is_some_and(|part| (part >= 50.0) == rises) => None,
            _ => Some(possible(
                path,
                "what the statistic makes of the metric can't be told",
                expected,
            )),
        }
    }

    fn points(&self) -> Option<Flaw> {
        let datapoints = self.own("datapoints_to_alarm").as_u64()?;
        (datapoints > self.own("evaluation_periods").as_u64()?).then(|| {
            let path = AttrPath::root().key("datapoints_to_alarm");
            certain(
                path,
                "more data points must be wrong than are looked at",
                "evaluation_periods at most",
            )
        })
    }
}

/// The composite alarms of a plan, which speak for the alarms that their rules name.
///
/// See [composite alarms](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html).
#[derive(Debug)]
pub struct Composites<'plan> {
    all: Vec<Composite<'plan>>,
}

#[derive(Debug)]
struct Composite<'plan> {
    alarm: Resource<'plan>,
    referred: HashSet<usize>,
    rule: Option<Cow<'plan, str>>,
}

/// How many composite alarms may lie between an alarm and whom it tells.
const HOPS: usize = 8;

impl<'plan> Composites<'plan> {
    /// Those among the `aws_cloudwatch_composite_alarm`s that are given.
    #[must_use]
    pub fn of(alarms: impl IntoIterator<Item = Resource<'plan>>) -> Self {
        let path = AttrPath::root().key("alarm_rule");
        let all = alarms.into_iter().map(|alarm| {
            let targets = alarm.references(&path).targets.into_iter();
            let referred = targets.map(|target| target.resource.index()).collect();
            Composite { alarm, referred, rule: alarm.at(&path).as_str() }
        });
        Self { all: all.collect() }
    }

    /// The composite alarms whose rules refer to an alarm, or have its name: `ALARM(name)`, `ALARM("name")`, or the end of
    /// its ARN.
    pub fn naming(&self, alarm: Resource<'plan>) -> impl Iterator<Item = Resource<'plan>> {
        let name = alarm.get("alarm_name").as_str();
        let naming = self.all.iter().filter(move |composite| {
            let rule = composite.rule.as_deref().zip(name.as_deref());
            composite.referred.contains(&alarm.index())
                || rule.is_some_and(|(rule, name)| is_in(rule, name))
        });
        naming.map(|composite| composite.alarm)
    }

    /// What happens when an alarm speaks, by its own actions and by those of the composite alarms that name it.
    #[must_use]
    pub fn response(&self, alarm: Resource<'plan>) -> Response {
        self.response_within(alarm, HOPS)
    }

    fn response_within(&self, alarm: Resource<'plan>, hops: usize) -> Response {
        let own = own_response(alarm);
        let Some(hops) = hops.checked_sub(1).filter(|_| own != Response::Told) else { return own };
        let others = self.naming(alarm).map(|composite| self.response_within(composite, hops));
        others.fold(own, Response::max)
    }
}

/// What happens when an alarm speaks, as far as that is known. The order is from least to most.
///
/// See [alarm actions](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Response {
    /// Nothing: it has no actions, or they are switched off.
    Nothing,
    /// A group is scaled or an instance is stopped, rebooted or recovered, and nobody is told.
    Machines,
    /// The input does not tell.
    Unknown,
    /// A topic, a function, an incident or the like. Whether anybody listens is not asked.
    Told,
}

/// Services whose actions change machines alone: `arn:aws:automate:REGION:ec2:recover`, scaling policies, and the older
/// form of EC2 actions.
const MACHINES: [&str; 3] = ["autoscaling", "automate", "swf"];
/// Resources that are such actions.
const SCALING: [&str; 2] = ["aws_appautoscaling_policy", "aws_autoscaling_policy"];

fn own_response(alarm: Resource<'_>) -> Response {
    let enabled = given(alarm, &AttrPath::root().key("actions_enabled"));
    let path = AttrPath::root().key("alarm_actions");
    let actions = given(alarm, &path);
    if enabled.as_bool() == Some(false) || actions.is_empty() {
        return Response::Nothing;
    }
    let responses = actions.elements().map(|action| match action.as_str() {
        Some(arn) if arn.split(':').nth(2).is_some_and(|name| MACHINES.contains(&name)) => {
            Response::Machines
        }
        Some(_) => Response::Told,
        None => referred_response(alarm, &path),
    });
    match responses.max() {
        Some(Response::Nothing) | None => Response::Nothing,
        // Whether the actions are switched on is not known either.
        Some(_) if enabled.is_unknown() => Response::Unknown,
        Some(response) => response,
    }
}

/// The response of actions that are known by what they refer to: which element of a set is which, is not known.
fn referred_response(alarm: Resource<'_>, path: &AttrPath) -> Response {
    let references = alarm.references(path);
    let is_scaling = |kind: &str| SCALING.contains(&kind);
    let mut targets = references.targets.iter().map(|target| target.resource.resource_type());
    if targets.any(|kind| !is_scaling(kind)) {
        Response::Told
    } else if references.targets.is_empty()
        || !references.variables.is_empty()
        || !references.unresolved.is_empty()
    {
        Response::Unknown
    } else {
        Response::Machines
    }
}

/// Whether a rule names an alarm.
fn is_in(rule: &str, name: &str) -> bool {
    rule.match_indices(name).any(|(at, _)| {
        let (before, after) = (rule.get(..at), rule.get(at + name.len()..));
        before.is_some_and(|text| text.ends_with(['(', '"', '\'', ':']))
            && after.is_some_and(|text| text.starts_with([')', '"', '\'']))
    })
}

/// Whether values cross a threshold.
enum Reached {
    Always,
    Sometimes,
    Never,
}

/// Values are from zero to the most that there is: what the ends of that do, all between them do.
fn reached(crosses: impl Fn(f64) -> bool, most: f64) -> Reached {
    match (crosses(0.0), crosses(most)) {
        (true, true) => Reached::Always,
        (false, false) => Reached::Never,
        _ => Reached::Sometimes,
    }
}

/// The percentile that a statistic such as `p99.9` is.
fn percentile(statistic: &str) -> Option<f64> {
    statistic.strip_prefix('p')?.parse().ok()
}

/// Whether there is nothing. A state has an empty text for that.
fn is_unset(value: Value<'_>) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.is_empty())
}

/// The value at a path, or null where nothing is written and the provider fills it in.
pub(crate) fn given<'plan>(alarm: Resource<'plan>, path: &AttrPath) -> Value<'plan> {
    let value = alarm.at(path);
    let is_left_out = value.is_unknown() && alarm.is_configured(path) == Some(false);
    if is_left_out { Value::NULL } else { value }
}

const fn certain(path: AttrPath, message: &'static str, expected: &'static str) -> Flaw {
    Flaw { certainty: Certainty::Certain, path, message, expected }
}

const fn possible(path: AttrPath, message: &'static str, expected: &'static str) -> Flaw {
    Flaw { certainty: Certainty::Possible, path, message, expected }
}

#[cfg(test)]
mod tests {
    use drstack_plan::{Documents, Plan};
    use serde_json::{Value as Json, json};

    use super::*;

    /// The paths of the flaws of an alarm that has these arguments beside ones that are right.
    fn flaws(metric: &str, arguments: Json) -> Vec<(String, Certainty)> {
        let watched = WATCHED.iter().find(|watched| watched.metric == metric).unwrap();
        let is_health = watched.measure == Measure::Health;
        let mut alarm = json!({
            "namespace": watched.namespace,
            "metric_name": metric,
            "comparison_operator": if is_health { "LessThanThreshold" } else { "GreaterThanThreshold" },
            "statistic": if is_health { "Minimum" } else { "Sum" },
            "threshold": 1,
            "period": 60,
            "evaluation_periods": 2
        });
        let own = alarm.as_object_mut().unwrap();
        own.extend(arguments.as_object().unwrap().clone());
        let text = json!({"resource": {"aws_cloudwatch_metric_alarm": {"a": alarm}}}).to_string();
        let documents: Documents =
            [("main.tf.json".to_owned(), text.into_bytes())].into_iter().collect();
        let plan = Plan::from_documents(&documents).unwrap();
        let metrics = metrics(plan.resource("aws_cloudwatch_metric_alarm.a").unwrap());
        let [metric] = metrics.as_slice() else { return Vec::new() };
        let flaws = metric.flaws(watched.measure).into_iter();
        flaws.map(|flaw| (flaw.path.to_string(), flaw.certainty)).collect()
    }

    #[test]
    fn alarms_that_can_speak_have_no_flaws() {
        for arguments in [
            json!({}),
            json!({"comparison_operator": "GreaterThanOrEqualToThreshold", "statistic": "Maximum"}),
            json!({"threshold": 0, "datapoints_to_alarm": 2}),
            json!({"statistic": "Average", "threshold": 0.05}),
            json!({
                "statistic": "", "extended_statistic": "p99.9", "threshold": 0,
                "datapoints_to_alarm": 0,
            }),
            json!({"treat_missing_data": "ignore"}),
        ] {
            assert_eq!(flaws("Errors", arguments.clone()), [], "{arguments}");
        }
        for arguments in [
            json!({}),
            json!({"statistic": "Average", "threshold": 0.5}),
            json!({"comparison_operator": "LessThanOrEqualToThreshold", "threshold": 0}),
            json!({"treat_missing_data": "breaching"}),
            json!({"statistic": null, "extended_statistic": "p10"}),
        ] {
            assert_eq!(flaws("HealthCheckStatus", arguments.clone()), [], "{arguments}");
        }
    }

    #[test]
    fn alarms_that_stay_silent_have_flaws() {
        for (metric, arguments, path) in [
            ("Errors", json!({"comparison_operator": "LessThanThreshold"}), "comparison_operator"),
            ("Errors", json!({"statistic": "Minimum"}), "statistic"),
            ("Errors", json!({"statistic": "SampleCount"}), "statistic"),
            ("Errors", json!({"threshold": -1}), "threshold"),
            ("Errors", json!({"statistic": "Maximum"}), "threshold"),
            ("Errors", json!({"statistic": "Average", "threshold": 5}), "threshold"),
            ("Errors", json!({"statistic": null, "extended_statistic": "p99"}), "threshold"),
            (
                "Errors",
                json!({
                    "statistic": "Maximum", "threshold": 2,
                    "comparison_operator": "GreaterThanOrEqualToThreshold",
                }),
                "threshold",
            ),
            ("Errors", json!({"datapoints_to_alarm": 3}), "datapoints_to_alarm"),
            ("HealthCheckStatus", json!({"threshold": 0}), "threshold"),
            ("HealthCheckStatus", json!({"threshold": 2}), "threshold"),
            ("HealthCheckStatus", json!({"statistic": "Maximum"}), "statistic"),
            ("HealthCheckStatus", json!({"treat_missing_data": "ignore"}), "treat_missing_data"),
        ] {
            let expected = [(path.to_owned(), Certainty::Certain)];
            assert_eq!(flaws(metric, arguments.clone()), expected, "{metric} {arguments}");
        }
    }

    #[test]
    fn only_outcomes_are_bounded() {
        let high = json!({"statistic": "Maximum", "threshold": 1000});
        assert_eq!(flaws("ReplicaLag", high.clone()), []);
        assert_eq!(flaws("OperationsFailedReplication", high), []);
    }

    #[test]
    fn what_is_learned_or_computed_can_not_be_told() {
        let band = json!({"comparison_operator": "GreaterThanUpperThreshold", "threshold": null});
        let expected = [("comparison_operator".to_owned(), Certainty::Possible)];
        assert_eq!(flaws("Errors", band), expected);
        let rate = json!({"metric_query": [
            {"id": "rate", "expression": "errors / 60", "return_data": true},
            {"id": "errors", "metric": [{"metric_name": "Errors", "period": 60, "stat": "Sum"}]}
        ]});
        assert_eq!(flaws("Errors", rate), [("metric_query".to_owned(), Certainty::Possible)]);
    }
}
