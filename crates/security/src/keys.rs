//! One key a purpose, and who may use it.
//!
//! A policy lets the account's IAM policies decide, and AWS services in where they call KMS in their own name.
//! Most don't: S3, DynamoDB, RDS, Secrets Manager, Lambda, SQS and AWS Backup act for a role or a user of the account,
//! whose own policy must allow it. That leaves CloudWatch Logs and whoever sends to the topic and the queue.
//!
//! The policies name both regions' services, so that they are the same in both regions.

use drstack_terraform::iam::{Policy, Statement};
use drstack_terraform::{Input, Module, ModuleError, ModuleName, Ref, Template, kind, limit};

use crate::resources::{KmsAlias, KmsKey};
use crate::{Security, arn};

/// What a key is for. Each region has one key a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Aurora, its secret, Performance Insights, the session table.
    Database,
    /// The buckets.
    Storage,
    /// The transaction queues and the functions' environment.
    Compute,
    /// The alarm topic and the alarm queue.
    Monitoring,
    /// Log groups.
    Logs,
    /// The backup vault.
    Backup,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 6] =
        [Self::Database, Self::Storage, Self::Compute, Self::Monitoring, Self::Logs, Self::Backup];

    /// The purpose in names, such as `database` in `alias/<stack>-database-<suffix>`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Storage => "storage",
            Self::Compute => "compute",
            Self::Monitoring => "monitoring",
            Self::Logs => "logs",
            Self::Backup => "backup",
        }
    }

    pub(crate) fn key(self, module: ModuleName) -> Ref<kind::Arn<kind::KmsKey>> {
        module.get(self.name())
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Database => "Aurora, its secret and the session table",
            Self::Storage => "Buckets",
            Self::Compute => "Transaction queues and the environment of functions",
            Self::Monitoring => "Alarm topic and alarm queue",
            Self::Logs => "Log groups",
            Self::Backup => "Backup vault",
        }
    }

    fn services(self, security: &Security) -> Vec<Statement> {
        match self {
            Self::Database | Self::Storage | Self::Compute | Self::Backup => Vec::new(),
            Self::Monitoring => vec![alarms(security), topics(security), events()],
            Self::Logs => vec![log_groups(security)],
        }
    }
}

pub(crate) fn add(security: &Security, module: &mut Module) -> Result<(), ModuleError> {
    for purpose in Purpose::ALL {
        let name = purpose.name();
        let statements =
            [Statement::leave_key_to_account()].into_iter().chain(purpose.services(security));
        let key = KmsKey {
            description: purpose.description(),
            key_usage: "ENCRYPT_DECRYPT",
            customer_master_key_spec: "SYMMETRIC_DEFAULT",
            multi_region: false,
            enable_key_rotation: true,
            rotation_period_in_days: 365,
            // The shortest and the longest that there are:
            // https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
            deletion_window_in_days: security.profile.choose(7, 30),
            policy: Policy::new(statements).text(),
        };
        module.add(name, &key)?;
        let alias = security.names.regional(name).prefixed("alias/");
        let alias =
            KmsAlias { name: alias.within(&limit::KEY_ALIAS)?, target_key_id: module.get(name) };
        module.add(name, &alias)?;
    }
    Ok(())
}

/// CloudWatch Logs, for log groups of this stack:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>.
fn log_groups(security: &Security) -> Statement {
    let regions = security.both_regions();
    let groups = regions.map(|region| own(security, "logs", region.as_str(), "log-group:/aws/*"));
    let services = regions.map(|region| format!("logs.{region}.amazonaws.com"));
    services
        .into_iter()
        .fold(Statement::allow("LogGroups"), Statement::service)
        .resources(["*"])
        .actions([
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:DescribeKey",
        ])
        .when("ArnLike", "kms:EncryptionContext:aws:logs:arn", groups)
}

/// CloudWatch, whose alarms are otherwise dropped in silence on their way to an encrypted topic:
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services>.
fn alarms(security: &Security) -> Statement {
    let alarms = security
        .both_regions()
        .map(|region| own(security, "cloudwatch", region.as_str(), "alarm:"));
    publish("Alarms", ["cloudwatch.amazonaws.com"])
        .when("StringEquals", "aws:SourceAccount", [Input::ACCOUNT_ID])
        .when("ArnLike", "aws:SourceArn", alarms)
}

/// SNS, which delivers to the encrypted queue, also from topics of the other region and from that of the
/// health-check alarms, which may lie in a third:
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html>.
fn topics(security: &Security) -> Statement {
    publish("Topics", ["sns.amazonaws.com"])
        .when("StringEquals", "aws:SourceAccount", [Input::ACCOUNT_ID])
        .when("ArnLike", "aws:SourceArn", [own(security, "sns", "*", "")])
}

/// EventBridge and RDS, which tell the encrypted topic of failovers
/// ([RDS needs the key too](https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Subscribing.html)).
/// Conditions on the source are
/// [not supported for EventBridge](https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services);
/// that RDS sends it to the key as well as to the topic is not confirmed. The topic's own policy names the sources.
fn events() -> Statement {
    publish("Events", ["events.amazonaws.com", "events.rds.amazonaws.com"])
}

/// What a service needs to send to an encrypted topic or queue.
fn publish<const N: usize>(sid: &'static str, services: [&'static str; N]) -> Statement {
    services
        .into_iter()
        .fold(Statement::allow(sid), Statement::service)
        .resources(["*"])
        .actions(["kms:GenerateDataKey", "kms:Decrypt"])
}

/// The ARNs of the stack's resources of a type, as a pattern.
fn own(security: &Security, service: &str, region: &str, before_name: &str) -> Template {
    arn(service, region, before_name) + security.any_name()
}
