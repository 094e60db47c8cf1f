//! The data of a two-region stack: an Aurora PostgreSQL global database and a DynamoDB global table for session state.
//!
//! [`Primary`] is what there is one of (the global cluster, the master user's secret, the table) with the primary cluster;
//! [`Secondary`] is the other region's cluster and comes from the primary side, so that the two can't differ in version.
//!
//! - The order is global cluster, primary cluster, primary instances, secondary cluster, and the reverse on destruction; the
//!   output that gives the global cluster to the secondary waits for the primary's instances.
//! - The master user's password reaches neither plan nor state ([`PasswordMode`]). Aurora's own management of the password is not
//!   supported in a global database:
//!   <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html>.
//! - Failover between regions is a decision that a person takes; both regions' topics get the events.
//!
//! ```
//! use drstack_database::{Acu, Primary, primary};
//! use drstack_terraform::{Component, ModuleName, Names, Region};
//!
//! let (region, peer) = (Region::US_EAST_1, Region::US_EAST_2);
//! let (security, networking) =
//!     (ModuleName::regional("security", region), ModuleName::regional("networking", region));
//! let wiring = primary::Wiring {
//!     key: security.get("database"),
//!     peer_key: ModuleName::regional("security", peer).get("database"),
//!     logs_key: security.get("logs"),
//!     subnets: vec![networking.get("database_a"), networking.get("database_b")],
//!     security_group: networking.get("database"),
//!     topic: ModuleName::regional("monitoring", region).get("alarms"),
//! };
//! let primary =
//!     Primary::new(Names::new("payments")?, region, peer).capacity(Acu::try_from(1.0)?..=Acu::try_from(8.0)?);
//! let module = primary.build(&wiring)?;
//! assert!(module.addresses().any(|address| address.to_string() == "aws_rds_global_cluster.main"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod capacity;
mod cluster;
mod events;
mod password;
pub mod primary;
mod resources;
pub mod secondary;
mod table;
#[cfg(test)]
mod tests;
mod version;

pub use capacity::{Acu, AcuError};
pub use password::PasswordMode;
pub use primary::Primary;
pub use secondary::Secondary;
pub use version::{EngineVersion, EngineVersionError};

/// The name of every resource that is the only one of its type.
const MAIN: &str = "main";
