//! The plan, and how its members are placed.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::{
    AddressPlanBuilder, CidrError, Member, Overlap, Placement, Pool, PoolError, PrefixLengths,
    RegionSpec, TierSpec,
};

/// A supernet cut into regions, tiers and zones. See the [module](super) for how, and for what is
/// stable.
///
/// Regions and tiers are in order of declaration. No two networks of a level overlap, and each lies
/// inside its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressPlan {
    pool: Pool,
    regions: Vec<RegionPlan>,
}

impl AddressPlan {
    /// Starts a plan for this supernet, which may have any size.
    #[must_use]
    pub fn builder(supernet: IpNet) -> AddressPlanBuilder {
        AddressPlanBuilder::new(supernet)
    }

    /// The network that holds all others.
    #[must_use]
    pub fn supernet(&self) -> IpNet {
        self.pool.parent()
    }

    /// What neither a region nor a reserved range takes up, as the fewest blocks, lowest address
    /// first.
    #[must_use]
    pub fn free(&self) -> Vec<IpNet> {
        self.pool.free()
    }

    /// All regions.
    #[must_use]
    pub fn regions(&self) -> &[RegionPlan] {
        &self.regions
    }

    /// The region of that name.
    #[must_use]
    pub fn region(&self, name: &str) -> Option<&RegionPlan> {
        self.regions.iter().find(|region| region.name == name)
    }

    /// Every subnet, by region, then tier, then zone.
    pub fn subnets(&self) -> impl Iterator<Item = Subnet<'_>> {
        self.regions.iter().flat_map(|region| {
            region.tiers.iter().flat_map(move |tier| {
                let subnet = move |(zone, &network)| Subnet {
                    region: &region.name,
                    tier: &tier.name,
                    zone,
                    network,
                };
                tier.zones.iter().enumerate().map(subnet)
            })
        })
    }

    pub(super) fn new(spec: &AddressPlanBuilder) -> Result<Self, CidrError> {
        let member = |index: usize| Member::Region { region: spec.regions[index].name.clone() };
        distinct(spec.regions.iter().map(|region| region.name.as_str()), member)?;
        let mut level = Level::new(Member::Supernet, spec.supernet, &spec.reserved, member)?;
        let regions = spec.regions.iter().map(|region| {
            level.accept(PrefixLengths::vpc(spec.supernet), region.network.prefix_len())?;
            RegionPlan::new(region, level.place(region.network)?)
        });
        Ok(Self { regions: regions.collect::<Result<_, _>>()?, pool: level.pool })
    }
}

/// One region: the network of its VPC, cut into tiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionPlan {
    name: String,
    pool: Pool,
    tiers: Vec<TierPlan>,
}

impl RegionPlan {
    /// As declared.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The network of the region's VPC.
    #[must_use]
    pub fn network(&self) -> IpNet {
        self.pool.parent()
    }

    /// What neither a tier nor a reserved range takes up, as the fewest blocks, lowest address
    /// first.
    #[must_use]
    pub fn free(&self) -> Vec<IpNet> {
        self.pool.free()
    }

    /// All tiers.
    #[must_use]
    pub fn tiers(&self) -> &[TierPlan] {
        &self.tiers
    }

    /// The tier of that name.
    #[must_use]
    pub fn tier(&self, name: &str) -> Option<&TierPlan> {
        self.tiers.iter().find(|tier| tier.name == name)
    }

    fn new(spec: &RegionSpec, network: IpNet) -> Result<Self, CidrError> {
        let member = |index: usize| Member::Tier {
            region: spec.name.clone(),
            tier: spec.tiers[index].name.clone(),
        };
        distinct(spec.tiers.iter().map(|tier| tier.name.as_str()), member)?;
        let region = Member::Region { region: spec.name.clone() };
        let mut level = Level::new(region, network, &spec.reserved, member)?;
        let tiers = spec.tiers.iter().map(|tier| {
            level.accept(PrefixLengths::subnet(network), tier.subnet_prefix_len)?;
            TierPlan::new(spec, tier, level.place(tier.block())?)
        });
        Ok(Self {
            name: spec.name.clone(),
            tiers: tiers.collect::<Result<_, _>>()?,
            pool: level.pool,
        })
    }
}

/// One tier of a region: a block, cut into a subnet for each zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierPlan {
    name: String,
    pool: Pool,
    zones: Vec<IpNet>,
}

impl TierPlan {
    /// As declared.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The block that holds the tier's subnets.
    #[must_use]
    pub fn network(&self) -> IpNet {
        self.pool.parent()
    }

    /// What no subnet takes up: room for more zones. As the fewest blocks, lowest address first.
    #[must_use]
    pub fn free(&self) -> Vec<IpNet> {
        self.pool.free()
    }

