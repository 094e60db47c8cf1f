use std::collections::BTreeMap;

use ipnet::IpNet;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

fn nets(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| net(text)).collect()
}

fn three_tiers(name: &str) -> RegionSpec {
    RegionSpec::new(name, 16)
        .tier(TierSpec::new("public", 24))
        .tier(TierSpec::new("compute", 20))
        .tier(TierSpec::new("database", 24))
}

fn message(builder: &AddressPlanBuilder) -> String {
    builder.build().unwrap_err().to_string()
}

#[test]
fn tiers_of_different_sizes_fill_the_gaps_between_each_other() {
    let plan =
        AddressPlan::builder(net("10.0.0.0/8")).region(three_tiers("us-east-1")).build().unwrap();
    let region = plan.region("us-east-1").unwrap();

    assert_eq!(plan.supernet(), net("10.0.0.0/8"));
    assert_eq!((region.name(), region.network()), ("us-east-1", net("10.0.0.0/16")));
    let blocks: Vec<_> = region.tiers().iter().map(|tier| (tier.name(), tier.network())).collect();
    assert_eq!(
        blocks,
        [
            ("public", net("10.0.0.0/22")),
            ("compute", net("10.0.64.0/18")),
            ("database", net("10.0.4.0/22"))
        ]
    );
    let compute = region.tier("compute").unwrap();
    assert_eq!(compute.zones(), nets(&["10.0.64.0/20", "10.0.80.0/20", "10.0.96.0/20"]));
    assert_eq!((compute.zone(2), compute.zone(3)), (Some(net("10.0.96.0/20")), None));
    assert_eq!(compute.free(), nets(&["10.0.112.0/20"]));
    assert_eq!(
        region.free(),
        nets(&["10.0.8.0/21", "10.0.16.0/20", "10.0.32.0/19", "10.0.128.0/17"])
    );
    assert_eq!(plan.free().len(), 8);
    assert_eq!((plan.region("us-west-2"), region.tier("cache")), (None, None));
    assert_eq!(plan.regions().len(), 1);

    let subnet = plan.subnets().nth(4).unwrap();
    assert_eq!(
        (subnet.region, subnet.tier, subnet.zone, subnet.network),
        ("us-east-1", "compute", 1, net("10.0.80.0/20"))
    );
}

#[test]
fn ipv6_subnets_have_64_bits() {
    let tier = |name| TierSpec::new(name, 64);
    let plan = AddressPlan::builder(net("2001:db8::/48"))
        .region(RegionSpec::new("us-east-1", 56).tier(tier("public")).tier(tier("compute")))
        .build()
        .unwrap();
    let region = plan.region("us-east-1").unwrap();
    assert_eq!(region.network(), net("2001:db8::/56"));
    assert_eq!(
        region.tier("compute").unwrap().zones(),
        nets(&["2001:db8:0:4::/64", "2001:db8:0:5::/64", "2001:db8:0:6::/64"])
    );
}

#[test]
fn reserved_ranges_and_pins_are_honoured_at_each_level() {
    let plan = AddressPlan::builder(net("10.0.0.0/8"))
        .reserve(net("10.0.128.0/24"))
        .reserve(net("10.0.0.0/16"))
        .region(
            RegionSpec::new("us-east-1", net("10.9.0.0/16"))
                .zones(2)
                .reserve(net("10.9.0.0/24"))
                .tier(TierSpec::new("public", 24))
                .tier(
                    TierSpec::new("compute", 24)
                        .pin(net("10.9.200.0/21"))
                        .pin_zone(1, net("10.9.206.0/23")),
                ),
        )
        .region(RegionSpec::new("us-east-2", 16))
        .build()
        .unwrap();
    let region = plan.region("us-east-1").unwrap();
    assert_eq!(region.network(), net("10.9.0.0/16"));
    assert_eq!(region.tier("public").unwrap().network(), net("10.9.4.0/22"));
    assert_eq!(region.tier("compute").unwrap().zones(), nets(&["10.9.200.0/24", "10.9.206.0/23"]));
    assert_eq!(plan.region("us-east-2").unwrap().network(), net("10.1.0.0/16"));
}

