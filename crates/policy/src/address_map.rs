use std::collections::BTreeSet;

use drstack_plan::{Resource, Value};
use foldhash::HashMap;
use ipnet::IpNet;

use crate::Checked;
use crate::links::{Link, of_types};
use crate::networks::{ASSOCIATIONS, Net, OWN_RANGES, VPCS, Vpcs, written_ranges};

/// The VPCs of an input with what is known of their addresses, as the rules see them.
#[derive(Debug)]
pub struct AddressMap<'plan> {
    /// The VPCs: those that the input makes, in the order of the plan, then those that it only finds.
    pub networks: Vec<Network<'plan>>,
    /// Ranges of subnets, and additional ranges of VPCs, whose VPC the input does not show.
    pub strays: Vec<Block<'plan>>,
    /// The peerings between VPCs.
    pub peerings: Vec<Peering<'plan>>,
}

/// A VPC with its ranges and subnets.
#[derive(Debug)]
pub struct Network<'plan> {
    /// The VPC.
    pub vpc: Resource<'plan>,
    /// Its ranges, those first that it is made with. None, if AWS alone knows them.
    pub ranges: Vec<Block<'plan>>,
    /// Its subnets' ranges, in the order of the plan.
    pub subnets: Vec<Block<'plan>>,
}

/// An address range that a resource holds.
#[derive(Clone, Copy, Debug)]
pub struct Block<'plan> {
    /// The resource that says so.
    pub resource: Resource<'plan>,
    /// What it says. Prints as `(known after apply)` or `(sensitive)` where it must.
    pub value: Value<'plan>,
    /// The range; `None` if it is not known before apply, sensitive, or not in CIDR notation.
    pub net: Option<IpNet>,
}

/// A connection between two VPCs.
#[derive(Debug)]
pub struct Peering<'plan> {
    /// The connection, on the side that asks for it.
    pub connection: Resource<'plan>,
    /// The VPCs at its ends; `None` for one that the input does not show.
    pub ends: [Option<Resource<'plan>>; 2],
}

const SUBNETS: &[&str] = &["aws_subnet", "aws_default_subnet"];

impl<'plan> AddressMap<'plan> {
    /// Gathers the VPCs of a plan, what belongs to each, and what connects them.
    #[must_use]
    pub fn of(checked: &Checked<'plan>) -> Self {
        let vpcs = Vpcs::of(checked);
        let made_or_found = of_types(checked, VPCS).filter(|vpc| vpcs.is_itself(*vpc));
        let mut map = Self {
            networks: made_or_found.map(Network::of).collect(),
            strays: Vec::new(),
            peerings: Vec::new(),
        };
        let places: HashMap<usize, usize> =
            (0..).zip(&map.networks).map(|(place, network)| (network.vpc.index(), place)).collect();
        let place = |of: Resource<'plan>| match vpcs.vpc(of, "vpc_id") {
            Link::To(vpc) => places.get(&vpc.index()).copied(),
            Link::Outside(_) | Link::Absent | Link::Unresolved => None,
        };
        for (resource_type, path, _) in ASSOCIATIONS {
            for &association in checked.of_type(resource_type) {
                match place(association).and_then(|place| map.networks.get_mut(place)) {
                    Some(network) => network.ranges.extend(blocks(association, path)),
                    None => map.strays.extend(blocks(association, path)),
                }
            }
        }
        for subnet in of_types(checked, SUBNETS) {
            let found = OWN_RANGES.into_iter().flat_map(|(path, _)| blocks(subnet, path));
            match place(subnet).and_then(|place| map.networks.get_mut(place)) {
                Some(network) => network.subnets.extend(found),
                None => map.strays.extend(found),
            }
        }
        let end = |connection, argument| match vpcs.vpc(connection, argument) {
            Link::To(vpc) => Some(vpc),
            Link::Outside(_) | Link::Absent | Link::Unresolved => None,
        };
        let peerings = checked.of_type("aws_vpc_peering_connection").iter();
        map.peerings = peerings
            .map(|&connection| Peering {
                connection,
                ends: ["vpc_id", "peer_vpc_id"].map(|argument| end(connection, argument)),
            })
            .collect();
        map
    }
}

