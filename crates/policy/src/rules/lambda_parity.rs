use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use drstack_plan::{AttrPath, References, Resource, Step, TemplatePart, Value};

use crate::demand::{Demand, given, is_text, path};
use crate::links::is_open;
use crate::regions::RegionPair;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "lambda-parity",
    severity: Severity::Error,
    summary: "each function may run, and has a counterpart in the other region that is equal in everything but what is bound to the region",
    protects: "a standby that was left behind fails, or does something else, on the day it is needed",
    fix: "make the functions of both regions from one module, let only names, ARNs and region values differ, and reserve no concurrency or more than 0",
    requirements: &["C2", "R2"],
    explanation: include_str!("lambda_parity.md"),
    check,
};

/// The arguments that must be equal.
const ARGUMENTS: [&str; 15] = [
    "architectures",
    "dead_letter_config[0].target_arn",
    "ephemeral_storage[0].size",
    "filename",
    "handler",
    "image_uri",
    "layers",
    "memory_size",
    "package_type",
    "reserved_concurrent_executions",
    "runtime",
    "s3_key",
    "source_code_hash",
    "timeout",
    "tracing_config[0].mode",
];
const VARIABLES: &str = "environment[0].variables";

const DIFFERENT: &str = "the functions of the two regions differ";
const NOT_KNOWN: &str = "whether the functions are equal is not known before apply";

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(pair) = RegionPair::of(checked) else { return };
    let mut by_name: BTreeMap<String, [Vec<Resource<'_>>; 2]> = BTreeMap::new();
    for &function in checked.of_type("aws_lambda_function") {
        let Some(region) = function.region() else {
            sink.judged();
            let message = "the function's region is not known, so its counterpart can't be told";
            sink.report(Finding::undetermined(function, "", message));
            continue;
        };
        let Some(side) = pair.both().iter().position(|known| *known == region) else { continue };
        let demand = Demand {
            message: "no concurrency is left to the function, so that each call is throttled",
            expected: "more than 0, or nothing reserved",
        };
        let reserved = path("reserved_concurrent_executions");
        sink.demand(function, &reserved, demand, |limit| !is_text("0")(limit));
        let name = function.get("function_name").as_str();
        let name = pair.neutral(name.as_deref().unwrap_or(function.address()));
        if let Some(functions) = by_name.entry(name).or_default().get_mut(side) {
            functions.push(function);
        }
    }
    let mut alone: [Vec<Resource<'_>>; 2] = Default::default();
    for [near, far] in by_name.into_values() {
        let pairs = near.len().min(far.len());
        for (one, other) in near.iter().zip(&far) {
            compare(checked, pair, *one, *other, sink);
        }
        alone[0].extend(near.into_iter().skip(pairs));
        alone[1].extend(far.into_iter().skip(pairs));
    }
    // One function on either side, each without a namesake, can only belong to each other.
    if let [[one], [other]] = [alone[0].as_slice(), alone[1].as_slice()] {
        return compare(checked, pair, *one, *other, sink);
    }
    let [primary, recovery] = pair.both();
    for (functions, missing) in alone.into_iter().zip([recovery, primary]) {
        for function in functions {
            sink.judged();
            let message = "the function has no counterpart in the other region";
            let finding = Finding::violated(function, "function_name", message);
            sink.report(finding.expected(format_args!("the same function in {missing}")));
        }
    }
}

fn compare<'plan>(
    checked: &Checked<'plan>,
    pair: &RegionPair,
    one: Resource<'plan>,
    other: Resource<'plan>,
    sink: &mut Sink,
) {
    sink.judged();
    let sides = Sides { checked, pair, one, other };
    for argument in ARGUMENTS {
        if let Ok(path) = argument.parse() {
            sides.compare(&path, sink);
        }
    }
    let Ok(variables) = VARIABLES.parse::<AttrPath>() else { return };
    let [near, far] = [one, other].map(|function| argument(function, &variables));
    if !near.is_unknown() && !far.is_unknown() {
        let keys: BTreeSet<_> = near.entries().chain(far.entries()).map(|(key, _)| key).collect();
        for key in keys {
            sides.compare(&variables.clone().key(key), sink);
        }
        return;
    }
    // A map of which one value is unknown is unknown as a whole in a plan, which may show what is written in it.
    let written = [one, other].map(|function| function.written_keys(&variables));
    let [Some(near), Some(far)] = written else { return sides.compare(&variables, sink) };
    let [near, far] = [near, far].map(BTreeSet::from_iter);
    for key in near.intersection(&far) {
        sides.compare_written(&variables.clone().key(&**key), sink);
    }
    for key in near.symmetric_difference(&far) {
        let path = variables.clone().key(&**key);
        let finding = Finding::violated(other, &path, DIFFERENT).evidence(one);
        sink.report(finding.expected("the same variables in both regions"));
    }
}

/// The value at a path; null where neither it nor the block that it is in is written.
fn argument<'plan>(function: Resource<'plan>, path: &AttrPath) -> Value<'plan> {
    let block: AttrPath = path.steps().iter().take(1).cloned().collect();
    if given(function, &block).is_null() { Value::NULL } else { given(function, path) }
}

/// The text at a path, where all of it is known: by its value, or by what is written.
fn written_text(function: Resource<'_>, path: &AttrPath) -> Option<String> {
    let value = function.at(path);
    if !value.is_unknown() {
        return value.as_text().map(Cow::into_owned);
    }
    let parts = function.traced_template(path)?.parts.into_iter().map(|part| match part {
        TemplatePart::Text(text) => Some(text),
        TemplatePart::Reference { .. } => None,
    });
    parts.collect()
}