#[test]
fn overlapping_pins_name_both_and_what_is_free() {
    let supernet =
        AddressPlan::builder(net("10.0.0.0/14")).region(RegionSpec::new("us-east-1", 16));
    let pinned = |text| RegionSpec::new("us-east-2", net(text));
    let overlap = Overlap {
        member: Member::Region { region: "us-east-2".into() },
        network: net("10.0.0.0/16"),
        holder: Member::Region { region: "us-east-1".into() },
        held: net("10.0.0.0/16"),
        free: nets(&["10.1.0.0/16", "10.2.0.0/15"]),
    };
    assert_eq!(
        overlap.to_string(),
        "region us-east-2 is pinned to 10.0.0.0/16, which overlaps 10.0.0.0/16 of region us-east-1; \
         pin either somewhere else (free: 10.2.0.0/15, 10.1.0.0/16)"
    );
    assert_eq!(
        supernet.clone().region(pinned("10.0.0.0/16")).build(),
        Err(CidrError::Overlap(Box::new(overlap)))
    );
    assert_eq!(
        message(&supernet.clone().reserve(net("10.2.0.0/20")).region(pinned("10.2.0.0/16"))),
        "region us-east-2 is pinned to 10.2.0.0/16, which overlaps 10.2.0.0/20 of a reserved range; \
         pin either somewhere else (largest free: 10.0.0.0/15, 10.2.128.0/17, 10.2.64.0/18)"
    );

    let zones = TierSpec::new("public", 24).pin(net("10.0.8.0/23")).pin_zone(1, net("10.0.8.0/24"));
    assert_eq!(
        message(
            &AddressPlan::builder(net("10.0.0.0/8"))
                .region(RegionSpec::new("us-east-1", 16).tier(zones))
        ),
        "zone 1 of tier public of region us-east-1 is pinned to 10.0.8.0/24, \
         which overlaps 10.0.8.0/24 of zone 0 of tier public of region us-east-1; pin either somewhere else \
         (free: 10.0.9.0/24)"
    );
}

#[test]
fn exhaustion_names_who_did_not_fit_and_what_is_free() {
    let regions = ["us-east-1", "us-east-2", "us-west-2"].map(|name| RegionSpec::new(name, 16));
    let [first, second, third] = regions.clone();
    assert_eq!(
        message(
            &AddressPlan::builder(net("10.0.0.0/15")).region(first).region(second).region(third)
        ),
        "region us-west-2: no /16 is free in 10.0.0.0/15 (nothing is free); \
         ask for a longer prefix or give a larger parent"
    );

    let region = |tier| {
        AddressPlan::builder(net("10.0.0.0/16"))
            .region(three_tiers("us-east-1").zones(5).tier(tier))
    };
    assert_eq!(
        message(&region(TierSpec::new("cache", 18))),
        "zone 4 of tier public of region us-east-1: no /24 is free in 10.0.0.0/22 (nothing is free); \
         ask for a longer prefix or give a larger parent"
    );
    let region =
        |tier| AddressPlan::builder(net("10.0.0.0/16")).region(three_tiers("us-east-1").tier(tier));
    assert_eq!(
        message(&region(TierSpec::new("cache", 18).zone_slots(4))),
        "tier cache of region us-east-1: no /16 is free in 10.0.0.0/16 \
         (largest free: 10.0.128.0/17, 10.0.32.0/19, 10.0.16.0/20); ask for a longer prefix or give a larger parent"
    );
}

