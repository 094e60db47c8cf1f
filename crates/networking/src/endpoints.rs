//! Endpoints of the AWS services that the functions call, so that these calls stay in Amazon's network and go on
//! when the NAT gateway is lost.
//!
//! Each endpoint's policy lets through only calls for resources of this account that belong to this
//! stack: what runs in the VPC can't be made to carry data to a stranger's bucket or queue. Which actions a role may
//! take is its own policy's business, and both must allow a call.
//! <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>

use drstack_terraform::iam::{Policy, Statement};
use drstack_terraform::{Input, Module, ModuleError, Ref, Template, kind};

use crate::layout::{Gateway, Layout, Tier};
use crate::resources::VpcEndpoint;
use crate::security_groups::ENDPOINTS;

/// A service that is reached through network interfaces in the compute subnets.
#[derive(Clone, Copy)]
enum Interface {
    Sqs,
    RdsData,
    Rds,
    Kms,
}

pub(crate) fn add(layout: &Layout, module: &mut Module) -> Result<(), ModuleError> {
    for gateway in Gateway::ALL {
        let endpoint = VpcEndpoint {
            vpc_endpoint_type: "Gateway",
            route_table_ids: Some(layout.private_tables().collect()),
            ..VpcEndpoint::new(layout, gateway.name(), gateway.through(layout))?
        };
        module.add(gateway.name(), &endpoint)?;
    }
    for interface in Interface::ALL {
        let group: Ref<kind::SecurityGroup> = module.get(ENDPOINTS);
        let endpoint = VpcEndpoint {
            subnet_ids: Some(layout.subnets(Tier::Compute).collect()),
            security_group_ids: Some(vec![group]),
            private_dns_enabled: Some(true),
            ..VpcEndpoint::new(layout, interface.name(), interface.through(layout))?
        };
        module.add(interface.name().replace('-', "_"), &endpoint)?;
    }
    Ok(())
}

impl Gateway {
    fn through(self, layout: &Layout) -> Statement {
        match self {
            Self::S3 => {
                let bucket = Template::from("arn:aws:s3:::") + layout.any_name();
                let objects = bucket.clone() + "/*";
                own_account(
                    [
                        "s3:ListBucket",
                        "s3:GetObject",
                        "s3:PutObject",
                        "s3:DeleteObject",
                        "s3:AbortMultipartUpload",
                    ],
                    [bucket, objects],
                )
                // The only ARNs here that don't name the account.
                .when("StringEquals", "aws:ResourceAccount", [Input::ACCOUNT_ID])
            }
            Self::DynamoDb => {
                let table = layout.arn("dynamodb") + "table/" + layout.any_name();
                let indexes = table.clone() + "/index/*";
                own_account(
                    [
                        "dynamodb:DescribeTable",
                        "dynamodb:GetItem",
                        "dynamodb:BatchGetItem",
                        "dynamodb:Query",
                        "dynamodb:PutItem",
                        "dynamodb:UpdateItem",
                        "dynamodb:DeleteItem",
                        "dynamodb:BatchWriteItem",
                        "dynamodb:ConditionCheckItem",
                    ],
                    [table, indexes],
                )
            }
        }
    }
}

impl Interface {
    const ALL: [Self; 4] = [Self::Sqs, Self::RdsData, Self::Rds, Self::Kms];

    /// The last part of the service's name. Each is listed in
    /// <https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html>.
    const fn name(self) -> &'static str {
        match self {
            Self::Sqs => "sqs",
            Self::RdsData => "rds-data",
            Self::Rds => "rds",
            Self::Kms => "kms",
        }
    }

    fn through(self, layout: &Layout) -> Statement {
        let cluster = || layout.arn("rds") + "cluster:" + layout.any_name();
        match self {
            Self::Sqs => own_account(
                [
                    "sqs:GetQueueAttributes",
                    "sqs:GetQueueUrl",
                    "sqs:SendMessage",
                    "sqs:ReceiveMessage",
                    "sqs:DeleteMessage",
                    "sqs:ChangeMessageVisibility",
                ],
                [layout.arn("sqs") + layout.any_name()],
            ),
            Self::RdsData => own_account(
                [
                    "rds-data:ExecuteStatement",
                    "rds-data:BatchExecuteStatement",
                    "rds-data:BeginTransaction",
                    "rds-data:CommitTransaction",
                    "rds-data:RollbackTransaction",
                ],
                [cluster()],
            ),
            Self::Rds => own_account(["rds:DescribeDBClusters"], [cluster()]),
            Self::Kms => own_account(
                ["kms:DescribeKey", "kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"],
                [layout.arn("kms") + "key/*"],
            ),
        }
    }
}

/// Lets the account's own principals through with these actions on these resources of the account.
fn own_account<const A: usize, const R: usize>(
    actions: [&'static str; A],
    resources: [Template; R],
) -> Statement {
    Statement::allow("OwnAccount").everyone().actions(actions).resources(resources).when(
        "StringEquals",
        "aws:PrincipalAccount",
        [Input::ACCOUNT_ID],
    )
}

impl VpcEndpoint {
    /// An interface endpoint that still lacks its subnets.
    fn new(layout: &Layout, service: &str, through: Statement) -> Result<Self, ModuleError> {
        Ok(Self {
            vpc_id: layout.vpc(),
            service_name: format!("com.amazonaws.{}.{service}", layout.site.region),
            vpc_endpoint_type: "Interface",
            policy: Policy::new([through]).text(),
            route_table_ids: None,
            subnet_ids: None,
            security_group_ids: None,
            private_dns_enabled: None,
            tags: layout.tags(service)?,
        })
    }
}

impl Layout {
    /// The beginning of the ARNs of this region's resources of a service.
    fn arn(&self, service: &str) -> Template {
        Template::from(format!("arn:aws:{service}:{}:", self.site.region)) + Input::ACCOUNT_ID + ":"
    }

    /// What the names of the stack's resources in this environment have in common, as a pattern.
    fn any_name(&self) -> Template {
        Template::from(format!("{}-*", self.names.stack())) + Input::ENVIRONMENT_SUFFIX
    }
}
