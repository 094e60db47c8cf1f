//! Every action that AWS has, and the expansion of patterns to them.
//!
//! Source: the service authorization reference,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/>.

use std::cmp::Ordering;
use std::sync::{Arc, LazyLock};

use super::glob::{self, Case};
use super::memo::Memo;
use crate::tables::Table;

static TABLE: Table = Table::new(include_str!("../../../../policies/tables/iam-actions.tsv"));

/// An action that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Action {
    name: &'static str,
    access: Access,
    resources: &'static str,
}

/// What an action does, in AWS's classification.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Lists resources.
    List,
    /// Reads contents.
    Read,
    /// Changes tags only.
    Tagging,
    /// Creates, changes or deletes.
    Write,
    /// Grants or changes permissions ("permissions management").
    Permissions,
}

impl Action {
    /// `service:Name`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// What it does.
    #[must_use]
    pub const fn access(self) -> Access {
        self.access
    }

    /// Whether it accepts only `*` as resource, because AWS offers nothing narrower.
    #[must_use]
    pub fn accepts_only_any_resource(self) -> bool {
        self.resources == "*"
    }

    /// The resource types that it can be limited to.
    pub fn resource_types(self) -> impl Iterator<Item = &'static str> {
        self.resources.split(',').filter(|ty| *ty != "*")
    }

    fn read(line: &'static str) -> Option<Self> {
        let mut cells = line.split('\t');
        let name = cells.next()?;
        let access = match cells.next()? {
            "list" => Access::List,
            "read" => Access::Read,
            "tagging" => Access::Tagging,
            "write" => Access::Write,
            "permissions" => Access::Permissions,
            _ => return None,
        };
        Some(Self { name, access, resources: cells.next()? })
    }
}

/// The actions that a pattern grants (`*`, `s3:Get*`), in the order of their names.
///
/// A pattern is compared without regard to case. Only the lines are looked at that begin like it, up to
/// its first wildcard.
pub fn matching(pattern: &str) -> impl Iterator<Item = Action> {
    let (service, name) = split(pattern);
    candidates(service, name)
        .lines()
        .filter(move |line| {
            let (its_service, its_name) = split(first_cell(line));
            glob::matches(service, its_service, Case::Insensitive)
                && glob::matches(name, its_name, Case::Insensitive)
        })
        .filter_map(Action::read)
}

/// The actions that patterns grant, each pattern expanded once: the policies of a plan hold few different ones.
#[derive(Debug, Default)]
pub(super) struct Expansions(Memo<String, [Action]>);

impl Expansions {
    /// As [`matching`].
    pub(super) fn of(&self, pattern: &str) -> Arc<[Action]> {
        self.0.get(pattern, || matching(pattern).collect())
    }
}

/// The action that a misspelled one was probably meant to be; `None` where nothing is near, or for a pattern.
///
/// An action of the same service counts as nearer than one of another.
#[must_use]
pub fn nearest(misspelled: &str) -> Option<&'static str> {
    if glob::is_pattern(misspelled) {
        return None;
    }
    let wanted = misspelled.to_ascii_lowercase();
    let of_service = |name: &str| split(name).0.eq_ignore_ascii_case(split(&wanted).0);
    let distance = |name: &str| edit_distance(&wanted, &name.to_ascii_lowercase());
    let names = || all().iter().map(|action| action.name());
    // A quarter of its letters wrong, and it is another word.
    let near = |(distance, _): &(usize, &str)| *distance <= wanted.len() / 4;
    let best = |names: &mut dyn Iterator<Item = &'static str>| {
        names.map(|name| (distance(name), name)).min().filter(near).map(|(_, name)| name)
    };
    best(&mut names().filter(|name| of_service(name))).or_else(|| best(&mut names()))
}

/// How many letters must be put in, left out or replaced to make one text of the other (Levenshtein).
fn edit_distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (done, letter) in one.bytes().enumerate() {
        let mut diagonal = done;
        let mut left = done + 1;
        for (cell, its) in row.iter_mut().skip(1).zip(other.bytes()) {
            let replaced = diagonal + usize::from(letter != its);
            diagonal = *cell;
            left = replaced.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = done + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Every action that AWS has.
pub(super) fn all() -> &'static [Action] {
    static ALL: LazyLock<Vec<Action>> =
        LazyLock::new(|| TABLE.body().lines().filter_map(Action::read).collect());
    &ALL
}

/// The lines that a pattern could mean.
fn candidates(service: &str, name: &str) -> &'static str {
    if glob::is_pattern(service) {
        return TABLE.body();
    }
    let beginning = name.split(['*', '?']).next().unwrap_or_default();
    TABLE.range(|line| {
        let (its_service, its_name) = split(first_cell(line));
        compare_ignoring_case(its_service.bytes(), service.bytes()).then_with(|| {
            compare_ignoring_case(its_name.bytes().take(beginning.len()), beginning.bytes())
        })
    })
}

