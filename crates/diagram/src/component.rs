//! Which box a resource belongs to: one table by resource type.

/// A kind of box: what a part of a stack is for, whichever service provides it. The order is that of the rows, from
/// where requests come in down to what is only there for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// Names that clients look up.
    Dns,
    /// What serves clients from the edge of AWS's network.
    Edge,
    /// What takes requests over HTTP and hands them to functions.
    Api,
    /// What distributes requests.
    LoadBalancer,
    /// Functions.
    Function,
    /// Instances, containers and clusters of them.
    Servers,
    /// Chains of calls.
    Workflow,
    /// Relational and graph databases.
    Database,
    /// Key-value tables.
    Tables,
    /// Caches and search indices.
    Caches,
    /// Buckets.
    Objects,
    /// File systems.
    Files,
    /// Alarms, logs, events and topics.
    Alarms,
    /// Queues, streams and brokers.
    Queue,
    /// Keys, secrets, parameters and certificates.
    Keys,
    /// Backups.
    Backup,
    /// Networks.
    Network,
    /// Roles and policies.
    Roles,
    /// Everything else.
    Other,
    /// What the plan's values name and the plan does not hold.
    Outside,
}

impl Component {
    /// The component that a resource type belongs to.
    #[must_use]
    pub fn of(resource_type: &str) -> Self {
        at(rank(resource_type)).component
    }

    /// The service behind a resource type, such as `Lambda`; empty if the table does not know it.
    #[must_use]
    pub fn service(resource_type: &str) -> &'static str {
        at(rank(resource_type)).service
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Dns => "DNS",
            Self::Edge => "Edge",
            Self::Api => "API",
            Self::LoadBalancer => "Load balancer",
            Self::Function => "Function",
            Self::Servers => "Servers",
            Self::Workflow => "Workflow",
            Self::Database => "Database",
            Self::Tables => "Tables",
            Self::Caches => "Caches",
            Self::Objects => "Objects",
            Self::Files => "Files",
            Self::Queue => "Queue",
            Self::Alarms => "Alarms and topics",
            Self::Keys => "Keys and secrets",
            Self::Backup => "Backup",
            Self::Network => "Network",
            Self::Roles => "Roles",
            Self::Other => "Other",
            Self::Outside => "Not in the plan",
        }
    }

    /// How far a request has come when it reaches the component; `None` for what requests do not pass through.
    pub(crate) fn tier(self) -> Option<u8> {
        match self {
            Self::Dns => Some(0),
            Self::Edge => Some(1),
            Self::Api | Self::LoadBalancer => Some(2),
            Self::Function | Self::Servers | Self::Workflow => Some(3),
            Self::Database
            | Self::Tables
            | Self::Caches
            | Self::Objects
            | Self::Files
            | Self::Queue => Some(4),
            Self::Alarms
            | Self::Keys
            | Self::Backup
            | Self::Network
            | Self::Roles
            | Self::Other
            | Self::Outside => None,
        }
    }

    /// A word for identifiers.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Edge => "edge",
            Self::Api => "api",
            Self::LoadBalancer => "load_balancer",
            Self::Function => "function",
            Self::Servers => "servers",
            Self::Workflow => "workflow",
            Self::Database => "database",
            Self::Tables => "tables",
            Self::Caches => "caches",
            Self::Objects => "objects",
            Self::Files => "files",
            Self::Queue => "queue",
            Self::Alarms => "alarms",
            Self::Keys => "keys",
            Self::Backup => "backup",
            Self::Network => "network",
            Self::Roles => "roles",
            Self::Other => "other",
            Self::Outside => "outside",
        }
    }
}

/// What the table says of a resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The type; `*` at the end stands for any ending.
    pattern: &'static str,
    pub(crate) component: Component,
    /// The service's name.
    pub(crate) service: &'static str,
    /// What one such thing is called, for the types that a box is known by; `""` for what only completes these.
    pub(crate) noun: &'static str,
}

const fn row(
    pattern: &'static str,
    component: Component,
    service: &'static str,
    noun: &'static str,
) -> Row {
    Row { pattern, component, service, noun }
}

