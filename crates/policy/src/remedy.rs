//! What makes a finding that is undetermined determinable.
//!
//! A rule's fix mends what is wrong. Of what is undetermined nothing is known to be wrong, so it gets advice of its own:
//! which value is not known, where that comes from, and what can be done about it. Where it is not one value that decides,
//! the fix may be what it takes, and the input may lack what shows that all is well.

use std::sync::Arc;

use drstack_plan::{AttrPath, Kind, Plan, References, Resource, Target};

use crate::links::is_unknown_variable;

/// How many origins of a value are named.
const MAX_ORIGINS: usize = 3;

/// The advice for what one rule can't tell of a plan.
pub(crate) struct Remedies<'plan> {
    plan: &'plan Plan<'plan>,
    /// Where no single value decides; all such findings share it.
    undecided: Arc<str>,
}

impl<'plan> Remedies<'plan> {
    /// For the findings of a rule with this fix.
    pub(crate) fn new(plan: &'plan Plan<'plan>, fix: &str) -> Self {
        let undecided = format!("{fix}; where that is so already, {}", undecided(plan.kind()));
        Self { plan, undecided: or_waive(&undecided) }
    }

    /// The advice for what is undetermined at an attribute of a resource, or at none that can be named.
    pub(crate) fn at(&self, place: Option<&(Resource<'_>, AttrPath)>) -> Arc<str> {
        let kind = self.plan.kind();
        match place {
            Some((resource, path)) if is_unknown(*resource, path) => {
                let path = &unknown_as_a_whole(*resource, path);
                let references = resource.references(path);
                let variables = unknown_variables(self.plan, &references);
                let origins = listed(&origins(&references, &variables));
                or_waive(&of_value(kind, &format!("`{path}`"), origins.as_deref(), &variables))
            }
            Some((resource, path)) if path.is_root() && resource.region().is_none() => {
                or_waive(&of_value(kind, "the region of the resource's provider", None, &[]))
            }
            _ => Arc::clone(&self.undecided),
        }
    }
}

fn or_waive(advice: &str) -> Arc<str> {
    format!("{advice}, or waive the finding with a reason").into()
}

fn is_unknown(resource: Resource<'_>, path: &AttrPath) -> bool {
    let value = resource.at(path);
    !path.is_root() && !value.is_null() && !value.is_wholly_known()
}

/// What of a path leads to the outermost value that is not known as a whole: a policy's text, not a statement in it.
fn unknown_as_a_whole(resource: Resource<'_>, path: &AttrPath) -> AttrPath {
    let mut above = (1..path.steps().len())
        .map(|length| path.steps().iter().take(length).cloned().collect::<AttrPath>());
    above.find(|above| resource.at(above).is_unknown()).unwrap_or_else(|| path.clone())
}

/// What to do about a value that is not known.
fn of_value(kind: Kind, what: &str, origins: Option<&str>, variables: &[String]) -> String {
    let from = origins.map(|origins| format!(", which comes from {origins}")).unwrap_or_default();
    match (kind, listed(variables)) {
        (Kind::Plan, _) => {
            let comma = if from.is_empty() { "" } else { "," };
            format!(
                "{what}{from}{comma} is not known before apply: write a value that is, judge the state after it (`terraform show -json`)"
            )
        }
        (Kind::Configuration, None) => format!(
            "the configuration does not show {what}{from}: write a value of its own, judge the plan (`terraform show -json`)"
        ),
        (Kind::Configuration, Some(variables)) => format!(
            "the configuration does not show {what}{from}: give {variables} a value in `terraform.tfvars`, judge the plan (`terraform show -json`)"
        ),
        (Kind::State, _) => format!(
            "the state does not show {what}{from}: judge the plan or the configuration, which may"
        ),
    }
}

/// What to do where nothing is wrong, and the finding itself says what is not known or not part of the input.
const fn undecided(kind: Kind) -> &'static str {
    match kind {
        Kind::Plan => "write what decides as a value that is known, add what shows it to the plan",
        Kind::Configuration => {
            "write what decides as a value of its own, add what shows it to the configuration"
        }
        Kind::State => "judge the plan or the configuration, which may show it",
    }
}

/// The variables of the root that a value comes from and that have no value that is known.
fn unknown_variables(plan: &Plan<'_>, references: &References<'_>) -> Vec<String> {
    let unknown = references.variables.iter().filter(|name| is_unknown_variable(plan, name));
    unknown.map(|name| format!("var.{name}")).collect()
}

/// What a value comes from, as far as it is not known; all of it where each part alone is.
fn origins(references: &References<'_>, variables: &[String]) -> Vec<String> {
    let is_known = |target: &&Target<'_>| target.resource.at(&target.attribute).is_wholly_known();
    let (known, unknown): (Vec<_>, Vec<_>) = references.targets.iter().partition(is_known);
    let mut names: Vec<String> = unknown.into_iter().map(name).collect();
    names.extend(variables.iter().chain(&references.unresolved).cloned());
    if names.is_empty() {
        names = known.into_iter().map(name).collect();
    }
    names.sort();
    names.dedup();
    names
}

