//! Which addresses of a range nobody has taken.

use ipnet::{Ipv4Net, Ipv4Subnets};

/// The free parts of a range, as few as possible, in the order of their addresses. Taken ranges may overlap each other,
/// and may lie outside.
pub(crate) fn free(range: Ipv4Net, taken: impl IntoIterator<Item = Ipv4Net>) -> Vec<Ipv4Net> {
    let mut taken: Vec<Ipv4Net> = taken.into_iter().map(|net| net.trunc()).collect();
    taken.sort_unstable();
    let (first, last) = (range.network(), range.broadcast());
    let mut found = Vec::new();
    // The first address of which it is not known whether it is taken; none behind the very last one.
    let mut next = Some(first);
    for net in taken {
        let Some(from) = next else { break };
        if net.broadcast() < from {
            continue;
        }
        if net.network() > last {
            break;
        }
        if let Some(before) =
            net.network().to_bits().checked_sub(1).filter(|_| net.network() > from)
        {
            found.extend(Ipv4Subnets::new(from, before.into(), 0));
        }
        next = net.broadcast().to_bits().checked_add(1).map(Into::into);
    }
    if let Some(from) = next.filter(|from| *from <= last) {
        found.extend(Ipv4Subnets::new(from, last, 0));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    #[test]
    fn gaps_are_given_in_the_largest_ranges_that_fit() {
        let found = free(net("10.0.0.0/22"), [net("10.0.1.0/24")]);
        assert_eq!(found, [net("10.0.0.0/24"), net("10.0.2.0/23")]);
        assert_eq!(free(net("10.0.0.0/22"), [net("10.0.0.0/8")]), []);
        assert_eq!(free(net("0.0.0.0/0"), []), [net("0.0.0.0/0")]);
        assert_eq!(
            free(net("255.255.255.0/24"), [net("255.255.255.128/25")]),
            [net("255.255.255.0/25")]
        );
    }

    /// Ranges of few addresses around the edges of 10.0.0.0/26, so that many meet.
    fn near() -> impl Strategy<Value = Ipv4Net> {
        (0_u32..128, 24_u8..=32).prop_map(|(offset, length)| {
            let base = u32::from(Ipv4Addr::new(10, 0, 0, 0)) - 32;
            Ipv4Net::new(Ipv4Addr::from(base + offset), length).unwrap()
        })
    }

    proptest! {
        #[test]
        fn each_address_is_taken_or_free_once(taken in prop::collection::vec(near(), 0..12)) {
            let range = net("10.0.0.0/26");
            let found = free(range, taken.iter().copied());
            for address in range.network().to_bits()..=range.broadcast().to_bits() {
                let address = Ipv4Addr::from(address);
                let is_taken = taken.iter().any(|net| net.contains(&address));
                let times = found.iter().filter(|net| net.contains(&address)).count();
                prop_assert_eq!(times, usize::from(!is_taken));
            }
            prop_assert!(found.iter().all(|net| range.contains(net)));
            prop_assert!(found.is_sorted());
            let could_be_one = |one: &Ipv4Net, other: &Ipv4Net| {
                one.prefix_len() == other.prefix_len() && one.supernet() == other.supernet()
            };
            prop_assert!(!found.windows(2).any(|pair| could_be_one(&pair[0], &pair[1])));
        }
    }
}