impl<'plan> Network<'plan> {
    fn of(vpc: Resource<'plan>) -> Self {
        let mut ranges = blocks(vpc, "cidr_block");
        ranges.extend(blocks(vpc, "cidr_block_associations.cidr_block"));
        let written = blocks(vpc, "ipv6_cidr_block");
        if written.is_empty() && vpc.get("assign_generated_ipv6_cidr_block").as_bool() == Some(true)
        {
            ranges.push(Block { resource: vpc, value: Value::UNKNOWN, net: None });
        }
        ranges.extend(written);
        // A data source lists its first range twice.
        let mut seen = BTreeSet::new();
        ranges.retain(|range| range.net.is_none_or(|net| seen.insert(net)));
        Self { vpc, ranges, subnets: Vec::new() }
    }
}

/// The ranges that are written at a path. What the provider fills in by itself is not among them.
fn blocks<'plan>(resource: Resource<'plan>, path: &str) -> Vec<Block<'plan>> {
    let written = written_ranges(resource, path).into_iter();
    let block = |net, value: Value<'plan>| match net {
        Net::Known(net) if !value.is_sensitive() => Some(net),
        Net::Known(_) | Net::Unknown | Net::Malformed => None,
    };
    written
        .map(|range| Block { resource, value: range.value, net: block(range.net, range.value) })
        .collect()
}

#[cfg(test)]
mod tests {
    use drstack_plan::{Documents, Plan};

    use super::*;
    use crate::Parameters;

    #[test]
    fn subnets_ranges_and_peerings_are_gathered_by_vpc() {
        let text = br#"{
          "variable": {"cidr": {}, "secret": {"default": "10.9.0.0/16", "sensitive": true}},
          "resource": {
            "aws_vpc": {
              "a": {"cidr_block": "10.0.0.0/16", "assign_generated_ipv6_cidr_block": true},
              "b": {"cidr_block": "${var.cidr}"},
              "c": {"cidr_block": "${var.secret}"}
            },
            "aws_vpc_ipv4_cidr_block_association": {
              "more": {"vpc_id": "${aws_vpc.a.id}", "cidr_block": "10.1.0.0/16"}
            },
            "aws_subnet": {
              "a": {"vpc_id": "${aws_vpc.a.id}", "cidr_block": "10.0.1.0/24"},
              "wrong": {"vpc_id": "${aws_vpc.a.id}", "cidr_block": "10.0.2.0"},
              "elsewhere": {"vpc_id": "vpc-0123", "cidr_block": "10.7.0.0/24"}
            },
            "aws_vpc_peering_connection": {
              "x": {"vpc_id": "${aws_vpc.a.id}", "peer_vpc_id": "${aws_vpc.b.id}"},
              "y": {"vpc_id": "${aws_vpc.a.id}", "peer_vpc_id": "vpc-4567"}
            }
          }
        }"#;
        let documents: Documents =
            [("main.tf.json".to_owned(), text.to_vec())].into_iter().collect();
        let plan = Plan::from_documents(&documents).unwrap();
        let parameters = Parameters::default();
        let map = AddressMap::of(&Checked::new(&plan, &parameters));
        let shown = |blocks: &[Block<'_>]| -> Vec<String> {
            let text = |block: &Block<'_>| match block.net {
                Some(net) => net.to_string(),
                None => block.value.to_string(),
            };
            blocks.iter().map(text).collect()
        };
        let [a, b, c] = map.networks.as_slice() else { panic!("{map:?}") };
        assert_eq!(shown(&a.ranges), ["10.0.0.0/16", "(known after apply)", "10.1.0.0/16"]);
        assert_eq!(shown(&b.ranges), ["(known after apply)"]);
        assert_eq!(shown(&c.ranges), ["(sensitive)"]);
        assert_eq!(shown(&a.subnets), ["10.0.1.0/24", "\"10.0.2.0\""]);
        assert_eq!(shown(&map.strays), ["10.7.0.0/24"]);
        let ends: Vec<_> = map.peerings.iter().map(|peering| peering.ends).collect();
        assert_eq!(ends, [[Some(a.vpc), Some(b.vpc)], [Some(a.vpc), None]]);
    }
}
