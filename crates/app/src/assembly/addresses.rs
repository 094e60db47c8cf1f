//! Where each subnet lies: the address plan of a configuration.

use drstack_networking::cidr::{
    AddressPlan, CidrError, Member, Placement, RegionPlan, RegionSpec, TierSpec,
};
use drstack_networking::{Site, ZoneSubnets};
use drstack_terraform::{ModuleError, Region};
use ipnet::{IpNet, Ipv4Net};

use super::AssemblyError;
use super::both::Both;
use crate::config::{Cidr, Config, Network, ZONE_LETTERS};

/// A network that does not fit, with the key that leads to it.
#[derive(Debug, thiserror::Error)]
#[error("{found}")]
pub struct AddressError {
    /// The dotted key of the configuration.
    pub key: &'static str,
    /// What was found and what is free.
    pub found: String,
}

/// The sites of both regions.
///
/// A zone's subnets follow from its letter and from nothing else of the zones: which others there are, and in which order they are
/// named, changes no address.
pub(super) fn sites(config: &Config) -> Result<Both<Site>, AssemblyError> {
    let network = &config.network;
    let plan = plan(config, &network.reserved)
        .map_err(|error| AddressError { key: key(config, &error), found: error.to_string() })?;
    let regions = &config.regions;
    Ok(Both {
        primary: site(&plan, regions.primary, &regions.primary_zones)?,
        recovery: site(&plan, regions.recovery, &regions.recovery_zones)?,
    })
}

const PUBLIC: &str = "public";
const COMPUTE: &str = "compute";
const DATABASE: &str = "database";

/// The plan, with a subnet for every zone letter that a region could have.
fn plan(config: &Config, reserved: &[Cidr]) -> Result<AddressPlan, CidrError> {
    let network = &config.network;
    let region = |region: Region, pinned: Option<Cidr>| {
        let place = pinned.map_or(Placement::Prefix(network.vpc_prefix.get()), |pinned| {
            Placement::Pinned(IpNet::V4(pinned.get()))
        });
        let tier = |name, prefix| TierSpec::new(name, prefix).zone_slots(SLOTS);
        RegionSpec::new(region.as_str(), place)
            .zones(ZONE_LETTERS.len())
            .tier(tier(PUBLIC, network.public_prefix.get()))
            .tier(tier(COMPUTE, network.compute_prefix.get()))
            .tier(tier(DATABASE, network.database_prefix.get()))
    };
    let plan = AddressPlan::builder(IpNet::V4(network.supernet.get()));
    reserved
        .iter()
        .fold(plan, |plan, range| plan.reserve(IpNet::V4(range.get())))
        .region(region(config.regions.primary, network.primary_cidr))
        .region(region(config.regions.recovery, network.recovery_cidr))
        .build()
}

/// As many as there are letters.
const SLOTS: u8 = 8;
const _: () = assert!(ZONE_LETTERS.len() == SLOTS as usize);

/// The site of a region: its VPC, and a subnet of each tier in each zone.
fn site(plan: &AddressPlan, region: Region, letters: &[char]) -> Result<Site, AssemblyError> {
    let addresses = plan.region(region.as_str());
    let subnet = |tier: &str, letter: char| {
        let slot = ZONE_LETTERS.iter().position(|slot| *slot == letter)?;
        addresses?.tier(tier)?.zone(slot)
    };
    let network = |found: Option<IpNet>| match found {
        Some(IpNet::V4(network)) => Ok(network),
        _ => Err(ModuleError::Inputs(format!("the address plan has no IPv4 network for {region}"))),
    };
    let zones = letters.iter().map(|letter| {
        Ok(ZoneSubnets {
            zone: region.zone(*letter),
            public: network(subnet(PUBLIC, *letter))?,
            compute: network(subnet(COMPUTE, *letter))?,
            database: network(subnet(DATABASE, *letter))?,
        })
    });
    let found = || -> Result<Site, ModuleError> {
        let vpc: Ipv4Net = network(addresses.map(RegionPlan::network))?;
        Ok(Site { region, vpc, zones: zones.collect::<Result<_, ModuleError>>()? })
    };
    found().map_err(|error| AssemblyError::Component { table: "network", error })
}

