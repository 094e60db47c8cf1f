//! The resources, as the provider names their arguments.

use drstack_terraform::{Ref, Resource, Template, kind};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct BackupVault {
    pub(crate) name: Template,
    pub(crate) kms_key_arn: Ref<kind::Arn<kind::KmsKey>>,
    pub(crate) force_destroy: bool,
}

#[derive(Serialize)]
pub(crate) struct BackupPlan {
    pub(crate) name: Template,
    pub(crate) rule: Rule,
}

/// Windows are in minutes.
#[derive(Serialize)]
pub(crate) struct Rule {
    pub(crate) rule_name: &'static str,
    pub(crate) target_vault_name: Ref<kind::Named<kind::Vault>>,
    pub(crate) schedule: String,
    pub(crate) start_window: u32,
    pub(crate) completion_window: u32,
    pub(crate) lifecycle: Lifecycle,
}

/// Days after the recovery point was made.
#[derive(Serialize)]
pub(crate) struct Lifecycle {
    pub(crate) delete_after: u32,
}

#[derive(Serialize)]
pub(crate) struct BackupSelection {
    pub(crate) name: Template,
    pub(crate) plan_id: Ref<kind::BackupPlan>,
    pub(crate) iam_role_arn: Ref<kind::Arn<kind::Role>>,
    pub(crate) resources: Vec<Ref<kind::Arn<kind::Cluster>>>,
}

impl Resource for BackupVault {
    type Kind = kind::Vault;
}

impl Resource for BackupPlan {
    type Kind = kind::BackupPlan;
}

impl Resource for BackupSelection {
    type Kind = kind::BackupSelection;
}