/// Two functions that should be equal.
struct Sides<'check, 'plan> {
    checked: &'check Checked<'plan>,
    pair: &'check RegionPair,
    one: Resource<'plan>,
    other: Resource<'plan>,
}

impl Sides<'_, '_> {
    fn compare(&self, path: &AttrPath, sink: &mut Sink) {
        let [one, other] = [self.one, self.other].map(|function| argument(function, path));
        let finding = if one.is_unknown() && other.is_unknown() {
            if self.refer_alike(path) {
                return;
            }
            Finding::undetermined(self.other, path, NOT_KNOWN)
        } else if one.is_unknown() != other.is_unknown() {
            if one.is_null() || other.is_null() {
                Finding::violated(self.other, path, DIFFERENT)
            } else {
                Finding::undetermined(self.other, path, NOT_KNOWN)
            }
        } else if self.are_equal(one, other) {
            return;
        } else {
            Finding::violated(self.other, path, DIFFERENT)
        };
        // What stands in an environment may be secret without being marked so.
        let is_environment =
            matches!(path.steps().first(), Some(Step::Key(key)) if key == "environment");
        let finding = if is_environment {
            finding.expected("the same value in both regions")
        } else {
            finding.found(other).expected(one)
        };
        sink.report(finding.evidence(self.one));
    }

    /// Compares what is written for values that a plan does not show.
    fn compare_written(&self, path: &AttrPath, sink: &mut Sink) {
        let texts = [self.one, self.other].map(|function| written_text(function, path));
        let finding = match texts {
            [Some(near), Some(far)] if self.are_equal_texts(&near, &far) => return,
            [Some(_), Some(_)] => Finding::violated(self.other, path, DIFFERENT),
            _ if self.refer_alike(path) => return,
            _ => Finding::undetermined(self.other, path, NOT_KNOWN),
        };
        sink.report(finding.expected("the same value in both regions").evidence(self.one));
    }

    /// Whether two known values are the same, apart from what is bound to a region.
    fn are_equal(&self, one: Value<'_>, other: Value<'_>) -> bool {
        let text = |value: Value<'_>| value.as_text().map(Cow::into_owned);
        let (Some(near), Some(far)) = (text(one), text(other)) else {
            let list = |value: Value<'_>| -> Vec<_> {
                value
                    .elements()
                    .map(|element| element.as_text().map(|text| self.pair.neutral(&text)))
                    .collect()
            };
            return one.is_null() == other.is_null() && list(one) == list(other);
        };
        self.are_equal_texts(&near, &far)
    }

    fn are_equal_texts(&self, near: &str, far: &str) -> bool {
        // A value that names its own region is bound to it: an endpoint, an ARN with an id of its own.
        let is_bound = |text: &str, function: Resource<'_>| {
            function.region().is_some_and(|region| text.contains(&*region))
        };
        self.pair.neutral(near) == self.pair.neutral(far)
            && is_bound(near, self.one) == is_bound(far, self.other)
            || is_bound(near, self.one) && is_bound(far, self.other)
    }

    /// Whether two unknown values are made alike, of counterparts.
    fn refer_alike(&self, path: &AttrPath) -> bool {
        let near = self.making(self.one, path);
        near.is_some() && near == self.making(self.other, path)
    }

    /// What an unknown value is made of, apart from what is bound to a region; `None` if that is not known in full.
    fn making(&self, function: Resource<'_>, path: &AttrPath) -> Option<String> {
        let mut is_whole = true;
        let mut names = |source: &str, references: &References<'_>| {
            is_whole &= !is_open(self.checked.plan(), references);
            if references.targets.is_empty() {
                return source.to_owned();
            }
            let targets = references.targets.iter();
            let names: BTreeSet<String> = targets
                .map(|target| {
                    self.pair.neutral(&format!(
                        "{}.{}",
                        target.resource.address(),
                        target.attribute
                    ))
                })
                .collect();
            names.into_iter().collect::<Vec<_>>().join(" ")
        };
        let making = match function.traced_template(path) {
            Some(template) => self.pair.neutral(&template.render(names)),
            None => names("", &function.references(path)),
        };
        (is_whole && !making.is_empty()).then_some(making)
    }
}

#[cfg(test)]
mod tests {
    use drstack_plan::{Documents, Plan};

    use super::*;
    use crate::Parameters;

    #[test]
    fn what_stands_in_an_environment_is_not_shown() {
        let text = r#"{
            "provider": {"aws": [{"region": "us-east-1"}, {"alias": "dr", "region": "us-east-2"}]},
            "resource": {"aws_lambda_function": {
                "near": {"function_name": "orders", "timeout": 10, "environment": {"variables": {"TOKEN": "canary-near"}}},
                "far": {"provider": "aws.dr", "function_name": "orders", "timeout": 20, "environment": {"variables": {"TOKEN": "canary-far"}}}
            }}
        }"#;
        let documents: Documents = [("main.tf.json".to_owned(), text.into())].into_iter().collect();
        let plan = Plan::from_documents(&documents).unwrap();
        let parameters = Parameters::default();
        let mut sink = Sink::default();
        check(&Checked::new(&plan, &parameters), &mut sink);
        let found = format!("{:?}", sink.findings);
        assert!(
            found.contains("environment[0].variables.TOKEN") && found.contains("timeout"),
            "{found}"
        );
        assert!(!found.contains("canary"), "{found}");
    }
}
