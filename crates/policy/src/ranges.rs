//! Which address ranges overlap.
//!
//! Ranges in CIDR notation never overlap in part: one holds the other, or they have nothing in common. Sorted by where
//! they begin, the larger first, those that hold the current one are a stack.

use std::cmp::Reverse;
use std::net::IpAddr;

use ipnet::IpNet;

/// An address range in a space of its own: ranges of different spaces have nothing to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The space, such as the number of a VPC.
    pub space: u32,
    /// The addresses; bits behind the prefix do not matter.
    pub net: IpNet,
}

/// One range that lies within another, or is the same. Both are places in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// The smaller one; of equal ones, the later.
    pub inner: usize,
    /// The smallest one that holds it; of equal ones, the last before `inner`.
    pub outer: usize,
}

/// Every range that lies within another of its space, once each, with the nearest one around it.
///
/// Takes O(n log n) time, however many pairs overlap.
#[must_use]
pub fn overlaps(ranges: &[Range]) -> Vec<Overlap> {
    let mut sorted: Vec<Extent> =
        ranges.iter().enumerate().map(|(at, range)| Extent::new(at, range)).collect();
    sorted.sort_unstable_by_key(|extent| {
        (extent.space, extent.first, Reverse(extent.last), extent.at)
    });
    let mut around: Vec<Extent> = Vec::new();
    let mut found = Vec::new();
    for extent in sorted {
        while around.last().is_some_and(|top| top.space != extent.space || top.last < extent.first)
        {
            around.pop();
        }
        if let Some(top) = around.last() {
            found.push(Overlap { inner: extent.at, outer: top.at });
        }
        around.push(extent);
    }
    found
}

/// A range as numbers.
#[derive(Clone, Copy)]
struct Extent {
    /// The space, apart for the two address families.
    space: (u32, bool),
    first: u128,
    last: u128,
    at: usize,
}

impl Extent {
    fn new(at: usize, range: &Range) -> Self {
        let number = |address| match address {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        };
        Self {
            space: (range.space, matches!(range.net, IpNet::V6(_))),
            first: number(range.net.network()),
            last: number(range.net.broadcast()),
            at,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use ipnet::{Ipv4Net, Ipv6Net};
    use proptest::prelude::*;

    use super::*;

    fn range() -> impl Strategy<Value = Range> {
        // Few addresses, so that many ranges meet.
        let v4 = (0_u32..16, 0_u8..=32).prop_map(|(bits, length)| {
            IpNet::V4(Ipv4Net::new(Ipv4Addr::from_bits(bits << 28 | bits), length).unwrap())
        });
        let v6 = (0_u128..16, 0_u8..=128).prop_map(|(bits, length)| {
            IpNet::V6(Ipv6Net::new(Ipv6Addr::from_bits(bits << 124 | bits), length).unwrap())
        });
        (0_u32..2, prop_oneof![v4, v6]).prop_map(|(space, net)| Range { space, net })
    }

    /// What [`overlaps`] should find, the obvious way: each pair is looked at.
    fn obvious(ranges: &[Range]) -> Vec<Overlap> {
        let holds = |outer: usize, inner: usize| {
            let (one, other) = (ranges[outer], ranges[inner]);
            let (wide, narrow) = (one.net.trunc(), other.net.trunc());
            one.space == other.space && wide.contains(&narrow) && (wide != narrow || outer < inner)
        };
        let nearest = |inner: usize| {
            let around = (0..ranges.len()).filter(|outer| holds(*outer, inner));
            around.max_by_key(|outer| (ranges[*outer].net.prefix_len(), *outer))
        };
        (0..ranges.len())
            .filter_map(|inner| Some(Overlap { inner, outer: nearest(inner)? }))
            .collect()
    }

    proptest! {
        #[test]
        fn the_sweep_finds_what_comparing_each_pair_finds(
            ranges in prop::collection::vec(range(), 0..40),
        ) {
            let mut swept = overlaps(&ranges);
            swept.sort_by_key(|overlap| overlap.inner);
            prop_assert_eq!(swept, obvious(&ranges));
        }
    }

    #[test]
    fn neighbours_do_not_overlap() {
        let ranges = ["10.0.0.0/17", "10.0.128.0/17", "10.1.0.0/16", "::a00:0/112"]
            .map(|net| Range { space: 0, net: net.parse().unwrap() });
        assert_eq!(overlaps(&ranges), []);
    }
}