#[test]
fn lengths_that_aws_refuses_are_refused() {
    let v4 = AddressPlan::builder(net("10.0.0.0/8"));
    for prefix_len in [15, 29] {
        let expected = format!(
            "region us-east-1: a /{prefix_len} was asked for, but AWS accepts /16 to /28; \
             choose one of these prefix lengths"
        );
        assert_eq!(message(&v4.clone().region(RegionSpec::new("us-east-1", prefix_len))), expected);
        let pin: IpNet = format!("10.0.0.0/{prefix_len}").parse().unwrap();
        assert_eq!(message(&v4.clone().region(RegionSpec::new("us-east-1", pin))), expected);

        let tier = TierSpec::new("public", prefix_len);
        assert_eq!(
            message(&v4.clone().region(RegionSpec::new("us-east-1", 16).tier(tier))),
            expected.replace("region us-east-1", "tier public of region us-east-1")
        );
    }
    let tier = TierSpec::new("public", 24).pin_zone(2, net("10.0.0.0/29"));
    assert_eq!(
        message(&v4.region(RegionSpec::new("us-east-1", 16).tier(tier))),
        "zone 2 of tier public of region us-east-1: a /29 was asked for, but AWS accepts /16 to /28; \
         choose one of these prefix lengths"
    );
    assert_eq!(
        message(&AddressPlan::builder(net("fd00::/8")).region(RegionSpec::new("us-east-1", 54))),
        "region us-east-1: a /54 was asked for, but AWS accepts /44 to /60 in steps of 4; \
         choose one of these prefix lengths"
    );
}

#[test]
fn what_contradicts_itself_is_refused() {
    let plan = |supernet| AddressPlan::builder(net(supernet));
    assert_eq!(
        message(&plan("10.0.0.1/8")),
        "the supernet: 10.0.0.1/8 has host bits set; its network is 10.0.0.0/8"
    );
    assert_eq!(
        message(&plan("10.0.0.0/8").reserve(net("192.168.0.0/16"))),
        "a reserved range: 192.168.0.0/16 is not inside 10.0.0.0/8; choose a network inside it"
    );
    let twice = plan("10.0.0.0/8")
        .region(RegionSpec::new("us-east-1", 16))
        .region(RegionSpec::new("us-east-1", 17));
    assert_eq!(
        message(&twice),
        "region us-east-1 is declared twice; give each its own name, or remove one"
    );

    let with = |tier| plan("10.0.0.0/8").region(three_tiers("us-east-1").tier(tier));
    assert_eq!(
        message(&with(TierSpec::new("public", 28))),
        "tier public of region us-east-1 is declared twice; give each its own name, or remove one"
    );
    assert_eq!(
        message(&with(TierSpec::new("cache", 24).pin(net("10.1.0.0/22")))),
        "tier cache of region us-east-1: 10.1.0.0/22 is not inside 10.0.0.0/16; choose a network inside it"
    );
    assert_eq!(
        message(&with(TierSpec::new("cache", 24).pin_zone(3, net("10.0.8.0/24")))),
        "zone 3 of tier cache of region us-east-1 is pinned, but zones are counted from 0 and the region has 3; \
         remove the pin or add zones"
    );
}

/// A plan to be, small enough to be changed in a test.
#[derive(Debug, Clone)]
struct Shape {
    supernet: IpNet,
    reserved: Vec<IpNet>,
    regions: Vec<RegionShape>,
}

#[derive(Debug, Clone)]
struct RegionShape {
    network: Placement,
    zones: usize,
    /// Subnet prefix length and zone slots.
    tiers: Vec<(u8, u8)>,
}

impl Shape {
    fn builder(&self) -> AddressPlanBuilder {
        let start = self
            .reserved
            .iter()
            .fold(AddressPlan::builder(self.supernet), |plan, range| plan.reserve(*range));
        self.regions.iter().enumerate().fold(start, |plan, (index, region)| {
            let spec =
                RegionSpec::new(format!("region-{index}"), region.network).zones(region.zones);
            plan.region(region.tiers.iter().enumerate().fold(
                spec,
                |spec, (index, &(prefix_len, slots))| {
                    spec.tier(TierSpec::new(format!("tier-{index}"), prefix_len).zone_slots(slots))
                },
            ))
        })
    }
}

