//! What an edge into the lost region means: one table by what the edge is for, one by what it leads to.

use drstack_plan::{AttrPath, Step};

use crate::companions::fits;
use crate::crossing::Class;

/// What an edge is for decides, whatever it leads to. The first row that fits decides.
pub(crate) struct Use {
    /// The type of the resource that the edge comes from; `*` at the end stands for any ending.
    from: &'static str,
    /// The attribute that holds it, without indices, and all below it; `""` is any.
    path: &'static str,
    class: Class,
    reason: &'static str,
}

/// What an edge leads to decides where its use does not.
struct Target {
    to: &'static str,
    class: Class,
    reason: &'static str,
}

const fn by_use(from: &'static str, path: &'static str, class: Class, reason: &'static str) -> Use {
    Use { from, path, class, reason }
}

const fn to(to: &'static str, class: Class, reason: &'static str) -> Target {
    Target { to, class, reason }
}

use Class::{Allowed, ControlPlaneOnly, Degrading, Fatal};

const POLICY: &str = "a policy says who may call, it calls nothing itself";
const REPLICATION: &str =
    "replication into the region stops while it is lost, and nothing waits for it";
const COPIED: &str = "a copy, made once, does not need what it was made from";
const MEMBERS: &str = "a member of the global database: the others answer without it";
const SINK: &str = "logs and metrics are not delivered while the region is lost";
const WATCHED: &str = "the health check fails while the region is lost, which is what it is for";
const ORDER: &str = "the order in which Terraform makes things";
const PEERING: &str = "the peering itself: what goes through it ends, what does not is not touched";

