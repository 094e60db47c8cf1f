//! Which arguments hold IAM policy documents, or name managed policies.

use super::Table;

static TABLE: Table = Table::new(include_str!("../../../../policies/tables/policy-documents.tsv"));

/// An argument that grants or limits permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyArgument {
    /// The argument.
    pub path: &'static str,
    /// What the policy is attached to.
    pub kind: Kind,
    /// What the argument holds.
    pub form: Form,
}

/// What a policy is attached to, which decides what its elements mean.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#access_policy-types>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A user, group, role or permission set, to which it grants.
    Identity,
    /// A role: who may assume it.
    Trust,
    /// One resource.
    Resource,
    /// All of a service's resources in the account.
    Account,
    /// A KMS key.
    Key,
    /// A VPC endpoint: it limits what passes, and grants nothing.
    Endpoint,
    /// An organization: it limits accounts, and grants nothing.
    Scp,
    /// An identity or session: it limits, and grants nothing.
    Boundary,
}

impl Kind {
    fn new(cell: &str) -> Option<Self> {
        Some(match cell {
            "identity" => Self::Identity,
            "trust" => Self::Trust,
            "resource" => Self::Resource,
            "account" => Self::Account,
            "key" => Self::Key,
            "endpoint" => Self::Endpoint,
            "scp" => Self::Scp,
            "boundary" => Self::Boundary,
            _ => return None,
        })
    }
}

/// What an argument holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A policy document's JSON text.
    Document,
    /// A managed policy's ARN, or a list of them.
    ManagedPolicyArn,
}

/// The policy arguments of a resource type.
pub fn of(ty: &str) -> impl Iterator<Item = PolicyArgument> + use<> {
    TABLE.rows(ty).filter_map(read)
}

fn read([_, path, kind, form]: [&'static str; 4]) -> Option<PolicyArgument> {
    let form = match form {
        "document" => Form::Document,
        "arn" => Form::ManagedPolicyArn,
        _ => return None,
    };
    Some(PolicyArgument { path, kind: Kind::new(kind)?, form })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let (types, _) = TABLE.read_by(of);
        assert!(types >= 90);
    }

    #[test]
    fn kinds_and_forms_are_told() {
        let role: Vec<_> = of("aws_iam_role")
            .map(|argument| (argument.path, argument.kind, argument.form))
            .collect();
        assert_eq!(
            role,
            [
                ("assume_role_policy", Kind::Trust, Form::Document),
                ("inline_policy.policy", Kind::Identity, Form::Document),
                ("managed_policy_arns", Kind::Identity, Form::ManagedPolicyArn),
                ("permissions_boundary", Kind::Boundary, Form::ManagedPolicyArn),
            ]
        );
        assert_eq!(of("aws_kms_key").next().unwrap().kind, Kind::Key);
        assert_eq!(of("aws_sqs_queue_redrive_policy").next(), None);
    }
}
