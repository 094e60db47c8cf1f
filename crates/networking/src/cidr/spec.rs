//! What an address plan is built from.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{AddressPlan, CidrError};

/// The zones of a region that does not say how many it has.
pub const DEFAULT_ZONES: usize = 3;

/// The subnets that a tier's block is sized for unless the tier says otherwise.
pub const DEFAULT_ZONE_SLOTS: u8 = 4;

/// Where a network goes: somewhere, with a prefix length, or exactly there.
///
/// Serialized as a number (`16`) or as a network (`"10.0.0.0/16"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a prefix length such as 16 or a network such as \"10.0.0.0/16\""
)]
pub enum Placement {
    /// In free space, with this prefix length.
    Prefix(u8),
    /// This network and no other.
    Pinned(IpNet),
}

impl From<u8> for Placement {
    fn from(prefix_len: u8) -> Self {
        Self::Prefix(prefix_len)
    }
}

impl From<IpNet> for Placement {
    fn from(network: IpNet) -> Self {
        Self::Pinned(network)
    }
}

/// Collects what an [`AddressPlan`] is to hold. Made by [`AddressPlan::builder`].
#[derive(Debug, Clone)]
pub struct AddressPlanBuilder {
    pub(super) supernet: IpNet,
    pub(super) reserved: Vec<IpNet>,
    pub(super) regions: Vec<RegionSpec>,
}

impl AddressPlanBuilder {
    pub(super) fn new(supernet: IpNet) -> Self {
        Self { supernet, reserved: Vec::new(), regions: Vec::new() }
    }

    /// Keeps every region's network clear of this range of the supernet. Reserved ranges may
    /// overlap.
    #[must_use]
    pub fn reserve(mut self, range: IpNet) -> Self {
        self.reserved.push(range);
        self
    }

    /// Appends a region.
    #[must_use]
    pub fn region(mut self, region: RegionSpec) -> Self {
        self.regions.push(region);
        self
    }

    /// Places everything.
    ///
    /// # Errors
    /// [`CidrError`], which names the first member, in order of declaration, that could not be
    /// placed.
    pub fn build(&self) -> Result<AddressPlan, CidrError> {
        AddressPlan::new(self)
    }
}

/// A region as asked for: one VPC network, cut into tiers.
#[derive(Debug, Clone)]
pub struct RegionSpec {
    pub(super) name: String,
    pub(super) network: Placement,
    pub(super) zones: usize,
    pub(super) reserved: Vec<IpNet>,
    pub(super) tiers: Vec<TierSpec>,
}

impl RegionSpec {
    /// A region of [`DEFAULT_ZONES`] zones and no tiers, with a name that is unique in the plan.
    /// Its network is a prefix length or an [`IpNet`], within
    /// [`PrefixLengths::vpc`](super::PrefixLengths::vpc).
    #[must_use]
    pub fn new(name: impl Into<String>, network: impl Into<Placement>) -> Self {
        Self {
            name: name.into(),
            network: network.into(),
            zones: DEFAULT_ZONES,
            reserved: Vec::new(),
            tiers: Vec::new(),
        }
    }

    /// How many availability zones each tier has a subnet in.
    #[must_use]
    pub fn zones(mut self, zones: usize) -> Self {
        self.zones = zones;
        self
    }

    /// Keeps every tier clear of this range of the region's network. Reserved ranges may overlap.
    #[must_use]
    pub fn reserve(mut self, range: IpNet) -> Self {
        self.reserved.push(range);
        self
    }

    /// Appends a tier.
    #[must_use]
    pub fn tier(mut self, tier: TierSpec) -> Self {
        self.tiers.push(tier);
        self
    }
}

/// A tier as asked for: one block of a region's network, cut into a subnet for each zone.
#[derive(Debug, Clone)]
pub struct TierSpec {
    pub(super) name: String,
    pub(super) subnet_prefix_len: u8,
    pub(super) zone_slots: u8,
    pub(super) pinned: Option<IpNet>,
    pub(super) pinned_zones: BTreeMap<usize, IpNet>,
}

impl TierSpec {
    /// A tier with a name that is unique in its region, whose subnets have this prefix length,
    /// within [`PrefixLengths::subnet`](super::PrefixLengths::subnet). Its block has room for
    /// [`DEFAULT_ZONE_SLOTS`] of them.
    #[must_use]
    pub fn new(name: impl Into<String>, subnet_prefix_len: u8) -> Self {
        Self {
            name: name.into(),
            subnet_prefix_len,
            zone_slots: DEFAULT_ZONE_SLOTS,
            pinned: None,
            pinned_zones: BTreeMap::new(),
        }
    }

    /// How many subnets the block has room for, rounded up to a power of two. This is the number of
    /// zones that the tier can grow to without moving. Without effect on a pinned block.
    #[must_use]
    pub fn zone_slots(mut self, slots: u8) -> Self {
        self.zone_slots = slots;
        self
    }

    /// Pins the tier's block, which contains all of its subnets. It may have any size inside the
    /// region.
    #[must_use]
    pub fn pin(mut self, block: IpNet) -> Self {
        self.pinned = Some(block);
        self
    }

    /// Pins one zone's subnet inside the tier's block. Zones are counted from 0. Its prefix length
    /// may differ from the tier's.
    #[must_use]
    pub fn pin_zone(mut self, zone: usize, subnet: IpNet) -> Self {
        self.pinned_zones.insert(zone, subnet);
        self
    }

    pub(super) fn block(&self) -> Placement {
        let slot_bits = (0..8).find(|bits| 1_u8 << bits >= self.zone_slots).unwrap_or(8);
        self.pinned.map_or(
            Placement::Prefix(self.subnet_prefix_len.saturating_sub(slot_bits)),
            Placement::Pinned,
        )
    }

    pub(super) fn zone(&self, zone: usize) -> Placement {
        self.pinned_zones
            .get(&zone)
            .map_or(Placement::Prefix(self.subnet_prefix_len), |subnet| (*subnet).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_is_written_as_a_number_or_a_network() {
        let read = |text| serde_json::from_str::<Placement>(text);
        assert_eq!(read("16").unwrap(), Placement::Prefix(16));
        let pinned = Placement::Pinned("fd00::/56".parse().unwrap());
        assert_eq!(read(r#""fd00::/56""#).unwrap(), pinned);
        assert_eq!(
            serde_json::to_string(&[Placement::Prefix(16), pinned]).unwrap(),
            r#"[16,"fd00::/56"]"#
        );
        for wrong in ["true", "1000", r#""10.0.0.0""#] {
            let message = read(wrong).unwrap_err().to_string();
            assert_eq!(
                message,
                r#"expected a prefix length such as 16 or a network such as "10.0.0.0/16""#
            );
        }
    }

    #[test]
    fn a_block_has_room_for_a_power_of_two_of_subnets() {
        let blocks = [0, 1, 2, 3, 4, 5, 8, 255]
            .map(|slots| TierSpec::new("public", 24).zone_slots(slots).block());
        assert_eq!(blocks, [24, 24, 23, 22, 22, 21, 21, 16].map(Placement::Prefix));
    }
}