/// The prefix lengths from which plans of one address family are drawn. Supernets are small and at
/// the end of the address space, so that some plans do not fit, and a wrap would show.
struct Family {
    supernets: Vec<IpNet>,
    regions: Vec<u8>,
    subnets: Vec<u8>,
}

fn families() -> [Family; 2] {
    [
        Family {
            supernets: nets(&["10.0.0.0/12", "255.252.0.0/14"]),
            regions: (16..=19).collect(),
            subnets: (22..=28).collect(),
        },
        Family {
            supernets: nets(&["fd00::/40", "ffff:ffff:ffc0::/42"]),
            regions: vec![44, 48, 52],
            subnets: vec![56, 60, 64],
        },
    ]
}

fn region(
    supernet: IpNet,
    regions: Vec<u8>,
    subnets: Vec<u8>,
) -> impl Strategy<Value = RegionShape> {
    let network = (select(regions), any::<Index>(), prop::bool::weighted(0.2)).prop_map(
        move |(len, index, pinned)| {
            let pin = || *index.get(&supernet.subnets(len).unwrap().collect::<Vec<_>>());
            if pinned { Placement::Pinned(pin()) } else { Placement::Prefix(len) }
        },
    );
    let tiers = prop::collection::vec((select(subnets), 3_u8..=9), 0..5);
    (network, 0_usize..=4, tiers).prop_map(|(network, zones, tiers)| RegionShape {
        network,
        zones,
        tiers,
    })
}

fn shape() -> impl Strategy<Value = (Shape, RegionShape)> {
    let of_supernet = |(supernet, regions, subnets): (IpNet, Vec<u8>, Vec<u8>)| {
        let lengths: Vec<u8> = (supernet.prefix_len() + 2..=supernet.prefix_len() + 8).collect();
        let range = (select(lengths), any::<Index>()).prop_map(move |(len, index)| {
            *index.get(&supernet.subnets(len).unwrap().collect::<Vec<_>>())
        });
        let reserved = prop::collection::vec(range, 0..3);
        let members =
            prop::collection::vec(region(supernet, regions.clone(), subnets.clone()), 1..5);
        (reserved, members, region(supernet, regions, subnets)).prop_map(
            move |(reserved, regions, extra)| (Shape { supernet, reserved, regions }, extra),
        )
    };
    select(families().into_iter().map(|f| (f.supernets, f.regions, f.subnets)).collect::<Vec<_>>())
        .prop_flat_map(|(supernets, regions, subnets)| {
            (select(supernets), Just(regions), Just(subnets))
        })
        .prop_flat_map(of_supernet)
}

/// Every network of a plan, under its name.
fn networks(plan: &AddressPlan) -> BTreeMap<String, IpNet> {
    let mut all = BTreeMap::new();
    for region in plan.regions() {
        all.insert(region.name().to_owned(), region.network());
        for tier in region.tiers() {
            all.insert(format!("{} {}", region.name(), tier.name()), tier.network());
        }
    }
    let subnets = plan.subnets().map(|subnet| {
        (format!("{} {} {}", subnet.region, subnet.tier, subnet.zone), subnet.network)
    });
    all.extend(subnets);
    all
}

/// That `parts` and `free` are aligned, disjoint, and make up the whole of `parent`. Sorted
/// networks that begin where the one before ends, from the first address to the last, are all of
/// that.
fn assert_partition(parent: IpNet, parts: &[IpNet], free: &[IpNet]) {
    let mut all = [parts, free].concat();
    all.sort();
    assert!(all.iter().all(|network| *network == network.trunc()), "{all:?} are not aligned");
    assert_eq!(all.first().map(IpNet::network), Some(parent.network()));
    assert_eq!(all.last().map(IpNet::broadcast), Some(parent.broadcast()));
    for pair in all.windows(2) {
        assert_eq!(successor(pair[0].broadcast()), pair[1].network(), "in {all:?}");
    }
}

