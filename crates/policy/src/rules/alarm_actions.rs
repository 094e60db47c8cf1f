use drstack_plan::AttrPath;
use drstack_recovery::alarm::Composites;

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

const COMPOSITE: &str = "aws_cloudwatch_composite_alarm";
const ALARMS: [&str; 2] = [COMPOSITE, "aws_cloudwatch_metric_alarm"];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let topics = Topics::of(checked);
    let actions = AttrPath::root().key("alarm_actions");
    let composites = Composites::of(checked.of_type(COMPOSITE).iter().copied());
    for &alarm in ALARMS.iter().flat_map(|name| checked.of_type(name)) {
        sink.judged();
        let enabled = alarm.get("actions_enabled");
        let is_named = composites.naming(alarm).next().is_some();
        if enabled.as_bool() == Some(false) && !is_named {
            let finding =
                Finding::violated(alarm, "actions_enabled", "the alarm's actions are switched off");
            sink.report(finding.found(enabled).expected("true"));
        } else if enabled.is_unknown()
            && !is_named
            && alarm.is_configured(&AttrPath::root().key("actions_enabled")) != Some(false)
        {
            let message = "whether the alarm's actions are switched on is not known";
            sink.report(Finding::undetermined(alarm, "actions_enabled", message));
        }
        let found = topics.find_each(alarm, &actions);
        if found.is_empty() && !is_named {
            let finding = Finding::violated(alarm, &actions, "the alarm tells nobody");
            sink.report(finding.expected("a topic's ARN"));
        }
        for link in found.iter().filter(|link| !is_other_action(link)) {
            sink.report_each(topics.obstacle(alarm, &actions, link));
        }
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
