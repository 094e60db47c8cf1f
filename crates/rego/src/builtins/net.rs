//! `net.*`: <https://www.openpolicyagent.org/docs/policy-reference/builtins/net>.

use std::net::IpAddr;

use anyhow::{Result, anyhow, bail};
use ipnet::IpNet;
use regorus::Value;

use super::{Builtin, elements, kind, string};

pub(super) const BUILTINS: &[(&str, u8, Builtin)] = &[
    ("net.cidr_contains", 2, contains),
    ("net.cidr_contains_matches", 2, contains_matches),
    ("net.cidr_expand", 1, expand),
    ("net.cidr_intersects", 2, intersects),
    ("net.cidr_is_valid", 1, is_valid),
    ("net.cidr_merge", 1, merge),
    // The older name of net.cidr_contains.
    ("net.cidr_overlap", 2, contains),
];

/// The most addresses that a range expands to.
const MOST_ADDRESSES: usize = 1 << 16;

fn contains(arguments: &[Value]) -> Result<Value> {
    let [outer, inner] = arguments else { bail!("expected two arguments") };
    Ok(holds(string(outer)?, string(inner)?)?.into())
}

fn contains_matches(arguments: &[Value]) -> Result<Value> {
    let [outer, inner] = arguments else { bail!("expected two arguments") };
    let inner = keyed(inner)?;
    let mut matches = Vec::new();
    for (outer_key, outer) in keyed(outer)? {
        for (inner_key, inner) in &inner {
            if holds(outer, inner)? {
                matches.push(Value::from(vec![outer_key.clone(), inner_key.clone()]));
            }
        }
    }
    Ok(set(matches))
}

fn expand(arguments: &[Value]) -> Result<Value> {
    let [range] = arguments else { bail!("expected one argument") };
    let range = network(string(range)?)?;
    let bits = range.max_prefix_len() - range.prefix_len();
    if 1_u128.checked_shl(bits.into()).is_none_or(|count| count > MOST_ADDRESSES as u128) {
        bail!("{range} has more than {MOST_ADDRESSES} addresses; expected a smaller range");
    }
    // The iterator over hosts leaves out the first and the last address of most IPv4 networks.
    let addresses: Vec<IpAddr> = match range {
        IpNet::V4(range) => {
            let first = u32::from(range.network());
            (first..=u32::from(range.broadcast())).map(|bits| IpAddr::V4(bits.into())).collect()
        }
        IpNet::V6(range) => {
            let first = u128::from(range.network());
            (first..=u128::from(range.broadcast())).map(|bits| IpAddr::V6(bits.into())).collect()
        }
    };
    Ok(set(addresses.into_iter().map(|address| address.to_string().into())))
}

fn intersects(arguments: &[Value]) -> Result<Value> {
    let [one, other] = arguments else { bail!("expected two arguments") };
    let (one, other) = (network(string(one)?)?, network(string(other)?)?);
    // Two networks are disjoint unless one lies in the other.
    Ok((one.contains(&other) || other.contains(&one)).into())
}

fn is_valid(arguments: &[Value]) -> Result<Value> {
    let [range] = arguments else { bail!("expected one argument") };
    Ok(network(string(range)?).is_ok().into())
}

fn merge(arguments: &[Value]) -> Result<Value> {
    let [ranges] = arguments else { bail!("expected one argument") };
    let ranges: Vec<IpNet> = elements(ranges)?
        .into_iter()
        .map(|range| network(string(range)?))
        .collect::<Result<_>>()?;
    let merged = IpNet::aggregate(&ranges);
    Ok(set(merged.into_iter().map(|range| range.to_string().into())))
}

/// Whether a network holds another network, or an address.
fn holds(outer: &str, inner: &str) -> Result<bool> {
    let outer = network(outer)?;
    Ok(match inner.parse::<IpAddr>() {
        Ok(address) => outer.contains(&address),
        Err(_) => outer.contains(&network(inner)?),
    })
}

/// The texts of an argument that may be one text or a collection, each with what results call it by: itself, its
/// index, its key, or the element of a set. An element may be a tuple that begins with the text.
fn keyed(value: &Value) -> Result<Vec<(Value, &str)>> {
    fn text(element: &Value) -> Result<&str> {
        match element {
            Value::Array(tuple) => {
                string(tuple.first().ok_or_else(|| anyhow!("found an empty array"))?)
            }
            element => string(element),
        }
    }
    match value {
        Value::String(range) => Ok(vec![(value.clone(), range)]),
        Value::Array(array) => {
            let numbered = array.iter().enumerate();
            numbered.map(|(index, element)| Ok((index.into(), text(element)?))).collect()
        }
        Value::Set(set) => {
            set.iter_sorted().map(|element| Ok((element.clone(), text(element)?))).collect()
        }
        Value::Object(object) => {
            object.iter_sorted().map(|(key, element)| Ok((key.clone(), text(element)?))).collect()
        }
        other => bail!("found {}, expected a range or a collection of them", kind(other)),
    }
}

/// A network in CIDR notation, its host bits cleared.
fn network(text: &str) -> Result<IpNet> {
    let network: IpNet = text.parse().map_err(|_| {
        anyhow!("found `{text}`, expected a network in CIDR notation such as 10.0.0.0/16")
    })?;
    Ok(network.trunc())
}

