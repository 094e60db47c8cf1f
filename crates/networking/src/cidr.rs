//! The address plan: supernet, region, tier, zone.
//!
//! An [`AddressPlan`] cuts one supernet into a network for each region (the VPC's), each region
//! into a block for each tier, and each tier's block into a subnet for each availability zone. It
//! works for IPv4 and IPv6; a dual stack is two plans. [`Pool`] is the free-space allocator
//! underneath, usable by itself.
//!
//! ```
//! use drstack_networking::cidr::{AddressPlan, RegionSpec, TierSpec};
//!
//! let tiers = [TierSpec::new("public", 24), TierSpec::new("compute", 20)];
//! let region = |name| tiers.iter().cloned().fold(RegionSpec::new(name, 16), RegionSpec::tier);
//! let plan = AddressPlan::builder("10.0.0.0/8".parse()?)
//!     .region(region("us-east-1"))
//!     .region(region("us-east-2"))
//!     .build()?;
//!
//! let compute = plan.region("us-east-2").and_then(|region| region.tier("compute"));
//! assert_eq!(compute.and_then(|tier| tier.zone(1)), Some("10.1.80.0/20".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How a network is chosen
//!
//! At each level, members are placed in the order in which they were declared, and never moved
//! afterwards:
//!
//! 1. Reserved ranges are taken out of the parent.
//! 2. A pinned member gets its network, or the build fails if any part of that is taken.
//! 3. Any other member gets the first address of the smallest free block that holds it, and of
//!    equally small ones the lowest.
//!
//! A tier's block is sized for [`zone_slots`](TierSpec::zone_slots) subnets rather than for the
//! zones that exist, so that zones can be added inside it.
//!
//! # What is stable
//!
//! Where a member lands depends on its parent's network, on the ranges reserved there, and on the
//! siblings declared **before** it; on nothing else. So:
//!
//! - **Appending** a region, a tier to a region, or a zone to a region moves nothing that exists.
//!   If it does not fit, or there are more zones than slots, it is an error.
//! - No change **inside one region** touches another, as long as the region's own size or pin stays.
//! - **Pinning a member where it already is** moves nothing.
//! - **A pin never pushes anything aside**. Pinned onto what an earlier member holds, it is an
//!   error that names both, because a network that moves is a VPC destroyed and created again.
//!
//! What is not stable: removing, reordering or resizing a member, or pinning it somewhere else,
//! frees or takes space that later siblings may then use differently (earlier ones stay). Changing
//! reserved ranges can move every sibling that is not pinned. Changing the zone slots resizes the
//! tier. Before such a change, pin what exists: the build then keeps all of it, or fails.

mod aws;
mod error;
mod plan;
mod pool;
mod spec;

pub use self::aws::PrefixLengths;
pub use self::error::{CidrError, Member, Overlap};
pub use self::plan::{AddressPlan, RegionPlan, Subnet, TierPlan};
pub use self::pool::{Pool, PoolError};
pub use self::spec::{
    AddressPlanBuilder, DEFAULT_ZONE_SLOTS, DEFAULT_ZONES, Placement, RegionSpec, TierSpec,
};

#[cfg(test)]
mod tests;
