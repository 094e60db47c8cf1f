use drstack_plan::Resource;
use drstack_recovery::alarm::{Metric, metrics};

use crate::alarms::Named;
use crate::arguments::Truth;
use crate::links::Link;
use crate::regions::are_together;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "alarm-dimensions",
    severity: Severity::Error,
    summary: "alarms name metrics by the dimensions and in the region in which AWS emits them",
    protects: "an alarm on a metric that nobody emits stays in INSUFFICIENT_DATA for ever and looks calm",
    fix: "give the metric's exact dimensions, take their values from the resources themselves, and put the alarm into the region that emits the metric",
    requirements: &["R6", "V10", "T5"],
    explanation: include_str!("alarm_dimensions.md"),
    check,
};

/// A metric, or several that have the same dimensions.
struct Emitted {
    namespace: &'static str,
    /// The metrics; none for all others of the namespace.
    names: &'static [&'static str],
    required: &'static [&'static str],
    optional: &'static [&'static str],
    region: Emitter,
}

/// Where a metric is emitted.
#[derive(Clone, Copy)]
enum Emitter {
    /// In the region of what a dimension names.
    Of(&'static str),
    /// In us-east-1, whatever it is about.
    UsEast1,
    /// In each region of a global table.
    Anywhere,
}

/// The first that fits counts.
const EMITTED: [Emitted; 10] = [
    // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
    Emitted {
        namespace: "AWS/RDS",
        names: &["AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag"],
        required: &["DBClusterIdentifier"],
        optional: &["SourceRegion"],
        region: Emitter::Of("DBClusterIdentifier"),
    },
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
    Emitted {
        namespace: "AWS/S3",
        names: &["BytesPendingReplication", "OperationsPendingReplication", "ReplicationLatency"],
        required: &["SourceBucket", "DestinationBucket", "RuleId"],
        optional: &[],
        region: Emitter::Of("DestinationBucket"),
    },
    Emitted {
        namespace: "AWS/S3",
        names: &["OperationsFailedReplication"],
        required: &["SourceBucket", "DestinationBucket", "RuleId"],
        optional: &[],
        region: Emitter::Of("SourceBucket"),
    },
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    Emitted {
        namespace: "AWS/DynamoDB",
        names: &["PendingReplicationCount", "ReplicationLatency"],
        required: &["TableName", "ReceivingRegion"],
        optional: &[],
        region: Emitter::Anywhere,
    },
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
    Emitted {
        namespace: "AWS/Lambda",
        names: &[],
        required: &[],
        optional: &["FunctionName", "Resource", "ExecutedVersion", "EventSourceMappingUUID"],
        region: Emitter::Of("FunctionName"),
    },
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    Emitted {
        namespace: "AWS/SQS",
        names: &[],
        required: &["QueueName"],
        optional: &[],
        region: Emitter::Of("QueueName"),
    },
    // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-cloudwatch.html
    Emitted {
        namespace: "AWS/Route53",
        names: &[
            "ChildHealthCheckHealthyCount",
            "HealthCheckPercentageHealthy",
            "HealthCheckStatus",
        ],
        required: &["HealthCheckId"],
        optional: &["Region"],
        region: Emitter::UsEast1,
    },
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    Emitted {
        namespace: "AWS/ApplicationELB",
        names: &["LambdaInternalError", "LambdaUserError"],
        required: &["TargetGroup"],
        optional: &["LoadBalancer"],
        region: Emitter::Of("TargetGroup"),
    },
    Emitted {
        namespace: "AWS/ApplicationELB",
        names: &["LambdaTargetProcessedBytes"],
        required: &["LoadBalancer"],
        optional: &[],
        region: Emitter::Of("LoadBalancer"),
    },
    Emitted {
        namespace: "AWS/ApplicationELB",
        names: &[],
        required: &["LoadBalancer"],
        optional: &["AvailabilityZone", "TargetGroup"],
        region: Emitter::Of("LoadBalancer"),
    },
];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let mut named = Named::default();
    for &alarm in checked.of_type("aws_cloudwatch_metric_alarm") {
        for metric in metrics(alarm) {
            let Some(emitted) = emitted(&metric) else { continue };
            sink.judged();
            check_names(&metric, emitted, sink);
            for dimension in emitted.required.iter().chain(emitted.optional) {
                check_thing(checked, &mut named, &metric, emitted, dimension, sink);
            }
            if let Emitter::UsEast1 = emitted.region {
                check_region(alarm, "us-east-1", sink);
            }
        }
    }
}

