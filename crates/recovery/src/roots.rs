//! Where recovery begins: what the surviving region must offer once the other one is lost.

use drstack_plan::{Mode, Resource};

use crate::Survey;
use crate::lost::Lost;
use crate::place::Site;

const RECORD: &str = "aws_route53_record";

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
        "aws_cloudfront_distribution",
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

/// The rank of a type: records of Route 53 come first, then those of [`RANKS`]. `None` comes last.
pub(crate) fn rank(resource_type: &str) -> Option<usize> {
    if resource_type == RECORD {
        return Some(0);
    }
    RANKS.iter().position(|types| types.contains(&resource_type)).map(|rank| rank + 1)
}

/// The recovery roots by rank: records that lead to something that survives, then what survives, all of it, so that
/// nothing goes unseen.
pub(crate) fn of<'plan>(survey: &Survey<'plan>, lost: Lost) -> Vec<Vec<Resource<'plan>>> {
    let mut ranks = vec![Vec::new(); RANKS.len() + 2];
    let managed = survey.plan.resources().filter(|resource| resource.mode() == Mode::Managed);
    for resource in managed {
        let rank = survey.kind(resource).and_then(|kind| kind.rank);
        let is_root = match rank {
            Some(0) => leads_to_survivor(survey, resource, lost),
            // A distribution is everywhere: it answers whichever region is lost, as far as its origins do.
            Some(_) if matches!(survey.site(resource), Site::Global(_)) => true,
            _ => lost.is_survived_by(survey.site(resource)),
        };
        if is_root && let Some(roots) = ranks.get_mut(rank.unwrap_or(RANKS.len() + 1)) {
            roots.push(resource);
        }
    }
    ranks
}

fn leads_to_survivor(survey: &Survey<'_>, record: Resource<'_>, lost: Lost) -> bool {
    let mut targets = survey.plan.graph().references(record.index());
    targets.any(|(target, _)| lost.is_survived_by(survey.places.at(target)))
}
