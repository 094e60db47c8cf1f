//! Arguments that the tables name: their values in a resource, and whether they are what is asked of them.
//!
//! A path of the tables has no indices. In a resource it leads to one value for each block on the way, each with its
//! own path. A condition that is looked at from one of these paths concerns the blocks on that path: for
//! `replica[1].kms_key_arn`, a condition on `replica.region_name` is about `replica[1]`.

use std::borrow::Cow;

use drstack_plan::{AttrPath, Kind, Resource, Step, Value};

use crate::tables::{Condition, Conditions, Test};

/// An argument of a resource.
pub(crate) struct Argument<'plan> {
    /// Its path. From a block that is absent or unknown on, there are no indices.
    pub(crate) path: AttrPath,
    /// Its value: null below a block that is absent.
    pub(crate) value: Value<'plan>,
}

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    Yes,
    No,
    /// What decides it is not known.
    Unknown,
}

/// The arguments at a path of the tables. What is unknown only because nothing is written there, so that the provider
/// fills it in, is null.
pub(crate) fn arguments<'plan>(resource: Resource<'plan>, path: &str) -> Vec<Argument<'plan>> {
    arguments_near(resource, path, &AttrPath::root())
}

/// The arguments at a path, limited to the blocks that lie on the way to `near`.
fn arguments_near<'plan>(
    resource: Resource<'plan>,
    path: &str,
    near: &AttrPath,
) -> Vec<Argument<'plan>> {
    let mut found =
        vec![(Argument { path: AttrPath::root(), value: resource.values() }, near.steps())];
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        let last = steps.peek().is_none();
        let mut next = Vec::with_capacity(found.len());
        for (argument, near) in found {
            let path = argument.path.key(step);
            let value = argument.value.get(step);
            // Below a block that is absent or unknown, so is all else.
            let value =
                if argument.value.is_null() { Value::NULL } else { given(resource, &path, value) };
            let near = match near {
                [Step::Key(key), rest @ ..] if key == step => rest,
                _ => &[],
            };
            if last || value.is_null() || value.is_unknown() {
                next.push((Argument { path, value }, near));
                continue;
            }
            let (only, near) = match near {
                [Step::Index(index), rest @ ..] => (Some(*index), rest),
                _ => (None, near),
            };
            let blocks = value.elements().enumerate();
            let blocks = blocks.filter(|(index, _)| only.is_none_or(|only| only == *index));
            let before = next.len();
            next.extend(blocks.map(|(index, block)| {
                (Argument { path: path.clone().index(index), value: block }, near)
            }));
            if next.len() == before {
                next.push((Argument { path, value: Value::NULL }, near));
            }
        }
        found = next;
    }
    found.into_iter().map(|(argument, _)| argument).collect()
}

/// A value, or null if it is unknown because nothing is written there.
fn given<'plan>(resource: Resource<'plan>, path: &AttrPath, value: Value<'plan>) -> Value<'plan> {
    if value.is_unknown() && is_left_out(resource, path) { Value::NULL } else { value }
}

/// Whether the configuration is known to say nothing about an attribute, so that its value is the provider's.
///
/// Plans don't show what `dynamic` blocks hold: within a block that the configuration does not seem to have, nothing
/// can be told. A block that is unknown as a whole and not written down is taken for one that the provider fills in,
/// as `root_block_device` of an instance; a `dynamic` block over something unknown looks the same.
pub(crate) fn is_left_out(resource: Resource<'_>, path: &AttrPath) -> bool {
    if resource.is_configured(path) != Some(false) {
        return false;
    }
    let Some((_, above)) = path.steps().split_last() else { return false };
    let parent: AttrPath = above.iter().cloned().collect();
    parent.is_root()
        || resource.is_configured(&parent) == Some(true)
        || outermost(path).is_some_and(|block| {
            resource.at(&block).is_unknown() && resource.is_configured(&block) == Some(false)
        })
}

/// Blocks that the provider fills in with what resources of other types set: with the policies and the replication of
/// their own (schema of the AWS provider 5.100: optional and computed).
const READ_BACK: [(&str, &str); 2] =
    [("aws_iam_role", "inline_policy"), ("aws_s3_bucket", "replication_configuration")];

/// Whether a value is read back from what another resource set, where it is judged.
pub(crate) fn is_read_back(resource: Resource<'_>, path: &AttrPath) -> bool {
    let is_meant = |block: &AttrPath| {
        let meant = |(kind, name): &(&str, &str)| {
            *kind == resource.resource_type() && *block == AttrPath::root().key(*name)
        };
        READ_BACK.iter().any(meant) && resource.is_configured(block) == Some(false)
    };
    outermost(path).as_ref().is_some_and(is_meant)
}

/// The argument of the resource that a path leads into.
fn outermost(path: &AttrPath) -> Option<AttrPath> {
    path.steps().first().cloned().map(|step| std::iter::once(step).collect())
}

/// Whether all conditions hold for what is at `near`.
pub(crate) fn all_hold(resource: Resource<'_>, conditions: Conditions, near: &AttrPath) -> Truth {
    conditions.iter().map(|condition| holds(resource, condition, near)).fold(Truth::Yes, Truth::and)
}

