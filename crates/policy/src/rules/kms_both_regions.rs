use std::borrow::Cow;

use drstack_plan::Resource;
use foldhash::{HashMap, HashSet};
use serde_json::Value as Json;

use crate::demand::{Demand, given, is_on, path};
use crate::links::{Directory, Link};
use crate::regions::RegionPair;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "kms-both-regions",
    severity: Severity::Error,
    summary: "each region has keys of its own, rotated, with the policies of the other region's keys",
    protects: "a key whose policy lacks what its counterpart's grants fails the calls of the region that takes over",
    fix: "make one aws_kms_key for each purpose and region, with enable_key_rotation, and write one policy for both regions' services",
    requirements: &["R8", "C3", "V9", "N3", "T6"],
    explanation: include_str!("kms_both_regions.md"),
    check,
};

const KEY: &str = "aws_kms_key";

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(pair) = RegionPair::of(checked) else { return };
    let demanded = checked.parameters().regions().is_some();
    for kind in ["aws_kms_replica_key", "aws_kms_replica_external_key"] {
        for &key in checked.of_type(kind) {
            sink.judged();
            let message = "the key is a replica, whose material both regions share";
            sink.report(
                Finding::violated(key, "primary_key_arn", message).expected("a key of each region"),
            );
        }
    }
    let companions = Companions::of(checked);
    let mut sides: [Vec<Key<'_>>; 2] = [Vec::new(), Vec::new()];
    let mut is_open = false;
    for &resource in checked.of_type(KEY) {
        sink.judged();
        judge_key(resource, sink);
        let region = resource.region();
        let Some(region) = region else {
            is_open = true;
            sink.report(Finding::undetermined(resource, "", "the key's region is not known"));
            continue;
        };
        let side = pair.both().iter().position(|one| *one == region);
        if let Some(side) = side.and_then(|side| sides.get_mut(side)) {
            side.push(Key {
                resource,
                purpose: pair.neutral(resource.address()),
                policy: companions.policy(resource),
            });
        }
    }
    if is_open {
        return;
    }
    let [one, other] = &sides;
    for (ours, theirs, region) in [(one, other, pair.both()[1]), (other, one, pair.both()[0])] {
        if ours.is_empty() && theirs.is_empty() && demanded {
            sink.judged();
            sink.report(Finding::absent(format!("there is no key in {region}")));
        }
        let theirs = Counterparts::of(theirs, ours);
        for key in ours {
            compare(key, &theirs, region, sink);
        }
    }
}

/// A key with what it is compared by.
struct Key<'plan> {
    resource: Resource<'plan>,
    /// The address without what tells the regions apart.
    purpose: String,
    policy: Policy<'plan>,
}

/// A key's policy, and where it stands.
struct Policy<'plan> {
    holder: Resource<'plan>,
    text: Text,
}

#[derive(PartialEq)]
enum Text {
    /// None is written: AWS gives the key its default policy.
    Default,
    /// In a form in which equal policies are equal texts.
    Known(String),
    Unknown,
}

fn judge_key(key: Resource<'_>, sink: &mut Sink) {
    let spec = given(key, &path("customer_master_key_spec"));
    // AWS rotates symmetric keys only.
    if spec.is_null() || spec.as_str().as_deref() == Some("SYMMETRIC_DEFAULT") {
        let demand = Demand { message: "the key is not rotated", expected: "true" };
        sink.demand(key, &path("enable_key_rotation"), demand, is_on);
    }
    let demand =
        Demand { message: "the key is meant to be shared between regions", expected: "false" };
    sink.demand(key, &path("multi_region"), demand, |value| !is_on(value));
    let demand = Demand { message: "the key is disabled", expected: "true" };
    sink.demand(key, &path("is_enabled"), demand, |value| value.as_bool() != Some(false));
}

/// The keys of the other region, to find the one that a key is compared with.
struct Counterparts<'keys, 'plan> {
    by_purpose: HashMap<&'keys str, &'keys Key<'plan>>,
    /// The policies of those that have no counterpart by their purpose.
    free: HashSet<&'keys str>,
    free_default: bool,
    free_unknown: bool,
    any_free: bool,
}

impl<'keys, 'plan> Counterparts<'keys, 'plan> {
    fn of(theirs: &'keys [Key<'plan>], ours: &[Key<'plan>]) -> Self {
        let taken: HashSet<&str> = ours.iter().map(|key| key.purpose.as_str()).collect();
        let mut found = Self {
            by_purpose: HashMap::default(),
            free: HashSet::default(),
            free_default: false,
            free_unknown: false,
            any_free: false,
        };
        for key in theirs {
            found.by_purpose.entry(&key.purpose).or_insert(key);
            // One key stands in for one purpose: those that have a counterpart are taken.
            if taken.contains(key.purpose.as_str()) {
                continue;
            }
            found.any_free = true;
            match &key.policy.text {
                Text::Known(text) => {
                    found.free.insert(text);
                }
                Text::Default => found.free_default = true,
                Text::Unknown => found.free_unknown = true,
            }
        }
        found
    }

