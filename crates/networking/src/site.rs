use std::collections::BTreeSet;

use drstack_terraform::{Region, Zone};
use ipnet::Ipv4Net;

/// Where one region's network lies: its VPC and the subnets of each availability zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The region.
    pub region: Region,
    /// The VPC's range, which no peer may overlap.
    pub vpc: Ipv4Net,
    /// The subnets, zone by zone; the first zone holds the NAT gateway when there is only one.
    pub zones: Vec<ZoneSubnets>,
}

/// The subnets of one availability zone, one a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneSubnets {
    /// The zone.
    pub zone: Zone,
    /// For the load balancer and the NAT gateway; the only tier with a route from the internet.
    pub public: Ipv4Net,
    /// For the functions; private.
    pub compute: Ipv4Net,
    /// For the database; private and without any route to the internet.
    pub database: Ipv4Net,
}

/// Why two sites can't be peered as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// Aurora and load balancers need subnets in two zones at least.
    #[error("found {found} availability zones in {region}, expected two or more: add zones")]
    FewZones {
        /// The region.
        region: Region,
        /// How many zones there are.
        found: usize,
    },
    /// A zone of another region, or one that is there twice.
    #[error(
        "the zone {zone} can't stand in {region} a second time or for another region: remove it"
    )]
    Zone {
        /// The region.
        region: Region,
        /// The zone.
        zone: Zone,
    },
    /// A subnet that reaches out of its VPC.
    #[error("the subnet {subnet} of {zone} lies outside its VPC's {vpc}: choose a range inside")]
    Outside {
        /// The zone.
        zone: Zone,
        /// The subnet.
        subnet: Ipv4Net,
        /// The VPC.
        vpc: Ipv4Net,
    },
    /// Two ranges that share addresses.
    #[error("{first} overlaps {second}: choose ranges that share no address")]
    Overlap {
        /// One of them.
        first: Ipv4Net,
        /// The other.
        second: Ipv4Net,
    },
}

impl Site {
    /// Checks that the site can be built and peered with `peer`.
    ///
    /// # Errors
    /// When zones or ranges don't go together.
    pub(crate) fn check(&self, peer: &Self) -> Result<(), SiteError> {
        overlap(self.vpc, peer.vpc)?;
        self.check_zones()?;
        self.check_subnets()
    }

    fn check_zones(&self) -> Result<(), SiteError> {
        let Self { region, ref zones, .. } = *self;
        if zones.len() < 2 {
            return Err(SiteError::FewZones { region, found: zones.len() });
        }
        let mut seen = BTreeSet::new();
        let misplaced = |zone: &Zone| zone.region() != region || !seen.insert(*zone);
        match zones.iter().map(|subnets| subnets.zone).find(misplaced) {
            Some(zone) => Err(SiteError::Zone { region, zone }),
            None => Ok(()),
        }
    }

    fn check_subnets(&self) -> Result<(), SiteError> {
        let mut seen: Vec<Ipv4Net> = Vec::new();
        for subnets in &self.zones {
            for subnet in [subnets.public, subnets.compute, subnets.database] {
                if !self.vpc.contains(&subnet) {
                    let (zone, vpc) = (subnets.zone, self.vpc);
                    return Err(SiteError::Outside { zone, subnet, vpc });
                }
                seen.iter().try_for_each(|other| overlap(*other, subnet))?;
                seen.push(subnet);
            }
        }
        Ok(())
    }
}

/// Of two ranges that share addresses, one contains the other.
fn overlap(first: Ipv4Net, second: Ipv4Net) -> Result<(), SiteError> {
    if first.contains(&second) || second.contains(&first) {
        return Err(SiteError::Overlap { first, second });
    }
    Ok(())
}
