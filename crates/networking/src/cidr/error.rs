//! What can be wrong with an address plan.

use std::fmt;

use ipnet::IpNet;
use thiserror::Error;

use super::pool::Largest;
use super::{PoolError, PrefixLengths};

/// A part of an address plan, so that an error can be traced to the configuration it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// The supernet.
    Supernet,
    /// A reserved range, of the supernet or of a region.
    Reserved,
    /// A region's network.
    Region {
        /// The region's name.
        region: String,
    },
    /// A tier's block.
    Tier {
        /// The region's name.
        region: String,
        /// The tier's name.
        tier: String,
    },
    /// A zone's subnet in one tier.
    Zone {
        /// The region's name.
        region: String,
        /// The tier's name.
        tier: String,
        /// The zone, counted from 0.
        zone: usize,
    },
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Supernet => write!(f, "the supernet"),
            Self::Reserved => write!(f, "a reserved range"),
            Self::Region { region } => write!(f, "region {region}"),
            Self::Tier { region, tier } => write!(f, "tier {tier} of region {region}"),
            Self::Zone { region, tier, zone } => {
                write!(f, "zone {zone} of tier {tier} of region {region}")
            }
        }
    }
}

/// Why an address plan could not be built.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CidrError {
    /// Two regions of the plan, or two tiers of a region, have the same name.
    #[error("{member} is declared twice; give each its own name, or remove one")]
    Duplicate {
        /// The second of them.
        member: Member,
    },
    /// AWS does not accept a network of this size.
    #[error(
        "{member}: a /{prefix_len} was asked for, but AWS accepts {accepted}; choose one of these prefix lengths"
    )]
    PrefixLength {
        /// Whose network it is.
        member: Member,
        /// As asked for.
        prefix_len: u8,
        /// What AWS accepts there.
        accepted: PrefixLengths,
    },
    /// The network of a member that is pinned is held by another one.
    #[error(transparent)]
    Overlap(Box<Overlap>),
    /// A subnet is pinned in a zone that its region does not have.
    #[error(
        "{member} is pinned, but zones are counted from 0 and the region has {zones}; remove the pin or add zones"
    )]
    NoSuchZone {
        /// The pinned subnet.
        member: Member,
        /// The number of zones of the region.
        zones: usize,
    },
    /// A network does not fit its parent.
    #[error("{member}: {problem}")]
    Unplaceable {
        /// Whose network it is.
        member: Member,
        /// What the parent's pool said.
        problem: PoolError,
    },
}

/// A pin on what is held already.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{member} is pinned to {network}, which overlaps {held} of {holder}; pin either somewhere else ({})",
    Largest(free)
)]
pub struct Overlap {
    /// The pinned member.
    pub member: Member,
    /// Where it is pinned.
    pub network: IpNet,
    /// Who holds that: a reserved range, or the first such member in order of declaration.
    pub holder: Member,
    /// The holder's network.
    pub held: IpNet,
    /// What is free in their parent, lowest address first.
    pub free: Vec<IpNet>,
}
