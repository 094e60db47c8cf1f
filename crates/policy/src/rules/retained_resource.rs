use drstack_plan::{Resource, Value};

use crate::arguments::{Truth, all_hold, arguments, passes};
use crate::tables::Test;
use crate::tables::retention::{self, Effect, Switch};
use crate::{Checked, Finding, Profile, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "retained-resource",
    severity: Severity::Error,
    summary: "in a destroyable environment nothing survives or blocks terraform destroy; in a protected one, what holds data does",
    protects: "a test environment that can't be destroyed goes on costing; a production database that can be is one command from gone",
    fix: "set the switch to the value that the profile asks for",
    requirements: &["N2", "V2"],
    explanation: include_str!("retained_resource.md"),
    check,
};

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(profile) = checked.parameters().profile else { return };
    for (resource_type, resources) in checked.types() {
        let switches: Vec<(Switch, Test)> = retention::of(resource_type)
            .filter_map(|switch| Some((switch, wanted(switch, profile)?)))
            .collect();
        for &resource in resources {
            for &(switch, test) in &switches {
                judge(resource, switch, test, profile, sink);
            }
            if profile == Profile::Destroyable {
                judge_lifecycle(resource, sink);
            }
        }
    }
}

fn wanted(switch: Switch, profile: Profile) -> Option<Test> {
    match profile {
        Profile::Destroyable => switch.destroyable,
        Profile::Protected => switch.protected,
    }
}

fn judge(resource: Resource<'_>, switch: Switch, test: Test, profile: Profile, sink: &mut Sink) {
    for argument in arguments(resource, switch.path) {
        let matters = all_hold(resource, switch.when, &argument.path);
        if matters == Truth::No {
            continue;
        }
        sink.judged();
        let finding = match (passes(test, argument.value, switch.default), matters) {
            (Truth::Yes, _) => continue,
            (Truth::No, Truth::Yes) => {
                let message = message(switch.effect, profile);
                let finding = Finding::violated(resource, &argument.path, message);
                if argument.value.is_null() {
                    finding.found(not_set(switch.default))
                } else {
                    finding.found(argument.value)
                }
            }
            (Truth::No, _) => Finding::undetermined(
                resource,
                &argument.path,
                "whether this switch matters is not known before apply",
            ),
            (Truth::Unknown, _) => Finding::undetermined(
                resource,
                &argument.path,
                "the value of the switch is not known before apply",
            ),
        };
        sink.report(finding.expected(test));
    }
}

/// `lifecycle` stands in configurations only; the summary says that plans and states can't show it.
fn judge_lifecycle(resource: Resource<'_>, sink: &mut Sink) {
    let prevent =
        resource.lifecycle().map_or(Value::NULL, |lifecycle| lifecycle.get("prevent_destroy"));
    if prevent.is_null() {
        return;
    }
    sink.judged();
    let path = "lifecycle.prevent_destroy";
    let finding = match prevent.as_bool() {
        Some(false) => return,
        Some(true) => {
            Finding::violated(resource, path, "Terraform refuses to destroy the resource")
        }
        None => Finding::undetermined(
            resource,
            path,
            "whether Terraform may destroy the resource is not known",
        ),
    };
    sink.report(finding.found(prevent).expected("false"));
}

fn not_set(default: Option<&str>) -> String {
    default
        .map_or_else(|| "not set".to_owned(), |default| format!("not set, which means {default}"))
}

const fn message(effect: Effect, profile: Profile) -> &'static str {
    match (profile, effect) {
        (Profile::Destroyable, Effect::Blocks) => "the resource can't be destroyed",
        (Profile::Destroyable, Effect::FailsUnlessEmpty) => {
            "the destruction fails unless the resource is empty"
        }
        (Profile::Destroyable, Effect::Keeps) => {
            "something stays behind when the resource is destroyed"
        }
        (Profile::Destroyable, Effect::Delays) => {
            "the resource stays for a waiting time after it is destroyed"
        }
        (Profile::Protected, Effect::Blocks) => {
            "nothing protects the resource from being destroyed"
        }
        (Profile::Protected, Effect::FailsUnlessEmpty) => {
            "the resource is destroyed with what is in it"
        }
        (Profile::Protected, Effect::Keeps) => "nothing is kept when the resource is destroyed",
        (Profile::Protected, Effect::Delays) => "the resource is gone at once when it is destroyed",
    }
}
