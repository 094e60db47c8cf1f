//! `cidr.tsv`: every argument that holds address ranges in CIDR notation.
//!
//! - `family`: `v4`, `v6` or `either`;
//! - `role`: `vpc` and `subnet` define networks, `route` steers to them, `rule` admits or denies them,
//!   `reserved` sets them aside, `other` only mentions them.

use super::arguments::{Arguments, last};
use super::{Row, Table};

pub(super) const TABLE: Table = Table { name: "cidr", columns: &["family", "role"], propose };

fn propose(arguments: &Arguments<'_>) -> Vec<Row> {
    let ranges = arguments
        .iter()
        .filter(|(path, argument)| argument.holds_strings() && holds_range(last(path)));
    ranges.map(|(path, _)| Row::new(path, [family(last(path)), role(arguments.ty, path)])).collect()
}

fn holds_range(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "cidr" | "cidrs")) && !name.ends_with("_id")
}

/// AWS names IPv6 arguments; what is not named so takes IPv4, or both where it is a bare `cidr`.
fn family(name: &str) -> &'static str {
    match name {
        _ if name.contains("ipv6") => "v6",
        "cidr" | "cidrs" => "either",
        _ => "v4",
    }
}

fn role(ty: &str, path: &str) -> &'static str {
    let ty = ty.trim_start_matches("aws_");
    let in_block =
        |names: &[&str]| path.split('.').rev().skip(1).any(|block| names.contains(&block));
    if ty == "vpc" || ty.starts_with("vpc_ipv") {
        "vpc"
    } else if ty == "subnet" {
        "subnet"
    } else if ty.contains("route") || last(path).starts_with("destination_") || in_block(&["route"])
    {
        "route"
    } else if in_block(&["ingress", "egress"])
        || ty.contains("security_group")
        || ty.contains("acl")
    {
        "rule"
    } else {
        "other"
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::proposals;
    use super::*;

    #[test]
    fn families_and_roles_follow_from_the_names() {
        assert_eq!(proposals(&TABLE, "aws_vpc")["ipv6_cidr_block"], ["v6", "vpc"]);
        assert_eq!(proposals(&TABLE, "aws_subnet")["cidr_block"], ["v4", "subnet"]);
        assert_eq!(proposals(&TABLE, "aws_route")["destination_cidr_block"], ["v4", "route"]);
        assert_eq!(proposals(&TABLE, "aws_route_table")["route.ipv6_cidr_block"], ["v6", "route"]);
        assert_eq!(proposals(&TABLE, "aws_security_group")["ingress.cidr_blocks"], ["v4", "rule"]);
        assert_eq!(
            proposals(&TABLE, "aws_ec2_managed_prefix_list")["entry.cidr"],
            ["either", "other"]
        );
    }

    #[test]
    fn an_id_is_no_range() {
        assert!(!holds_range("cidr_collection_id"));
        assert!(holds_range("inside_cidr_blocks"));
    }
}