fn set(values: impl IntoIterator<Item = Value>) -> Value {
    values.into_iter().collect::<std::collections::BTreeSet<_>>().into()
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use ipnet::Ipv4Net;
    use proptest::prelude::*;

    use super::super::call;
    use super::*;

    fn texts(values: &[&str]) -> Value {
        values.iter().map(|text| Value::from(*text)).collect::<Vec<_>>().into()
    }

    fn listed(value: &Value) -> Vec<String> {
        elements(value).unwrap().iter().map(|text| string(text).unwrap().to_owned()).collect()
    }

    #[test]
    fn networks_meet_or_do_not() {
        for (one, other, meets) in [
            ("10.0.0.0/16", "10.0.128.0/17", true),
            ("10.0.0.0/16", "10.1.0.0/16", false),
            ("10.0.5.5/16", "10.0.0.0/24", true),
            ("10.0.0.0/8", "::ffff:a00:0/104", false),
            ("fd00::/8", "fd00:1::/32", true),
            ("0.0.0.0/0", "192.0.2.0/24", true),
        ] {
            let result = call("net.cidr_intersects", &[one.into(), other.into()]).unwrap();
            assert_eq!(result, Value::from(meets), "{one} {other}");
        }
        assert!(call("net.cidr_intersects", &["10.0.0.0".into(), "10.0.0.0/8".into()]).is_err());
    }

    #[test]
    fn ranges_expand_to_every_address() {
        let expanded = call("net.cidr_expand", &["192.0.2.4/30".into()]).unwrap();
        assert_eq!(listed(&expanded), ["192.0.2.4", "192.0.2.5", "192.0.2.6", "192.0.2.7"]);
        let expanded = call("net.cidr_expand", &["fd00::/126".into()]).unwrap();
        assert_eq!(listed(&expanded), ["fd00::", "fd00::1", "fd00::2", "fd00::3"]);
        for many in ["10.0.0.0/8", "::/0"] {
            let error = call("net.cidr_expand", &[many.into()]).unwrap_err().to_string();
            assert!(error.contains("more than 65536 addresses"), "{error}");
        }
    }

    #[test]
    fn matches_are_called_by_their_keys() {
        let ranges = texts(&["10.0.0.0/8", "172.16.0.0/12"]);
        let found = call("net.cidr_contains_matches", &[ranges, "10.1.2.3".into()]).unwrap();
        let expected = Value::from(vec![Value::from(0_usize), "10.1.2.3".into()]);
        assert_eq!(elements(&found).unwrap(), [&expected]);
    }

    fn network_v4() -> impl Strategy<Value = Ipv4Net> {
        // Few bits, so that networks often touch, nest and meet.
        (0_u32..=255, 24_u8..=32).prop_map(|(host, prefix)| {
            Ipv4Net::new((0x0a00_0000 | host).into(), prefix).unwrap().trunc()
        })
    }

    fn span(network: Ipv4Net) -> RangeInclusive<u32> {
        network.network().into()..=network.broadcast().into()
    }

    proptest! {
        #[test]
        fn networks_meet_when_they_share_an_address(one in network_v4(), other in network_v4()) {
            let shared = span(one).any(|address| span(other).contains(&address));
            let arguments = [one.to_string().into(), other.to_string().into()];
            prop_assert_eq!(call("net.cidr_intersects", &arguments).unwrap(), Value::from(shared));
        }

        #[test]
        fn a_network_contains_another_when_it_has_each_of_its_addresses(
            outer in network_v4(), inner in network_v4()
        ) {
            let every = span(inner).all(|address| span(outer).contains(&address));
            let arguments = [outer.to_string().into(), inner.to_string().into()];
            prop_assert_eq!(call("net.cidr_contains", &arguments).unwrap(), Value::from(every));
        }

        #[test]
        fn merging_keeps_the_addresses_and_leaves_no_two_that_touch(
            networks in proptest::collection::vec(network_v4(), 0..8)
        ) {
            let texts: Vec<Value> = networks.iter().map(|network| network.to_string().into()).collect();
            let merged = listed(&call("net.cidr_merge", &[texts.into()]).unwrap());
            let merged: Vec<Ipv4Net> = merged.iter().map(|text| text.parse().unwrap()).collect();
            for address in 0x0a00_0000..=0x0a00_00ff_u32 {
                let before = networks.iter().any(|network| span(*network).contains(&address));
                let after = merged.iter().filter(|network| span(**network).contains(&address)).count();
                prop_assert_eq!(usize::from(before), after, "{}", address);
            }
            // The smallest list: no two halves of one network are left.
            for network in &merged {
                let sibling = network.supernet().map(|whole| whole.subnets(network.prefix_len()).unwrap());
                let halves = sibling.into_iter().flatten().filter(|half| merged.contains(half)).count();
                prop_assert!(halves < 2, "{:?}", merged);
            }
        }

        #[test]
        fn no_text_breaks_them(one in ".{0,20}", other in ".{0,20}") {
            for (name, arity, builtin) in BUILTINS {
                let arguments = [Value::from(one.as_str()), other.as_str().into()];
                let _ = (name, builtin(&arguments[..usize::from(*arity)]));
            }
        }
    }
}
