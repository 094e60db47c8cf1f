//! The KMS keys and the IAM roles of one region: all of the stack's roles are here, one file each, to be audited in one place.
//!
//! Policies of resources (buckets, queues, topics) live with their resources. A key's policy names services and
//! the account and never a role: KMS refuses a policy whose principal doesn't exist yet.
//!
//! ```
//! use drstack_security::{Purpose, Security};
//! use drstack_terraform::{Component, Names, Region};
//!
//! let security = Security::new(Names::new("payments")?, Region::US_EAST_1, Region::US_EAST_2);
//! let key = security.outputs().key(Purpose::Storage);
//! assert_eq!(key.address().to_string(), "aws_kms_key.storage");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod keys;
mod resources;
mod roles;
#[cfg(test)]
mod tests;

use drstack_terraform::{
    Component, Input, Module, ModuleError, ModuleName, Names, Profile, Ref, Region, Serves,
    Template, kind,
};

pub use keys::Purpose;

/// The keys and roles of a region.
#[derive(Clone, Debug)]
pub struct Security {
    names: Names,
    region: Region,
    peer_region: Region,
    profile: Profile,
}

/// References to what [`Security`] builds.
///
/// A role's reference can be used elsewhere once its policy is attached, so whoever takes the role has its
/// permissions from the start.
#[derive(Clone, Debug)]
pub struct Outputs {
    module: ModuleName,
    /// The role of the functions.
    pub function_role: Ref<kind::Arn<kind::Role>>,
    /// The role that S3 assumes to replicate this region's buckets.
    pub replication_role: Ref<kind::Arn<kind::Role>>,
    /// The role that AWS Backup assumes.
    pub backup_role: Ref<kind::Arn<kind::Role>>,
    /// The role that delivers the VPC's flow logs.
    pub flow_logs_role: Ref<kind::Arn<kind::Role>>,
}

/// What the roles are for, in this region unless it is a peer's.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// The transactions queue.
    pub queue: Ref<kind::Arn<kind::Queue>>,
    /// The buckets.
    pub buckets: Buckets,
    /// The other region's buckets.
    pub peer_buckets: Buckets,
    /// The other region's key for buckets.
    pub peer_storage_key: Ref<kind::Arn<kind::KmsKey>>,
    /// The session table in this region.
    pub table_arn: Template,
    /// The Aurora cluster.
    pub cluster_arn: Ref<kind::Arn<kind::Cluster>>,
    /// The database's secret, or its replica in this region.
    pub secret_arn: Template,
    /// The functions' log group.
    pub function_log_group: Ref<kind::Arn<kind::LogGroup>>,
    /// The flow logs' log group.
    pub flow_log_group: Ref<kind::Arn<kind::LogGroup>>,
    /// The backup vault.
    pub vault: Ref<kind::Arn<kind::Vault>>,
}

/// A region's buckets.
#[derive(Clone, Debug)]
pub struct Buckets {
    /// The archive of raw transactions.
    pub transaction_logs: Ref<kind::Arn<kind::Bucket>>,
    /// Documents that belong to transactions.
    pub documents: Ref<kind::Arn<kind::Bucket>>,
}

impl Security {
    /// The keys and roles of `region`; key policies serve `peer_region` as well.
    #[must_use]
    pub fn new(names: Names, region: Region, peer_region: Region) -> Self {
        Self { names, region, peer_region, profile: Profile::default() }
    }

    /// What the environment is for, which decides how long a deleted key can be brought back.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    fn module(&self) -> ModuleName {
        ModuleName::regional("security", self.region)
    }

    /// Both regions in an order that is the same on either side.
    fn both_regions(&self) -> [Region; 2] {
        let mut regions = [self.region, self.peer_region];
        regions.sort();
        regions
    }

    /// The ARN of something of this account: `arn:aws:<service>:<region>:<account>:<resource>`.
    fn arn(&self, service: &str, resource: &str) -> Template {
        arn(service, self.region.as_str(), resource)
    }

    /// What the names of the stack's resources in this environment have in common, as a pattern.
    fn any_name(&self) -> Template {
        Template::from(format!("{}-*", self.names.stack())) + Input::ENVIRONMENT_SUFFIX + "*"
    }
}

impl Outputs {
    /// The region's key for a purpose.
    #[must_use]
    pub fn key(&self, purpose: Purpose) -> Ref<kind::Arn<kind::KmsKey>> {
        purpose.key(self.module)
    }
}

impl Component for Security {
    type Outputs = Outputs;
    type Wiring = Wiring;

    const SERVES: &'static [Serves] = &[
        Serves::new("R8", "a customer managed key a region and purpose"),
        Serves::new("C3", "key policies written for both regions, the same to the byte"),
        Serves::new("C4", "a role a task, with named actions on this region's resources"),
        Serves::new("D1", "the module security"),
        Serves::new("N1", "suffixed key aliases, roles and policies"),
        Serves::new("N2", "the shortest waiting period for deleted keys"),
        Serves::new("N3", "single-region keys"),
        Serves::new("T6", "the keys that every store is given"),
        Serves::new("V9", "enabled keys with rotation and explicit policies"),
        Serves::new("V12", "no wildcard action, `*` only where AWS offers nothing narrower"),
    ];

    fn outputs(&self) -> Outputs {
        let module = self.module();
        Outputs {
            function_role: roles::ready(module, roles::FUNCTION),
            replication_role: roles::ready(module, roles::REPLICATION),
            backup_role: roles::ready(module, roles::BACKUP),
            flow_logs_role: roles::ready(module, roles::FLOW_LOGS),
            module,
        }
    }

    fn build(&self, wiring: &Wiring) -> Result<Module, ModuleError> {
        if self.region == self.peer_region {
            return Err(ModuleError::Inputs(format!(
                "found {} twice, expected two regions: choose another peer",
                self.region
            )));
        }
        let mut module = Module::new(self.module());
        keys::add(self, &mut module)?;
        roles::add(self, &mut module, wiring)?;
        Ok(module)
    }
}

fn arn(service: &str, region: &str, resource: &str) -> Template {
    Template::from(format!("arn:aws:{service}:{region}:"))
        + Input::ACCOUNT_ID
        + format!(":{resource}")
}
