//! The stack's roles, one file each: whom it trusts and what it may do.
//!
//! Statements with `Resource: "*"` hold nothing but actions for which
//! [AWS offers nothing narrower](https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
//!
//! A trust policy asks for the source where the service's guide says that the service sends it. For execution
//! roles of Lambda, replication by S3 and AWS Backup no guide says so (not confirmed either way), and a condition on
//! a key that is absent would refuse the service; `iam:PassRole` works within an account only.

mod backup;
mod flow_logs;
mod function;
mod replication;

use drstack_terraform::iam::{Policy, Statement};
use drstack_terraform::{Module, ModuleError, ModuleName, Ref, Region, kind, limit};

use crate::resources::{Role, RolePolicy};
use crate::{Purpose, Security, Wiring};

pub(crate) const FUNCTION: &str = "function";
pub(crate) const REPLICATION: &str = "replication";
pub(crate) const BACKUP: &str = "backup";
pub(crate) const FLOW_LOGS: &str = "flow_logs";

pub(crate) fn add(
    security: &Security,
    module: &mut Module,
    wiring: &Wiring,
) -> Result<(), ModuleError> {
    let roles = [
        (FUNCTION, function::define(security, wiring)),
        (REPLICATION, replication::define(security, wiring)),
        (BACKUP, backup::define(security, wiring)),
        (FLOW_LOGS, flow_logs::define(security, wiring)),
    ];
    for (name, role) in roles {
        role.add(security, module, name)?;
    }
    Ok(())
}

/// A role's ARN, for use once its policy is attached.
pub(crate) fn ready(module: ModuleName, name: &'static str) -> Ref<kind::Arn<kind::Role>> {
    let policy: Ref<kind::RolePolicy> = module.get(name);
    module.get(name).when_ready([policy.address().clone()])
}

/// A role before it has a name.
struct Definition {
    description: &'static str,
    trust: Policy,
    permissions: Policy,
}

impl Definition {
    fn add(
        self,
        security: &Security,
        module: &mut Module,
        name: &'static str,
    ) -> Result<(), ModuleError> {
        let full = security.names.global(&name.replace('_', "-"), security.region);
        let role = Role {
            name: full.clone().within(&limit::ROLE)?,
            description: self.description,
            assume_role_policy: self.trust.text(),
        };
        module.add(name, &role)?;
        let policy = RolePolicy {
            name: full.within(&limit::POLICY)?,
            role: module.get(name),
            policy: self.permissions.text(),
        };
        module.add(name, &policy)?;
        Ok(())
    }
}

/// Use of one of the region's keys through services of that region and in no other way:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>.
fn key_use<const A: usize, const S: usize>(
    security: &Security,
    sid: &'static str,
    actions: [&'static str; A],
    purpose: Purpose,
    services: [&'static str; S],
) -> Statement {
    Statement::allow(sid).actions(actions).resources([purpose.key(security.module())]).when(
        "StringEquals",
        "kms:ViaService",
        via(services, security.region),
    )
}

fn via<const S: usize>(services: [&'static str; S], region: Region) -> [String; S] {
    services.map(|service| format!("{service}.{region}.amazonaws.com"))
}