fn name(target: &Target<'_>) -> String {
    let address = target.resource.address();
    if target.attribute.is_root() {
        address.to_owned()
    } else {
        format!("{address}.{}", target.attribute)
    }
}

/// The first of several names in a sentence.
fn listed(names: &[String]) -> Option<String> {
    let rest = names.len().saturating_sub(MAX_ORIGINS);
    let mut parts: Vec<String> =
        names.iter().take(MAX_ORIGINS).map(|name| format!("`{name}`")).collect();
    if rest > 0 {
        parts.push(format!("{rest} more"));
    }
    let last = parts.pop()?;
    Some(if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) })
}

#[cfg(test)]
mod tests {
    use drstack_plan::Documents;

    use super::*;

    const FIX: &str = "give the queue a key";

    fn configuration(resources: &str) -> Documents {
        let text = format!(
            r#"{{"variable": {{"a": {{}}, "b": {{"default": "b"}}}}, "resource": {resources}}}"#
        );
        [("main.tf.json".to_owned(), text.into_bytes())].into_iter().collect()
    }

    fn advice(plan: &Plan<'_>, address: &str, path: &str) -> String {
        let place = (plan.resource(address).unwrap(), path.parse().unwrap());
        Remedies::new(plan, FIX).at(Some(&place)).to_string()
    }

    #[test]
    fn a_configuration_names_what_a_value_comes_from() {
        let documents = configuration(
            r#"{"aws_sqs_queue": {"q": {
                "name": "orders", "kms_master_key_id": "${var.a}-${var.b}", "policy": "${aws_kms_key.k.arn}",
                "redrive_policy": "${join(\",\", [aws_kms_key.k.arn, aws_kms_key.k.id, aws_kms_key.k.key_id, aws_kms_key.k.region])}",
                "tags": {"at": "${timestamp()}"}
            }}, "aws_kms_key": {"k": {"policy": "{}"}}}"#,
        );
        let plan = Plan::from_documents(&documents).unwrap();
        let advice = |path| advice(&plan, "aws_sqs_queue.q", path);
        assert_eq!(
            advice("kms_master_key_id"),
            "the configuration does not show `kms_master_key_id`, which comes from `var.a`: give `var.a` a value in \
             `terraform.tfvars`, judge the plan (`terraform show -json`), or waive the finding with a reason"
        );
        assert_eq!(
            advice("redrive_policy"),
            "the configuration does not show `redrive_policy`, which comes from `aws_kms_key.k.arn`, `aws_kms_key.k.id`, \
             `aws_kms_key.k.key_id` and 1 more: write a value of its own, judge the plan (`terraform show -json`), or \
             waive the finding with a reason"
        );
        // The text of a policy is one value, whatever is found in it.
        let of_policy =
            "the configuration does not show `policy`, which comes from `aws_kms_key.k.arn`: ";
        assert!(
            advice("policy.Statement[0].Resource").starts_with(of_policy),
            "{}",
            advice("policy.Statement[0].Resource")
        );
        assert!(
            advice("tags.at").starts_with("the configuration does not show `tags.at`: write"),
            "{}",
            advice("tags.at")
        );
        assert!(
            advice("").starts_with(
                "the configuration does not show the region of the resource's provider: write"
            ),
            "{}",
            advice("")
        );
        // What is known is not what the rule could not tell.
        let undecided = "give the queue a key; where that is so already, write what decides as a value of its own, add what \
                         shows it to the configuration, or waive the finding with a reason";
        assert_eq!(advice("name"), undecided);
        assert_eq!(&*Remedies::new(&plan, FIX).at(None), undecided);
    }

    #[test]
    fn a_plan_is_followed_by_its_state() {
        let text = br#"{
            "format_version": "1.2",
            "planned_values": {"root_module": {}},
            "resource_changes": [{
                "address": "aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue", "name": "q",
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": {"kms_master_key_id": true}}
            }, {
                "address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k",
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": {"arn": true}}
            }],
            "configuration": {"root_module": {"resources": [
                {"address": "aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue", "name": "q",
                 "expressions": {"kms_master_key_id": {"references": ["aws_kms_key.k.arn", "aws_kms_key.k"]}}},
                {"address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k"}
            ]}}
        }"#;
        let plan = Plan::read(&text[..]).unwrap();
        assert_eq!(
            advice(&plan, "aws_sqs_queue.q", "kms_master_key_id"),
            "`kms_master_key_id`, which comes from `aws_kms_key.k.arn`, is not known before apply: write a value that is, \
             judge the state after it (`terraform show -json`), or waive the finding with a reason"
        );
        assert_eq!(
            &*Remedies::new(&plan, FIX).at(None),
            "give the queue a key; where that is so already, write what decides as a value that is known, add what shows it \
             to the plan, or waive the finding with a reason"
        );
    }

    #[test]
    fn a_state_sends_back_to_what_made_it() {
        let text = br#"{"format_version": "1.0", "values": {"root_module": {}}}"#;
        let plan = Plan::read(&text[..]).unwrap();
        assert_eq!(
            &*Remedies::new(&plan, FIX).at(None),
            "give the queue a key; where that is so already, judge the plan or the configuration, which may show it, or waive \
             the finding with a reason"
        );
    }
}
