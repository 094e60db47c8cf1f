//! What is broken: a table, part by part of the stack.

use std::fmt;

use serde_json::{Value, json};

/// A way to break every resource of a type.
pub(crate) struct Break {
    /// The requirement that does not hold any more.
    pub(crate) requirement: &'static str,
    /// The rules that must report it, each.
    pub(crate) rules: &'static [&'static str],
    /// The type, or [`ROOT`].
    pub(crate) resource: &'static str,
    pub(crate) change: Change,
    /// The resources' names; all of them when empty.
    pub(crate) names: &'static [&'static str],
    /// A piece of the path of the module's file; empty for all modules.
    pub(crate) module: &'static str,
    /// The type of the resource in which it shows, where that is another than the broken one; empty for the stack as a
    /// whole.
    pub(crate) shown: Option<&'static str>,
    /// Why a plan can't show it, if so.
    pub(crate) unseen: Option<&'static str>,
    /// Which of Terraform's plans one of its mutants is part of, if any.
    pub(crate) planned: Option<u8>,
}

/// What is done to a resource. Paths are JSON pointers without the slash at the front.
pub(crate) enum Change {
    /// The resource is gone.
    Drop,
    /// There is another one like it, of this name.
    Copy(&'static str),
    /// An argument has this value.
    Set(&'static str, To),
    /// An argument is gone.
    Remove(&'static str),
    /// In an argument's text, one piece is another.
    Replace(&'static str, &'static str, &'static str),
    /// A list lacks its last element.
    Shorten(&'static str),
}

/// A value.
pub(crate) enum To {
    /// A string, which may be a template.
    Text(&'static str),
    /// Anything else, as JSON.
    Json(&'static str),
}

use Change::{Copy, Drop, Remove, Replace, Set, Shorten};
use To::{Json, Text};

/// The settings of the root in the place of a resource.
pub(crate) const ROOT: &str = "the root";
pub(crate) const RECOVERY_PROVIDER_REGION: &str = "provider/aws/1/region";
pub(crate) const PROVIDER_VERSION: &str = "terraform/0/required_providers/0/aws/version";

const fn of(
    requirement: &'static str,
    rules: &'static [&'static str],
    resource: &'static str,
    change: Change,
) -> Break {
    Break {
        requirement,
        rules,
        resource,
        change,
        names: &[],
        module: "",
        shown: None,
        unseen: None,
        planned: None,
    }
}

impl Break {
    /// Only these resources of the type.
    const fn named(self, names: &'static [&'static str]) -> Self {
        Self { names, ..self }
    }

    /// Only in modules with this piece in their path.
    const fn within(self, module: &'static str) -> Self {
        Self { module, ..self }
    }

    /// It shows in resources of another type.
    const fn shown(self, resource: &'static str) -> Self {
        Self { shown: Some(resource), ..self }
    }

    /// A plan can't show it.
    const fn unseen(self, reason: &'static str) -> Self {
        Self { unseen: Some(reason), ..self }
    }

    /// The first mutant is part of one of Terraform's plans.
    const fn planned(self, number: u8) -> Self {
        Self { planned: Some(number), ..self }
    }

    /// Whether what it is meant for can stand in a file.
    pub(crate) fn is_meant(&self, file: &str) -> bool {
        (self.resource == ROOT) == (file == "main.tf.json") && file.contains(self.module)
    }
}

const LIFECYCLE: &str = "plans leave `lifecycle` out";
const S3_ENCRYPTION: &str = "aws_s3_bucket_server_side_encryption_configuration";
const S3_REPLICATION: &str = "aws_s3_bucket_replication_configuration";
const PEER_ROUTES: &[&str] =
    &["compute_a_peer", "compute_b_peer", "compute_c_peer", "database_peer"];
const REGIONS: &[&str] = &["us_east_1", "us_east_2"];
const SERVICE: &[&str] = &["service_us_east_1", "service_us_east_2"];

const ALARM: &str = "aws_cloudwatch_metric_alarm";
const SUBSCRIPTION: &str = "aws_sns_topic_subscription";
const FILTER: Change = Set("filter_policy", Text(r#"{"team":["nobody"]}"#));
const LAG_ALARMS: &[&str] = &["aurora_replication_lag", "aurora_rpo_lag"];
const BUCKET_ALARMS: &[&str] = &[
    "documents_replication_failed",
    "documents_replication_latency",
    "transaction_logs_replication_failed",
    "transaction_logs_replication_latency",
];

/// Those on failures, and those on what gets worse as it rises.
const FAILURE_ALARMS: &[&str] = &[
    "dead_letters",
    "documents_replication_failed",
    "function_errors",
    "transaction_logs_replication_failed",
];
const RISING_ALARMS: &[&str] = &[
    "aurora_replication_lag",
    "aurora_rpo_lag",
    "dead_letters",
    "documents_replication_failed",
    "documents_replication_latency",
    "function_errors",
    "queue_age",
    "table_replication_latency",
    "transaction_logs_replication_failed",
    "transaction_logs_replication_latency",
];

/// The parts of the stack with what is broken in them.
pub(crate) static BREAKS: [(&str, &[Break]); 12] = [
    ("aurora", AURORA),
    ("dynamodb", DYNAMODB),
    ("s3", S3),
    ("kms", KMS),
    ("iam", IAM),
    ("networking", NETWORKING),
    ("peering", PEERING),
    ("compute", COMPUTE),
    ("queues", QUEUES),
    ("dns", DNS),
    ("monitoring", MONITORING),
    ("backup", BACKUP),
];

const AURORA: &[Break] = &[
    of(
        "V2",
        &["retained-resource"],
        "aws_rds_global_cluster",
        Set("deletion_protection", Json("true")),
    )
    .planned(1),
    of(
        "R1",
        &["aurora-engine-version"],
        "aws_rds_global_cluster",
        Set("engine_version", Text("14.9")),
    ),
    of("R8", &["aurora-global"], "aws_rds_global_cluster", Set("storage_encrypted", Json("false"))),
    of(
        "N1",
        &["name-suffix"],
        "aws_rds_global_cluster",
        Set("global_cluster_identifier", Text("global")),
    ),
    of("V4", &["aurora-global"], "aws_rds_global_cluster", Drop).shown("aws_rds_cluster"),
    of("C8", &["aurora-global"], "aws_rds_cluster", Remove("global_cluster_identifier")),
    of("R1", &["aurora-engine-version"], "aws_rds_cluster", Set("engine_version", Text("15.4"))),
    of("N2", &["retained-resource"], "aws_rds_cluster", Set("deletion_protection", Json("true"))),
    of("N2", &["retained-resource"], "aws_rds_cluster", Set("skip_final_snapshot", Json("false"))),
    of(
        "N2",
        &["retained-resource"],
        "aws_rds_cluster",
        Set("lifecycle/0/prevent_destroy", Json("true")),
    )
    .unseen(LIFECYCLE),
    of("R8", &["kms-encryption"], "aws_rds_cluster", Set("storage_encrypted", Json("false"))),
    of("R8", &["kms-encryption"], "aws_rds_cluster", Remove("kms_key_id")).planned(2),
    of("R8", &["kms-encryption"], "aws_rds_cluster", Set("kms_key_id", Text("alias/aws/rds"))),
    of("V1", &["name-suffix"], "aws_rds_cluster", Set("cluster_identifier", Text("aurora"))),
    of(
        "N1",
        &["name-length"],
        "aws_rds_cluster",
        Set(
            "cluster_identifier",
            Text("aurora-cluster-that-keeps-the-transactions-of-the-payments-department-dev"),
        ),
    ),
    of(
        "R1",
        &["aurora-secret"],
        "aws_rds_cluster",
        Set("manage_master_user_password", Json("true")),
    ),
    of(
        "C4",
        &["plaintext-secret"],
        "aws_rds_cluster",
        Set("master_password", Text("correct-horse")),
    ),
    of("N4", &["aurora-global"], "aws_rds_cluster", Set("master_username", Text("dbadmin")))
        .within("us-east-2"),
    of("N4", &["aurora-global"], "aws_rds_cluster", Remove("source_region")).within("us-east-2"),
    of(
        "N5",
        &["aurora-serverless"],
        "aws_rds_cluster",
        Set("serverlessv2_scaling_configuration/0/min_capacity", Json("0")),
    ),
    of(
        "N5",
        &["aurora-serverless"],
        "aws_rds_cluster",
        Remove("serverlessv2_scaling_configuration"),
    ),
    of(
        "N5",
        &["aurora-serverless"],
        "aws_rds_cluster_instance",
        Set("instance_class", Text("db.r6g.large")),
    )
    .planned(3),
    of("V1", &["name-suffix"], "aws_rds_cluster_instance", Set("identifier", Text("writer"))),
    of(
        "R13",
        &["subnet-isolation"],
        "aws_rds_cluster_instance",
        Set("publicly_accessible", Json("true")),
    )
    .planned(1),
    of("R1", &["aurora-global"], "aws_rds_cluster_instance", Drop).shown("aws_rds_cluster"),
    of("N3", &["aurora-secret", "region-survival"], "aws_secretsmanager_secret", Remove("replica")),
    of("R8", &["kms-encryption"], "aws_secretsmanager_secret", Remove("kms_key_id")),
    of(
        "V2",
        &["retained-resource"],
        "aws_secretsmanager_secret",
        Set("recovery_window_in_days", Json("30")),
    )
    .planned(4),
    of(
        "C4",
        &["plaintext-secret"],
        "aws_secretsmanager_secret_version",
        Set("secret_string", Text("correct-horse")),
    ),
];

const DYNAMODB: &[Break] = &[
    of("V7", &["dynamodb-global", "region-survival"], "aws_dynamodb_table", Remove("replica")),
    of(
        "C5",
        &["dynamodb-global"],
        "aws_dynamodb_table",
        Set("replica/0/region_name", Text("eu-west-1")),
    ),
    of("R8", &["kms-encryption"], "aws_dynamodb_table", Remove("replica/0/kms_key_arn")),
    of(
        "R4",
        &["dynamodb-global"],
        "aws_dynamodb_table",
        Set("replica/0/point_in_time_recovery", Json("false")),
    ),
    of("N5", &["dynamodb-global"], "aws_dynamodb_table", Set("billing_mode", Text("PROVISIONED"))),
    of(
        "R4",
        &["dynamodb-global"],
        "aws_dynamodb_table",
        Set("point_in_time_recovery/0/enabled", Json("false")),
    ),
    of("R4", &["dynamodb-global"], "aws_dynamodb_table", Set("stream_enabled", Json("false"))),
    of(
        "N2",
        &["retained-resource"],
        "aws_dynamodb_table",
        Set("deletion_protection_enabled", Json("true")),
    ),
    of("R8", &["kms-encryption"], "aws_dynamodb_table", Remove("server_side_encryption"))
        .planned(1),
    of("V1", &["name-suffix"], "aws_dynamodb_table", Set("name", Text("sessions"))),
    of("C5", &["dynamodb-global"], "aws_dynamodb_table", Drop).shown(""),
];

const S3: &[Break] = &[
    of("N1", &["name-suffix"], "aws_s3_bucket", Set("bucket", Text("documents"))),
    of("N2", &["retained-resource"], "aws_s3_bucket", Set("force_destroy", Json("false"))),
    of(
        "N2",
        &["retained-resource"],
        "aws_s3_bucket",
        Set("lifecycle", Json(r#"[{"prevent_destroy": true}]"#)),
    )
    .unseen(LIFECYCLE),
    of(
        "R3",
        &["s3-replication"],
        "aws_s3_bucket_versioning",
        Set("versioning_configuration/0/status", Text("Suspended")),
    )
    .planned(3),
    of("R3", &["s3-replication"], "aws_s3_bucket_versioning", Drop).shown("aws_s3_bucket"),
    of("R8", &["kms-encryption"], S3_ENCRYPTION, Drop).shown("aws_s3_bucket"),
    of(
        "R8",
        &["kms-encryption"],
        S3_ENCRYPTION,
        Remove("rule/0/apply_server_side_encryption_by_default/0/kms_master_key_id"),
    ),
    of("R3", &["s3-replication"], "aws_s3_bucket_public_access_block", Drop).shown("aws_s3_bucket"),
    of(
        "R3",
        &["s3-replication"],
        "aws_s3_bucket_public_access_block",
        Set("block_public_policy", Json("false")),
    )
    .planned(4),
    of("R3", &["s3-replication"], "aws_s3_bucket_policy", Drop).shown("aws_s3_bucket"),
    of(
        "R3",
        &["s3-replication"],
        "aws_s3_bucket_policy",
        Replace("policy", "aws:SecureTransport", "aws:ViaAWSService"),
    ),
    of("V6", &["s3-replication"], S3_REPLICATION, Drop).shown("aws_s3_bucket"),
    of("R3", &["s3-replication"], S3_REPLICATION, Set("rule/0/status", Text("Disabled"))),
    of(
        "C1",
        &["s3-replication"],
        S3_REPLICATION,
        Set("rule/0/delete_marker_replication/0/status", Text("Disabled")),
    ),
    of(
        "V6",
        &["s3-replication"],
        S3_REPLICATION,
        Set("rule/0/source_selection_criteria/0/replica_modifications/0/status", Text("Disabled")),
    ),
    of(
        "V6",
        &["s3-replication", "kms-encryption"],
        S3_REPLICATION,
        Remove("rule/0/destination/0/encryption_configuration"),
    )
    .planned(2),
    of("R3", &["s3-replication"], S3_REPLICATION, Remove("rule/0/destination/0/replication_time")),
    of("R3", &["s3-replication"], S3_REPLICATION, Remove("rule/0/destination/0/metrics")),
    of(
        "N3",
        &["s3-replication"],
        S3_REPLICATION,
        Set("rule/0/destination/0/bucket", Text("${aws_s3_bucket.documents.arn}")),
    )
    .named(&["documents"]),
];

const KMS: &[Break] = &[
    of("V9", &["kms-both-regions"], "aws_kms_key", Set("enable_key_rotation", Json("false")))
        .planned(1),
    of("N3", &["kms-both-regions"], "aws_kms_key", Set("multi_region", Json("true"))),
    of("R8", &["kms-both-regions"], "aws_kms_key", Set("is_enabled", Json("false"))),
    of("C3", &["kms-both-regions"], "aws_kms_key", Replace("policy", "us-east-2", "eu-west-1"))
        .named(&["logs", "monitoring"])
        .planned(4),
    of("N1", &["name-suffix"], "aws_kms_alias", Set("name", Text("alias/data"))).planned(2),
];

const IAM: &[Break] = &[
    of("V12", &["iam-wildcard"], "aws_iam_role_policy", Set("policy", Text(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
    ))).planned(1),
    of("V12", &["iam-wildcard"], "aws_iam_role_policy", Set("policy", Text(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]}"#,
    ))),
    of("C4", &["iam-wildcard"], "aws_iam_role_policy", Set("policy", Text(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:*:123456789012:transactions-dev"}]}"#,
    ))),
    of("C4", &["iam-wildcard"], "aws_iam_role", Set("assume_role_policy", Text(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}"#,
    ))),
    of("C4", &["iam-wildcard"], "aws_iam_role", Set("managed_policy_arns", Json(r#"["arn:aws:iam::aws:policy/AdministratorAccess"]"#))),
    of("N1", &["name-suffix"], "aws_iam_role", Set("name", Text("role"))),
];

const NETWORKING: &[Break] = &[
    of("C6", &["region-pair"], ROOT, Set(RECOVERY_PROVIDER_REGION, Text("eu-west-1"))).shown(""),
    of("N6", &["terraform-version"], ROOT, Set(PROVIDER_VERSION, Text("~> 4.0"))).shown(""),
    of("N6", &["terraform-version"], ROOT, Set("terraform/0/required_version", Text(">= 1.1")))
        .shown("")
        .unseen("plans leave `required_version` out"),
    of("V3", &["cidr-overlap"], "aws_vpc", Set("cidr_block", Text("10.0.0.0/8"))),
    of("R9", &["cidr-overlap"], "aws_subnet", Set("cidr_block", Text("192.168.0.0/24"))),
    of("R13", &["three-zones"], "aws_db_subnet_group", Shorten("subnet_ids")).planned(3),
    of("R13", &["three-zones"], "aws_lambda_function", Shorten("vpc_config/0/subnet_ids")),
    of("R13", &["three-zones"], "aws_lb", Shorten("subnets")),
    of(
        "R13",
        &["subnet-isolation"],
        "aws_route_table_association",
        Set("route_table_id", Text("${aws_route_table.public.id}")),
    )
    .named(&["database_a", "database_b", "database_c", "compute_a"])
    .shown("aws_subnet"),
    of(
        "R13",
        &["open-security-group"],
        "aws_vpc_security_group_ingress_rule",
        Set("cidr_ipv4", Text("0.0.0.0/0")),
    )
    .named(&["database_compute_a", "database_peer_compute_a"])
    .planned(2),
    of(
        "R13",
        &["open-security-group"],
        "aws_vpc_security_group_ingress_rule",
        Set("ip_protocol", Text("-1")),
    )
    .named(&["load_balancer_443", "load_balancer_80"]),
    of(
        "R13",
        &["open-security-group"],
        "aws_security_group",
        Set(
            "ingress",
            Json(
                r#"[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}]"#,
            ),
        ),
    ),
    of("N5", &["single-nat"], "aws_nat_gateway", Copy("nat_b")).planned(4),
    of("N5", &["log-retention"], "aws_cloudwatch_log_group", Remove("retention_in_days"))
        .planned(1),
    of("N5", &["log-retention"], "aws_cloudwatch_log_group", Set("retention_in_days", Json("365"))),
    of("R8", &["kms-encryption"], "aws_cloudwatch_log_group", Remove("kms_key_id")),
    of("N1", &["name-suffix"], "aws_cloudwatch_log_group", Set("name", Text("/logs"))),
    of("N1", &["name-suffix"], "aws_security_group", Set("name", Text("group"))).planned(3),
];

const PEERING: &[Break] = &[
    of("R10", &["peering-routes"], "aws_vpc_peering_connection_accepter", Drop)
        .shown("aws_vpc_peering_connection"),
    of(
        "R10",
        &["peering-routes"],
        "aws_vpc_peering_connection_accepter",
        Set("auto_accept", Json("false")),
    )
    .planned(1),
    of("R10", &["peering-routes"], "aws_route", Drop)
        .named(PEER_ROUTES)
        .shown("aws_route_table")
        .planned(2),
    of(
        "R10",
        &["peering-routes"],
        "aws_route",
        Set("destination_cidr_block", Text("172.16.0.0/16")),
    )
    .named(PEER_ROUTES)
    .shown("aws_route_table"),
];

const COMPUTE: &[Break] = &[
    of("C2", &["lambda-parity"], "aws_lambda_function", Set("memory_size", Json("1024")))
        .planned(2),
    of("C2", &["lambda-parity"], "aws_lambda_function", Set("timeout", Json("60"))),
    of("R2", &["lambda-parity"], "aws_lambda_function", Set("runtime", Text("python3.9"))),
    of("R2", &["lambda-parity"], "aws_lambda_function", Set("handler", Text("other.handler"))),
    of("C2", &["lambda-parity"], "aws_lambda_function", Set("source_code_hash", Text("AAAA"))),
    of(
        "C2",
        &["lambda-parity"],
        "aws_lambda_function",
        Set("architectures", Json(r#"["x86_64"]"#)),
    ),
    of(
        "C2",
        &["lambda-parity"],
        "aws_lambda_function",
        Set("environment/0/variables/LEASE_SECONDS", Text("60")),
    ),
    of("N1", &["name-suffix"], "aws_lambda_function", Set("function_name", Text("processor"))),
    of(
        "R2",
        &["lambda-parity"],
        "aws_lambda_function",
        Set("reserved_concurrent_executions", Json("0")),
    )
    .planned(1),
    of("R13", &["subnet-isolation"], "aws_lambda_function", Remove("vpc_config")),
    of("V5", &["lambda-package"], "aws_lambda_function", Remove("filename")),
    of("V5", &["lambda-package"], "aws_lambda_function", Set("handler", Text("handler.nope")))
        .unseen("plans don't say what the paths of packages are relative to"),
    of("R8", &["kms-encryption"], "aws_lambda_function", Remove("kms_key_arn")),
    of(
        "R8",
        &["plaintext-secret"],
        "aws_lambda_function",
        Set("environment/0/variables/API_TOKEN", Text("hunter2")),
    ),
    of("N2", &["retained-resource"], "aws_lb", Set("enable_deletion_protection", Json("true")))
        .planned(4),
    of("N1", &["name-suffix"], "aws_lb", Set("name", Text("lb"))),
    of("R11", &["alb-lambda"], "aws_lb_target_group", Set("health_check/0/enabled", Json("false"))),
    of("N4", &["alb-lambda"], "aws_lb_target_group", Set("target_type", Text("ip"))),
    of("R11", &["alb-lambda"], "aws_lb_target_group_attachment", Drop).shown("aws_lb_target_group"),
    of("R11", &["alb-lambda"], "aws_lambda_permission", Drop).shown("aws_lb_target_group"),
    of("R11", &["alb-lambda"], "aws_lambda_permission", Set("principal", Text("s3.amazonaws.com"))),
    of("R11", &["alb-lambda"], "aws_lb_listener", Drop).shown("aws_lb_target_group"),
];

const QUEUES: &[Break] = &[
    of("N1", &["name-suffix"], "aws_sqs_queue", Set("name", Text("queue"))),
    of("R8", &["kms-encryption"], "aws_sqs_queue", Remove("kms_master_key_id")).planned(4),
    of("R2", &["sqs-redrive"], "aws_sqs_queue", Remove("redrive_policy"))
        .named(&["transactions"])
        .planned(2),
    of("R2", &["sqs-redrive"], "aws_sqs_queue", Set("visibility_timeout_seconds", Json("30")))
        .named(&["transactions"]),
    of(
        "R2",
        &["sqs-redrive"],
        "aws_lambda_event_source_mapping",
        Remove("function_response_types"),
    ),
    of("R2", &["sqs-redrive"], "aws_lambda_event_source_mapping", Set("enabled", Json("false")))
        .planned(3),
];

const DNS: &[Break] = &[
    of("T3", &["health-check"], "aws_route53_health_check", Set("disabled", Json("true")))
        .planned(3),
    of("R5", &["health-check"], "aws_route53_health_check", Set("request_interval", Json("30")))
        .named(REGIONS),
    of("C7", &["health-check"], "aws_route53_health_check", Set("failure_threshold", Json("10")))
        .named(REGIONS),
    of("V8", &["health-check"], "aws_route53_health_check", Set("fqdn", Text(""))).named(REGIONS),
    of("N4", &["health-check"], "aws_route53_health_check", Set("fqdn", Text("localhost")))
        .named(REGIONS),
    of("R5", &["dns-failover"], "aws_route53_record", Drop)
        .named(SERVICE)
        .shown("aws_route53_record"),
    of("C7", &["dns-failover"], "aws_route53_record", Remove("health_check_id")).named(SERVICE),
    of(
        "C7",
        &["dns-failover"],
        "aws_route53_record",
        Set("alias/0/evaluate_target_health", Json("false")),
    )
    .named(SERVICE)
    .planned(4),
    of("R5", &["rto-budget"], "aws_route53_record", Remove("health_check_id"))
        .named(&["service_us_east_1"]),
    of("N1", &["name-suffix"], "aws_route53_zone", Set("name", Text("example.org"))),
    of("N2", &["retained-resource"], "aws_route53_zone", Set("force_destroy", Json("false"))),
];

const MONITORING: &[Break] = &[
    of("C9", &["alarm-actions"], ALARM, Set("alarm_actions", Json("[]"))).planned(3),
    of("R6", &["alarm-coverage"], ALARM, Drop).named(LAG_ALARMS).shown("aws_rds_cluster"),
    of("R6", &["alarm-coverage"], ALARM, Drop).named(BUCKET_ALARMS).shown("aws_s3_bucket"),
    of("V10", &["alarm-coverage"], ALARM, Drop)
        .named(&["function_errors"])
        .shown("aws_lambda_function"),
    of("R6", &["alarm-coverage"], ALARM, Drop)
        .named(&["dead_letters", "queue_age"])
        .shown("aws_sqs_queue"),
    of("R6", &["alarm-coverage"], ALARM, Drop)
        .named(&["table_replication_latency"])
        .shown("aws_dynamodb_table"),
    of("V10", &["alarm-coverage"], ALARM, Drop)
        .within("health_alarms")
        .shown("aws_route53_health_check"),
    of("R6", &["alarm-dimensions"], ALARM, Set("dimensions", Json(r#"{"Name": "other"}"#)))
        .named(&["aurora_rpo_lag", "function_errors", "queue_age", "target_5xx"]),
    of("R6", &["alarm-coverage"], ALARM, Set("threshold", Json("3600000"))).named(LAG_ALARMS),
    // Alarms that can't speak of what they watch.
    of("C9", &["alarm-actions"], ALARM, Set("actions_enabled", Json("false"))),
    of("R6", &["alarm-coverage"], ALARM, Set("comparison_operator", Text("LessThanThreshold")))
        .named(RISING_ALARMS),
    of("R6", &["alarm-coverage"], ALARM, Set("statistic", Text("Minimum"))).named(RISING_ALARMS),
    of("R6", &["alarm-coverage"], ALARM, Set("datapoints_to_alarm", Json("3")))
        .named(RISING_ALARMS),
    of("R6", &["alarm-coverage"], ALARM, Set("threshold", Json("1000000000000")))
        .named(FAILURE_ALARMS),
    of("R6", &["alarm-coverage"], ALARM, Set("period", Json("86400"))).named(RISING_ALARMS),
    of("R6", &["alarm-coverage"], ALARM, Set("treat_missing_data", Text("ignore")))
        .named(LAG_ALARMS)
        .within("us-east-2"),
    of("V10", &["alarm-coverage"], ALARM, Set("comparison_operator", Text("GreaterThanThreshold")))
        .within("health_alarms"),
    of("V10", &["alarm-coverage"], ALARM, Set("statistic", Text("Maximum")))
        .within("health_alarms"),
    of("V10", &["alarm-coverage"], ALARM, Set("threshold", Json("1000000000000")))
        .within("health_alarms"),
    of("V10", &["alarm-coverage"], ALARM, Set("treat_missing_data", Text("ignore")))
        .within("health_alarms"),
    of("R6", &["rpo-budget"], ALARM, Set("actions_enabled", Json("false")))
        .named(&["queue_age"])
        .within("us-east-1")
        .shown("aws_sqs_queue"),
    of("R6", &["rpo-budget"], ALARM, Set("threshold", Json("3600000")))
        .named(&["queue_age", "table_replication_latency"])
        .within("us-east-1"),
    of("R6", &["rpo-budget"], ALARM, Set("period", Json("300")))
        .named(&["queue_age", "table_replication_latency"])
        .within("us-east-1"),
    of("N1", &["name-suffix"], ALARM, Set("alarm_name", Text("alarm")))
        .named(&["aurora_rpo_lag", "function_errors"]),
    of("R8", &["kms-encryption"], "aws_sns_topic", Set("kms_master_key_id", Text("alias/aws/sns")))
        .planned(1),
    of("N1", &["name-suffix"], "aws_sns_topic", Set("name", Text("alarms"))),
    // V11 asks for the subscription of the other region.
    of("V11", &["cross-region-subscription"], "aws_sns_topic_subscription", Drop)
        .named(&["us_east_2"])
        .within("us-east-1")
        .shown("aws_sns_topic"),
    of("V11", &["cross-region-subscription"], "aws_sns_topic_subscription", Drop)
        .named(&["us_east_1"])
        .within("us-east-2")
        .shown("aws_sns_topic"),
    of("V11", &["cross-region-subscription"], SUBSCRIPTION, FILTER)
        .named(&["us_east_2"])
        .within("us-east-1"),
    of("V11", &["cross-region-subscription"], SUBSCRIPTION, FILTER)
        .named(&["us_east_1"])
        .within("us-east-2"),
    of("R7", &["cross-region-subscription"], "aws_sqs_queue_policy", Drop)
        .named(&["alarms"])
        .shown("aws_sqs_queue"),
    // The events of failovers reach the topic on two ways, so that none of them alone can be missed.
    of(
        "C9",
        &["failover-events"],
        "aws_db_event_subscription",
        Set("sns_topic", Text("arn:aws:sns:eu-west-1:111122223333:alarms-dev")),
    ),
];

const BACKUP: &[Break] = &[
    of(
        "R12",
        &["backup-plan"],
        "aws_backup_plan",
        Set("rule/0/lifecycle/0/delete_after", Json("1")),
    )
    .planned(2),
    of(
        "R12",
        &["backup-plan"],
        "aws_backup_plan",
        Set("rule/0/schedule", Text("cron(0 5 1 1 ? *)")),
    ),
    of("R12", &["backup-plan"], "aws_backup_plan", Drop).shown(""),
    of("R12", &["backup-plan"], "aws_backup_selection", Set("not_resources", Json(r#"["*"]"#))),
    of("R12", &["backup-plan"], "aws_backup_selection", Drop).shown("aws_rds_cluster"),
    of("R12", &["backup-plan"], "aws_backup_selection", Set("resources", Json("[]")))
        .shown("aws_rds_cluster"),
    of("R8", &["kms-encryption"], "aws_backup_vault", Remove("kms_key_arn")),
    of("N2", &["retained-resource"], "aws_backup_vault", Set("force_destroy", Json("false")))
        .planned(3),
    of("N1", &["name-suffix"], "aws_backup_vault", Set("name", Text("vault"))),
];

impl To {
    pub(crate) fn value(&self) -> Value {
        match self {
            Text(text) => json!(text),
            Json(text) => serde_json::from_str(text).unwrap(),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Drop => out.write_str("gone"),
            Copy(name) => write!(out, "twice, as {name} too"),
            Set(path, value) => write!(out, "{path} = {}", value.value()),
            Remove(path) => write!(out, "without {path}"),
            Replace(path, old, new) => write!(out, "{path} with {new} for {old}"),
            Shorten(path) => write!(out, "{path} without its last"),
        }
    }
}
