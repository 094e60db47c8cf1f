//! AWS Backup of an Aurora cluster in one region: a vault with its own key, a daily plan, the selection that names the cluster.
//!
//! Backups answer a mistake that replication carries to the other region within a second: a dropped table, a
//! wrong migration. They do not count toward the recovery time of a regional outage: restoring a cluster takes longer.
//!
//! ```
//! use drstack_backup::{Backup, Wiring};
//! use drstack_terraform::{Component, ModuleName, Names, Region};
//!
//! let region = Region::US_EAST_1;
//! let security = ModuleName::regional("security", region);
//! let wiring = Wiring {
//!     key: security.get("backup"),
//!     role: security.get("backup"),
//!     cluster_arn: ModuleName::regional("database", region).get("main"),
//! };
//! let module = Backup::new(Names::new("payments")?, region).retention(14).build(&wiring)?;
//! assert_eq!(module.addresses().count(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod resources;
#[cfg(test)]
mod tests;

use drstack_terraform::{
    Component, Module, ModuleError, ModuleName, Names, Profile, Ref, Region, Serves, kind, limit,
};

use resources::{BackupPlan, BackupSelection, BackupVault, Lifecycle, Rule};

/// AWS Backup of a region's Aurora cluster.
#[derive(Clone, Debug)]
pub struct Backup {
    names: Names,
    region: Region,
    retention: u32,
    schedule: String,
    profile: Profile,
}

/// What others may refer to.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// The vault that holds the recovery points.
    pub vault: Ref<kind::Named<kind::Vault>>,
}

/// What the backups need of other components.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// The region's key for recovery points.
    pub key: Ref<kind::Arn<kind::KmsKey>>,
    /// The role that AWS Backup assumes.
    pub role: Ref<kind::Arn<kind::Role>>,
    /// The cluster that is backed up.
    pub cluster_arn: Ref<kind::Arn<kind::Cluster>>,
}

/// Every resource of the module is the only one of its type.
const MAIN: &str = "main";

impl Backup {
    /// Daily backups at 05:00 UTC that are kept for 7 days, in a vault that `terraform destroy` empties.
    #[must_use]
    pub fn new(names: Names, region: Region) -> Self {
        Self {
            names,
            region,
            retention: 7,
            schedule: "cron(0 5 * * ? *)".to_owned(),
            profile: Profile::default(),
        }
    }

    /// How many days a recovery point is kept, at least 1.
    #[must_use]
    pub fn retention(self, days: u32) -> Self {
        Self { retention: days, ..self }
    }

    /// When backups start, in UTC: a `cron(...)` or `rate(...)` expression of
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>.
    #[must_use]
    pub fn schedule(self, expression: impl Into<String>) -> Self {
        Self { schedule: expression.into(), ..self }
    }

    /// Whether `terraform destroy` deletes the recovery points with the vault.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    const fn module_name(&self) -> ModuleName {
        ModuleName::regional("backup", self.region)
    }

    fn check(&self) -> Result<(), ModuleError> {
        if self.retention == 0 {
            return Err(ModuleError::Inputs(
                "the backup retention is 0 days, expected at least 1: give the days to keep a recovery point"
                    .to_owned(),
            ));
        }
        let is_expression = ["cron(", "rate("].iter().any(|start| self.schedule.starts_with(start))
            && self.schedule.ends_with(')');
        if !is_expression {
            return Err(ModuleError::Inputs(format!(
                "the backup schedule is `{}`, expected `cron(...)` or `rate(...)`: for example `cron(0 5 * * ? *)`",
                self.schedule
            )));
        }
        Ok(())
    }

    /// One hour to begin and three to finish: a failed night is noticed in the morning.
    fn rule(&self, vault: Ref<kind::Named<kind::Vault>>) -> Rule {
        Rule {
            rule_name: "daily",
            target_vault_name: vault,
            schedule: self.schedule.clone(),
            start_window: 60,
            completion_window: 180,
            // No `cold_storage_after`: what goes to cold storage stays there for at least 90 days,
            // https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Lifecycle.html.
            lifecycle: Lifecycle { delete_after: self.retention },
        }
    }
}

impl Component for Backup {
    type Outputs = Outputs;
    type Wiring = Wiring;
    const SERVES: &'static [Serves] = &[
        Serves::new("R12", "a backup plan for the region's Aurora cluster, kept for 7 days"),
        Serves::new("R8", "a vault that is encrypted with the region's own key"),
        Serves::new("N2", "a vault that is deleted with its recovery points"),
        Serves::new("D1", "the backup module"),
    ];

    fn outputs(&self) -> Outputs {
        Outputs { vault: self.module_name().get(MAIN) }
    }

    fn build(&self, wiring: &Wiring) -> Result<Module, ModuleError> {
        self.check()?;
        let mut module = Module::new(self.module_name());
        module.add(
            MAIN,
            &BackupVault {
                name: self.names.regional("backup").within(&limit::VAULT)?,
                kms_key_arn: wiring.key.clone(),
                force_destroy: self.profile.choose(true, false),
            },
        )?;
        module.add(
            MAIN,
            &BackupPlan {
                name: self.names.regional("daily").within(&limit::BACKUP_PLAN)?,
                rule: self.rule(self.outputs().vault),
            },
        )?;
        module.add(
            MAIN,
            &BackupSelection {
                name: self.names.regional("aurora").within(&limit::BACKUP_SELECTION)?,
                plan_id: self.module_name().get(MAIN),
                iam_role_arn: wiring.role.clone(),
                resources: vec![wiring.cluster_arn.clone()],
            },
        )?;
        Ok(module)
    }
}
