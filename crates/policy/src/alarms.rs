//! The metrics that CloudWatch alarms look at, and what their dimensions name.

use std::collections::HashMap;
use std::sync::Arc;

use drstack_plan::{AttrPath, Resource, Value};

use crate::Checked;
use crate::arguments::is_left_out;
use crate::links::{Directory, Link, is_open};

/// One metric of an alarm: the alarm's own, or one of a metric query.
pub(crate) struct Metric<'plan> {
    /// The alarm.
    pub(crate) alarm: Resource<'plan>,
    path: AttrPath,
}

/// The resources that dimensions name, gathered when they are first asked for.
#[derive(Default)]
pub(crate) struct Named<'plan> {
    directories: HashMap<&'static str, Arc<Directory<'plan>>>,
}

/// What a dimension names: its types, and their attributes that hold the name.
struct Naming {
    dimension: &'static str,
    types: &'static [&'static str],
    attributes: &'static [&'static str],
}

const NAMINGS: [Naming; 9] = [
    Naming {
        dimension: "DBClusterIdentifier",
        types: &["aws_rds_cluster"],
        attributes: &["cluster_identifier"],
    },
    Naming { dimension: "DestinationBucket", types: &["aws_s3_bucket"], attributes: &["bucket"] },
    Naming {
        dimension: "FunctionName",
        types: &["aws_lambda_function"],
        attributes: &["function_name"],
    },
    Naming {
        dimension: "HealthCheckId",
        types: &["aws_route53_health_check"],
        attributes: &["id"],
    },
    Naming {
        dimension: "LoadBalancer",
        types: &["aws_alb", "aws_lb"],
        attributes: &["arn_suffix"],
    },
    Naming { dimension: "QueueName", types: &["aws_sqs_queue"], attributes: &["name"] },
    Naming { dimension: "SourceBucket", types: &["aws_s3_bucket"], attributes: &["bucket"] },
    Naming { dimension: "TableName", types: &["aws_dynamodb_table"], attributes: &["name"] },
    Naming {
        dimension: "TargetGroup",
        types: &["aws_alb_target_group", "aws_lb_target_group"],
        attributes: &["arn_suffix"],
    },
];

/// The metrics of an `aws_cloudwatch_metric_alarm`. An alarm by metric queries has one for each query that reads one;
/// the others are expressions over these.
pub(crate) fn metrics(alarm: Resource<'_>) -> Vec<Metric<'_>> {
    let queries = alarm.get("metric_query");
    if queries.is_empty() || is_left_out(alarm, &AttrPath::root().key("metric_query")) {
        return vec![Metric { alarm, path: AttrPath::root() }];
    }
    let queries = queries.elements().enumerate();
    let read = queries.filter(|(_, query)| !query.get("metric").is_empty());
    read.map(|(index, _)| {
        let path = AttrPath::root().key("metric_query").index(index).key("metric").index(0);
        Metric { alarm, path }
    })
    .collect()
}

impl<'plan> Metric<'plan> {
    /// The path of one of its arguments.
    pub(crate) fn path(&self, argument: &str) -> AttrPath {
        self.path.clone().key(argument)
    }

    /// The path of one of its dimensions.
    pub(crate) fn dimension_path(&self, dimension: &str) -> AttrPath {
        self.path("dimensions").key(dimension)
    }

    /// One of its arguments: `namespace`, `metric_name`, `dimensions`.
    pub(crate) fn argument(&self, argument: &str) -> Value<'plan> {
        self.alarm.at(&self.path(argument))
    }
}

impl<'plan> Named<'plan> {
    /// What a dimension of a metric names; `None` for dimensions that name no resource.
    pub(crate) fn find(
        &mut self,
        checked: &Checked<'plan>,
        metric: &Metric<'plan>,
        dimension: &str,
    ) -> Option<Link<'plan>> {
        let naming = NAMINGS.iter().find(|naming| naming.dimension == dimension)?;
        let directory = self
            .directories
            .entry(naming.dimension)
            .or_insert_with(|| Directory::of(checked, naming.types, naming.attributes));
        let path = metric.dimension_path(dimension);
        Some(match directory.find(metric.alarm, &path) {
            // A plan made from native syntax tells what all dimensions together refer to.
            Link::Unresolved => {
                let references = metric.alarm.references(&path);
                let fits =
                    |resource: &Resource<'_>| naming.types.contains(&resource.resource_type());
                let targets = references.targets.iter().map(|target| target.resource);
                let mut targets = targets.filter(fits);
                match (targets.next(), targets.next()) {
                    (Some(thing), None) if !is_open(checked.plan(), &references) => {
                        Link::To(directory.identity(thing))
                    }
                    _ => Link::Unresolved,
                }
            }
            link => link,
        })
    }
}
