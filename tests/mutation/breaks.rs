//! What is broken: a table, part by part of the stack.

use std::fmt;

/// The twelve parts of the stack.
pub(crate) const PARTS: [&str; 12] = [
    "aurora",
    "dynamodb",
    "s3",
    "kms",
    "iam",
    "networking",
    "peering",
    "compute",
    "queues",
    "dns",
    "monitoring",
    "backup",
];

/// A way to break every resource of a type.
pub(crate) struct Break {
    pub(crate) part: &'static str,
    pub(crate) resource: &'static str,
    /// A piece of the path of the module's file; empty for all modules.
    pub(crate) module: &'static str,
    /// The resources' names; all of them when empty.
    pub(crate) names: &'static [&'static str],
    pub(crate) change: Change,
}

/// What is done to a resource. Paths are JSON pointers without the slash at the front.
pub(crate) enum Change {
    /// The resource is gone.
    Drop,
    /// An argument has this value, given as JSON.
    Set(&'static str, &'static str),
    /// An argument is gone.
    Remove(&'static str),
    /// In an argument's text, one piece is another.
    Replace(&'static str, &'static str, &'static str),
}

use Change::{Drop, Remove, Replace, Set};

const fn all(part: &'static str, resource: &'static str, change: Change) -> Break {
    Break { part, resource, module: "", names: &[], change }
}

const fn some(
    part: &'static str,
    resource: &'static str,
    names: &'static [&'static str],
    change: Change,
) -> Break {
    Break { part, resource, module: "", names, change }
}

/// A break in one module only.
const fn within(module: &'static str, one: Break) -> Break {
    Break { module, ..one }
}

pub(crate) const BREAKS: &[Break] = &[
    // Aurora
    all("aurora", "aws_rds_global_cluster", Set("deletion_protection", "true")),
    all("aurora", "aws_rds_global_cluster", Set("engine_version", "\"14.9\"")),
    all("aurora", "aws_rds_global_cluster", Set("storage_encrypted", "false")),
    all("aurora", "aws_rds_global_cluster", Set("global_cluster_identifier", "\"global\"")),
    all("aurora", "aws_rds_cluster", Remove("global_cluster_identifier")),
    all("aurora", "aws_rds_cluster", Set("engine_version", "\"15.4\"")),
    all("aurora", "aws_rds_cluster", Set("deletion_protection", "true")),
    all("aurora", "aws_rds_cluster", Set("skip_final_snapshot", "false")),
    all("aurora", "aws_rds_cluster", Set("storage_encrypted", "false")),
    all("aurora", "aws_rds_cluster", Remove("kms_key_id")),
    all("aurora", "aws_rds_cluster", Set("kms_key_id", "\"alias/aws/rds\"")),
    all("aurora", "aws_rds_cluster", Set("cluster_identifier", "\"aurora\"")),
    all("aurora", "aws_rds_cluster", Set("manage_master_user_password", "true")),
    all("aurora", "aws_rds_cluster", Set("master_password", "\"correct-horse\"")),
    all("aurora", "aws_rds_cluster", Set("serverlessv2_scaling_configuration/0/min_capacity", "0")),
    all("aurora", "aws_rds_cluster", Remove("serverlessv2_scaling_configuration")),
    all("aurora", "aws_rds_cluster_instance", Set("instance_class", "\"db.r6g.large\"")),
    all("aurora", "aws_rds_cluster_instance", Set("identifier", "\"writer\"")),
    all("aurora", "aws_secretsmanager_secret", Remove("replica")),
    all("aurora", "aws_secretsmanager_secret", Remove("kms_key_id")),
    all("aurora", "aws_secretsmanager_secret", Set("recovery_window_in_days", "30")),
    all("aurora", "aws_secretsmanager_secret_version", Set("secret_string", "\"correct-horse\"")),
    // DynamoDB
    all("dynamodb", "aws_dynamodb_table", Remove("replica")),
    all("dynamodb", "aws_dynamodb_table", Set("replica/0/region_name", "\"eu-west-1\"")),
    all("dynamodb", "aws_dynamodb_table", Remove("replica/0/kms_key_arn")),
    all("dynamodb", "aws_dynamodb_table", Set("replica/0/point_in_time_recovery", "false")),
    all("dynamodb", "aws_dynamodb_table", Set("billing_mode", "\"PROVISIONED\"")),
    all("dynamodb", "aws_dynamodb_table", Set("point_in_time_recovery/0/enabled", "false")),
    all("dynamodb", "aws_dynamodb_table", Set("stream_enabled", "false")),
    all("dynamodb", "aws_dynamodb_table", Set("deletion_protection_enabled", "true")),
    all("dynamodb", "aws_dynamodb_table", Remove("server_side_encryption")),
    all("dynamodb", "aws_dynamodb_table", Set("name", "\"sessions\"")),
    // S3
    all("s3", "aws_s3_bucket", Set("bucket", "\"documents\"")),
    all("s3", "aws_s3_bucket", Set("force_destroy", "false")),
    all(
        "s3",
        "aws_s3_bucket_versioning",
        Set("versioning_configuration/0/status", "\"Suspended\""),
    ),
    all("s3", "aws_s3_bucket_versioning", Drop),
    all("s3", "aws_s3_bucket_server_side_encryption_configuration", Drop),
    all(
        "s3",
        "aws_s3_bucket_server_side_encryption_configuration",
        Remove("rule/0/apply_server_side_encryption_by_default/0/kms_master_key_id"),
    ),
    all("s3", "aws_s3_bucket_replication_configuration", Drop),
    all("s3", "aws_s3_bucket_replication_configuration", Set("rule/0/status", "\"Disabled\"")),
    all(
        "s3",
        "aws_s3_bucket_replication_configuration",
        Set("rule/0/delete_marker_replication/0/status", "\"Disabled\""),
    ),
    all(
        "s3",
        "aws_s3_bucket_replication_configuration",
        Set("rule/0/source_selection_criteria/0/replica_modifications/0/status", "\"Disabled\""),
    ),
    all(
        "s3",
        "aws_s3_bucket_replication_configuration",
        Remove("rule/0/destination/0/encryption_configuration"),
    ),
    all(
        "s3",
        "aws_s3_bucket_replication_configuration",
        Remove("rule/0/destination/0/replication_time"),
    ),
    all("s3", "aws_s3_bucket_replication_configuration", Remove("rule/0/destination/0/metrics")),
    // KMS
    all("kms", "aws_kms_key", Set("enable_key_rotation", "false")),
    all("kms", "aws_kms_key", Set("multi_region", "true")),
    all("kms", "aws_kms_key", Set("is_enabled", "false")),
    all("kms", "aws_kms_alias", Set("name", "\"alias/data\"")),
    some(
        "kms",
        "aws_kms_key",
        &["logs", "monitoring"],
        Replace("policy", "us-east-2", "eu-west-1"),
    ),
    // IAM
    all(
        "iam",
        "aws_iam_role_policy",
        Set(
            "policy",
            r#""{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}""#,
        ),
    ),
    all(
        "iam",
        "aws_iam_role_policy",
        Set(
            "policy",
            r#""{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"NotAction\":\"iam:*\",\"Resource\":\"*\"}]}""#,
        ),
    ),
    all("iam", "aws_iam_role", Set("name", "\"role\"")),
    all(
        "iam",
        "aws_iam_role",
        Set(
            "assume_role_policy",
            r#""{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sts:AssumeRole\"}]}""#,
        ),
    ),
    // Networking
    some("networking", "aws_vpc", &[], Set("cidr_block", "\"10.0.0.0/8\"")),
    all("networking", "aws_subnet", Set("cidr_block", "\"192.168.0.0/24\"")),
    some("networking", "aws_subnet", &["database_c"], Drop),
    some("networking", "aws_subnet", &["compute_c"], Drop),
    some("networking", "aws_cloudwatch_log_group", &[], Remove("retention_in_days")),
    some("networking", "aws_cloudwatch_log_group", &[], Set("retention_in_days", "365")),
    some("networking", "aws_cloudwatch_log_group", &[], Remove("kms_key_id")),
    all("networking", "aws_security_group", Set("name", "\"group\"")),
    // Peering
    all("peering", "aws_vpc_peering_connection_accepter", Drop),
    all("peering", "aws_vpc_peering_connection_accepter", Set("auto_accept", "false")),
    some(
        "peering",
        "aws_route",
        &["compute_a_peer", "compute_b_peer", "compute_c_peer", "database_peer"],
        Drop,
    ),
    some(
        "peering",
        "aws_route",
        &["compute_a_peer", "compute_b_peer", "compute_c_peer", "database_peer"],
        Set("destination_cidr_block", "\"172.16.0.0/16\""),
    ),
    // Compute
    all("compute", "aws_lambda_function", Set("memory_size", "1024")),
    all("compute", "aws_lambda_function", Set("timeout", "60")),
    all("compute", "aws_lambda_function", Set("runtime", "\"python3.9\"")),
    all("compute", "aws_lambda_function", Set("handler", "\"other.handler\"")),
    all("compute", "aws_lambda_function", Set("source_code_hash", "\"AAAA\"")),
    all("compute", "aws_lambda_function", Set("architectures", "[\"x86_64\"]")),
    all("compute", "aws_lambda_function", Set("function_name", "\"processor\"")),
    all("compute", "aws_lambda_function", Remove("filename")),
    all("compute", "aws_lambda_function", Remove("kms_key_arn")),
    all("compute", "aws_lb", Set("enable_deletion_protection", "true")),
    all("compute", "aws_lb", Set("name", "\"lb\"")),
    all("compute", "aws_lb_target_group", Set("health_check/0/enabled", "false")),
    all("compute", "aws_lb_target_group", Set("target_type", "\"ip\"")),
    all("compute", "aws_lb_target_group_attachment", Drop),
    some("compute", "aws_lambda_permission", &[], Drop),
    all("compute", "aws_lb_listener", Drop),
    // Queues
    all("queues", "aws_sqs_queue", Set("name", "\"queue\"")),
    all("queues", "aws_sqs_queue", Remove("kms_master_key_id")),
    some("queues", "aws_sqs_queue", &["transactions"], Remove("redrive_policy")),
    some("queues", "aws_sqs_queue", &["transactions"], Set("visibility_timeout_seconds", "30")),
    // DNS
    all("dns", "aws_route53_health_check", Set("disabled", "true")),
    some(
        "dns",
        "aws_route53_health_check",
        &["us_east_1", "us_east_2"],
        Set("request_interval", "30"),
    ),
    some(
        "dns",
        "aws_route53_health_check",
        &["us_east_1", "us_east_2"],
        Set("failure_threshold", "10"),
    ),
    some("dns", "aws_route53_health_check", &["us_east_1", "us_east_2"], Set("fqdn", "\"\"")),
    some("dns", "aws_route53_record", &["service_us_east_1", "service_us_east_2"], Drop),
    some(
        "dns",
        "aws_route53_record",
        &["service_us_east_1", "service_us_east_2"],
        Remove("health_check_id"),
    ),
    some(
        "dns",
        "aws_route53_record",
        &["service_us_east_1", "service_us_east_2"],
        Set("alias/0/evaluate_target_health", "false"),
    ),
    all("dns", "aws_route53_zone", Set("name", "\"example.org\"")),
    all("dns", "aws_route53_zone", Set("force_destroy", "false")),
    // Monitoring
    all("monitoring", "aws_cloudwatch_metric_alarm", Set("alarm_actions", "[]")),
    all("monitoring", "aws_cloudwatch_metric_alarm", Set("alarm_name", "\"alarm\"")),
    all("monitoring", "aws_sns_topic", Set("kms_master_key_id", "\"alias/aws/sns\"")),
    all("monitoring", "aws_sns_topic", Set("name", "\"alarms\"")),
    // V11 asks for the subscription of the other region.
    within("us-east-1", some("monitoring", "aws_sns_topic_subscription", &["us_east_2"], Drop)),
    within("us-east-2", some("monitoring", "aws_sns_topic_subscription", &["us_east_1"], Drop)),
    some("monitoring", "aws_sqs_queue_policy", &["alarms"], Drop),
    // The events of failovers reach the topic on two ways, so that none of them alone can be missed.
    all(
        "monitoring",
        "aws_db_event_subscription",
        Set("sns_topic", "\"arn:aws:sns:eu-west-1:111122223333:alarms-dev\""),
    ),
    // Backup
    all("backup", "aws_backup_plan", Set("rule/0/lifecycle/0/delete_after", "1")),
    all("backup", "aws_backup_plan", Drop),
    all("backup", "aws_backup_selection", Drop),
    all("backup", "aws_backup_selection", Set("resources", "[]")),
    all("backup", "aws_backup_vault", Remove("kms_key_arn")),
    all("backup", "aws_backup_vault", Set("force_destroy", "false")),
    all("backup", "aws_backup_vault", Set("name", "\"vault\"")),
];

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Drop => out.write_str("gone"),
            Set(path, value) => write!(out, "{path} = {value}"),
            Remove(path) => write!(out, "without {path}"),
            Replace(path, old, new) => write!(out, "{path} with {new} for {old}"),
        }
    }
}
