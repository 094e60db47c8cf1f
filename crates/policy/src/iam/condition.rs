//! What a statement's conditions limit.
//!
//! Operators: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>;
//! keys: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.

use super::arn::Arn;
use super::document::Condition;
use super::template;

/// What a condition may limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// Who may act.
    Principal,
    /// On which resources.
    Resource,
    /// In which region.
    Region,
}

impl Limit {
    /// Keys by their lowercase beginnings.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            // S3 counts the keys up to aws:userid as making a policy not public:
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
            Self::Principal => &[
                "aws:sourcearn",
                "aws:sourceaccount",
                "aws:sourceowner",
                "aws:sourceip",
                "aws:sourcevpc",
                "aws:sourcevpce",
                "aws:userid",
                "s3:dataaccesspointaccount",
                "s3:dataaccesspointarn",
                "aws:principalaccount",
                "aws:principalarn",
                "aws:principalisawsservice",
                "aws:principalorgid",
                "aws:principalorgpaths",
                "aws:principalservicename",
                "aws:principaltag/",
                "aws:sourceorgid",
                "aws:sourceorgpaths",
                "kms:calleraccount",
                "sts:externalid",
            ],
            Self::Resource => &[
                "aws:resourceaccount",
                "aws:resourceorgid",
                "aws:resourceorgpaths",
                "aws:resourcetag/",
                "ec2:subnet",
                "ec2:vpc",
                "ecs:cluster",
                "kms:encryptioncontext:",
                "kms:resourcealiases",
                "lambda:functionarn",
                "secretsmanager:secretid",
            ],
            Self::Region => &["aws:requestedregion", "ec2:region"],
        }
    }

    fn has_key(self, key: &str) -> bool {
        let key = key.to_ascii_lowercase();
        // Services have tag keys of their own: autoscaling:ResourceTag/team, ssm:resourceTag/team.
        let service_tag = self == Self::Resource && key.contains(":resourcetag/");
        let is = |known: &&str| {
            if known.ends_with(['/', ':']) { key.starts_with(*known) } else { key == **known }
        };
        service_tag || self.keys().iter().any(is)
    }
}

/// How what is not known is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// As one name: what the statement grants at least.
    Narrowest,
    /// As anything: what it could grant.
    Widest,
}