const USES: &[Use] = &[
    by_use("*", "depends_on", ControlPlaneOnly, ORDER),
    by_use("*", "count", ControlPlaneOnly, ORDER),
    by_use("*", "for_each", ControlPlaneOnly, ORDER),
    by_use("*", "tags", Allowed, "a label"),
    by_use("*", "tags_all", Allowed, "a label"),
    by_use("*", "description", Allowed, "a label"),
    by_use("*", "alarm_description", Allowed, "a label"),
    // Replication and global databases.
    by_use("aws_s3_bucket_replication_configuration", "rule", Allowed, REPLICATION),
    by_use("aws_s3_bucket", "replication_configuration", Allowed, REPLICATION),
    by_use("aws_dynamodb_table", "replica", Allowed, REPLICATION),
    by_use(
        "aws_dynamodb_table_replica",
        "global_table_arn",
        Allowed,
        "a replica answers without the others",
    ),
    by_use("aws_secretsmanager_secret", "replica", Allowed, REPLICATION),
    by_use(
        "aws_kms_replica_key",
        "primary_key_arn",
        Allowed,
        "a replica key works without its primary",
    ),
    by_use(
        "aws_kms_replica_external_key",
        "primary_key_arn",
        Allowed,
        "a replica key works without its primary",
    ),
    by_use("aws_rds_cluster", "replication_source_identifier", Allowed, "the replication source"),
    by_use("aws_rds_cluster", "source_region", Allowed, "the replication source"),
    by_use(
        "aws_db_instance",
        "replicate_source_db",
        Allowed,
        "the replication source: a replica can be promoted without it",
    ),
    by_use(
        "aws_rds_global_cluster",
        "source_db_cluster_identifier",
        Allowed,
        "the cluster that the global database was made from",
    ),
    by_use("aws_rds_global_cluster", "global_cluster_members", Allowed, MEMBERS),
    by_use("aws_docdb_global_cluster", "global_cluster_members", Allowed, MEMBERS),
    by_use("aws_neptune_global_cluster", "global_cluster_members", Allowed, MEMBERS),
    by_use(
        "aws_elasticache_replication_group",
        "global_replication_group_id",
        Allowed,
        "the global datastore",
    ),
    by_use(
        "aws_elasticache_global_replication_group",
        "primary_replication_group_id",
        Allowed,
        "the caches that the global datastore was made from",
    ),
    by_use(
        "aws_docdb_global_cluster",
        "source_db_cluster_identifier",
        Allowed,
        "the cluster that the global database was made from",
    ),
    by_use("aws_docdb_cluster", "replication_source_identifier", Allowed, "the replication source"),
    by_use(
        "aws_neptune_global_cluster",
        "source_db_cluster_identifier",
        Allowed,
        "the cluster that the global database was made from",
    ),
    by_use(
        "aws_neptune_cluster",
        "replication_source_identifier",
        Allowed,
        "the replication source",
    ),
    by_use("aws_ecr_replication_configuration", "", Allowed, REPLICATION),
    by_use("aws_efs_replication_configuration", "", Allowed, REPLICATION),
    by_use("aws_msk_replicator", "", Allowed, REPLICATION),
    by_use("aws_redshift_snapshot_copy", "", Allowed, REPLICATION),
    by_use("aws_redshift_cluster", "snapshot_copy", Allowed, REPLICATION),
    by_use(
        "aws_db_instance_automated_backups_replication",
        "source_db_instance_arn",
        Allowed,
        "backups that are in this region can be restored without their source",
    ),
    by_use("aws_ami_copy", "source_ami_id", Allowed, COPIED),
    by_use("aws_db_snapshot_copy", "source_db_snapshot_identifier", Allowed, COPIED),
    by_use("aws_ebs_snapshot_copy", "source_snapshot_id", Allowed, COPIED),
    by_use("aws_s3_object_copy", "source", Allowed, COPIED),
    by_use(
        "aws_backup_plan",
        "rule.copy_action",
        Allowed,
        "recovery points are copied into the region while it is there",
    ),
    by_use(
        "aws_s3control_multi_region_access_point",
        "",
        Allowed,
        "the access point leads around lost regions",
    ),
    // Peering and other ties of networks.
    by_use("aws_vpc_peering_connection*", "", Allowed, PEERING),
    by_use("aws_ec2_transit_gateway_peering_attachment*", "", Allowed, PEERING),
    // Messages that go to both regions.
    by_use(
        "aws_sns_topic_subscription",
        "",
        Allowed,
        "a cross-region subscription: the other subscribers are not touched",
    ),
    // Policies of resources, permissions, roles.
    by_use("aws_kms_key", "policy", Allowed, POLICY),
    by_use("aws_kms_key_policy", "policy", Allowed, POLICY),
    by_use("aws_sqs_queue", "policy", Allowed, POLICY),
    by_use("aws_sqs_queue_policy", "policy", Allowed, POLICY),
    by_use("aws_sqs_queue", "redrive_allow_policy", Allowed, POLICY),
    by_use("aws_sqs_queue_redrive_allow_policy", "redrive_allow_policy", Allowed, POLICY),
    by_use("aws_sns_topic", "policy", Allowed, POLICY),
    by_use("aws_sns_topic_policy", "policy", Allowed, POLICY),
    by_use("aws_s3_bucket", "policy", Allowed, POLICY),
    by_use("aws_s3_bucket_policy", "policy", Allowed, POLICY),
    by_use("aws_secretsmanager_secret", "policy", Allowed, POLICY),
    by_use("aws_secretsmanager_secret_policy", "policy", Allowed, POLICY),
    by_use("aws_backup_vault_policy", "policy", Allowed, POLICY),
    by_use("aws_ecr_repository_policy", "policy", Allowed, POLICY),
    by_use("aws_vpc_endpoint", "policy", Allowed, POLICY),
    by_use("aws_vpc_endpoint_policy", "policy", Allowed, POLICY),
    by_use("aws_lambda_permission", "", Allowed, POLICY),
    by_use("aws_kms_grant", "", Allowed, POLICY),
    by_use("aws_iam_*", "", Allowed, "a right to call is no call: who calls names it too"),
    // What is watched, and where logs and metrics go.
    by_use(
        "aws_cloudwatch_metric_alarm",
        "dimensions",
        Allowed,
        "a dimension names the counterpart whose replication is watched",
    ),
    by_use(
        "aws_cloudwatch_metric_alarm",
        "metric_query",
        Allowed,
        "a dimension names the counterpart whose replication is watched",
    ),
    by_use("aws_cloudwatch_dashboard", "", Degrading, "widgets on the lost region stay empty"),
    by_use("aws_cloudwatch_log_subscription_filter", "destination_arn", Degrading, SINK),
    by_use("aws_cloudwatch_metric_stream", "firehose_arn", Degrading, SINK),
    by_use("aws_cloudtrail", "", Degrading, SINK),
    by_use("aws_flow_log", "", Degrading, SINK),
    by_use("aws_s3_bucket_logging", "target_bucket", Degrading, SINK),
    by_use("aws_s3_bucket", "logging", Degrading, SINK),
    by_use("aws_lb", "access_logs", Degrading, SINK),
    by_use("aws_lb", "connection_logs", Degrading, SINK),
    by_use("aws_wafv2_web_acl_logging_configuration", "", Degrading, SINK),
    by_use("aws_kinesis_firehose_delivery_stream", "", Degrading, SINK),
    by_use(
        "aws_s3_bucket_inventory",
        "",
        Degrading,
        "inventories are not delivered while the region is lost",
    ),
    by_use("aws_route53_health_check", "fqdn", Allowed, WATCHED),
    by_use("aws_route53_health_check", "ip_address", Allowed, WATCHED),
    by_use(
        "aws_route53_health_check",
        "",
        Degrading,
        "the health check has no data while the region is lost",
    ),
    by_use("aws_route53_record", "", Allowed, "the record chooses among the regions"),
    by_use(
        "aws_route53_zone*",
        "",
        Allowed,
        "a private zone is associated with networks of both regions",
    ),
    by_use(
        "aws_cloudfront_distribution",
        "",
        Degrading,
        "the distribution fails over to an origin that is left, if it has one",
    ),
    by_use(
        "aws_globalaccelerator_endpoint_group",
        "",
        Allowed,
        "the accelerator leads around lost endpoints",
    ),
];

