//! `kms.tsv`: every argument that holds a KMS key.
//!
//! - `when`: what makes the key matter: `-` always, a block's path where the block is present,
//!   `path=value` where the argument has the value;
//! - `form`: `arn`, or `any` where an id, an ARN or an alias does;
//! - `switch`: `path=value|value`, the argument that must have one of the values as well for the key
//!   to encrypt anything, or `-`;
//! - `unset`: what encrypts when the key is left out;
//! - `demand`: whether a customer managed key is asked for.

use super::arguments::{Argument, Arguments, last};
use super::{NONE, Row, Table};

pub(super) const TABLE: Table =
    Table { name: "kms", columns: &["when", "form", "switch", "unset", "demand"], propose };

fn propose(arguments: &Arguments<'_>) -> Vec<Row> {
    let keys = arguments.iter().filter(|(path, argument)| argument.is_string() && holds_key(path));
    keys.map(|(path, argument)| row(arguments, path, *argument)).collect()
}

fn row(arguments: &Arguments<'_>, path: &str, argument: Argument<'_>) -> Row {
    let form = if path.ends_with("arn") { "arn" } else { "any" };
    let switch = switch(arguments, path);
    let unset = match &switch {
        _ if argument.attribute.required => "required",
        Some(switch) if switch.ends_with("=true") => "aws-managed",
        _ => "unspecified",
    };
    Row::new(path, [when(path), form, switch.as_deref().unwrap_or(NONE), unset, "customer-managed"])
}

fn holds_key(path: &str) -> bool {
    const NAMES: [&str; 14] = [
        "cmk_arn",
        "customer_encryption_key_arn",
        "customer_managed_key",
        "customer_managed_key_arn",
        "default_encryption_key",
        "ebs_encryption_key_arn",
        "encryption_key",
        "encryption_key_arn",
        "kms_arn",
        "kms_encryption_key",
        "kms_key",
        "kms_key_identifier",
        "kms_master_key_id",
        "volume_encryption_key",
    ];
    const ENDINGS: [&str; 2] = ["kms_key_id", "kms_key_arn"];
    let name = last(path);
    let in_encryption_block = || {
        matches!(name, "key_id" | "key_arn")
            && blocks(path).any(|(_, block)| is_encryption_block(block))
    };
    NAMES.contains(&name)
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || in_encryption_block()
}

/// The innermost block around the argument that is not there just to configure encryption: where that
/// block is present, its contents are to be encrypted, whether encryption is configured or not.
fn when(path: &str) -> &str {
    blocks(path)
        .take_while(|(_, block)| !is_encryption_block(block))
        .last()
        .map_or(NONE, |(prefix, _)| prefix)
}

/// The blocks around an argument from the outside in: the path up to each, and its name.
fn blocks(path: &str) -> impl Iterator<Item = (&str, &str)> {
    path.match_indices('.').map(|(end, _)| (&path[..end], last(&path[..end])))
}

fn is_encryption_block(name: &str) -> bool {
    ["encrypt", "sse_", "kms_key"].iter().any(|part| name.contains(part))
}

/// The argument beside the key that turns encryption on.
fn switch(arguments: &Arguments<'_>, path: &str) -> Option<String> {
    const SWITCHES: [(&str, &str); 6] = [
        ("storage_encrypted", "true"),
        ("encrypted", "true"),
        ("kms_encrypted", "true"),
        ("at_rest_encryption_enabled", "true"),
        ("sse_algorithm", "aws:kms|aws:kms:dsse"),
        ("encryption_type", "KMS"),
    ];
    let directly_in_encryption_block =
        blocks(path).last().is_some_and(|(_, block)| is_encryption_block(block));
    let enabled = directly_in_encryption_block.then_some(("enabled", "true"));
    SWITCHES
        .into_iter()
        .chain(enabled)
        .find_map(|(name, value)| Some(format!("{}={value}", arguments.beside(path, name)?)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::proposals;
    use super::*;

    #[test]
    fn keys_are_found_with_their_switches() {
        let found = proposals(&TABLE, "aws_dynamodb_table");
        assert_eq!(
            found["server_side_encryption.kms_key_arn"],
            ["-", "arn", "server_side_encryption.enabled=true", "aws-managed", "customer-managed"]
        );
        assert_eq!(
            found["replica.kms_key_arn"],
            ["replica", "arn", "-", "unspecified", "customer-managed"]
        );
        assert_eq!(found.len(), 2);
        let cluster = proposals(&TABLE, "aws_rds_cluster");
        assert_eq!(
            cluster["kms_key_id"],
            ["-", "any", "storage_encrypted=true", "aws-managed", "customer-managed"]
        );
    }

    #[test]
    fn a_key_matters_where_the_block_that_it_encrypts_is_present() {
        assert_eq!(when("kms_key_id"), "-");
        assert_eq!(when("encryption_configuration.kms_key"), "-");
        assert_eq!(when("destination.bucket.encryption.sse_kms.key_id"), "destination.bucket");
        assert_eq!(when("replica.kms_key_arn"), "replica");
    }

    #[test]
    fn other_keys_are_not_taken_for_kms_keys() {
        assert!(!holds_key("key_id"));
        assert!(!holds_key("tunnel1_preshared_key"));
        assert!(!holds_key("connector_profile.infor_nexus.access_key_id"));
        assert!(holds_key("encryption_configuration.key_id"));
    }
}
