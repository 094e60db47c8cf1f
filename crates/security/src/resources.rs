//! The resources of the module, with the arguments in use.
//!
//! Each is named as its kind; what an argument means is in the
//! [provider's reference](https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs).

use drstack_terraform::iam::PolicyText;
use drstack_terraform::{Ref, Resource, Template, kind};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct KmsKey {
    pub(crate) description: &'static str,
    pub(crate) key_usage: &'static str,
    pub(crate) customer_master_key_spec: &'static str,
    pub(crate) multi_region: bool,
    pub(crate) enable_key_rotation: bool,
    pub(crate) rotation_period_in_days: u16,
    pub(crate) deletion_window_in_days: u8,
    pub(crate) policy: PolicyText,
}

impl Resource for KmsKey {
    type Kind = kind::KmsKey;
}

#[derive(Serialize)]
pub(crate) struct KmsAlias {
    pub(crate) name: Template,
    pub(crate) target_key_id: Ref<kind::KmsKey>,
}

impl Resource for KmsAlias {
    type Kind = kind::KmsAlias;
}

#[derive(Serialize)]
pub(crate) struct Role {
    pub(crate) name: Template,
    pub(crate) description: &'static str,
    pub(crate) assume_role_policy: PolicyText,
}

impl Resource for Role {
    type Kind = kind::Role;
}

#[derive(Serialize)]
pub(crate) struct RolePolicy {
    pub(crate) name: Template,
    pub(crate) role: Ref<kind::Role>,
    pub(crate) policy: PolicyText,
}

impl Resource for RolePolicy {
    type Kind = kind::RolePolicy;
}