use Component::{
    Alarms, Api, Backup, Caches, Database, Dns, Edge, Files, Function, Keys, LoadBalancer, Network,
    Objects, Other, Queue, Roles, Servers, Tables, Workflow,
};

/// The first row that fits decides. Nouns are shown in the order of the rows.
const ROWS: &[Row] = &[
    row("aws_route53_record", Dns, "Route 53", "record"),
    row("aws_route53_zone", Dns, "Route 53", "zone"),
    row("aws_route53_health_check", Dns, "Route 53", "health check"),
    row("aws_route53_resolver_endpoint", Dns, "Route 53", "resolver endpoint"),
    row("aws_route53*", Dns, "Route 53", ""),
    row("aws_service_discovery_*", Dns, "Cloud Map", ""),
    row("aws_cloudfront_distribution", Edge, "CloudFront", "distribution"),
    row("aws_cloudfront_*", Edge, "CloudFront", ""),
    row("aws_globalaccelerator_accelerator", Edge, "Global Accelerator", "accelerator"),
    row("aws_globalaccelerator_*", Edge, "Global Accelerator", ""),
    row("aws_waf*", Edge, "WAF", ""),
    row("aws_shield_*", Edge, "Shield", ""),
    row("aws_api_gateway_rest_api", Api, "API Gateway", "API"),
    row("aws_api_gateway_*", Api, "API Gateway", ""),
    row("aws_apigatewayv2_api", Api, "API Gateway", "API"),
    row("aws_apigatewayv2_*", Api, "API Gateway", ""),
    row("aws_appsync_graphql_api", Api, "AppSync", "API"),
    row("aws_appsync_*", Api, "AppSync", ""),
    row("aws_lb", LoadBalancer, "ELB", "load balancer"),
    row("aws_alb", LoadBalancer, "ELB", "load balancer"),
    row("aws_elb", LoadBalancer, "ELB", "load balancer"),
    row("aws_lb_listener", LoadBalancer, "ELB", "listener"),
    row("aws_alb_listener", LoadBalancer, "ELB", "listener"),
    row("aws_lb_target_group", LoadBalancer, "ELB", "target group"),
    row("aws_alb_target_group", LoadBalancer, "ELB", "target group"),
    row("aws_lb_*", LoadBalancer, "ELB", ""),
    row("aws_alb_*", LoadBalancer, "ELB", ""),
    row("aws_elb_*", LoadBalancer, "ELB", ""),
    row("aws_lambda_function", Function, "Lambda", "function"),
    row("aws_lambda_event_source_mapping", Function, "Lambda", "event source"),
    row("aws_lambda_*", Function, "Lambda", ""),
    row("aws_ecs_service", Servers, "ECS", "service"),
    row("aws_ecs_*", Servers, "ECS", ""),
    row("aws_eks_cluster", Servers, "EKS", "cluster"),
    row("aws_eks_*", Servers, "EKS", ""),
    row("aws_autoscaling_group", Servers, "EC2", "group"),
    row("aws_autoscaling_*", Servers, "EC2", ""),
    row("aws_appautoscaling_*", Servers, "Auto Scaling", ""),
    row("aws_instance", Servers, "EC2", "instance"),
    row("aws_launch_*", Servers, "EC2", ""),
    row("aws_ami*", Servers, "EC2", ""),
    row("aws_ebs_*", Servers, "EC2", ""),
    row("aws_volume_attachment", Servers, "EC2", ""),
    row("aws_key_pair", Servers, "EC2", ""),
    row("aws_placement_group", Servers, "EC2", ""),
    row("aws_spot_*", Servers, "EC2", ""),
    row("aws_batch_*", Servers, "Batch", ""),
    row("aws_apprunner_*", Servers, "App Runner", ""),
    row("aws_elastic_beanstalk_*", Servers, "Elastic Beanstalk", ""),
    row("aws_ecr_repository", Servers, "ECR", "image repository"),
    row("aws_ecr*", Servers, "ECR", ""),
    row("aws_sfn_state_machine", Workflow, "Step Functions", "state machine"),
    row("aws_sfn_*", Workflow, "Step Functions", ""),
    row("aws_mwaa_*", Workflow, "MWAA", ""),
    row("aws_glue_*", Workflow, "Glue", ""),
    row("aws_rds_global_cluster", Database, "Aurora", "global database"),
    // A Multi-AZ cluster of RDS has this type too.
    row("aws_rds_cluster", Database, "Aurora", "cluster"),
    row("aws_rds_cluster_instance", Database, "Aurora", "instance"),
    row("aws_rds_*", Database, "RDS", ""),
    row("aws_db_instance", Database, "RDS", "instance"),
    row("aws_db_proxy", Database, "RDS", "proxy"),
    row("aws_db_*", Database, "RDS", ""),
    row("aws_docdb_cluster", Database, "DocumentDB", "cluster"),
    row("aws_docdb*", Database, "DocumentDB", ""),
    row("aws_neptune_cluster", Database, "Neptune", "cluster"),
    row("aws_neptune*", Database, "Neptune", ""),
    row("aws_redshift*", Database, "Redshift", ""),
    row("aws_dsql_*", Database, "Aurora DSQL", ""),
    row("aws_dynamodb_table", Tables, "DynamoDB", "table"),
    row("aws_dynamodb_global_table", Tables, "DynamoDB", "global table"),
    row("aws_dynamodb_table_replica", Tables, "DynamoDB", "replica"),
    row("aws_dynamodb_*", Tables, "DynamoDB", ""),
    row("aws_dax_*", Tables, "DAX", ""),
    row("aws_keyspaces_*", Tables, "Keyspaces", ""),
    row("aws_elasticache_replication_group", Caches, "ElastiCache", "replication group"),
    row("aws_elasticache_cluster", Caches, "ElastiCache", "cluster"),
    row("aws_elasticache_*", Caches, "ElastiCache", ""),
    row("aws_memorydb_*", Caches, "MemoryDB", ""),
    row("aws_opensearch*", Caches, "OpenSearch", ""),
    row("aws_elasticsearch_*", Caches, "OpenSearch", ""),
    row("aws_s3_bucket", Objects, "S3", "bucket"),
    row("aws_s3*", Objects, "S3", ""),
    row("aws_efs_file_system", Files, "EFS", "file system"),
    row("aws_efs_*", Files, "EFS", ""),
    row("aws_fsx_*", Files, "FSx", ""),
    row("aws_sqs_queue", Queue, "SQS", "queue"),
    row("aws_sqs_*", Queue, "SQS", ""),
    row("aws_kinesis_stream", Queue, "Kinesis", "stream"),
    row("aws_kinesis*", Queue, "Kinesis", ""),
    row("aws_msk*", Queue, "MSK", ""),
    row("aws_mq_broker", Queue, "MQ", "broker"),
    row("aws_mq_*", Queue, "MQ", ""),
    row("aws_cloudwatch_metric_alarm", Alarms, "CloudWatch", "alarm"),
    row("aws_cloudwatch_composite_alarm", Alarms, "CloudWatch", "alarm"),
    row("aws_sns_topic", Alarms, "SNS", "topic"),
    row("aws_sns_*", Alarms, "SNS", ""),
    row("aws_cloudwatch_event_*", Alarms, "EventBridge", ""),
    row("aws_scheduler_*", Alarms, "EventBridge", ""),
    row("aws_pipes_*", Alarms, "EventBridge", ""),
    row("aws_cloudwatch_log_group", Alarms, "CloudWatch", "log group"),
    row("aws_cloudwatch_*", Alarms, "CloudWatch", ""),
    row("aws_cloudtrail*", Alarms, "CloudTrail", ""),
    row("aws_xray_*", Alarms, "X-Ray", ""),
    row("aws_kms_key", Keys, "KMS", "key"),
    row("aws_kms_replica_key", Keys, "KMS", "replica key"),
    row("aws_kms_*", Keys, "KMS", ""),
    row("aws_secretsmanager_secret", Keys, "Secrets Manager", "secret"),
    row("aws_secretsmanager_*", Keys, "Secrets Manager", ""),
    row("aws_ssm_parameter", Keys, "SSM", "parameter"),
    row("aws_acm_certificate", Keys, "ACM", "certificate"),
    row("aws_acm*", Keys, "ACM", ""),
    row("aws_backup_vault", Backup, "AWS Backup", "vault"),
    row("aws_backup_plan", Backup, "AWS Backup", "plan"),
    row("aws_backup_*", Backup, "AWS Backup", ""),
    row("aws_dlm_*", Backup, "DLM", ""),
    row("aws_vpc", Network, "VPC", "network"),
    row("aws_subnet", Network, "VPC", "subnet"),
    row("aws_nat_gateway", Network, "VPC", "NAT gateway"),
    row("aws_vpc_endpoint", Network, "VPC", "endpoint"),
    row("aws_vpc*", Network, "VPC", ""),
    row("aws_security_group", Network, "VPC", "security group"),
    row("aws_security_group_rule", Network, "VPC", ""),
    row("aws_route", Network, "VPC", ""),
    row("aws_route_table*", Network, "VPC", ""),
    row("aws_main_route_table_association", Network, "VPC", ""),
    row("aws_default_*", Network, "VPC", ""),
    row("aws_internet_gateway*", Network, "VPC", ""),
    row("aws_egress_only_internet_gateway", Network, "VPC", ""),
    row("aws_eip*", Network, "VPC", ""),
    row("aws_flow_log", Network, "VPC", ""),
    row("aws_network_*", Network, "VPC", ""),
    row("aws_ec2_managed_prefix_list*", Network, "VPC", ""),
    row("aws_ec2_transit_gateway", Network, "Transit Gateway", "transit gateway"),
    row("aws_ec2_transit_gateway_*", Network, "Transit Gateway", ""),
    row("aws_networkfirewall_*", Network, "Network Firewall", ""),
    row("aws_networkmanager_*", Network, "Cloud WAN", ""),
    row("aws_vpn_*", Network, "VPN", ""),
    row("aws_customer_gateway", Network, "VPN", ""),
    row("aws_dx_*", Network, "Direct Connect", ""),
    row("aws_ec2_*", Servers, "EC2", ""),
    row("aws_iam_role", Roles, "IAM", "role"),
    row("aws_iam_policy", Roles, "IAM", "policy"),
    row("aws_iam_user", Roles, "IAM", "user"),
    row("aws_iam_*", Roles, "IAM", ""),
    row("*", Other, "", ""),
];

