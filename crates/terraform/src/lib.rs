//! Typed Terraform configuration, written as [Terraform's JSON syntax](https://developer.hashicorp.com/terraform/language/syntax/json).
//!
//! The crate knows how a configuration is put together, and of AWS what every domain needs: [`Region`]s, the [`kind`]s of
//! resources, the [`limit`]s of their names, the form of [`iam`] policies. The domain crates know what the resources are
//! for, and nothing of each other.
//!
//! # The model
//!
//! - A [`Resource`] is a plain serde struct whose fields carry the provider's argument names.
//!   **A struct is a block and a map is an attribute**: nested structs are written as arrays of
//!   objects, as Terraform wants blocks, and `None` is left out.
//! - Every string is a literal unless it is a [`Template`]: `${` and `%{` in user input are escaped, so
//!   that no value of a configuration file can become an expression.
//! - A [`Ref<A>`](Ref) names one attribute of one resource of one module, and `A` says which:
//!   `Ref<Subnet>` is the id of a subnet, `Ref<Arn<KmsKey>>` the ARN of a key. The type decides the resource
//!   type and the attribute, so neither can be misspelt, and one does not fit where the other belongs.
//! - A [`Module`] is what one component builds for one region. A reference into another module
//!   declares the output there, the variable here and the wiring between them by itself.
//! - A [`Stack`] is the root: providers, variables, module calls, outputs. [`Stack::documents`] renders
//!   everything to [`Documents`], byte for byte the same for the same input.
//!
//! # What is absent on purpose
//!
//! - No I/O, clock, environment or global state: the same input builds the same documents on any thread.
//! - No merging: adding an address twice is an error.
//! - No way to place a resource in another region than its module's: only the root names providers.
//!
//! # Example
//!
//! ```
//! use drstack_terraform::{Module, ModuleName, Names, Ref, Region, Resource, Settings, Stack, Template, kind};
//! use serde::Serialize;
//!
//! #[derive(Serialize)]
//! struct Queue { name: Template, kms_master_key_id: Ref<kind::KmsKey> }
//! impl Resource for Queue { type Kind = kind::Queue; }
//!
//! # #[derive(Serialize)]
//! # struct Key { description: &'static str }
//! # impl Resource for Key { type Kind = kind::KmsKey; }
//! let region: Region = "us-east-1".parse()?;
//! let names = Names::new("payments")?;
//! let security = ModuleName::regional("security", region);
//! let compute = ModuleName::regional("compute", region);
//!
//! let mut keys = Module::new(security.clone());
//! keys.add("queues", &Key { description: "encrypts the queues" })?;
//!
//! let mut queues = Module::new(compute);
//! queues.add("orders", &Queue {
//!     name: names.regional("orders").within(&drstack_terraform::limit::QUEUE)?,
//!     kms_master_key_id: security.get("queues"),
//! })?;
//!
//! let mut stack = Stack::new(Settings::default());
//! stack.provider(region);
//! stack.module(keys)?;
//! stack.module(queues)?;
//! let documents = stack.documents()?;
//! let main = documents.text("modules/us-east-1/compute/main.tf.json").unwrap_or_default();
//! assert!(main.contains(r#""kms_master_key_id": "${var.security_kms_key_queues_id}""#));
//! assert!(main.contains(r#""name": "payments-orders-${var.environment_suffix}""#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod documents;
mod encode;
pub mod iam;
pub mod kind;
pub mod limit;
mod module;
mod name;
mod profile;
mod reference;
mod region;
mod stack;
mod target;
mod template;
mod write;

pub use address::{Address, Mode, ModuleName};
pub use documents::Documents;
pub use encode::{EncodeError, Json};
pub use module::{Entry, Module, ModuleError};
pub use name::{Name, NameError, Names, SUFFIX_MAX, SUFFIX_PATTERN, check_suffix};
pub use profile::Profile;
pub use reference::{Attribute, Ref, Resource};
pub use region::{Region, RegionError, Zone};
pub use stack::{Account, Backend, Settings, Stack, StackError};
pub use template::{Expression, Input, Template};

use std::collections::BTreeMap;

/// Tags of a resource: keys and templates, written in the order of their keys.
pub type Tags = BTreeMap<String, Template>;

/// One part of one region: a VPC with its subnets, the keys, the buckets.
///
/// Pure: the same inputs build the same module, on any thread.
pub trait Component {
    /// Typed references to what the component will build. They follow from names alone, so they are known before
    /// anything is built; components refer to each other in circles (replication, peering, topic to queue).
    type Outputs;
    /// What the component needs of other components.
    type Wiring;
    /// The requirements that this component serves, by id, with what it builds for each.
    const SERVES: &'static [Serves];

    /// References to what [`build`](Self::build) will build.
    fn outputs(&self) -> Self::Outputs;

    /// Builds the module.
    ///
    /// # Errors
    /// When a name breaks its service's limit or an address is given twice.
    fn build(&self, wiring: &Self::Wiring) -> Result<Module, ModuleError>;
}

/// A requirement and what a component builds to serve it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serves {
    /// The requirement's id, such as `R9`.
    pub requirement: &'static str,
    /// What is built for it, a noun phrase.
    pub with: &'static str,
}

impl Serves {
    /// A requirement and what is built for it.
    #[must_use]
    pub const fn new(requirement: &'static str, with: &'static str) -> Self {
        Self { requirement, with }
    }
}
