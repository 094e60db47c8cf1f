//! The buckets of one region, `transaction-logs` and `documents`, each replicated to its partner in the other region.
//!
//! Replication is bidirectional because each region's module makes its own buckets sources:
//! with replica modifications on, what changes on either side (objects, delete markers, metadata) reaches the other, and a replica
//! is not replicated back.
//! Replication time control aims at 15 minutes for 99.9 % of the objects
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html>), so it is no promise of a shorter RPO:
//! a transaction's archive is a copy, the database is what the RPO is measured on.
//!
//! ```
//! use drstack_storage::{Storage, Wiring};
//! use drstack_terraform::{Component, ModuleName, Names, Region};
//!
//! let (region, peer) = (Region::US_EAST_1, Region::US_EAST_2);
//! let names = Names::new("payments")?;
//! let storage = Storage::new(names.clone(), region);
//! let wiring = Wiring {
//!     key: ModuleName::regional("security", region).get("storage"),
//!     peer_key: ModuleName::regional("security", peer).get("storage"),
//!     peer_buckets: Storage::new(names, peer).outputs(),
//!     replication_role: ModuleName::regional("security", region).get("replication"),
//! };
//! let module = storage.build(&wiring)?;
//! assert_eq!(module.addresses().count(), 2 * 8);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bucket;
mod replication;
mod resources;
#[cfg(test)]
mod tests;

pub use replication::RULE_ID;

use drstack_terraform::{
    Component, Module, ModuleError, ModuleName, Names, Profile, Ref, Region, Serves, kind, limit,
};

/// The buckets of one region.
#[derive(Clone, Debug)]
pub struct Storage {
    names: Names,
    region: Region,
    profile: Profile,
    retention: Option<u32>,
    noncurrent_retention: u32,
}

/// What others may refer to.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// The archive of raw transactions.
    pub transaction_logs: Bucket,
    /// Documents that belong to transactions.
    pub documents: Bucket,
}

/// A bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name.
    pub name: Ref<kind::Named<kind::Bucket>>,
    /// Its ARN.
    pub arn: Ref<kind::Arn<kind::Bucket>>,
    /// Its ARN, once versioning is on: only then may it be a destination of replication.
    pub ready: Ref<kind::Arn<kind::Bucket>>,
}

/// What the buckets need of other components.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// The key that encrypts the buckets.
    pub key: Ref<kind::Arn<kind::KmsKey>>,
    /// The other region's key, under which replicas are encrypted.
    pub peer_key: Ref<kind::Arn<kind::KmsKey>>,
    /// The other region's buckets: the [`Outputs`] of its `Storage`.
    pub peer_buckets: Outputs,
    /// The role that S3 assumes to replicate, once its policy is attached.
    pub replication_role: Ref<kind::Arn<kind::Role>>,
}

impl Storage {
    /// The buckets of `region`. Current objects are kept for ever, older versions for 30 days; `terraform destroy` empties them.
    #[must_use]
    pub const fn new(names: Names, region: Region) -> Self {
        Self {
            names,
            region,
            profile: Profile::Destroyable,
            retention: None,
            noncurrent_retention: 30,
        }
    }

    /// Whether `terraform destroy` deletes the objects with their bucket.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    /// Expires current objects after so many days. The default keeps them.
    #[must_use]
    pub fn retention(self, days: u32) -> Self {
        Self { retention: Some(days), ..self }
    }

    /// How many days an overwritten or deleted version is kept.
    #[must_use]
    pub fn noncurrent_retention(self, days: u32) -> Self {
        Self { noncurrent_retention: days, ..self }
    }
}

/// The parts of the buckets' names, in the order in which they are built; their addresses have `_` for `-`.
const TRANSACTION_LOGS: BucketPart =
    BucketPart { part: "transaction-logs", address: "transaction_logs" };
const DOCUMENTS: BucketPart = BucketPart { part: "documents", address: "documents" };

#[derive(Clone, Copy)]
struct BucketPart {
    part: &'static str,
    address: &'static str,
}

impl Storage {
    const fn module_name(&self) -> ModuleName {
        ModuleName::regional("storage", self.region)
    }

    fn bucket(&self, address: &'static str) -> Bucket {
        let module = self.module_name();
        let arn: Ref<kind::Arn<kind::Bucket>> = module.get(address);
        let versioning: Ref<kind::BucketVersioning> = module.get(address);
        Bucket {
            name: module.get(address),
            ready: arn.clone().when_ready([versioning.address().clone()]),
            arn,
        }
    }

    fn check(&self) -> Result<(), ModuleError> {
        if self.retention == Some(0) || self.noncurrent_retention == 0 {
            return Err(ModuleError::Inputs(
                "a bucket's retention is 0 days, expected at least 1: give the days to keep objects, or no retention"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    fn add(
        &self,
        module: &mut Module,
        part: BucketPart,
        wiring: &Wiring,
        peer: &Bucket,
    ) -> Result<(), ModuleError> {
        let name = self.names.global(part.part, self.region).within(&limit::BUCKET)?;
        let retention = bucket::Retention {
            profile: self.profile,
            current: self.retention,
            noncurrent: self.noncurrent_retention,
        };
        bucket::add(module, part.address, name, &wiring.key, &retention)?;
        replication::add(module, part.address, wiring, peer)
    }
}

impl Component for Storage {
    type Outputs = Outputs;
    type Wiring = Wiring;
    const SERVES: &'static [Serves] = &[
        Serves::new("R3", "buckets for transaction logs and documents that replicate both ways"),
        Serves::new(
            "R8",
            "buckets that are encrypted with the region's own key, replicas with the other region's",
        ),
        Serves::new("C1", "replication of delete markers"),
        Serves::new("N1", "bucket names with the environment suffix"),
        Serves::new("N2", "buckets that are deleted with their objects"),
        Serves::new("N3", "buckets of its own in each region"),
        Serves::new("D1", "the storage module"),
        Serves::new("T2", "replication of the buckets"),
    ];

    fn outputs(&self) -> Outputs {
        Outputs {
            transaction_logs: self.bucket(TRANSACTION_LOGS.address),
            documents: self.bucket(DOCUMENTS.address),
        }
    }

    fn build(&self, wiring: &Wiring) -> Result<Module, ModuleError> {
        self.check()?;
        let mut module = Module::new(self.module_name());
        let peers = &wiring.peer_buckets;
        self.add(&mut module, TRANSACTION_LOGS, wiring, &peers.transaction_logs)?;
        self.add(&mut module, DOCUMENTS, wiring, &peers.documents)?;
        Ok(module)
    }
}
