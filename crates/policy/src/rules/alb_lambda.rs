use std::sync::Arc;

use drstack_plan::{AttrPath, Resource};
use foldhash::{HashMap, HashSet};

use crate::demand::{Demand, given};
use crate::links::{Directory, Link};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "alb-lambda",
    severity: Severity::Error,
    summary: "a target group of functions has a health check, a function that admits it, and a listener that forwards to it",
    protects: "a load balancer that may not call its function answers 502, and without a health check its health says nothing",
    fix: "enable health_check, attach the function, permit elasticloadbalancing.amazonaws.com with the target group as source_arn, forward to the group",
    requirements: &["R11", "N4", "T4"],
    explanation: include_str!("alb_lambda.md"),
    check,
};

const GROUPS: [&str; 2] = ["aws_alb_target_group", "aws_lb_target_group"];
const ATTACHMENTS: [&str; 2] =
    ["aws_alb_target_group_attachment", "aws_lb_target_group_attachment"];
const LISTENERS: [&str; 4] =
    ["aws_alb_listener", "aws_alb_listener_rule", "aws_lb_listener", "aws_lb_listener_rule"];
const PRINCIPAL: &str = "elasticloadbalancing.amazonaws.com";

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let is_lambda =
        |group: &Resource<'_>| group.get("target_type").as_str().as_deref() == Some("lambda");
    let (groups, others): (Vec<_>, Vec<_>) =
        GROUPS.iter().flat_map(|name| checked.of_type(name)).copied().partition(is_lambda);
    if groups.is_empty() && others.is_empty() {
        return;
    }
    let directory = Directory::of(checked, &GROUPS, &["arn", "id"]);
    let functions = Functions {
        targets: Directory::of(checked, &["aws_lambda_alias", "aws_lambda_function"], &["arn"]),
        named: Directory::of(checked, &["aws_lambda_function"], &["arn", "function_name"]),
    };
    let attachments = Users::of(checked, &directory, &ATTACHMENTS, &["target_group_arn"]);
    let permissions = Users::of(checked, &directory, &["aws_lambda_permission"], &["source_arn"]);
    let listeners = Users::of(
        checked,
        &directory,
        &LISTENERS,
        &[
            "default_action[0].target_group_arn",
            "default_action[0].forward[0].target_group[0].arn",
            "default_action[0].forward[0].target_group[1].arn",
            "action[0].target_group_arn",
            "action[0].forward[0].target_group[0].arn",
            "action[0].forward[0].target_group[1].arn",
        ],
    );
    for group in groups {
        sink.judged();
        let demand =
            Demand { message: "the health check of the functions is off", expected: "true" };
        let path = AttrPath::root().key("health_check").index(0).key("enabled");
        // Without a block, and in a block without the argument, a group of functions is not checked.
        sink.demand(group, &path, demand, |value| value.as_bool() == Some(true));
        let attached = attachments.of_group(group, "no function is attached to the group", sink);
        _ = listeners.of_group(group, "no listener forwards to the group", sink);
        let permitted = permissions.of_group(group, "no function admits the load balancer", sink);
        for &permission in permitted {
            check_permission(permission, sink);
        }
        for &attachment in attached {
            check_function(&functions, attachment, permitted, sink);
        }
    }
    for group in others {
        check_type(&functions, group, attachments.of.get(&group.index()), sink);
    }
}

/// A group of another type can't hold a function: it sends to addresses, machines or load balancers.
fn check_type<'plan>(
    functions: &Functions<'plan>,
    group: Resource<'plan>,
    attachments: Option<&Vec<Resource<'plan>>>,
    sink: &mut Sink,
) {
    let target = AttrPath::root().key("target_id");
    let holds_function = |attachment: &Resource<'plan>| {
        matches!(functions.targets.find(*attachment, &target), Link::To(_))
    };
    if !attachments.into_iter().flatten().any(holds_function) {
        return;
    }
    sink.judged();
    let demand = Demand {
        message: "the group can't hold the function that is attached to it",
        expected: "lambda",
    };
    sink.demand(group, &AttrPath::root().key("target_type"), demand, |_| false);
}

fn check_permission(permission: Resource<'_>, sink: &mut Sink) {
    for (name, message, expected) in [
        ("principal", "the permission is for load balancers", PRINCIPAL),
        ("action", "the permission is to call the function", "lambda:InvokeFunction"),
    ] {
        let demand = Demand { message, expected };
        sink.demand(permission, &AttrPath::root().key(name), demand, |value| {
            value.as_str().as_deref() == Some(expected)
        });
    }
}