    /// Whether a key that nothing else stands for has this policy.
    fn has_free(&self, policy: &Text) -> bool {
        match policy {
            Text::Known(text) => self.free.contains(text.as_str()),
            Text::Default => self.free_default,
            Text::Unknown => false,
        }
    }
}

fn compare(key: &Key<'_>, theirs: &Counterparts<'_, '_>, region: &str, sink: &mut Sink) {
    let Some(other) = theirs.by_purpose.get(key.purpose.as_str()) else {
        if theirs.has_free(&key.policy.text) {
            return;
        }
        let is_open = theirs.any_free && (key.policy.text == Text::Unknown || theirs.free_unknown);
        sink.report(if is_open {
            Finding::undetermined(
                key.resource,
                "policy",
                "it is not known which key of the other region has this policy",
            )
        } else {
            Finding::violated(
                key.resource,
                "policy",
                format!("no key in {region} has this key's policy"),
            )
            .expected(format_args!("a key in {region} with an identical policy"))
        });
        return;
    };
    let is_equal = other.policy.text != Text::Unknown && other.policy.text == key.policy.text;
    if is_equal {
        return;
    }
    let finding = if key.policy.text == Text::Unknown || other.policy.text == Text::Unknown {
        Finding::undetermined(
            key.policy.holder,
            "policy",
            "the policies of the two regions' keys are not known before apply",
        )
    } else {
        Finding::violated(
            key.policy.holder,
            "policy",
            "the policy is not that of the other region's key",
        )
    };
    sink.report(finding.expected("identical policies").evidence(other.resource));
}

/// Policies that stand in resources of their own.
struct Companions<'plan> {
    by_key: HashMap<usize, Resource<'plan>>,
    stray: bool,
}

impl<'plan> Companions<'plan> {
    fn of(checked: &Checked<'plan>) -> Self {
        let keys = Directory::of(checked, &[KEY], &["arn", "id", "key_id"]);
        let mut by_key = HashMap::default();
        let mut stray = false;
        for &companion in checked.of_type("aws_kms_key_policy") {
            match keys.find(companion, &path("key_id")) {
                Link::To(key) => {
                    by_key.insert(key.index(), companion);
                }
                Link::Unresolved => stray = true,
                Link::Absent | Link::Outside(_) => {}
            }
        }
        Self { by_key, stray }
    }

    fn policy(&self, key: Resource<'plan>) -> Policy<'plan> {
        let holder = self.by_key.get(&key.index()).copied().unwrap_or(key);
        let value = given(holder, &path("policy"));
        let text = if value.is_null() {
            if self.stray { Text::Unknown } else { Text::Default }
        } else {
            let template = || {
                let template = holder.template(&path("policy"))?;
                // What is not known is compared by what is written: both regions must write the same.
                Some(Cow::Owned(template.render(|source, _| source.replace(['"', '\\'], "'"))))
            };
            value
                .as_str()
                .or_else(template)
                .and_then(|text| canonical(&text))
                .map_or(Text::Unknown, Text::Known)
        };
        Policy { holder, text }
    }
}

/// A policy in a form in which the order of keys and of lists does not matter, nor whether one text stands in a list.
fn canonical(text: &str) -> Option<String> {
    Some(sorted(serde_json::from_str(text).ok()?).to_string())
}

fn sorted(value: Json) -> Json {
    match value {
        Json::Array(items) => {
            let mut items: Vec<Json> = items.into_iter().map(sorted).collect();
            items.sort_by_cached_key(Json::to_string);
            match <[Json; 1]>::try_from(items) {
                Ok([only]) => only,
                Err(items) => Json::Array(items),
            }
        }
        Json::Object(entries) => {
            Json::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_means_the_same_is_equal() {
        let one = r#"{"Statement": [{"Action": ["a", "b"], "Effect": "Allow"}], "Version": "2012-10-17"}"#;
        let same =
            r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["b", "a"]}}"#;
        let other =
            r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["b"]}}"#;
        assert_eq!(canonical(one), canonical(same));
        assert_ne!(canonical(one), canonical(other));
        assert_eq!(canonical("no policy"), None);
    }

    proptest! {
        #[test]
        fn the_order_of_a_list_does_not_matter(mut actions in proptest::collection::vec("[a-z]{1,3}", 2..6)) {
            let before = canonical(&serde_json::json!({ "Action": actions }).to_string());
            actions.reverse();
            prop_assert_eq!(before, canonical(&serde_json::json!({ "Action": actions }).to_string()));
        }
    }
}
