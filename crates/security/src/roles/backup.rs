//! The role that AWS Backup assumes to take snapshots of the Aurora cluster: the statements of
//! [AWS's managed policy](https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html)
//! that concern Aurora, narrowed to the cluster.

use drstack_terraform::iam::{Policy, Statement};

use super::{Definition, key_use};
use crate::{Purpose, Security, Wiring};

pub(super) fn define(security: &Security, wiring: &Wiring) -> Definition {
    // AWS Backup names its snapshots so.
    let snapshots = security.arn("rds", "cluster-snapshot:awsbackup:*");
    Definition {
        description: "Snapshots of the Aurora cluster",
        trust: Policy::trust("backup.amazonaws.com", |assume| assume),
        permissions: Policy::new([
            Statement::allow("TakeSnapshots")
                .actions([
                    "rds:CreateDBClusterSnapshot",
                    "rds:AddTagsToResource",
                    "rds:ListTagsForResource",
                ])
                .resources([(&wiring.cluster_arn).into(), snapshots.clone()]),
            // That AWS Backup asks for the one cluster and its own snapshots, and lists no others, is not confirmed.
            Statement::allow("FindSnapshots")
                .actions(["rds:DescribeDBClusters", "rds:DescribeDBClusterSnapshots"])
                .resources([(&wiring.cluster_arn).into(), snapshots.clone()]),
            Statement::allow("ExpireSnapshots")
                .actions(["rds:DeleteDBClusterSnapshot"])
                .resources([snapshots]),
            Statement::allow("FindByTag").actions(["tag:GetResources"]).resources(["*"]),
            Statement::allow("Vault")
                .actions(["backup:DescribeBackupVault"])
                .resources([&wiring.vault]),
            // Snapshots of Aurora stay under the cluster's key, whatever the vault's:
            // https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
            Statement::allow("DescribeKey")
                .actions(["kms:DescribeKey"])
                .resources([Purpose::Database.key(security.module())]),
            key_use(security, "GrantKey", ["kms:CreateGrant"], Purpose::Database, ["rds"]).when(
                "Bool",
                "kms:GrantIsForAWSResource",
                ["true"],
            ),
        ]),
    }
}