/// The key that an error is about.
fn key(config: &Config, error: &CidrError) -> &'static str {
    let network = &config.network;
    let member = match error {
        CidrError::Duplicate { member }
        | CidrError::PrefixLength { member, .. }
        | CidrError::NoSuchZone { member, .. }
        | CidrError::Unplaceable { member, .. } => member,
        CidrError::Overlap(overlap) => &overlap.member,
        _ => return "network",
    };
    match member {
        Member::Supernet => "network.supernet",
        Member::Reserved => "network.reserved",
        Member::Region { region } => match pin(config, region) {
            Some((key, _)) => key,
            None if plan(config, &[]).is_ok() => "network.reserved",
            None => "network.supernet",
        },
        Member::Tier { region, tier } | Member::Zone { region, tier, .. } => {
            match pin(config, region) {
                Some((key, pinned)) if is_smaller(pinned, network) => key,
                _ => tier_key(tier),
            }
        }
    }
}

/// The key that pins a region's network, with the network.
fn pin(config: &Config, region: &str) -> Option<(&'static str, Cidr)> {
    let (key, pinned) = if region == config.regions.primary.as_str() {
        ("network.primary_cidr", config.network.primary_cidr)
    } else {
        ("network.recovery_cidr", config.network.recovery_cidr)
    };
    pinned.map(|pinned| (key, pinned))
}

/// Whether a pinned VPC has less room than one that is allocated.
fn is_smaller(pinned: Cidr, network: &Network) -> bool {
    pinned.get().prefix_len() > network.vpc_prefix.get()
}

fn tier_key(tier: &str) -> &'static str {
    match tier {
        PUBLIC => "network.public_prefix",
        COMPUTE => "network.compute_prefix",
        _ => "network.database_prefix",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::DEFAULT_TOML;

    /// The addresses of each zone of the primary region of the default stack with these zones.
    fn subnets(zones: &str) -> BTreeMap<String, [String; 3]> {
        let listed: Vec<_> = zones.chars().map(|letter| format!("\"{letter}\"")).collect();
        let key = "primary_zones = ";
        let text = DEFAULT_TOML.replace(
            &format!("{key}[\"a\", \"b\", \"c\"]"),
            &format!("{key}[{}]", listed.join(", ")),
        );
        let config = Config::read("test.toml", &text).unwrap();
        let site = sites(&config).unwrap().primary;
        assert_eq!(site.vpc.to_string(), "10.0.0.0/16");
        let zones = site.zones.iter().map(|zone| {
            let subnets =
                [zone.public, zone.compute, zone.database].map(|subnet| subnet.to_string());
            (zone.zone.to_string(), subnets)
        });
        zones.collect()
    }

    #[test]
    fn a_zone_that_is_added_renumbers_nothing_wherever_it_is_named() {
        let all = subnets("abcdef");
        assert_eq!(all["us-east-1a"], ["10.0.0.0/24", "10.0.128.0/20", "10.0.8.0/24"]);
        for zones in ["abc", "abcd", "abcde", "bcd", "abcd", "fedcba", "cab", "def", "fbd"] {
            let some = subnets(zones);
            assert_eq!(some.len(), zones.len(), "{zones}");
            assert!(some.iter().all(|(zone, subnets)| all[zone] == *subnets), "{zones}: {some:#?}");
        }
    }

    #[test]
    fn every_letter_has_a_place_in_the_default_network() {
        let [first, last] = ["abc", "fgh"].map(subnets);
        assert_eq!(last["us-east-1h"], ["10.0.7.0/24", "10.0.240.0/20", "10.0.15.0/24"]);
        assert_eq!(first.len() + last.len(), 6);
    }
}