    /// The subnet of each zone.
    #[must_use]
    pub fn zones(&self) -> &[IpNet] {
        &self.zones
    }

    /// The subnet of one zone, counted from 0.
    #[must_use]
    pub fn zone(&self, zone: usize) -> Option<IpNet> {
        self.zones.get(zone).copied()
    }

    fn new(region: &RegionSpec, spec: &TierSpec, block: IpNet) -> Result<Self, CidrError> {
        let member =
            |zone| Member::Zone { region: region.name.clone(), tier: spec.name.clone(), zone };
        if let Some((&zone, _)) = spec.pinned_zones.range(region.zones..).next() {
            return Err(CidrError::NoSuchZone { member: member(zone), zones: region.zones });
        }
        let tier = Member::Tier { region: region.name.clone(), tier: spec.name.clone() };
        let mut level = Level::new(tier, block, &[], member)?;
        for zone in 0..region.zones {
            let subnet = spec.zone(zone);
            level.accept(PrefixLengths::subnet(block), subnet.prefix_len())?;
            level.place(subnet)?;
        }
        Ok(Self { name: spec.name.clone(), pool: level.pool, zones: level.placed })
    }
}

/// A subnet and where in the plan it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subnet<'plan> {
    /// The region's name.
    pub region: &'plan str,
    /// The tier's name.
    pub tier: &'plan str,
    /// The zone, counted from 0.
    pub zone: usize,
    /// The subnet's network.
    pub network: IpNet,
}

/// The children of one network while they are placed.
struct Level<'a, F> {
    pool: Pool,
    reserved: &'a [IpNet],
    placed: Vec<IpNet>,
    /// Names the child of this index.
    member: F,
}

impl<'a, F: Fn(usize) -> Member> Level<'a, F> {
    fn new(
        parent: Member,
        network: IpNet,
        reserved: &'a [IpNet],
        member: F,
    ) -> Result<Self, CidrError> {
        let mut pool = Pool::new(network)
            .map_err(|problem| CidrError::Unplaceable { member: parent, problem })?;
        // A pool refuses what is taken, so ranges inside others go. They sort after the ones that
        // contain them.
        let mut outermost = reserved.to_vec();
        outermost.sort_unstable();
        outermost.dedup_by(|range, outer| outer.contains(&*range));
        for range in outermost {
            pool.reserve(range)
                .map_err(|problem| CidrError::Unplaceable { member: Member::Reserved, problem })?;
        }
        Ok(Self { pool, reserved, placed: Vec::new(), member })
    }

    /// Refuses the next child if AWS would.
    fn accept(&self, accepted: PrefixLengths, prefix_len: u8) -> Result<(), CidrError> {
        if accepted.contains(prefix_len) {
            return Ok(());
        }
        Err(CidrError::PrefixLength { member: self.next(), prefix_len, accepted })
    }

    /// Places the next child.
    fn place(&mut self, placement: Placement) -> Result<IpNet, CidrError> {
        let network = match placement {
            Placement::Prefix(prefix_len) => self.pool.allocate(prefix_len),
            Placement::Pinned(network) => self.pool.reserve(network).map(|()| network),
        };
        let network = network.map_err(|problem| self.explain(problem))?;
        self.placed.push(network);
        Ok(network)
    }

    /// Adds to the pool's answer who asked, and who holds what was asked for.
    fn explain(&self, problem: PoolError) -> CidrError {
        let member = self.next();
        let reserved = self.reserved.iter().map(|&range| (Member::Reserved, range));
        let placed =
            self.placed.iter().enumerate().map(|(index, &network)| ((self.member)(index), network));
        if let PoolError::Taken { network, ref free, .. } = problem
            && let Some((holder, held)) =
                reserved.chain(placed).find(|(_, held)| overlap(*held, network))
        {
            return CidrError::Overlap(Box::new(Overlap {
                member,
                network,
                holder,
                held,
                free: free.clone(),
            }));
        }
        CidrError::Unplaceable { member, problem }
    }

    fn next(&self) -> Member {
        (self.member)(self.placed.len())
    }
}

impl Placement {
    fn prefix_len(self) -> u8 {
        match self {
            Self::Prefix(prefix_len) => prefix_len,
            Self::Pinned(network) => network.prefix_len(),
        }
    }
}

fn distinct<'a>(
    names: impl Iterator<Item = &'a str>,
    member: impl FnOnce(usize) -> Member,
) -> Result<(), CidrError> {
    let mut seen = BTreeSet::new();
    match names.enumerate().find(|(_, name)| !seen.insert(*name)) {
        Some((index, _)) => Err(CidrError::Duplicate { member: member(index) }),
        None => Ok(()),
    }
}

fn overlap(a: IpNet, b: IpNet) -> bool {
    a.contains(&b) || b.contains(&a)
}
