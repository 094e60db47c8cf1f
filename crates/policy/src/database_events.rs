//! Which events of databases are told: by subscriptions of RDS, and by rules of EventBridge.

use drstack_plan::{AttrPath, Resource};
use serde_json::Value as Json;

use crate::Checked;
use crate::demand::given;

/// Whether an event subscription tells all of some categories of a type of sources; `None` if that is not known.
pub(crate) fn tells(
    subscription: Resource<'_>,
    source_type: &str,
    wanted: &[&str],
) -> Option<bool> {
    let at = |name: &str| given(subscription, &AttrPath::root().key(name));
    let [enabled, source, categories] = ["enabled", "source_type", "event_categories"].map(at);
    if enabled.as_bool() == Some(false) {
        return Some(false);
    }
    // Without a type all sources are meant, without categories all events.
    if source.as_str().is_some_and(|source| !source.is_empty() && source != source_type) {
        return Some(false);
    }
    if enabled.is_unknown() || source.is_unknown() || categories.is_unknown() {
        return None;
    }
    let has = |category: &&str| {
        categories.elements().any(|element| element.as_str().as_deref() == Some(*category))
    };
    if categories.is_empty() || wanted.iter().all(has) {
        Some(true)
    } else if categories.elements().any(|element| element.is_unknown()) {
        None
    } else {
        Some(false)
    }
}

/// The rule of a target: rules are named, once in a region and bus.
pub(crate) fn rule_of<'plan>(
    checked: &Checked<'plan>,
    target: Resource<'plan>,
) -> Option<Resource<'plan>> {
    let path = AttrPath::root().key("rule");
    let references = target.references(&path);
    let mut rules = references.targets.iter().map(|target| target.resource);
    if let Some(rule) =
        rules.find(|resource| resource.resource_type() == "aws_cloudwatch_event_rule")
    {
        return Some(rule);
    }
    let name = target.at(&path).as_str()?;
    let rules = checked.of_type("aws_cloudwatch_event_rule").iter().copied();
    let mut rules = rules.filter(|rule| {
        rule.get("name").as_str().as_deref() == Some(&*name) && rule.region() == target.region()
    });
    rules.next()
}

/// What events a rule is for: null if none, as it is switched off; `None` if that is not known.
pub(crate) fn pattern(rule: Resource<'_>) -> Option<Json> {
    if rule.get("state").as_str().as_deref() == Some("DISABLED")
        || rule.get("is_enabled").as_bool() == Some(false)
    {
        return Some(Json::Null);
    }
    let path = AttrPath::root().key("event_pattern");
    let value = given(rule, &path);
    if value.is_null() {
        return Some(Json::Null);
    }
    let text = match value.as_str() {
        Some(text) => text.into_owned(),
        // What is not known stands inside of strings: the names of clusters.
        None => rule.template(&path)?.render(|_, _| String::new()),
    };
    serde_json::from_str(&text).ok()
}

/// Whether a pattern is for events with this text: where it asks for none, it is for all.
pub(crate) fn takes(pattern: &Json, member: &str, text: &str) -> bool {
    let texts = pattern.get(member).and_then(Json::as_array);
    texts.is_none_or(|texts| texts.iter().any(|one| one == text))
}
