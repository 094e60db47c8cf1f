//! Policy documents: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.
//!
//! ```
//! use drstack_terraform::iam::{Policy, Statement};
//! use drstack_terraform::{ModuleName, Ref, Region, kind};
//!
//! let queue: Ref<kind::Arn<kind::Queue>> = ModuleName::regional("compute", Region::US_EAST_1).get("orders");
//! let policy = Policy::new([Statement::allow("Send").actions(["sqs:SendMessage"]).resources([queue])]);
//! # let _ = policy;
//! ```

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Input, Json, Template};

/// A policy document as JSON text, for an argument that takes one.
pub type PolicyText = Json<Policy>;

/// A policy document of version 2012-10-17.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Policy {
    #[serde(rename = "Version")]
    version: &'static str,
    #[serde(rename = "Statement")]
    statements: Vec<Statement>,
}

/// One statement of a policy document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    sid: &'static str,
    effect: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    principal: BTreeMap<&'static str, Vec<Template>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    action: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource: Vec<Template>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: BTreeMap<&'static str, BTreeMap<&'static str, Vec<Template>>>,
}

/// What a symmetric key of a single region can be asked to do by its account.
const KEY_ACTIONS: &[&str] = &[
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:RetireGrant",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
];

impl Policy {
    /// A document of these statements.
    #[must_use]
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self { version: "2012-10-17", statements: statements.into_iter().collect() }
    }

    /// The document that lets an AWS service assume a role. `narrowed` adds what it asks of the request.
    #[must_use]
    pub fn trust(service: &'static str, narrowed: impl FnOnce(Statement) -> Statement) -> Self {
        Self::new([narrowed(
            Statement::allow("Assume").service(service).actions(["sts:AssumeRole"]),
        )])
    }

    /// The document as the text that arguments take.
    #[must_use]
    pub const fn text(self) -> PolicyText {
        Json(self)
    }
}

impl Statement {
    /// A statement that allows.
    #[must_use]
    pub const fn allow(sid: &'static str) -> Self {
        Self::new(sid, "Allow")
    }

    /// A statement that denies.
    #[must_use]
    pub const fn deny(sid: &'static str) -> Self {
        Self::new(sid, "Deny")
    }

    const fn new(sid: &'static str, effect: &'static str) -> Self {
        Self {
            sid,
            effect,
            principal: BTreeMap::new(),
            action: Vec::new(),
            resource: Vec::new(),
            condition: BTreeMap::new(),
        }
    }

    /// Adds actions, such as `sqs:SendMessage`.
    #[must_use]
    pub fn actions(mut self, actions: impl IntoIterator<Item = &'static str>) -> Self {
        self.action.extend(actions);
        self
    }

    /// Adds resources by their ARNs.
    #[must_use]
    pub fn resources<T: Into<Template>>(mut self, resources: impl IntoIterator<Item = T>) -> Self {
        self.resource.extend(resources.into_iter().map(Into::into));
        self
    }

    /// Adds an AWS service as principal, such as `sns.amazonaws.com`.
    #[must_use]
    pub fn service(self, service: impl Into<Template>) -> Self {
        self.principal("Service", service)
    }

    /// Adds an account's root as principal, which stands for the account and leaves the rest to its IAM policies.
    #[must_use]
    pub fn account(self, account: impl Into<Template>) -> Self {
        self.principal("AWS", Template::from("arn:aws:iam::") + account + ":root")
    }

    /// Leaves a KMS key to its account's IAM policies, action by action. Without it nobody could change the key's policy any more:
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>.
    #[must_use]
    pub fn leave_key_to_account() -> Self {
        // In a key policy `*` is the key itself.
        let statement = Self::allow("Account").account(Input::ACCOUNT_ID).resources(["*"]);
        statement.actions(KEY_ACTIONS.iter().copied())
    }

    /// Names everyone as principal; for statements that deny, or that a condition narrows.
    #[must_use]
    pub fn everyone(self) -> Self {
        self.principal("AWS", "*")
    }

    fn principal(mut self, kind: &'static str, principal: impl Into<Template>) -> Self {
        self.principal.entry(kind).or_default().push(principal.into());
        self
    }

    /// Adds a condition: an operator such as `StringEquals`, a key such as `aws:SourceArn`, and the values of which one must match.
    #[must_use]
    pub fn when<T: Into<Template>>(
        mut self,
        operator: &'static str,
        key: &'static str,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let keys = self.condition.entry(operator).or_default();
        keys.entry(key).or_default().extend(values.into_iter().map(Into::into));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_left_to_its_account_action_by_action() {
        let statement = Statement::leave_key_to_account();
        let root = Template::from("arn:aws:iam::") + Input::ACCOUNT_ID + ":root";
        assert_eq!(statement.principal, [("AWS", vec![root])].into());
        assert_eq!(statement.resource, ["*".into()]);
        assert!(statement.action.contains(&"kms:PutKeyPolicy"), "or nobody can change the policy");
        assert!(statement.action.is_sorted());
        assert!(statement.action.iter().all(|action| !action.contains('*')));
    }
}
