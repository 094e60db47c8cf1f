//! What keeps buckets private: resources beside them that block public access and hold their policies.

use drstack_plan::Resource;
use foldhash::HashMap;

use crate::arguments::Truth;
use crate::demand::{Demand, given, is_text, path};
use crate::iam::glob::{Case, matches};
use crate::iam::template::{OPAQUE, UNKNOWN};
use crate::iam::{Condition, Document, Effect, Polarity, Statement};
use crate::links::{Directory, Link};
use crate::policy_text::policy_text;
use crate::{Checked, Finding, Sink};

/// The resources of a type that each configure one bucket.
pub(crate) struct Companions<'plan> {
    by_bucket: HashMap<usize, Resource<'plan>>,
    /// Whether there is one whose bucket can't be told.
    pub(crate) stray: bool,
}

/// What keeps the buckets of a plan private.
pub(crate) struct Guards<'plan> {
    access: Companions<'plan>,
    policies: Companions<'plan>,
    /// Whether public access to all buckets of the account is blocked.
    account: Truth,
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
const BLOCKS: [&str; 4] =
    ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

impl<'plan> Companions<'plan> {
    pub(crate) fn of(checked: &Checked<'plan>, kind: &str, buckets: &Directory<'plan>) -> Self {
        let mut companions = Self { by_bucket: HashMap::default(), stray: false };
        for &resource in checked.of_type(kind) {
            match buckets.find(resource, &path("bucket")) {
                Link::To(bucket) => {
                    companions.by_bucket.insert(bucket.index(), resource);
                }
                Link::Unresolved => companions.stray = true,
                Link::Absent | Link::Outside(_) => {}
            }
        }
        companions
    }

    /// The one that configures a bucket.
    pub(crate) fn get(&self, bucket: Resource<'plan>) -> Option<Resource<'plan>> {
        self.by_bucket.get(&bucket.index()).copied()
    }
}

impl<'plan> Guards<'plan> {
    pub(crate) fn of(checked: &Checked<'plan>, buckets: &Directory<'plan>) -> Self {
        let accounts = checked.of_type("aws_s3_account_public_access_block");
        let is_on = |account: Resource<'_>, name: &str| {
            let value = given(account, &path(name));
            if value.is_unknown() { Truth::Unknown } else { Truth::of(is_text("true")(value)) }
        };
        let blocks_all = |account: &Resource<'_>| {
            BLOCKS.iter().map(|name| is_on(*account, name)).fold(Truth::Yes, Truth::and)
        };
        Self {
            access: Companions::of(checked, "aws_s3_bucket_public_access_block", buckets),
            policies: Companions::of(checked, "aws_s3_bucket_policy", buckets),
            account: accounts.iter().map(blocks_all).fold(Truth::No, Truth::or),
        }
    }

    pub(crate) fn judge(&self, bucket: Resource<'plan>, sink: &mut Sink) {
        self.access(bucket, sink);
        self.transport(bucket, sink);
    }

    fn access(&self, bucket: Resource<'plan>, sink: &mut Sink) {
        let block = self.access.get(bucket);
        let is_on = is_text("true");
        let wrong = |block| BLOCKS.into_iter().map(path).find(|at| !is_on(given(block, at)));
        match (self.account, block) {
            (Truth::Yes, _) => {}
            (Truth::No, Some(block)) => {
                if let Some(at) = wrong(block) {
                    let message = "public access to the bucket is not blocked in full";
                    sink.demand(block, &at, Demand { message, expected: "true" }, &is_on);
                }
            }
            (Truth::Unknown, Some(block)) if wrong(block).is_none() => {}
            (Truth::No, None) if !self.access.stray => {
                let message = "nothing in the input blocks public access to the bucket";
                let finding = Finding::violated(bucket, "", message);
                sink.report(finding.expected("an aws_s3_bucket_public_access_block"));
            }
            (Truth::Unknown, _) | (Truth::No, None) => {
                let message = "it is not known whether public access to the bucket is blocked";
                sink.report(Finding::undetermined(bucket, "", message));
            }
        }
    }

    fn transport(&self, bucket: Resource<'plan>, sink: &mut Sink) {
        let at = path("policy");
        let holder = match self.policies.get(bucket) {
            Some(policy) => policy,
            None if given(bucket, &at).is_null() && self.policies.stray => {
                let message = "it is not known whether a policy refuses requests without TLS";
                return sink.report(Finding::undetermined(bucket, at, message));
            }
            None => bucket,
        };
        let refused = if given(holder, &at).is_null() {
            Truth::No
        } else {
            let text = policy_text(holder, &at);
            text.and_then(|text| text.text.read().map(|text| refuses_plain(&text)))
                .unwrap_or(Truth::Unknown)
        };
        let finding = match refused {
            Truth::Yes => return,
            Truth::No => {
                let message = "the bucket's policy does not refuse requests without TLS";
                Finding::violated(holder, at, message)
            }
            Truth::Unknown => {
                let message = "it is not known before apply whether the bucket's policy refuses requests without TLS";
                Finding::undetermined(holder, at, message)
            }
        };
        sink.report(finding.expected("Deny to everyone where aws:SecureTransport is false"));
    }
}