/// Whether one of the conditions really limits: its operator fails where the key is absent or different,
/// and none of its values lets everything through.
pub(super) fn limits(conditions: &[Condition<'_>], limit: Limit, reading: Reading) -> bool {
    binds(conditions, reading, |key| limit.has_key(key))
}

/// Whether one of the conditions says whom of an identity provider's users is meant: a key of the provider's
/// own, such as `token.actions.githubusercontent.com:sub`.
pub(super) fn limits_subject(conditions: &[Condition<'_>], reading: Reading) -> bool {
    binds(conditions, reading, names_subject)
}

fn binds(conditions: &[Condition<'_>], reading: Reading, has_key: impl Fn(&str) -> bool) -> bool {
    conditions.iter().any(|condition| {
        if template::is_opaque(&condition.key) || template::is_opaque(&condition.operator) {
            return reading == Reading::Narrowest;
        }
        has_key(&condition.key)
            && is_binding(&condition.operator)
            && condition.values.iter().all(|value| is_specific(value, reading))
    })
}

/// The audience says for whom a token was made, not who holds it, except where it is the account's own
/// identity pool or SAML application.
fn names_subject(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let of_aws = key.starts_with("aws:") || key.starts_with("sts:");
    let own_audience =
        key.starts_with("cognito-identity.amazonaws.com:") || key.starts_with("saml:");
    !of_aws && (own_audience || !key.ends_with(":aud"))
}

/// Whether a request without the key, or with another value, fails. `…IfExists` and `ForAllValues:` hold
/// where the key is absent, and a negated operator holds for nearly everything.
fn is_binding(operator: &str) -> bool {
    const BINDING: [&str; 7] = [
        "arnequals",
        "arnlike",
        "bool",
        "ipaddress",
        "stringequals",
        "stringequalsignorecase",
        "stringlike",
    ];
    let operator = operator.to_ascii_lowercase();
    let base = operator.strip_prefix("foranyvalue:").unwrap_or(&operator);
    BINDING.contains(&base)
}

fn is_specific(value: &str, reading: Reading) -> bool {
    let value = match reading {
        Reading::Narrowest => template::narrowest(value),
        Reading::Widest => template::widest(value),
    };
    let wild = |text: &str| text.chars().all(|char| matches!(char, '*' | '?'));
    match Arn::parse(&value) {
        // S3's ARNs have no account, so that the resource must say which bucket is meant.
        Some(arn) => !(wild(arn.account) && arn.resource.starts_with(['*', '?'])),
        None => !wild(&value) && !matches!(&*value, "0.0.0.0/0" | "::/0" | "false"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::template::{IDENTIFIER, UNKNOWN};
    use super::*;

    fn limited(limit: Limit, operator: &str, key: &str, value: &str) -> bool {
        let condition =
            Condition { operator: operator.into(), key: key.into(), values: vec![value.into()] };
        limits(&[condition], limit, Reading::Widest)
    }

    #[test]
    fn keys_limit_what_they_are_about() {
        assert!(limited(Limit::Principal, "StringEquals", "AWS:SourceAccount", "111122223333"));
        assert!(limited(
            Limit::Principal,
            "ArnLike",
            "aws:SourceArn",
            "arn:aws:sns:us-east-1:111122223333:*"
        ));
        assert!(limited(Limit::Principal, "StringLike", "aws:PrincipalTag/team", "payments"));
        assert!(!limited(Limit::Principal, "StringEquals", "aws:RequestedRegion", "us-east-1"));
        assert!(limited(Limit::Region, "StringEquals", "aws:RequestedRegion", "us-east-1"));
        assert!(limited(Limit::Resource, "StringEquals", "ssm:resourceTag/team", "payments"));
        assert!(limited(Limit::Resource, "StringEquals", "aws:ResourceTag/team", "payments"));
        assert!(!limited(Limit::Resource, "StringEquals", "aws:RequestTag/team", "payments"));
    }

    #[test]
    fn operators_that_hold_without_the_key_limit_nothing() {
        for operator in
            ["StringEqualsIfExists", "ForAllValues:StringEquals", "StringNotEquals", "Null"]
        {
            assert!(
                !limited(Limit::Principal, operator, "aws:SourceAccount", "111122223333"),
                "{operator}"
            );
        }
        assert!(limited(
            Limit::Principal,
            "ForAnyValue:StringLike",
            "aws:PrincipalOrgPaths",
            "o-1/r-1/*"
        ));
    }

    #[test]
    fn values_that_let_everything_through_limit_nothing() {
        for (operator, key, value) in [
            ("StringLike", "aws:PrincipalOrgID", "*"),
            ("StringLike", "aws:SourceAccount", "????????????"),
            ("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"),
            ("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:*"),
            ("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
            ("Bool", "aws:PrincipalIsAWSService", "false"),
        ] {
            assert!(!limited(Limit::Principal, operator, key, value), "{key} {value}");
        }
        assert!(limited(Limit::Principal, "ArnLike", "aws:SourceArn", "arn:aws:s3:::bucket"));
        let one_is_enough = Condition {
            operator: "StringLike".into(),
            key: "aws:SourceAccount".into(),
            values: vec!["111122223333".into(), "*".into()],
        };
        assert!(!limits(&[one_is_enough], Limit::Principal, Reading::Narrowest));
    }

    #[test]
    fn unknown_values_limit_in_the_narrowest_reading_only() {
        let condition = |value: char| Condition {
            operator: "StringEquals".into(),
            key: "aws:SourceAccount".into(),
            values: vec![value.to_string().into()],
        };
        assert!(limits(&[condition(UNKNOWN)], Limit::Principal, Reading::Narrowest));
        assert!(!limits(&[condition(UNKNOWN)], Limit::Principal, Reading::Widest));
        assert!(limits(&[condition(IDENTIFIER)], Limit::Principal, Reading::Widest));
    }

    #[test]
    fn a_providers_own_key_says_who_is_meant() {
        let subject = |operator: &'static str, key: &'static str| {
            let condition = Condition {
                operator: operator.into(),
                key: key.into(),
                values: vec!["repo:x/y:*".into()],
            };
            limits_subject(&[condition], Reading::Widest)
        };
        assert!(subject("StringLike", "token.actions.githubusercontent.com:sub"));
        assert!(!subject("StringNotLike", "token.actions.githubusercontent.com:sub"));
        assert!(!subject("StringEquals", "token.actions.githubusercontent.com:aud"));
        assert!(!subject("Bool", "aws:SecureTransport"));
        assert!(subject("StringEquals", "SAML:aud"));
        assert!(subject("StringEquals", "cognito-identity.amazonaws.com:aud"));
        assert!(!limits_subject(&[], Reading::Narrowest));
    }
}