fn emitted(metric: &Metric<'_>) -> Option<&'static Emitted> {
    let namespace = metric.argument("namespace").as_str()?;
    let name = metric.argument("metric_name").as_str()?;
    EMITTED.iter().find(|emitted| {
        emitted.namespace == namespace
            && (emitted.names.is_empty() || emitted.names.contains(&&*name))
    })
}

/// The metric's dimensions must be all there, and no others.
fn check_names(metric: &Metric<'_>, emitted: &Emitted, sink: &mut Sink) {
    let dimensions = metric.argument("dimensions");
    let expected = emitted.required.iter().chain(emitted.optional);
    let expected = expected.copied().collect::<Vec<_>>().join(", ");
    for (name, _) in dimensions.entries() {
        if !emitted.required.contains(&&*name) && !emitted.optional.contains(&&*name) {
            let path = metric.path("dimensions");
            let finding = Finding::violated(metric.alarm, path, "the metric has no such dimension");
            sink.report(finding.found(name).expected(&expected));
        }
    }
    for name in emitted.required {
        let path = metric.dimension_path(name);
        let is_absent = if dimensions.is_unknown() {
            metric.alarm.is_configured(&path) == Some(false)
        } else {
            dimensions.get(name).is_null()
        };
        if is_absent {
            let message = "a dimension of the metric is not given, so that the alarm sees nothing";
            let finding = Finding::violated(metric.alarm, metric.path("dimensions"), message);
            sink.report(finding.expected(name));
        }
    }
}

/// What a dimension names must exist, in the region that emits the metric.
fn check_thing<'plan>(
    checked: &Checked<'plan>,
    named: &mut Named<'plan>,
    metric: &Metric<'plan>,
    emitted: &Emitted,
    dimension: &'static str,
    sink: &mut Sink,
) {
    let alarm = metric.alarm;
    let path = metric.dimension_path(dimension);
    if alarm.at(&path).is_null() {
        return;
    }
    match named.find(checked, metric, dimension) {
        None | Some(Link::Absent) => {}
        Some(Link::To(thing)) => {
            if !tells_region(emitted, dimension) {
                return;
            }
            if let Some(region) = thing.region() {
                check_region(alarm, &region, sink);
            } else if are_together(thing, alarm) != Truth::Yes {
                let message = "the region that emits the metric is not known";
                sink.report(Finding::undetermined(alarm, path, message).evidence(thing));
            }
        }
        Some(Link::Outside(name)) => {
            let message = "what the dimension names is not part of the input";
            sink.report(Finding::undetermined(alarm, path, message).found(name));
        }
        Some(Link::Unresolved) => {
            let candidates = named.candidates(checked, metric, dimension);
            let fits = |thing: &Resource<'_>| {
                !tells_region(emitted, dimension) || are_together(*thing, alarm) == Truth::Yes
            };
            if !candidates.is_empty() && candidates.iter().all(fits) {
                return;
            }
            // An optional dimension need not be there.
            if emitted.required.contains(&dimension)
                || !alarm.at(&metric.path("dimensions")).is_unknown()
            {
                let message = "what the dimension names is not known before apply";
                sink.report(Finding::undetermined(alarm, path, message));
            }
        }
    }
}

/// Whether the metric is emitted in the region of what the dimension names.
fn tells_region(emitted: &Emitted, dimension: &str) -> bool {
    matches!(emitted.region, Emitter::Of(of) if of == dimension)
}

fn check_region(alarm: Resource<'_>, region: &str, sink: &mut Sink) {
    match alarm.region() {
        Some(own) if own == region => {}
        Some(own) => {
            let message = "the metric is emitted in another region than the alarm's";
            let finding = Finding::violated(alarm, "", message);
            sink.report(finding.found(own).expected(region));
        }
        None => {
            let finding = Finding::undetermined(alarm, "", "the alarm's region is not known");
            sink.report(finding.expected(region));
        }
    }
}
