//! Which arguments hold address ranges.

use super::Table;

static TABLE: Table = Table::new(include_str!("../../../../policies/tables/cidr.tsv"));

/// An argument that holds one address range in CIDR notation, or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The argument.
    pub path: &'static str,
    /// The addresses' family.
    pub family: Family,
    /// What the range is there for.
    pub role: Role,
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
    /// Either.
    Either,
}

/// What a range is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A VPC's addresses.
    Vpc,
    /// A subnet's addresses.
    Subnet,
    /// A route's destination.
    Route,
    /// Whom a rule admits or denies.
    Rule,
    /// Set aside for something.
    Reserved,
    /// Only mentioned.
    Other,
}

/// The address ranges of a resource type.
pub fn of(ty: &str) -> impl Iterator<Item = Range> + use<> {
    TABLE.rows(ty).filter_map(read)
}

fn read([_, path, family, role]: [&'static str; 4]) -> Option<Range> {
    let family = match family {
        "v4" => Family::V4,
        "v6" => Family::V6,
        "either" => Family::Either,
        _ => return None,
    };
    let role = match role {
        "vpc" => Role::Vpc,
        "subnet" => Role::Subnet,
        "route" => Role::Route,
        "rule" => Role::Rule,
        "reserved" => Role::Reserved,
        "other" => Role::Other,
        _ => return None,
    };
    Some(Range { path, family, role })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let (_, rows) = TABLE.read_by(of);
        assert!(rows > 80);
    }

    #[test]
    fn networks_are_told_from_rules() {
        let roles =
            |ty| of(ty).map(|range| (range.path, range.family, range.role)).collect::<Vec<_>>();
        assert_eq!(
            roles("aws_subnet"),
            [
                ("cidr_block", Family::V4, Role::Subnet),
                ("ipv6_cidr_block", Family::V6, Role::Subnet)
            ]
        );
        assert_eq!(
            roles("aws_vpc_ipv4_cidr_block_association"),
            [("cidr_block", Family::V4, Role::Vpc)]
        );
        assert!(roles("aws_security_group").iter().all(|(_, _, role)| *role == Role::Rule));
    }
}
