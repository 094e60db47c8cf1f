use std::collections::HashSet;

use drstack_plan::{AttrPath, Resource};

use crate::iam::arn::Arn;
use crate::links::Link;
use crate::topics::Topics;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "alarm-actions",
    severity: Severity::Error,
    summary: "each alarm tells a topic of its own region that somebody is subscribed to",
    protects: "an alarm that nobody hears of leaves an outage to be found by the customers",
    fix: "name a topic of the alarm's own region in alarm_actions, and subscribe somebody to it",
    requirements: &["C9", "R6", "T5", "V10"],
    explanation: include_str!("alarm_actions.md"),
    check,
};

const ALARMS: [&str; 2] = ["aws_cloudwatch_composite_alarm", "aws_cloudwatch_metric_alarm"];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let topics = Topics::of(checked);
    let actions = AttrPath::root().key("alarm_actions");
    let combined = Combined::of(checked);
    for &alarm in ALARMS.iter().flat_map(|name| checked.of_type(name)) {
        sink.judged();
        let enabled = alarm.get("actions_enabled");
        if enabled.as_bool() == Some(false) {
            let finding =
                Finding::violated(alarm, "actions_enabled", "the alarm's actions are switched off");
            sink.report(finding.found(enabled).expected("true"));
        } else if enabled.is_unknown()
            && alarm.is_configured(&AttrPath::root().key("actions_enabled")) != Some(false)
        {
            let message = "whether the alarm's actions are switched on is not known";
            sink.report(Finding::undetermined(alarm, "actions_enabled", message));
        }
        let found = topics.find_each(alarm, &actions);
        if found.is_empty() && !combined.names(alarm) {
            let finding = Finding::violated(alarm, &actions, "the alarm tells nobody");
            sink.report(finding.expected("a topic's ARN"));
        }
        for link in found.iter().filter(|link| !is_other_action(link)) {
            sink.findings.extend(topics.obstacle(alarm, &actions, link));
        }
    }
}

/// The alarms that composite alarms speak for: these need no actions of their own.
struct Combined {
    referred: HashSet<usize>,
    rules: Vec<String>,
}

impl Combined {
    fn of(checked: &Checked<'_>) -> Self {
        let path = AttrPath::root().key("alarm_rule");
        let mut combined = Self { referred: HashSet::new(), rules: Vec::new() };
        for composite in checked.of_type("aws_cloudwatch_composite_alarm") {
            let references = composite.references(&path);
            combined.referred.extend(references.targets.iter().map(|target| target.resource.index()));
            combined.rules.extend(composite.at(&path).as_str().map(std::borrow::Cow::into_owned));
        }
        combined
    }

    /// Whether a rule refers to an alarm, or has its name: `ALARM(name)`, `ALARM("name")`, or the end of its ARN.
    fn names(&self, alarm: Resource<'_>) -> bool {
        let is_named = |name: &str| {
            let ends = |rule: &str, (at, _): (usize, &str)| {
                let (before, after) = (rule.get(..at), rule.get(at + name.len()..));
                before.is_some_and(|text| text.ends_with(['(', '"', '\'', ':']))
                    && after.is_some_and(|text| text.starts_with([')', '"', '\'']))
            };
            self.rules.iter().any(|rule| rule.match_indices(name).any(|found| ends(rule, found)))
        };
        self.referred.contains(&alarm.index())
            || alarm.get("alarm_name").as_str().is_some_and(|name| is_named(&name))
    }
}

/// Whether an action is something else than telling a topic: scaling a group, running a function, recovering a machine.
fn is_other_action(link: &Link<'_>) -> bool {
    let Link::Outside(name) = link else { return false };
    match Arn::parse(name) {
        Some(arn) => arn.service != "sns",
        // The address of another resource, where the ARN is not known.
        None => !name.starts_with("arn:"),
    }
}