/// The permission must be of the function that is attached.
fn check_function<'plan>(
    functions: &Functions<'plan>,
    attachment: Resource<'plan>,
    permissions: &[Resource<'plan>],
    sink: &mut Sink,
) {
    let path = AttrPath::root().key("target_id");
    let target = match functions.targets.find(attachment, &path) {
        Link::To(function) => function,
        Link::Absent => {
            return sink.report(Finding::violated(attachment, &path, "no function is named"));
        }
        Link::Outside(name) => {
            let message = "the function is not part of the input";
            return sink.report(Finding::undetermined(attachment, &path, message).found(name));
        }
        Link::Unresolved => {
            let message = "the function is not known before apply";
            return sink.report(Finding::undetermined(attachment, &path, message));
        }
    };
    let function_name = AttrPath::root().key("function_name");
    for &permission in permissions {
        match functions.named.find(permission, &function_name) {
            Link::To(function)
                if function == target || is_alias_of(functions, target, function) => {}
            Link::Unresolved if is_of(permission, target) => {}
            Link::To(function) => {
                let message = "another function than the attached one admits the load balancer";
                let finding = Finding::violated(permission, &function_name, message);
                sink.report(
                    finding
                        .found(function.address())
                        .expected(target.address())
                        .evidence(attachment),
                );
            }
            _ => {
                let message = "which function admits the load balancer is not known before apply";
                sink.report(
                    Finding::undetermined(permission, &function_name, message).evidence(attachment),
                );
            }
        }
    }
}

/// Whether a permission of which nothing shows the region is of a function. Functions in other regions may have the same
/// name; a state shows neither a permission's provider nor its region, and the group that it names is one of the function's.
fn is_of(permission: Resource<'_>, function: Resource<'_>) -> bool {
    let [named, name] = [permission, function].map(|resource| resource.get("function_name"));
    permission.provider_key().is_none()
        && named.as_str().is_some_and(|named| name.as_str() == Some(named))
}

fn is_alias_of<'plan>(
    functions: &Functions<'plan>,
    alias: Resource<'plan>,
    function: Resource<'plan>,
) -> bool {
    alias.resource_type() == "aws_lambda_alias"
        && functions.named.find(alias, &AttrPath::root().key("function_name")) == Link::To(function)
}

/// The functions, by what attachments and by what permissions call them.
struct Functions<'plan> {
    /// Functions and their aliases.
    targets: Arc<Directory<'plan>>,
    /// Functions alone: an alias has its function's name too.
    named: Arc<Directory<'plan>>,
}

/// What names the groups: attachments, permissions, listeners.
struct Users<'plan> {
    of: HashMap<usize, Vec<Resource<'plan>>>,
    /// Those of which it is not known which group they name.
    open: Vec<Resource<'plan>>,
}

impl<'plan> Users<'plan> {
    fn of(
        checked: &Checked<'plan>,
        groups: &Directory<'plan>,
        types: &[&str],
        paths: &[&str],
    ) -> Self {
        let mut users = Self { of: HashMap::default(), open: Vec::new() };
        let paths: Vec<AttrPath> = paths.iter().filter_map(|path| path.parse().ok()).collect();
        for &user in types.iter().flat_map(|name| checked.of_type(name)) {
            let mut seen = HashSet::default();
            for path in &paths {
                if given(user, path).is_null() {
                    continue;
                }
                match groups.find(user, path) {
                    Link::To(group) => {
                        if seen.insert(group.index()) {
                            users.of.entry(group.index()).or_default().push(user);
                        }
                    }
                    Link::Unresolved => users.open.push(user),
                    Link::Absent | Link::Outside(_) => {}
                }
            }
        }
        users
    }

    /// The users of a group; that there are none is reported.
    fn of_group(
        &self,
        group: Resource<'plan>,
        message: &str,
        sink: &mut Sink,
    ) -> &[Resource<'plan>] {
        let users = self.of.get(&group.index()).map_or(&[][..], Vec::as_slice);
        if users.is_empty() {
            sink.report(match self.open.first() {
                Some(open) => {
                    let message = "what uses the group is not known before apply";
                    Finding::undetermined(group, "", message).evidence(*open)
                }
                None => Finding::violated(group, "", message),
            });
        }
        users
    }
}