const ID: &str = "the id of a thing in one region means nothing in another";
const STORE: &str = "the data is not reached while the region is lost";
const CALL: &str = "the call fails while the region is lost";

const TARGETS: &[Target] = &[
    to("aws_kms_*", Fatal, "what the key encrypts can't be read while the region is lost"),
    to("aws_secretsmanager_*", Fatal, "the secret can't be read while the region is lost"),
    to("aws_ssm_parameter", Fatal, "the parameter can't be read while the region is lost"),
    to("aws_ssm_document", Fatal, CALL),
    to("aws_sqs_*", Fatal, "the queue is not reached while the region is lost"),
    to("aws_sns_*", Fatal, "nothing is published to the topic while the region is lost"),
    to("aws_s3_bucket*", Fatal, "the bucket is not reached while the region is lost"),
    to("aws_s3_object", Fatal, "the object is not reached while the region is lost"),
    to("aws_s3_access_point", Fatal, STORE),
    to("aws_dynamodb_*", Fatal, STORE),
    to("aws_rds_*", Fatal, "the database is not reached while the region is lost"),
    to("aws_db_*", Fatal, "the database is not reached while the region is lost"),
    to("aws_docdb_*", Fatal, STORE),
    to("aws_neptune_*", Fatal, STORE),
    to("aws_elasticache_*", Fatal, STORE),
    to("aws_memorydb_*", Fatal, STORE),
    to("aws_opensearch_*", Fatal, STORE),
    to("aws_redshift_*", Fatal, STORE),
    to("aws_efs_*", Fatal, STORE),
    to("aws_fsx_*", Fatal, STORE),
    to("aws_msk_*", Fatal, CALL),
    to("aws_mq_broker", Fatal, CALL),
    to("aws_kinesis_stream", Fatal, CALL),
    to("aws_lambda_layer_version", Fatal, "a function can't use a layer of another region"),
    to("aws_lambda_*", Fatal, CALL),
    to("aws_ecr_*", Fatal, "no task or function starts from an image that can't be pulled"),
    to("aws_ami*", Fatal, "no instance starts from an image of the lost region"),
    to("aws_launch_*", Fatal, ID),
    to("aws_acm_*", Fatal, "a certificate serves in its own region alone"),
    to("aws_nat_gateway", Fatal, "the way out leads through the lost region"),
    to("aws_route53_resolver_*", Fatal, "names are resolved in the lost region"),
    to("aws_vpc_peering_connection*", Allowed, PEERING),
    to("aws_ec2_transit_gateway*", Fatal, "the way leads through the lost region"),
    to("aws_ec2_managed_prefix_list*", Fatal, ID),
    to("aws_vpc_endpoint*", Fatal, CALL),
    to("aws_vpc*", Fatal, ID),
    to("aws_subnet*", Fatal, ID),
    to("aws_security_group*", Fatal, ID),
    to("aws_route_table*", Fatal, ID),
    to("aws_network_*", Fatal, ID),
    to("aws_internet_gateway", Fatal, ID),
    to("aws_eip*", Fatal, "the address belongs to the lost region"),
    to("aws_instance", Fatal, CALL),
    to("aws_lb*", Fatal, CALL),
    to("aws_alb*", Fatal, CALL),
    to("aws_elb", Fatal, CALL),
    to("aws_api_gateway*", Fatal, CALL),
    to("aws_apigateway*", Fatal, CALL),
    to("aws_appsync_*", Fatal, CALL),
    to("aws_cognito_*", Fatal, "nobody can log in while the region is lost"),
    to("aws_ecs_*", Fatal, CALL),
    to("aws_eks_*", Fatal, CALL),
    to("aws_sfn_*", Fatal, CALL),
    to("aws_service_discovery_*", Fatal, "names are resolved in the lost region"),
    to("aws_codeartifact_*", Degrading, "nothing is built from it while the region is lost"),
    to("aws_cloudwatch_event_*", Degrading, "events are not delivered while the region is lost"),
    to("aws_cloudwatch_*", Degrading, SINK),
    to("aws_kinesis_firehose_delivery_stream", Degrading, SINK),
    to("aws_backup_*", Degrading, "backups of the lost region are not reached"),
];