/// Whether a policy refuses everyone who reads or writes objects without TLS.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html>
fn refuses_plain(text: &str) -> Truth {
    let Ok(document) = Document::parse(text) else {
        return if text.contains([UNKNOWN, OPAQUE]) { Truth::Unknown } else { Truth::No };
    };
    let statements = document.statements.iter().map(|statement| match statement {
        Some(statement) => is_refusal(statement),
        None => Truth::Unknown,
    });
    statements.fold(Truth::No, Truth::or)
}

fn is_refusal(statement: &Statement<'_>) -> Truth {
    let effect = match statement.effect {
        Effect::Deny => Truth::Yes,
        Effect::Allow => Truth::No,
        Effect::Unknown => Truth::Unknown,
    };
    let everyone = statement.principals.as_ref().is_some_and(|principals| {
        principals.polarity == Polarity::Only
            && principals.list.iter().any(|principal| principal.text() == "*")
    });
    let clause = |clause: &Option<crate::iam::Clause<'_>>, fits: &dyn Fn(&str) -> bool| {
        let Some(clause) = clause else { return Truth::No };
        let patterns = clause.patterns.iter().map(|pattern| match &**pattern {
            pattern if fits(pattern) => Truth::Yes,
            pattern if pattern.contains([UNKNOWN, OPAQUE]) => Truth::Unknown,
            _ => Truth::No,
        });
        let any = patterns.fold(Truth::No, Truth::or);
        if clause.polarity == Polarity::Only { any } else { Truth::No }
    };
    let action = |name: &'static str| {
        move |pattern: &str| {
            !pattern.contains([UNKNOWN, OPAQUE]) && matches(pattern, name, Case::Insensitive)
        }
    };
    // A part of the objects is not all of them.
    let all_objects = |pattern: &str| match pattern.split_once('/') {
        Some((_, objects)) => objects == "*",
        None => pattern.ends_with('*'),
    };
    let is_plain = |condition: &Condition<'_>| {
        matches!(&*condition.operator, "Bool" | "BoolIfExists")
            && condition.key.eq_ignore_ascii_case("aws:SecureTransport")
            && condition.values.iter().any(|value| value == "false")
    };
    let when = !statement.conditions.is_empty() && statement.conditions.iter().all(is_plain);
    effect
        .and(Truth::of(everyone))
        .and(Truth::of(when))
        .and(clause(&statement.actions, &action("s3:GetObject")))
        .and(clause(&statement.actions, &action("s3:PutObject")))
        .and(clause(&statement.resources, &all_objects))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_for_everyone_and_all_objects_counts() {
        let policy = |changes: &[(&str, &str)]| {
            let mut text = r#"{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}"#
                .to_owned();
            for (old, new) in changes {
                assert!(text.contains(old), "{old}");
                text = text.replace(old, new);
            }
            refuses_plain(&text)
        };
        assert_eq!(policy(&[]), Truth::Yes);
        assert_eq!(policy(&[(r#""s3:*""#, r#"["s3:GetObject", "s3:PutObject"]"#)]), Truth::Yes);
        assert_eq!(policy(&[(r#""s3:*""#, r#"["s3:Get*", "s3:put*"]"#)]), Truth::Yes);
        assert_eq!(policy(&[("arn:aws:s3:::b/*", "arn:aws:s3:::b*")]), Truth::Yes);
        for changes in [
            ("Deny", "Allow"),
            (r#""false""#, r#""true""#),
            (r#""Principal": "*""#, r#""Principal": {"AWS": "111122223333"}"#),
            (r#""s3:*""#, r#""s3:GetObject""#),
            (r#", "arn:aws:s3:::b/*""#, ""),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/public/*"),
            (r#"{"Bool": "#, r#"{"StringEquals": {"aws:PrincipalTag/a": "b"}, "Bool": "#),
            ("Resource", "NotResource"),
        ] {
            assert_eq!(policy(&[changes]), Truth::No, "{changes:?}");
        }
        let unknown = UNKNOWN.to_string();
        let whole = format!("{unknown}/*");
        assert_eq!(policy(&[("arn:aws:s3:::b/*", &whole)]), Truth::Yes);
        assert_eq!(policy(&[("arn:aws:s3:::b/*", &unknown)]), Truth::Unknown);
        assert_eq!(refuses_plain(&unknown), Truth::Unknown);
    }
}
