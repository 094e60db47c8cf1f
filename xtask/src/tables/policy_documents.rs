//! `policy-documents.tsv`: every argument that holds an IAM policy document, or names a managed policy.
//!
//! - `kind`: `identity` grants to its owner, `trust` says who may assume a role, `resource` is attached
//!   to a resource, `account` to all of a service's resources in the account, `key` to a KMS key,
//!   `endpoint` to a VPC endpoint, `scp` limits an organization, `boundary` limits an identity;
//! - `form`: `document`, the JSON text, or `arn`, a managed policy's ARN.

use super::arguments::{Arguments, last};
use super::{Row, Table};

pub(super) const TABLE: Table =
    Table { name: "policy-documents", columns: &["kind", "form"], propose };

fn propose(arguments: &Arguments<'_>) -> Vec<Row> {
    let strings = arguments.iter().filter(|(_, argument)| argument.holds_strings());
    strings
        .filter_map(|(path, argument)| {
            let form = match last(path) {
                name if argument.is_string() && holds_document(name) => "document",
                name if names_managed_policy(name) => "arn",
                _ => return None,
            };
            Some(Row::new(path, [kind(arguments.ty, last(path)), form]))
        })
        .collect()
}

fn holds_document(name: &str) -> bool {
    const NAMES: [&str; 8] = [
        "access_policies",
        "access_policy",
        "assume_role_policy",
        "inline_policy",
        "policy",
        "policy_document",
        "resource_policy",
        "session_policy",
    ];
    NAMES.contains(&name)
}

fn names_managed_policy(name: &str) -> bool {
    const NAMES: [&str; 6] = [
        "guardrail_policy_arns",
        "managed_policy_arn",
        "managed_policy_arns",
        "permissions_boundary",
        "policy_arn",
        "policy_arns",
    ];
    NAMES.contains(&name)
}

fn kind(ty: &str, name: &str) -> &'static str {
    match name {
        "assume_role_policy" => "trust",
        "permissions_boundary" | "guardrail_policy_arns" => "boundary",
        "inline_policy" | "session_policy" => "identity",
        _ if ty.starts_with("aws_iam_") || names_managed_policy(name) => "identity",
        _ if ty.starts_with("aws_kms_") => "key",
        _ if ty.starts_with("aws_vpc_endpoint") => "endpoint",
        _ => "resource",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::proposals;
    use super::*;

    #[test]
    fn kinds_follow_from_type_and_name() {
        let role = proposals(&TABLE, "aws_iam_role");
        assert_eq!(role["assume_role_policy"], ["trust", "document"]);
        assert_eq!(role["inline_policy.policy"], ["identity", "document"]);
        assert_eq!(role["managed_policy_arns"], ["identity", "arn"]);
        assert_eq!(role["permissions_boundary"], ["boundary", "arn"]);
        assert_eq!(proposals(&TABLE, "aws_kms_key")["policy"], ["key", "document"]);
        assert_eq!(proposals(&TABLE, "aws_vpc_endpoint")["policy"], ["endpoint", "document"]);
        assert_eq!(proposals(&TABLE, "aws_sqs_queue_policy")["policy"], ["resource", "document"]);
    }

    #[test]
    fn policies_of_other_kinds_are_none() {
        assert!(proposals(&TABLE, "aws_lb_listener").is_empty());
        assert!(proposals(&TABLE, "aws_sqs_queue_redrive_policy").is_empty());
    }
}