/// Attributes that are text about a thing and lead to nothing: whoever has them does not need the thing itself.
const TEXTS: [&str; 12] = [
    "account_id",
    "cidr_block",
    "database_name",
    "description",
    "engine",
    "engine_version",
    "engine_version_actual",
    "family",
    "master_username",
    "owner_id",
    "port",
    "tags",
];

/// The last words of attributes that lead to something.
const LEADING: [&str; 11] = [
    "arn", "arns", "url", "uri", "endpoint", "policy", "key_id", "kms_key", "image", "bucket",
    "layers",
];

/// The rows about edges from a type.
pub(crate) fn uses(from: &str) -> Vec<&'static Use> {
    USES.iter().filter(|row| fits(row.from, from)).collect()
}

/// What a use says of an edge, if it says anything. `uses` are those of the type that it comes from.
pub(crate) fn of_use(uses: &[&'static Use], path: &AttrPath) -> Option<(Class, &'static str)> {
    let covers = |row: &Use| {
        let mut keys = keys(path);
        row.path.is_empty() || row.path.split('.').all(|key| keys.next() == Some(key))
    };
    let row = uses.iter().find(|row| covers(row))?;
    Some((row.class, row.reason))
}

/// A path without indices, as the tables write it.
pub(crate) fn keys(path: &AttrPath) -> impl Iterator<Item = &str> {
    path.steps().iter().filter_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    })
}

/// Whether an attribute is given to a program.
pub(crate) fn is_environment(path: &AttrPath) -> bool {
    matches!(keys(path).next(), Some("environment" | "container_definitions" | "user_data"))
}

/// Whether an attribute could lead anywhere: names, sizes and switches don't.
pub(crate) fn matters(path: &AttrPath) -> bool {
    let last = keys(path).last().unwrap_or_default();
    let is_word = |word: &&str| {
        last.strip_suffix(*word).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
    };
    is_environment(path) || LEADING.iter().any(is_word)
}

/// What a target's type says of an edge that leads to it, if it says anything.
pub(crate) fn of_target(to: &str) -> Option<(Class, &'static str)> {
    let row = TARGETS.iter().find(|row| fits(row.to, to))?;
    Some((row.class, row.reason))
}

/// Whether an attribute is only text about the thing that it is of.
pub(crate) fn is_text(attribute: &str) -> bool {
    TEXTS.contains(&attribute)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of uses covers what its first rows say; a row that stands behind a wider one says nothing.
    #[test]
    fn no_row_hides_another() {
        for (place, row) in USES.iter().enumerate() {
            let (from, path) = (row.from.trim_end_matches('*'), row.path);
            let first = USES.iter().position(|other| {
                fits(other.from, from)
                    && (other.path.is_empty()
                        || path == other.path
                        || path.starts_with(&format!("{}.", other.path)))
            });
            assert_eq!(first, Some(place), "{} {}", row.from, row.path);
        }
        for (place, row) in TARGETS.iter().enumerate() {
            let first =
                TARGETS.iter().position(|other| fits(other.to, row.to.trim_end_matches('*')));
            assert_eq!(first, Some(place), "{}", row.to);
        }
    }

    #[test]
    fn paths_cover_what_is_below_them() {
        let class = |from: &str, path: &str| {
            of_use(&uses(from), &path.parse().unwrap()).map(|(class, _)| class)
        };
        let copied = "rule[0].copy_action[1].destination_vault_arn";
        assert_eq!(class("aws_backup_plan", copied), Some(Allowed));
        assert_eq!(class("aws_backup_plan", "rule[0].copy_actions"), None);
        assert_eq!(class("aws_sqs_queue", "kms_master_key_id"), None);
        assert_eq!(class("aws_route53_health_check", "fqdn"), Some(Allowed));
        assert_eq!(class("aws_route53_health_check", "cloudwatch_alarm_name"), Some(Degrading));
    }
}
