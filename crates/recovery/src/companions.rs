//! What belongs to a thing without the thing referring to it: the listeners of a load balancer, the routes of a table.

/// A type, and the types that complete it by referring to it. A `*` at the end stands for any ending.
const COMPANIONS: [(&str, &[&str]); 20] = [
    ("aws_lb", &["aws_lb_listener"]),
    ("aws_lb_listener", &["aws_lb_listener_*"]),
    (
        "aws_lb_target_group",
        &["aws_lb_target_group_attachment", "aws_ecs_service", "aws_autoscaling_*"],
    ),
    ("aws_lambda_function", &["aws_lambda_*"]),
    ("aws_sqs_queue", &["aws_sqs_queue_*", "aws_lambda_event_source_mapping"]),
    ("aws_s3_bucket", &["aws_s3_bucket_*", "aws_s3_object"]),
    ("aws_dynamodb_table", &["aws_dynamodb_*", "aws_lambda_event_source_mapping"]),
    ("aws_rds_cluster", &["aws_rds_cluster_*"]),
    ("aws_iam_role", &["aws_iam_role_*", "aws_iam_policy_attachment"]),
    ("aws_iam_policy", &["aws_iam_policy_attachment", "aws_iam_role_policy_attachment"]),
    ("aws_route_table", &["aws_route"]),
    ("aws_subnet", &["aws_route_table_association", "aws_network_acl_association"]),
    ("aws_security_group", &["aws_security_group_rule", "aws_vpc_security_group_*"]),
    ("aws_sns_topic", &["aws_sns_topic_*"]),
    ("aws_kms_key", &["aws_kms_key_policy", "aws_kms_grant"]),
    ("aws_secretsmanager_secret", &["aws_secretsmanager_secret_*"]),
    (
        "aws_vpc",
        &[
            "aws_vpc_dhcp_options_association",
            "aws_route53_resolver_rule_association",
            "aws_main_route_table_association",
        ],
    ),
    ("aws_ecs_cluster", &["aws_ecs_service"]),
    ("aws_api_gateway_rest_api", &["aws_api_gateway_*"]),
    ("aws_apigatewayv2_api", &["aws_apigatewayv2_*"]),
];

/// The types that complete one of a type by referring to it, as patterns for [`fits`].
pub(crate) fn completing(completed: &str) -> &'static [&'static str] {
    let row = COMPANIONS.iter().find(|(target, _)| *target == completed);
    row.map_or(&[], |(_, types)| types)
}

/// Whether a name fits a pattern: the same, or the same beginning where the pattern ends in `*`.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}