/// The place of a resource type's row in the table; smaller is more telling.
pub(crate) fn rank(resource_type: &str) -> usize {
    ROWS.iter().position(|row| fits(row.pattern, resource_type)).unwrap_or(ROWS.len())
}

/// The row of the table at a place that [`rank`] gave.
pub(crate) fn at(rank: usize) -> Row {
    ROWS.get(rank).copied().unwrap_or(row("*", Other, "", ""))
}

/// Whether a type fits a pattern: the same, or the same beginning where the pattern ends in `*`.
pub(crate) fn fits(pattern: &str, resource_type: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => resource_type.starts_with(prefix),
        None => pattern == resource_type,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_hides_another() {
        for (place, row) in ROWS.iter().enumerate() {
            assert_eq!(rank(&row.pattern.replace('*', "_x")), place, "{}", row.pattern);
        }
    }

    #[test]
    fn names_that_begin_alike_are_told_apart() {
        for (resource_type, component) in [
            ("aws_route53_record", Dns),
            ("aws_route_table_association", Network),
            ("aws_route", Network),
            ("aws_lb_target_group_attachment", LoadBalancer),
            ("aws_lambda_permission", Function),
            ("aws_ec2_transit_gateway_peering_attachment", Network),
            ("aws_ec2_fleet", Servers),
            ("aws_s3control_multi_region_access_point", Objects),
            ("aws_cloudwatch_event_rule", Alarms),
            ("aws_quicksight_user", Other),
            ("random_password", Other),
        ] {
            assert_eq!(at(rank(resource_type)).component, component, "{resource_type}");
        }
    }
}
