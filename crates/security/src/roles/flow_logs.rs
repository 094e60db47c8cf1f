//! The role that delivers the VPC's flow logs:
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html>.
//!
//! It lacks `logs:CreateLogGroup`, which the guide has: the log group exists, and one that the service made again after
//! `terraform destroy` would be neither encrypted nor ever deleted.

use drstack_terraform::iam::{Policy, Statement};
use drstack_terraform::{Input, Template};

use super::Definition;
use crate::{Security, Wiring};

pub(super) fn define(security: &Security, wiring: &Wiring) -> Definition {
    let group = Template::from(&wiring.flow_log_group);
    let streams = group.clone() + ":*";
    Definition {
        description: "Delivery of VPC flow logs",
        trust: Policy::trust("vpc-flow-logs.amazonaws.com", |assume| {
            assume.when("StringEquals", "aws:SourceAccount", [Input::ACCOUNT_ID]).when(
                "ArnLike",
                "aws:SourceArn",
                [security.arn("ec2", "vpc-flow-log/*")],
            )
        }),
        permissions: Policy::new([
            Statement::allow("Deliver")
                .actions(["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"])
                .resources([group, streams]),
            Statement::allow("FindLogGroup").actions(["logs:DescribeLogGroups"]).resources(["*"]),
        ]),
    }
}
