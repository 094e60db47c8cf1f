//! Where recovery begins: what the surviving region must offer once the other one is lost.

use drstack_plan::{Mode, Plan, Resource};

use crate::place::{self, Place};

/// Types that recovery begins with, by rank: what the clients of the service reach, what feeds it by itself, what watches it.
/// Paths begin at the first rank that leads to a place.
const RANKS: [&[&str]; 3] = [
    &[
        "aws_lb",
        "aws_alb",
        "aws_elb",
        "aws_api_gateway_rest_api",
        "aws_apigatewayv2_api",
        "aws_lambda_function_url",
        "aws_appsync_graphql_api",
    ],
    &[
        "aws_lambda_event_source_mapping",
        "aws_lambda_function",
        "aws_ecs_service",
        "aws_eks_cluster",
        "aws_autoscaling_group",
        "aws_instance",
        "aws_sfn_state_machine",
        "aws_sqs_queue",
        "aws_dynamodb_table",
        "aws_s3_bucket",
        "aws_rds_cluster",
        "aws_db_instance",
        "aws_kms_key",
        "aws_secretsmanager_secret",
    ],
    &[
        "aws_cloudwatch_metric_alarm",
        "aws_cloudwatch_composite_alarm",
        "aws_cloudwatch_event_rule",
        "aws_sns_topic",
    ],
];

/// The recovery roots by rank: records of Route 53 that lead to something that survives, then [`RANKS`], then all other
/// resources of the surviving regions, so that nothing goes unseen.
pub(crate) fn of<'plan>(plan: &'plan Plan<'plan>, lost: &str) -> Vec<Vec<Resource<'plan>>> {
    let mut ranks = vec![Vec::new(); RANKS.len() + 2];
    for resource in plan.resources().filter(|resource| resource.mode() == Mode::Managed) {
        let rank = if is_record(resource.resource_type()) {
            leads_to_survivor(plan, resource, lost).then_some(0)
        } else if survives(plan, resource, lost) {
            let ranked = RANKS.iter().position(|types| types.contains(&resource.resource_type()));
            Some(ranked.map_or(RANKS.len() + 1, |rank| rank + 1))
        } else {
            None
        };
        if let Some(rank) = rank.and_then(|rank| ranks.get_mut(rank)) {
            rank.push(resource);
        }
    }
    ranks
}

fn is_record(resource_type: &str) -> bool {
    resource_type == "aws_route53_record"
}

fn leads_to_survivor<'plan>(plan: &'plan Plan<'plan>, record: Resource<'plan>, lost: &str) -> bool {
    let targets = plan.graph().references(record.index());
    targets.filter_map(|(target, _)| plan.nth(target)).any(|target| survives(plan, target, lost))
}

fn survives<'plan>(plan: &'plan Plan<'plan>, resource: Resource<'plan>, lost: &str) -> bool {
    matches!(place::of(plan, resource), Place::In(region) if region != lost)
}