fn successor(address: std::net::IpAddr) -> std::net::IpAddr {
    match address {
        std::net::IpAddr::V4(v4) => {
            std::net::Ipv4Addr::from(u32::from(v4).checked_add(1).unwrap()).into()
        }
        std::net::IpAddr::V6(v6) => {
            std::net::Ipv6Addr::from(u128::from(v6).checked_add(1).unwrap()).into()
        }
    }
}

fn member_of(error: CidrError) -> Member {
    match error {
        CidrError::Overlap(overlap) => overlap.member,
        CidrError::Unplaceable { member, .. } => member,
        error => panic!("{error}"),
    }
}

proptest! {
    #[test]
    fn members_and_free_space_partition_each_parent((shape, _) in shape()) {
        let Ok(plan) = shape.builder().build() else { return Ok(()) };
        let regions: Vec<_> = plan.regions().iter().map(RegionPlan::network).collect();
        assert_partition(plan.supernet(), &[regions, IpNet::aggregate(&shape.reserved)].concat(), &plan.free());
        for (region, asked) in plan.regions().iter().zip(&shape.regions) {
            match asked.network {
                Placement::Prefix(len) => prop_assert_eq!(region.network().prefix_len(), len),
                Placement::Pinned(network) => prop_assert_eq!(region.network(), network),
            }
            let tiers: Vec<_> = region.tiers().iter().map(TierPlan::network).collect();
            assert_partition(region.network(), &tiers, &region.free());
            for (tier, (len, _)) in region.tiers().iter().zip(&asked.tiers) {
                assert_partition(tier.network(), tier.zones(), &tier.free());
                prop_assert_eq!(tier.zones().len(), asked.zones);
                prop_assert!(tier.zones().iter().all(|subnet| subnet.prefix_len() == *len));
            }
        }
    }

    #[test]
    fn growth_moves_nothing((shape, extra) in shape(), index in any::<Index>()) {
        let Ok(before) = shape.builder().build() else { return Ok(()) };
        let before = networks(&before);
        let index = index.index(shape.regions.len());

        let mut region = shape.clone();
        region.regions.push(extra.clone());
        let mut tier = shape.clone();
        tier.regions[index].tiers.extend(extra.tiers);
        let mut zone = shape;
        zone.regions[index].zones += 1;

        for grown in [region, tier, zone] {
            match grown.builder().build() {
                Ok(plan) => {
                    let after = networks(&plan);
                    let kept: BTreeMap<_, _> = after.into_iter().filter(|(name, _)| before.contains_key(name)).collect();
                    prop_assert_eq!(&kept, &before);
                }
                Err(error) => {
                    let name = match member_of(error) {
                        Member::Region { region } => region,
                        Member::Tier { region, tier } => format!("{region} {tier}"),
                        Member::Zone { region, tier, zone } => format!("{region} {tier} {zone}"),
                        member => panic!("{member} did not change"),
                    };
                    prop_assert!(!before.contains_key(&name), "{} no longer fits", name);
                }
            }
        }
    }

    #[test]
    fn pinning_a_member_where_it_is_moves_nothing((shape, _) in shape(), pinned in any::<[bool; 3]>()) {
        let Ok(before) = shape.builder().build() else { return Ok(()) };
        let [pin_regions, pin_tiers, pin_zones] = pinned;
        let mut builder = AddressPlan::builder(shape.supernet);
        builder.reserved = shape.reserved.clone();
        for (region, mut spec) in before.regions().iter().zip(shape.builder().regions) {
            if pin_regions {
                spec.network = region.network().into();
            }
            for (tier, spec) in region.tiers().iter().zip(&mut spec.tiers) {
                if pin_tiers {
                    spec.pinned = Some(tier.network());
                }
                if pin_zones {
                    spec.pinned_zones = tier.zones().iter().copied().enumerate().collect();
                }
            }
            builder = builder.region(spec);
        }
        prop_assert_eq!(builder.build(), Ok(before));
    }
}
