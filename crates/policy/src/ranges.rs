//! Which address ranges overlap.
//!
//! Ranges in CIDR notation never overlap in part: one holds the other, or they have nothing in common. Sorted by where
//! they begin, the larger first, those that hold the current one are a stack.

use std::cmp::Reverse;
use std::collections::BTreeMap;
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
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for (at, &Range { space, net }) in ranges.iter().enumerate() {
        match net {
            IpNet::V4(net) => {
                let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
                v4.push(Extent { space, first, last: Reverse(last), at });
            }
            IpNet::V6(net) => {
                let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
                v6.push(Extent { space, first, last: Reverse(last), at });
            }
        }
    }
    let mut found = Vec::new();
    sweep(v4, &mut found);
    sweep(v6, &mut found);
    found
}

/// A range as numbers, in the order of the sweep: of those that begin at one address, the largest comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Extent<Address> {
    space: u32,
    first: Address,
    last: Reverse<Address>,
    at: usize,
}

fn sweep<Address: Copy + Ord>(mut extents: Vec<Extent<Address>>, found: &mut Vec<Overlap>) {
    extents.sort_unstable();
    let mut around: Vec<Extent<Address>> = Vec::new();
    for extent in extents {
        let is_over =
            |top: &Extent<Address>| top.space != extent.space || top.last.0 < extent.first;
        while around.last().is_some_and(is_over) {
            around.pop();
        }
        if let Some(top) = around.last() {
            found.push(Overlap { inner: extent.at, outer: top.at });
        }
        around.push(extent);
    }
}

/// Ranges to look others up in. Each is known by its place in the list that the index was made from.
#[derive(Debug, Default)]
pub struct RangeIndex {
    /// By family, first address and prefix length; of equal ranges, the first.
    places: BTreeMap<(bool, u128, u8), usize>,
}

impl RangeIndex {
    /// Indexes ranges.
    pub fn new(nets: impl IntoIterator<Item = IpNet>) -> Self {
        let mut places = BTreeMap::new();
        for (at, net) in nets.into_iter().enumerate() {
            let (is_v6, first, _) = extent(net);
            places.entry((is_v6, first, net.prefix_len())).or_insert(at);
        }
        Self { places }
    }

    /// A range that holds another or is the same; the smallest.
    #[must_use]
    pub fn around(&self, net: IpNet) -> Option<usize> {
        let supernets = std::iter::successors(Some(net), |net| net.supernet());
        supernets.into_iter().find_map(|net| {
            let (is_v6, first, _) = extent(net);
            self.places.get(&(is_v6, first, net.prefix_len())).copied()
        })
    }

    /// A range that lies within another or is the same.
    #[must_use]
    pub fn within(&self, net: IpNet) -> Option<usize> {
        let (is_v6, first, last) = extent(net);
        let from = (is_v6, first, net.prefix_len());
        self.places.range(from..=(is_v6, last, u8::MAX)).next().map(|(_, at)| *at)
    }
}

/// Whether a range is of IPv6, and its first and last addresses.
fn extent(net: IpNet) -> (bool, u128, u128) {
    let number = |address| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    (matches!(net, IpNet::V6(_)), number(net.network()), number(net.broadcast()))
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

        #[test]
        fn the_index_finds_what_comparing_with_each_finds(
            ranges in prop::collection::vec(range(), 0..20),
            wanted in range(),
        ) {
            let nets: Vec<IpNet> = ranges.iter().map(|range| range.net).collect();
            let index = RangeIndex::new(nets.iter().copied());
            let wanted = wanted.net.trunc();
            let around = nets.iter().filter(|net| net.contains(&wanted));
            prop_assert_eq!(
                index.around(wanted).map(|at| nets[at].prefix_len()),
                around.map(IpNet::prefix_len).max()
            );
            let within = index.within(wanted);
            prop_assert_eq!(within.is_some(), nets.iter().any(|net| wanted.contains(net)));
            prop_assert!(within.is_none_or(|at| wanted.contains(&nets[at])));
        }
    }

    #[test]
    fn neighbours_do_not_overlap() {
        let ranges = ["10.0.0.0/17", "10.0.128.0/17", "10.1.0.0/16", "::a00:0/112"]
            .map(|net| Range { space: 0, net: net.parse().unwrap() });
        assert_eq!(overlaps(&ranges), []);
    }
}
