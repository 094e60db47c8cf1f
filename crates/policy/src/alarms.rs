//! What the dimensions of CloudWatch alarms name.

use std::sync::Arc;

use drstack_plan::Resource;
use drstack_recovery::alarm::Metric;
use foldhash::HashMap;

use crate::Checked;
use crate::links::{Directory, Link, is_open};

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

const NAMINGS: [Naming; 10] = [
    Naming {
        dimension: "DBClusterIdentifier",
        types: &["aws_rds_cluster"],
        attributes: &["cluster_identifier"],
    },
    Naming {
        dimension: "DBInstanceIdentifier",
        types: &["aws_db_instance", "aws_rds_cluster_instance"],
        attributes: &["identifier"],
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

impl<'plan> Named<'plan> {
    /// What a dimension of a metric names; `None` for dimensions that name no resource.
    pub(crate) fn find(
        &mut self,
        checked: &Checked<'plan>,
        metric: &Metric<'plan>,
        dimension: &str,
    ) -> Option<Link<'plan>> {
        let (directory, path) =
            (self.directory(checked, dimension)?, metric.dimension_path(dimension));
        Some(match directory.find(metric.alarm, &path) {
            Link::Unresolved => match self.candidates(checked, metric, dimension).as_slice() {
                [only] => Link::To(*only),
                _ => Link::Unresolved,
            },
            link => link,
        })
    }

    /// The resources one of which a dimension names; none where it may be any. A plan made from native syntax tells what all
    /// dimensions together refer to, and of `aws_lb.all[each.value]` not which instance it is.
    pub(crate) fn candidates(
        &mut self,
        checked: &Checked<'plan>,
        metric: &Metric<'plan>,
        dimension: &str,
    ) -> Vec<Resource<'plan>> {
        let Some(directory) = self.directory(checked, dimension) else { return Vec::new() };
        let references = metric.alarm.references(&metric.dimension_path(dimension));
        if is_open(checked.plan(), &references) {
            return Vec::new();
        }
        let targets = references.targets.iter().map(|target| target.resource);
        let fitting = targets.filter(|resource| directory.holds_type_of(*resource));
        fitting.map(|resource| directory.identity(resource)).collect()
    }

    fn directory(
        &mut self,
        checked: &Checked<'plan>,
        dimension: &str,
    ) -> Option<Arc<Directory<'plan>>> {
        let naming = NAMINGS.iter().find(|naming| naming.dimension == dimension)?;
        let directory = self
            .directories
            .entry(naming.dimension)
            .or_insert_with(|| Directory::of(checked, naming.types, naming.attributes));
        Some(Arc::clone(directory))
    }
}
