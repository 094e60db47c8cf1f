//! AWS's own managed policies, judged by name: their documents are not in a plan.
//!
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use super::arn::Arn;
use super::template;

/// What a managed policy's ARN says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Managed {
    /// A policy of some account, to be judged by its document.
    CustomerManaged,
    /// An AWS policy that grants all of a service or more.
    Broad,
    /// An AWS policy made for one task of one service.
    Narrow,
    /// An AWS policy about which nothing is recorded here.
    Unlisted,
    /// Not known yet, or no policy's ARN.
    Unknown,
}

/// Policies made for one task, by name: what a function, task, node or service needs to run at all. Those that let it read
/// and write all data of the account are not among them, as
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForECS.html> and
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForRestores.html>.
const NARROW: [&str; 30] = [
    "AWSAppSyncPushToCloudWatchLogs",
    "AWSBackupServiceRolePolicyForBackup",
    "AWSCodeDeployRoleForECSLimited",
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaENIManagementAccess",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaMSKExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSXRayDaemonWriteAccess",
    "AmazonAPIGatewayPushToCloudWatchLogs",
    "AmazonDMSCloudWatchLogsRole",
    "AmazonDMSVPCManagementRole",
    "AmazonEBSCSIDriverPolicy",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonECSTaskExecutionRolePolicy",
    "AmazonEFSCSIDriverPolicy",
    "AmazonEKSClusterPolicy",
    "AmazonEKSFargatePodExecutionRolePolicy",
    "AmazonEKSVPCResourceController",
    "AmazonEKSWorkerNodeMinimalPolicy",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonRDSDirectoryServiceAccess",
    "AmazonRDSEnhancedMonitoringRole",
    "AmazonSSMManagedInstanceCore",
    "CloudWatchAgentServerPolicy",
    "CloudWatchLambdaInsightsExecutionRolePolicy",
];

/// Policies that grant as much as a `FullAccess` policy under another name.
const BROAD: [&str; 7] = [
    "AdministratorAccess",
    "DatabaseAdministrator",
    "NetworkAdministrator",
    "PowerUserAccess",
    "SystemAdministrator",
    "DataScientist",
    "AmazonEC2RoleforSSM",
];

/// Judges a policy by its ARN, in which parts may be unknown.
#[must_use]
pub fn judge(arn: &str) -> Managed {
    // Only an ARN says whose policy it is; an unknown partition (`arn:…:iam::aws:policy/X`) does no harm.
    let arn = template::widest(arn);
    let Some(arn) = Arn::parse(&arn).filter(|arn| arn.service == "iam") else {
        return Managed::Unknown;
    };
    let Some(path) = arn.resource.strip_prefix("policy/") else { return Managed::Unknown };
    let name = path.rsplit('/').next().unwrap_or(path);
    match arn.account {
        "aws" if name.contains('*') => Managed::Unknown,
        "aws" if is_broad(name) => Managed::Broad,
        "aws" if NARROW.contains(&name) => Managed::Narrow,
        "aws" => Managed::Unlisted,
        account if account.contains('*') => Managed::Unknown,
        _ => Managed::CustomerManaged,
    }
}

fn is_broad(name: &str) -> bool {
    // AmazonS3FullAccess, AWSLambda_FullAccess, CloudWatchFullAccessV2, AdministratorAccess-Amplify
    name.contains("FullAccess")
        || BROAD.iter().any(|broad| name == *broad || name.starts_with(&format!("{broad}-")))
}

#[cfg(test)]
mod tests {
    use super::super::template::{IDENTIFIER, UNKNOWN};
    use super::*;

    #[test]
    fn broad_policies_are_known_by_name() {
        for name in [
            "AdministratorAccess",
            "AdministratorAccess-Amplify",
            "PowerUserAccess",
            "AmazonS3FullAccess",
            "AWSLambda_FullAccess",
            "CloudWatchFullAccessV2",
            "job-function/DatabaseAdministrator",
        ] {
            assert_eq!(judge(&format!("arn:aws:iam::aws:policy/{name}")), Managed::Broad, "{name}");
        }
    }

    #[test]
    fn narrow_and_unlisted_policies_are_told_apart() {
        assert_eq!(
            judge("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"),
            Managed::Narrow
        );
        assert_eq!(
            judge("arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"),
            Managed::Narrow
        );
        assert_eq!(judge("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"), Managed::Narrow);
        assert_eq!(judge("arn:aws:iam::aws:policy/ReadOnlyAccess"), Managed::Unlisted);
        assert_eq!(judge("arn:aws:iam::aws:policy/AWSCodeDeployRoleForECS"), Managed::Unlisted);
    }

    #[test]
    fn policies_of_accounts_are_judged_by_their_documents() {
        assert_eq!(
            judge("arn:aws:iam::111122223333:policy/AdministratorAccess"),
            Managed::CustomerManaged
        );
        assert_eq!(judge(&format!("arn:aws:iam::{IDENTIFIER}:policy/x")), Managed::CustomerManaged);
    }

    #[test]
    fn unknown_parts_matter_where_they_could_decide() {
        assert_eq!(
            judge(&format!("arn:{UNKNOWN}:iam::aws:policy/AdministratorAccess")),
            Managed::Broad
        );
        assert_eq!(judge(&format!("arn:aws:iam::aws:policy/{UNKNOWN}")), Managed::Unknown);
        assert_eq!(judge(&format!("arn:aws:iam::{UNKNOWN}:policy/x")), Managed::Unknown);
        assert_eq!(judge(&UNKNOWN.to_string()), Managed::Unknown);
        assert_eq!(judge(&IDENTIFIER.to_string()), Managed::Unknown);
        assert_eq!(judge("arn:aws:iam::aws:role/x"), Managed::Unknown);
    }
}
