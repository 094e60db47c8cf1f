//! Which arguments hold KMS keys.

use super::{Conditions, Table};

static TABLE: Table = Table::new(include_str!("../../../../policies/tables/kms.tsv"));

/// An argument that holds a KMS key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The argument.
    pub path: &'static str,
    /// When the key matters: always, in every block of a path, or under other conditions.
    pub when: Conditions,
    /// How the key may be named.
    pub form: Form,
    /// What must hold as well for the key to encrypt anything.
    pub switch: Conditions,
    /// What encrypts when the key is left out.
    pub unset: Unset,
    /// What encrypts when the key is left out and its switch is not set either.
    pub off: Unset,
    /// Whether a customer managed key is asked for.
    pub demand: Demand,
}

/// How a key may be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By ARN only.
    Arn,
    /// By id, ARN or alias.
    Any,
}

/// What encrypts when a key is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unset {
    /// An AWS-managed key (`alias/aws/…`) of the account.
    AwsManaged,
    /// A key of the service's own, outside the account.
    AwsOwned,
    /// The key that the account set as its default in the region.
    AccountDefault,
    /// Nothing.
    Unencrypted,
    /// Not confirmed; no customer managed key in any case.
    Unspecified,
    /// It cannot be left out.
    Required,
}

/// Whether a customer managed key is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// In this argument.
    CustomerManaged,
    /// In another resource type's argument, which configures the same.
    Separate,
    /// Nowhere: what holds the resource is encrypted already.
    Nothing,
}

impl Unset {
    fn new(cell: &str) -> Option<Self> {
        Some(match cell {
            "aws-managed" => Self::AwsManaged,
            "aws-owned" => Self::AwsOwned,
            "account-default" => Self::AccountDefault,
            "unencrypted" => Self::Unencrypted,
            "unspecified" => Self::Unspecified,
            "required" => Self::Required,
            _ => return None,
        })
    }
}

/// The keys of a resource type.
pub fn of(ty: &str) -> impl Iterator<Item = Key> + use<> {
    TABLE.rows(ty).filter_map(read)
}

fn read([_, path, when, form, switch, unset, demand]: [&'static str; 7]) -> Option<Key> {
    let (off, unset) = unset.split_once('/').unwrap_or((unset, unset));
    Some(Key {
        path,
        when: Conditions::new(when),
        form: match form {
            "arn" => Form::Arn,
            "any" => Form::Any,
            _ => return None,
        },
        switch: Conditions::new(switch),
        unset: Unset::new(unset)?,
        off: Unset::new(off)?,
        demand: match demand {
            "customer-managed" => Demand::CustomerManaged,
            "separate" => Demand::Separate,
            "none" => Demand::Nothing,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Condition, Test};
    use super::*;

    #[test]
    fn every_row_is_read() {
        let (types, rows) = TABLE.read_by(of);
        assert!(types >= 172 && rows >= 225);
    }

    #[test]
    fn switches_and_blocks_are_told() {
        let find = |ty, path| of(ty).find(|key| key.path == path).unwrap();
        let cluster = find("aws_rds_cluster", "kms_key_id");
        let on = Condition { path: "storage_encrypted", test: Test::OneOf("true") };
        assert_eq!(cluster.switch.iter().collect::<Vec<_>>(), [on]);
        assert_eq!((cluster.off, cluster.unset), (Unset::AwsOwned, Unset::AwsManaged));
        let replica = find("aws_dynamodb_table", "replica.kms_key_arn");
        assert_eq!(
            replica.when.iter().collect::<Vec<_>>(),
            [Condition { path: "replica", test: Test::Set }]
        );
        assert_eq!((replica.form, replica.unset), (Form::Arn, Unset::AwsOwned));
        assert_eq!(find("aws_sns_topic", "kms_master_key_id").unset, Unset::Unencrypted);
        assert_eq!(find("aws_s3_object", "kms_key_id").demand, Demand::Nothing);
    }
}
