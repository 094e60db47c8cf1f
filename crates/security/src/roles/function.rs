//! The role of the transaction processor: what its code calls, and what Lambda does for it.

use drstack_terraform::Template;
use drstack_terraform::iam::{Policy, Statement};

use super::{Definition, key_use};
use crate::{Purpose, Security, Wiring};

pub(super) fn define(security: &Security, wiring: &Wiring) -> Definition {
    let statements = network_interfaces(security)
        .into_iter()
        .chain([log(wiring)])
        .chain(queue(security, wiring))
        .chain(archive(security, wiring))
        .chain(sessions(security, wiring))
        .chain(database(security, wiring));
    Definition {
        description: "Transaction processor",
        trust: Policy::trust("lambda.amazonaws.com", |assume| assume),
        permissions: Policy::new(statements),
    }
}

/// What Lambda needs to give a function an address in the VPC, and a refusal for the function's own code:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>. The guide asks for `*`; that Lambda takes all
/// resource ids of the region, which earlier editions named for deleting interfaces, is not confirmed.
fn network_interfaces(security: &Security) -> [Statement; 3] {
    let changes = [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ];
    let anything = security.arn("ec2", "*/*");
    let functions = security.arn("lambda", "function:*");
    [
        Statement::allow("DescribeNetwork")
            .actions(["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"])
            .resources(["*"]),
        Statement::allow("NetworkInterfaces").actions(changes).resources([anything.clone()]),
        Statement::deny("NotFromCode").actions(changes).resources([anything]).when(
            "ArnLike",
            "lambda:SourceFunctionArn",
            [functions],
        ),
    ]
}

fn log(wiring: &Wiring) -> Statement {
    Statement::allow("Log")
        .actions(["logs:CreateLogStream", "logs:PutLogEvents"])
        .resources([Template::from(&wiring.function_log_group) + ":*"])
}

/// Lambda decrypts the environment as the function's role.
fn queue(security: &Security, wiring: &Wiring) -> [Statement; 3] {
    [
        Statement::allow("Queue")
            .actions([
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:SendMessage",
            ])
            .resources([&wiring.queue]),
        key_use(
            security,
            "QueueKey",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            Purpose::Compute,
            ["sqs"],
        ),
        key_use(security, "EnvironmentKey", ["kms:Decrypt"], Purpose::Compute, ["lambda"]),
    ]
}

fn archive(security: &Security, wiring: &Wiring) -> [Statement; 3] {
    let buckets = &wiring.buckets;
    [
        Statement::allow("Archive")
            .actions(["s3:PutObject"])
            .resources([Template::from(&buckets.transaction_logs) + "/transactions/*"]),
        Statement::allow("BucketHealth")
            .actions(["s3:ListBucket"])
            .resources([&buckets.transaction_logs, &buckets.documents]),
        key_use(security, "ArchiveKey", ["kms:GenerateDataKey"], Purpose::Storage, ["s3"]),
    ]
}

/// The function takes and gives back leases, and reads the latch that fences its region, which it can't lift:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html>.
fn sessions(security: &Security, wiring: &Wiring) -> [Statement; 3] {
    let items = |sid, actions: &[&'static str], key: String| {
        Statement::allow(sid)
            .actions(actions.iter().copied())
            .resources([wiring.table_arn.clone()])
            .when("ForAllValues:StringLike", "dynamodb:LeadingKeys", [key])
    };
    [
        items("Latch", &["dynamodb:GetItem"], format!("latch#{}", security.region)),
        items("Leases", &["dynamodb:PutItem", "dynamodb:DeleteItem"], "lease#*".to_owned()),
        key_use(security, "SessionKey", ["kms:Decrypt"], Purpose::Database, ["dynamodb"]),
    ]
}

fn database(security: &Security, wiring: &Wiring) -> [Statement; 4] {
    [
        Statement::allow("Database")
            .actions(["rds-data:ExecuteStatement", "rds:DescribeDBClusters"])
            .resources([&wiring.cluster_arn]),
        Statement::allow("Secret")
            .actions(["secretsmanager:GetSecretValue"])
            .resources([wiring.secret_arn.clone()]),
        key_use(security, "SecretKey", ["kms:Decrypt"], Purpose::Database, ["secretsmanager"]),
        Statement::allow("KeyHealth")
            .actions(["kms:DescribeKey"])
            .resources([Purpose::Database.key(security.module())]),
    ]
}
