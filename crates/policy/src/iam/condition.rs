//! What a statement's conditions limit.
//!
//! Operators: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>;
//! keys: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.

use std::borrow::Cow;

use super::arn::Arn;
use super::document::Condition;
use super::{glob, template};

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
                // A service has one linked role, or few with its own name in them:
                // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
                "iam:awsservicename",
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
    binds(conditions, reading, |condition| limit.has_key(&condition.key))
}

/// Whether one of the conditions says whom of an identity provider's users is meant: a key of the provider's
/// own, such as `token.actions.githubusercontent.com:sub`, with a subject that says whose it is.
pub(super) fn limits_subject(conditions: &[Condition<'_>], reading: Reading) -> bool {
    let names_holders = |condition: &Condition<'_>| {
        condition.values.iter().all(|value| says_whose(&read(value, reading)))
    };
    binds(conditions, reading, |condition| {
        names_subject(&condition.key) && names_holders(condition)
    }) || conditions.iter().any(|condition| names_service_accounts(condition, reading))
}

fn binds(
    conditions: &[Condition<'_>],
    reading: Reading,
    is_about: impl Fn(&Condition<'_>) -> bool,
) -> bool {
    conditions.iter().any(|condition| {
        if template::is_opaque(&condition.key) || template::is_opaque(&condition.operator) {
            return reading == Reading::Narrowest;
        }
        is_about(condition)
            && is_binding(&condition.operator)
            && condition.values.iter().all(|value| is_specific(&condition.key, value, reading))
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

fn read(value: &str, reading: Reading) -> Cow<'_, str> {
    match reading {
        Reading::Narrowest => template::narrowest(value),
        Reading::Widest => template::widest(value),
    }
}

fn is_specific(key: &str, value: &str, reading: Reading) -> bool {
    let value = read(value, reading);
    let key = key.to_ascii_lowercase();
    let wild = |text: &str| text.chars().all(|char| matches!(char, '*' | '?'));
    if wild(&value) || value == "false" {
        return false;
    }
    match key.as_str() {
        "aws:sourceip" => !is_wide_range(&value),
        // Whoever owns an account can have another one whose number or organization fits a pattern, too.
        "aws:sourceaccount"
        | "aws:sourceowner"
        | "aws:principalaccount"
        | "kms:calleraccount"
        | "s3:dataaccesspointaccount"
        | "aws:principalorgid"
        | "aws:principalorgpaths"
        | "aws:sourceorgid"
        | "aws:sourceorgpaths"
        | "aws:sourcevpc"
        | "aws:sourcevpce" => {
            let owner = value.split('/').next().unwrap_or(&value);
            !glob::is_pattern(owner)
        }
        _ => match Arn::parse(&value) {
            // S3's ARNs have no account, so that the resource must say which bucket is meant; it is no one else's.
            Some(arn) if arn.service == "s3" || arn.account.is_empty() => {
                !arn.resource.starts_with(['*', '?'])
            }
            Some(arn) if matches!(&*key, "aws:sourcearn" | "aws:principalarn") => {
                !glob::is_pattern(arn.account)
            }
            Some(arn) => !(wild(arn.account) && arn.resource.starts_with(['*', '?'])),
            None => !matches!(&*value, "0.0.0.0/0" | "::/0"),
        },
    }
}

/// Whether a range of addresses is so wide that S3 takes it for everyone: wider than /8, for IPv6 than /32.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
fn is_wide_range(range: &str) -> bool {
    let Some((address, length)) = range.split_once('/') else { return false };
    let least = if address.contains(':') { 32 } else { 8 };
    length.parse::<u8>().is_ok_and(|length| length < least)
}

/// What the subjects of providers that many share begin with, before they say whose they are.
///
/// GitHub, GitLab, HCP Terraform:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>
const SHARED: [&str; 4] = ["organization:", "project_path:", "repo:", "repository_owner:"];

/// What the subjects of a Kubernetes cluster begin with.
///
/// <https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html>
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Whether a subject's wildcards come only after it has said whose it is: `repo:owner/*`, not `repo:*` or `repo:own*`.
fn says_whose(subject: &str) -> bool {
    let Some(wildcard) = subject.find(['*', '?']) else { return true };
    let fixed = &subject[..wildcard];
    match SHARED.iter().find_map(|label| fixed.strip_prefix(label)) {
        Some(owner) => owner.contains(['/', ':']),
        None => !SHARED.iter().chain([&SERVICE_ACCOUNT]).any(|label| label.starts_with(fixed)),
    }
}

/// Whether a condition, under whatever key, asks for service accounts: no other key of a token has such a value. The key
/// begins with the cluster's address, which is not known before the cluster is there.
fn names_service_accounts(condition: &Condition<'_>, reading: Reading) -> bool {
    template::is_opaque(&condition.key)
        && is_binding(&condition.operator)
        && condition.values.iter().all(|value| {
            let value = read(value, reading);
            value.starts_with(SERVICE_ACCOUNT) && says_whose(&value)
        })
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
            ("ArnLike", "aws:SourceArn", "arn:aws:cloudfront::*:distribution/E1"),
            ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/admin"),
            ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::1111????????:role/admin"),
            ("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
            ("IpAddress", "aws:SourceIp", "128.0.0.0/1"),
            ("IpAddress", "aws:SourceIp", "2000::/3"),
            ("StringLike", "aws:PrincipalOrgID", "o-*"),
            ("StringLike", "aws:PrincipalOrgPaths", "o-*/r-*/*"),
            ("StringLike", "aws:PrincipalAccount", "1*"),
            ("StringLike", "aws:SourceVpce", "vpce-*"),
            ("Bool", "aws:PrincipalIsAWSService", "false"),
        ] {
            assert!(!limited(Limit::Principal, operator, key, value), "{key} {value}");
        }
        for (operator, key, value) in [
            ("ArnLike", "aws:SourceArn", "arn:aws:s3:::bucket"),
            ("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:bucket"),
            ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"),
            ("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
            ("IpAddress", "aws:SourceIp", "203.0.113.7"),
            ("StringLike", "aws:PrincipalOrgPaths", "o-abc123def4/r-ab12/ou-ab12-*/*"),
        ] {
            assert!(limited(Limit::Principal, operator, key, value), "{key} {value}");
        }
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

    #[test]
    fn a_subject_says_whose_it_is() {
        for subject in [
            "organization:acme:project:*:workspace:*:run_phase:*",
            "project_path:group/app:ref_type:branch:ref:*",
            "repo:acme/*",
            "repo:acme/app:ref:refs/tags/v*",
            "repository_owner:acme:*",
            "system:serviceaccount:shop:*",
            "system:serviceaccount:shop-*:worker",
        ] {
            assert!(says_whose(subject), "{subject}");
        }
        for subject in [
            "*:ref:refs/heads/main",
            "organization:*:project:x:workspace:y:run_phase:*",
            "repo:*",
            "repo:*/app:ref:refs/heads/main",
            "repo:acme*",
            "rep?:acme/app:*",
            "system:serviceaccount:*:*",
        ] {
            assert!(!says_whose(subject), "{subject}");
        }
    }

    #[test]
    fn service_accounts_are_known_under_any_key() {
        let bound = |operator: &'static str, value: &'static str| {
            let condition = Condition {
                operator: operator.into(),
                key: template::OPAQUE.to_string().into(),
                values: vec![value.into()],
            };
            limits_subject(&[condition], Reading::Widest)
        };
        assert!(bound("StringEquals", "system:serviceaccount:shop:worker"));
        assert!(!bound("StringEquals", "sts.amazonaws.com"));
        assert!(!bound("StringNotEquals", "system:serviceaccount:shop:worker"));
        assert!(!bound("StringLike", "system:serviceaccount:*"));
    }
}
