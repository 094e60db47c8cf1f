//! What one region has and the other one lacks, or has otherwise.

use std::collections::{BTreeMap, HashMap, HashSet};

use drstack_plan::{AttrPath, Resource, Value};
use drstack_policy::RegionPair;
use drstack_policy::tables::names;
use drstack_recovery::Survey;

/// What two regions have differently.
#[derive(Default)]
pub(crate) struct Parity<'plan> {
    /// Resources without a counterpart, by type, and by side in each type.
    pub(crate) alone: BTreeMap<&'plan str, [Vec<Resource<'plan>>; 2]>,
    /// Counterparts with a difference.
    pub(crate) differences: Vec<Difference<'plan>>,
    /// How many pairs of counterparts there are.
    pub(crate) pairs: usize,
}

/// An attribute that two counterparts have differently.
pub(crate) struct Difference<'plan> {
    pub(crate) sides: [Resource<'plan>; 2],
    pub(crate) attribute: &'static str,
    pub(crate) values: [Value<'plan>; 2],
}

/// The attributes that say how large, how new, how fast or how safe a thing is. What is bound to a region (names, ids, zones,
/// ranges), and what differs on purpose (weights, capacities that scale by themselves), is not among them.
const ATTRIBUTES: [(&str, &[&str]); 30] = [
    ("aws_autoscaling_group", &["min_size", "max_size"]),
    ("aws_backup_plan", &["rule[0].schedule", "rule[0].lifecycle[0].delete_after"]),
    ("aws_cloudwatch_log_group", &["retention_in_days", "log_group_class"]),
    (
        "aws_cloudwatch_metric_alarm",
        &[
            "metric_name",
            "comparison_operator",
            "threshold",
            "period",
            "evaluation_periods",
            "datapoints_to_alarm",
            "treat_missing_data",
        ],
    ),
    (
        "aws_db_instance",
        &[
            "engine",
            "engine_version",
            "instance_class",
            "allocated_storage",
            "storage_type",
            "iops",
            "multi_az",
            "backup_retention_period",
            "storage_encrypted",
            "deletion_protection",
        ],
    ),
    (
        "aws_dynamodb_table",
        &[
            "billing_mode",
            "table_class",
            "point_in_time_recovery[0].enabled",
            "deletion_protection_enabled",
        ],
    ),
    ("aws_ecs_service", &["launch_type", "platform_version"]),
    ("aws_ecs_task_definition", &["cpu", "memory", "network_mode"]),
    ("aws_efs_file_system", &["performance_mode", "throughput_mode", "encrypted"]),
    ("aws_eks_cluster", &["version"]),
    ("aws_eks_node_group", &["instance_types", "capacity_type", "version"]),
    ("aws_elasticache_cluster", &["engine", "engine_version", "node_type", "num_cache_nodes"]),
    (
        "aws_elasticache_replication_group",
        &[
            "engine",
            "engine_version",
            "node_type",
            "num_node_groups",
            "replicas_per_node_group",
            "automatic_failover_enabled",
            "multi_az_enabled",
            "at_rest_encryption_enabled",
            "transit_encryption_enabled",
        ],
    ),
    ("aws_instance", &["instance_type", "ebs_optimized", "monitoring"]),
    ("aws_kinesis_stream", &["shard_count", "retention_period"]),
    (
        "aws_kms_key",
        &[
            "enable_key_rotation",
            "rotation_period_in_days",
            "deletion_window_in_days",
            "multi_region",
        ],
    ),
    (
        "aws_lambda_event_source_mapping",
        &["batch_size", "maximum_batching_window_in_seconds", "enabled"],
    ),
    (
        "aws_lambda_function",
        &[
            "runtime",
            "architectures",
            "memory_size",
            "timeout",
            "ephemeral_storage[0].size",
            "reserved_concurrent_executions",
            "package_type",
            "source_code_hash",
        ],
    ),
    ("aws_launch_template", &["instance_type"]),
    ("aws_lb", &["load_balancer_type", "internal", "idle_timeout", "enable_deletion_protection"]),
    ("aws_lb_listener", &["port", "protocol", "ssl_policy"]),
    (
        "aws_lb_target_group",
        &["target_type", "port", "protocol", "health_check[0].interval", "health_check[0].path"],
    ),
    (
        "aws_opensearch_domain",
        &["engine_version", "cluster_config[0].instance_type", "cluster_config[0].instance_count"],
    ),
    (
        "aws_rds_cluster",
        &[
            "engine",
            "engine_version",
            "storage_type",
            "storage_encrypted",
            "backup_retention_period",
            "deletion_protection",
            "serverlessv2_scaling_configuration[0].min_capacity",
            "serverlessv2_scaling_configuration[0].max_capacity",
        ],
    ),
    (
        "aws_rds_cluster_instance",
        &["engine", "engine_version", "instance_class", "performance_insights_enabled"],
    ),
    ("aws_s3_bucket", &["force_destroy", "object_lock_enabled"]),
    ("aws_s3_bucket_versioning", &["versioning_configuration[0].status"]),
    ("aws_sns_topic", &["fifo_topic"]),
    (
        "aws_sqs_queue",
        &[
            "visibility_timeout_seconds",
            "message_retention_seconds",
            "delay_seconds",
            "max_message_size",
            "fifo_queue",
        ],
    ),
    ("aws_vpc_endpoint", &["vpc_endpoint_type", "private_dns_enabled"]),
];

impl<'plan> Parity<'plan> {
    /// Compares the resources of two regions, which are given by type.
    pub(crate) fn of(
        pair: &RegionPair,
        by_type: BTreeMap<&'plan str, [Vec<Resource<'plan>>; 2]>,
    ) -> Self {
        let mut parity = Self::default();
        for (resource_type, sides) in by_type {
            let (pairs, alone) = matched(pair, resource_type, sides);
            parity.pairs += pairs.len();
            for sides in pairs {
                parity.compare(resource_type, sides);
            }
            if alone.iter().any(|side| !side.is_empty()) {
                parity.alone.insert(resource_type, alone);
            }
        }
        parity
    }

    fn compare(&mut self, resource_type: &str, sides: [Resource<'plan>; 2]) {
        let Ok(row) = ATTRIBUTES.binary_search_by_key(&resource_type, |(name, _)| name) else {
            return;
        };
        for &attribute in ATTRIBUTES.get(row).map_or(&[][..], |(_, attributes)| attributes) {
            let values = sides.map(|side| side.get(attribute));
            if differ(values) {
                self.differences.push(Difference { sides, attribute, values });
            }
        }
    }
}

/// Whether two values are not the same, as far as that is known. Two that are both unknown are taken for the same.
fn differ([one, other]: [Value<'_>; 2]) -> bool {
    match (one.as_text(), other.as_text()) {
        (Some(one), Some(other)) => one != other,
        // Lists, null and unknown.
        (None, None) => one.to_string() != other.to_string(),
        _ => true,
    }
}

/// Pairs of counterparts, and what is alone on either side.
///
/// Counterparts have the same address apart from what tells the regions apart; else the same address apart from the
/// module; else the same name in AWS; else each is the only one of its type that is left.
fn matched<'plan>(
    pair: &RegionPair,
    resource_type: &str,
    mut sides: [Vec<Resource<'plan>>; 2],
) -> (Vec<[Resource<'plan>; 2]>, [Vec<Resource<'plan>>; 2]) {
    let mut pairs = Vec::new();
    let by_address = |resource: Resource<'plan>| Some(pair.neutral(resource.address()));
    let by_block = |resource: Resource<'plan>| {
        Some(pair.neutral(resource.address().strip_prefix(resource.module())?))
    };
    sides = join(sides, by_address, &mut pairs);
    sides = join(sides, by_block, &mut pairs);
    if let Some(name) = names::of(resource_type) {
        let by_name =
            |resource: Resource<'plan>| Some(pair.neutral(&resource.get(name.path).as_str()?));
        sides = join(sides, by_name, &mut pairs);
    }
    match sides {
        [one, other] if one.len() == 1 && other.len() == 1 => {
            pairs.extend(one.into_iter().zip(other).map(|(one, other)| [one, other]));
            (pairs, Default::default())
        }
        alone => (pairs, alone),
    }
}

/// Takes what has the same name on both sides out of them, one by one. What has none stays.
fn join<'plan>(
    [near, far]: [Vec<Resource<'plan>>; 2],
    name: impl Fn(Resource<'plan>) -> Option<String>,
    pairs: &mut Vec<[Resource<'plan>; 2]>,
) -> [Vec<Resource<'plan>>; 2] {
    if near.is_empty() || far.is_empty() {
        return [near, far];
    }
    let mut by_name: HashMap<String, Vec<Resource<'_>>> = HashMap::new();
    for resource in far.iter().rev() {
        if let Some(name) = name(*resource) {
            by_name.entry(name).or_default().push(*resource);
        }
    }
    let mut alone = Vec::new();
    let mut taken = HashSet::new();
    for resource in near {
        let other = name(resource).and_then(|name| by_name.get_mut(&name)?.pop());
        match other {
            Some(other) => {
                taken.insert(other.index());
                pairs.push([resource, other]);
            }
            None => alone.push(resource),
        }
    }
    [alone, far.into_iter().filter(|resource| !taken.contains(&resource.index())).collect()]
}

/// Why it is right that a resource is in one region alone, where that is known.
pub(crate) fn excuse(
    survey: &Survey<'_>,
    resource: Resource<'_>,
    other: &str,
) -> Option<&'static str> {
    const REPLICATED: &str = "keeps a replica in the other region";
    const PEERING: &str = "one side asks for the peering, the other accepts it";
    let is_replicated = |resource: Resource<'_>| survey.has_replica(resource, other) == Some(true);
    match resource.resource_type() {
        "aws_dynamodb_table" | "aws_secretsmanager_secret" if is_replicated(resource) => {
            Some(REPLICATED)
        }
        "aws_secretsmanager_secret_version" | "aws_secretsmanager_secret_rotation" => {
            let references = resource.references(&AttrPath::root().key("secret_id"));
            let mut secrets = references.targets.iter();
            secrets
                .any(|target| is_replicated(target.resource))
                .then_some("its secret is replicated")
        }
        "aws_vpc_peering_connection" | "aws_vpc_peering_connection_accepter" => Some(PEERING),
        // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-health-checks.html
        "aws_cloudwatch_metric_alarm"
            if resource.get("namespace").as_str().is_some_and(|name| name == "AWS/Route53") =>
        {
            Some("metrics of health checks are in us-east-1 alone")
        }
        "aws_kms_replica_key" | "aws_dynamodb_table_replica" => {
            Some("a replica of what the other region has")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_sorted_by_type() {
        assert!(ATTRIBUTES.is_sorted_by_key(|(name, _)| *name));
        let paths = ATTRIBUTES.iter().flat_map(|(_, attributes)| *attributes);
        for path in paths {
            assert!(path.parse::<AttrPath>().is_ok(), "{path}");
        }
    }
}