/// Whether a condition holds for what is at `near`.
pub(crate) fn holds(resource: Resource<'_>, condition: Condition, near: &AttrPath) -> Truth {
    let found = arguments_near(resource, condition.path, near);
    let results = found.iter().map(|argument| passes(condition.test, argument.value, None));
    match condition.test {
        Test::Unset => results.fold(Truth::Yes, Truth::and),
        Test::Set | Test::OneOf(_) => results.fold(Truth::No, Truth::or),
    }
}

/// Whether a value passes a test; where it is not set, its default does. An empty string is as good as none.
pub(crate) fn passes(test: Test, value: Value<'_>, default: Option<&str>) -> Truth {
    if value.is_unknown() {
        return Truth::Unknown;
    }
    if let Some(text) = value.as_text() {
        return Truth::of(test.admits(Some(&*text).filter(|text| !text.is_empty()).or(default)));
    }
    if value.is_empty() {
        return Truth::of(test.admits(default));
    }
    match test {
        // Blocks, or a list.
        Test::Set => Truth::Yes,
        Test::Unset => Truth::No,
        Test::OneOf(_) => value.elements().fold(Truth::No, |truth, element| {
            let text = element.as_text().unwrap_or(Cow::Borrowed(""));
            let passed = if element.is_unknown() {
                Truth::Unknown
            } else {
                Truth::of(test.admits(Some(&text)))
            };
            truth.or(passed)
        }),
    }
}

/// Whether the input is a state, which shows no configuration.
pub(crate) fn is_state(checked: &crate::Checked<'_>) -> bool {
    checked.plan().kind() == Kind::State
}

impl Truth {
    pub(crate) const fn of(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use drstack_plan::{Documents, Plan};

    use super::*;
    use crate::tables::{kms, retention};

    fn with_table(table: &str, check: impl FnOnce(Resource<'_>)) {
        let text = format!(r#"{{"resource": {{"aws_dynamodb_table": {{"t": {table}}}}}}}"#);
        let documents: Documents =
            [("main.tf.json".to_owned(), text.into_bytes())].into_iter().collect();
        let plan = Plan::from_documents(&documents).unwrap();
        check(plan.resource("aws_dynamodb_table.t").unwrap());
    }

    fn paths(found: &[Argument<'_>]) -> Vec<String> {
        found.iter().map(|argument| argument.path.to_string()).collect()
    }

    #[test]
    fn a_path_leads_to_one_value_for_each_block() {
        with_table(r#"{"replica": [{"kms_key_arn": "a"}, {}]}"#, |table| {
            let found = arguments(table, "replica.kms_key_arn");
            assert_eq!(paths(&found), ["replica[0].kms_key_arn", "replica[1].kms_key_arn"]);
            assert_eq!(found[0].value.as_str().as_deref(), Some("a"));
            assert!(found[1].value.is_null());
        });
        with_table("{}", |table| {
            let found = arguments(table, "replica.kms_key_arn");
            assert_eq!(paths(&found), ["replica.kms_key_arn"]);
            assert!(found[0].value.is_null());
        });
    }

    #[test]
    fn a_condition_is_about_the_block_that_it_is_looked_at_from() {
        let near: AttrPath = "replica[1].kms_key_arn".parse().unwrap();
        let on = Condition { path: "replica.region_name", test: Test::OneOf("b") };
        with_table(r#"{"replica": [{"region_name": "a"}, {"region_name": "b"}]}"#, |table| {
            assert_eq!(holds(table, on, &near), Truth::Yes);
            let first = "replica[0].kms_key_arn".parse().unwrap();
            assert_eq!(holds(table, on, &first), Truth::No);
            assert_eq!(holds(table, on, &AttrPath::root()), Truth::Yes);
        });
        with_table(r#"{"replica": [{}, {"region_name": "${var.r}"}]}"#, |table| {
            assert_eq!(holds(table, on, &near), Truth::Unknown);
        });
    }

    #[test]
    fn blocks_and_switches_of_the_tables_are_told() {
        let replica =
            kms::of("aws_dynamodb_table").find(|key| key.path == "replica.kms_key_arn").unwrap();
        with_table("{}", |table| {
            assert_eq!(all_hold(table, replica.when, &AttrPath::root()), Truth::No);
        });
        let protection = retention::of("aws_dynamodb_table").next().unwrap();
        let destroyable = protection.destroyable.unwrap();
        for (table, expected) in [
            ("{}", Truth::Yes),
            (r#"{"deletion_protection_enabled": false}"#, Truth::Yes),
            (r#"{"deletion_protection_enabled": "true"}"#, Truth::No),
            (r#"{"deletion_protection_enabled": "${var.keep}"}"#, Truth::Unknown),
        ] {
            with_table(table, |resource| {
                let [argument] = arguments(resource, protection.path).try_into().ok().unwrap();
                assert_eq!(
                    passes(destroyable, argument.value, protection.default),
                    expected,
                    "{table}"
                );
            });
        }
    }

    #[test]
    fn lists_pass_by_one_of_their_elements() {
        with_table(r#"{"options": ["A", "B"], "none": [], "some": ["${var.x}"]}"#, |table| {
            let test = |name, values| passes(Test::OneOf(values), table.get(name), None);
            assert_eq!(test("options", "B|C"), Truth::Yes);
            assert_eq!(test("options", "C"), Truth::No);
            assert_eq!(test("none", "unset"), Truth::Yes);
            assert_eq!(test("some", "A"), Truth::Unknown);
        });
    }
}
