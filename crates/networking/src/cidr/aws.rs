//! The prefix lengths that AWS accepts.

use std::fmt;

use ipnet::IpNet;

/// The prefix lengths that AWS accepts for one kind of network in one address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefixLengths {
    /// The shortest prefix, so the largest network.
    pub shortest: u8,
    /// The longest prefix, so the smallest network.
    pub longest: u8,
    /// The distance between two accepted lengths, counted from the shortest.
    pub step: u8,
}

impl PrefixLengths {
    /// Those of a VPC in the address family of `network`: /16 to /28 for IPv4, /44 to /60 in steps
    /// of 4 for IPv6 (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>).
    #[must_use]
    pub fn vpc(network: IpNet) -> Self {
        match network {
            IpNet::V4(_) => Self { shortest: 16, longest: 28, step: 1 },
            IpNet::V6(_) => Self { shortest: 44, longest: 60, step: 4 },
        }
    }

    /// Those of a subnet in the address family of `network`: /16 to /28 for IPv4, /44 to /64 in
    /// steps of 4 for IPv6 (<https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>).
    #[must_use]
    pub fn subnet(network: IpNet) -> Self {
        match network {
            IpNet::V4(_) => Self { shortest: 16, longest: 28, step: 1 },
            IpNet::V6(_) => Self { shortest: 44, longest: 64, step: 4 },
        }
    }

    /// Whether AWS accepts this length.
    #[must_use]
    pub fn contains(self, prefix_len: u8) -> bool {
        (self.shortest..=self.longest).contains(&prefix_len)
            && (prefix_len - self.shortest).is_multiple_of(self.step)
    }
}

impl fmt::Display for PrefixLengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{} to /{}", self.shortest, self.longest)?;
        if self.step > 1 {
            write!(f, " in steps of {}", self.step)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(lengths: PrefixLengths) -> Vec<u8> {
        (0..=128).filter(|&len| lengths.contains(len)).collect()
    }

    #[test]
    fn ipv4_networks_are_between_16_and_28() {
        let v4 = "10.0.0.0/8".parse().unwrap();
        assert_eq!(accepted(PrefixLengths::vpc(v4)), (16..=28).collect::<Vec<_>>());
        assert_eq!(accepted(PrefixLengths::subnet(v4)), (16..=28).collect::<Vec<_>>());
        assert_eq!(PrefixLengths::vpc(v4).to_string(), "/16 to /28");
    }

    #[test]
    fn ipv6_networks_come_in_steps_of_four() {
        let v6 = "fd00::/8".parse().unwrap();
        assert_eq!(accepted(PrefixLengths::vpc(v6)), [44, 48, 52, 56, 60]);
        assert_eq!(accepted(PrefixLengths::subnet(v6)), [44, 48, 52, 56, 60, 64]);
        assert_eq!(PrefixLengths::subnet(v6).to_string(), "/44 to /64 in steps of 4");
    }
}