/// Service and name; a pattern without a service (`*`) means all services.
fn split(action: &str) -> (&str, &str) {
    action.split_once(':').unwrap_or(("*", action))
}

fn first_cell(line: &str) -> &str {
    line.split('\t').next().unwrap_or_default()
}

fn compare_ignoring_case(a: impl Iterator<Item = u8>, b: impl Iterator<Item = u8>) -> Ordering {
    a.map(|byte| byte.to_ascii_lowercase()).cmp(b.map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(pattern: &str) -> Vec<&'static str> {
        matching(pattern).map(Action::name).collect()
    }

    #[test]
    fn every_line_is_an_action() {
        assert_eq!(matching("*").count(), 20_455);
        assert_eq!(all(), matching("*").collect::<Vec<_>>());
        assert!(all().len() == TABLE.body().lines().count());
        assert_eq!(
            matching("*").filter(|action| action.accepts_only_any_resource()).count(),
            6_329
        );
    }

    #[test]
    fn patterns_are_expanded() {
        assert_eq!(names("SQS:sendmessage"), ["sqs:SendMessage"]);
        assert_eq!(
            names("kms:GenerateDataKey*"),
            [
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyPair",
                "kms:GenerateDataKeyPairWithoutPlaintext",
                "kms:GenerateDataKeyWithoutPlaintext",
            ]
        );
        assert_eq!(names("dynamodb:?etItem"), ["dynamodb:GetItem"]);
        assert!(names("s3:GetObjekt").is_empty());
        assert!(names("s4:*").is_empty());
        assert!(names("ec2:*").len() > 700);
        assert_eq!(names("*:*").len(), names("*").len());
    }

    #[test]
    fn facts_come_with_the_action() {
        let action = |name| matching(name).next().unwrap();
        assert_eq!(action("iam:PutRolePolicy").access(), Access::Permissions);
        assert!(action("ec2:DescribeNetworkInterfaces").accepts_only_any_resource());
        assert_eq!(action("ec2:DescribeNetworkInterfaces").resource_types().count(), 0);
        assert_eq!(
            action("s3:GetObject").resource_types().collect::<Vec<_>>(),
            ["accesspointobject", "object"]
        );
    }

    #[test]
    fn the_nearest_action_is_of_the_same_service_first() {
        assert_eq!(nearest("s3:GetObjects"), Some("s3:GetObject"));
        assert_eq!(nearest("S3:getobjekt"), Some("s3:GetObject"));
        assert_eq!(nearest("dynamodb:GetItems"), Some("dynamodb:GetItem"));
        assert_eq!(nearest("dynamo:GetItem"), Some("dynamodb:GetItem"));
        for far in ["s3:Frobnicate", "nothing:AtAllLikeIt", "s3:Frob*", ""] {
            assert_eq!(nearest(far), None, "{far}");
        }
    }

    /// The definition, without a table.
    fn distance(one: &[u8], other: &[u8]) -> usize {
        match (one, other) {
            ([], rest) | (rest, []) => rest.len(),
            ([a, one_rest @ ..], [b, other_rest @ ..]) => (distance(one_rest, other_rest)
                + usize::from(a != b))
            .min(distance(one_rest, other) + 1)
            .min(distance(one, other_rest) + 1),
        }
    }

    proptest! {
        #[test]
        fn the_edit_distance_is_that_of_its_definition(one in "[ab]{0,5}", other in "[abc]{0,5}") {
            prop_assert_eq!(edit_distance(&one, &other), distance(one.as_bytes(), other.as_bytes()));
        }
    }

    proptest! {
        // Each case scans the whole table twice.
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn expansion_is_what_a_scan_of_the_whole_table_finds(
            pattern in "(s3|S3|kms|ec2|ec2-\\*|\\*|sq?s|s\\*):[A-Za-z*?]{0,3}(Object|Key|Get|Put)?[*]?",
        ) {
            let scanned: Vec<_> = TABLE
                .body()
                .lines()
                .filter_map(|line| line.split('\t').next())
                .filter(|name| {
                    let (service, name) = name.split_once(':').unwrap();
                    let (its, rest) = pattern.split_once(':').unwrap();
                    glob::matches(&its.to_lowercase(), service, Case::Sensitive)
                        && glob::matches(&rest.to_lowercase(), &name.to_lowercase(), Case::Sensitive)
                })
                .collect();
            prop_assert_eq!(names(&pattern), scanned);
        }
    }
}
