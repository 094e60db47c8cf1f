use drstack_plan::{AttrPath, Resource};
use foldhash::{HashMap, HashSet};

use crate::arguments::Truth;
use crate::demand::given;
use crate::iam::{Document, Effect, Principal, Principals, Statement};
use crate::keys::{Key, Keys};
use crate::links::{Directory, Link};
use crate::policy_text::policy_text;
use crate::regions::RegionPair;
use crate::topics::{Message, Topics, lets_through};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "cross-region-subscription",
    severity: Severity::Error,
    summary: "the topics of each region reach a queue or function of the other one, which lets them in",
    protects: "what only the lost region hears is not heard, and a queue or key that refuses SNS drops messages silently",
    fix: "subscribe a queue of the other region, let sns.amazonaws.com send to it with aws:SourceArn, and let the keys' policies admit the services",
    requirements: &["V11", "R7"],
    explanation: include_str!("cross_region_subscription.md"),
    check,
};

const SNS: &str = "sns.amazonaws.com";
const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";

/// What has a key policy.
const KEYS: [&str; 2] = ["aws_kms_key", "aws_kms_replica_key"];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(pair) = RegionPair::of(checked) else { return };
    if checked.of_type("aws_sns_topic").is_empty() {
        return;
    }
    let topics = Topics::of(checked);
    let keys = Keys::of(checked);
    let endpoints = Directory::of(checked, &["aws_lambda_function", "aws_sqs_queue"], &["arn"]);
    let policies = Policies {
        queues: Companions::of(checked, &["aws_sqs_queue"], "aws_sqs_queue_policy", "queue_url"),
        keys: Companions::of(checked, &KEYS, "aws_kms_key_policy", "key_id"),
    };
    let told = told_by_alarms(checked, topics);
    for &topic in checked.of_type("aws_sns_topic") {
        let Some(region) = topic.region() else {
            sink.judged();
            let message =
                "the topic's region is not known, so which region is the other one can't be told";
            sink.report(Finding::undetermined(topic, "", message));
            continue;
        };
        // Topics elsewhere, as that of Route 53's alarms in us-east-1, are not part of the pair.
        let Some(other) = pair.other(&region) else { continue };
        sink.judged();
        let is_told = told.contains(&topic.index());
        if is_told {
            policies.check_key(keys, topic, CLOUDWATCH, sink);
        }
        let (mut reaches, mut filtered) = (Truth::No, None);
        for &subscription in topics.subscriptions(topic) {
            let arrives = match endpoints.find(subscription, &AttrPath::root().key("endpoint")) {
                Link::To(endpoint) => {
                    if endpoint.resource_type() == "aws_sqs_queue" {
                        policies.check_queue(endpoint, subscription, sink);
                        policies.check_key(keys, endpoint, SNS, sink);
                    }
                    endpoint.region().map_or(Truth::Unknown, |found| Truth::of(found == other))
                }
                Link::Outside(arn) => Truth::of(arn.split(':').nth(3) == Some(other)),
                Link::Absent => Truth::No,
                Link::Unresolved => Truth::Unknown,
            };
            let passes =
                if is_told { lets_through(subscription, Message::Bare) } else { Truth::Yes };
            if arrives != Truth::No && passes != Truth::Yes {
                filtered = Some(subscription);
            }
            reaches = reaches.or(arrives.and(passes));
        }
        if topics.is_open() {
            reaches = reaches.or(Truth::Unknown);
        }
        let finding = match (reaches, filtered) {
            (Truth::Yes, _) => continue,
            (Truth::No, Some(subscription)) => {
                let message = "the filter policy keeps alarms from the other region";
                Finding::violated(subscription, "filter_policy", message).evidence(topic)
            }
            (Truth::Unknown, Some(subscription)) => {
                let message = "whether the filter policy lets alarms through is not known";
                Finding::undetermined(subscription, "filter_policy", message).evidence(topic)
            }
            (Truth::No, None) => Finding::violated(
                topic,
                "",
                "nothing of the other region is subscribed to the topic",
            ),
            (Truth::Unknown, None) => {
                let message =
                    "whether anything of the other region is subscribed to the topic is not known";
                Finding::undetermined(topic, "", message)
            }
        };
        sink.report(finding.expected(format_args!("a queue or function in {other}")));
    }
}

/// The topics that alarms tell.
fn told_by_alarms<'plan>(checked: &Checked<'plan>, topics: &Topics<'plan>) -> HashSet<usize> {
    let types = ["aws_cloudwatch_composite_alarm", "aws_cloudwatch_metric_alarm"];
    let alarms = types.iter().flat_map(|name| checked.of_type(name));
    let links =
        alarms.flat_map(|alarm| topics.find_each(*alarm, &AttrPath::root().key("alarm_actions")));
    let topic = |link| if let Link::To(topic) = link { Some(topic.index()) } else { None };
    links.filter_map(topic).collect()
}

/// The policies that let services in.
struct Policies<'plan> {
    queues: Companions<'plan>,
    keys: Companions<'plan>,
}

impl<'plan> Policies<'plan> {
    /// An encrypted topic or queue needs a key whose policy lets the service use it; those that AWS manages do not.
    fn check_key(&self, keys: &Keys<'plan>, user: Resource<'plan>, service: &str, sink: &mut Sink) {
        let path = AttrPath::root().key("kms_master_key_id");
        let found = match keys.find(user, &path) {
            Key::AwsManaged(_) => {
                let message = "the key's policy is AWS's own: it does not let the service in, and messages are dropped";
                let finding = Finding::violated(user, &path, message);
                return sink.report(
                    finding.expected(format_args!("a customer managed key that admits {service}")),
                );
            }
            Key::Customer(found) => found,
            // Which key it is, or that there is none, is another rule's.
            Key::Absent | Key::Bare(_) | Key::Unknown => return,
        };
        for key in found.iter().filter_map(|key| key.resource) {
            // An alias does not show the policy of its key.
            if !KEYS.contains(&key.resource_type()) {
                continue;
            }
            let admits = |statement: &Statement<'_>| is_of_service(statement, service);
            let (holder, truth) = self.keys.allows(key, admits);
            let path = AttrPath::root().key("policy");
            let finding = match truth {
                Truth::Yes => continue,
                Truth::No => Finding::violated(
                    holder,
                    &path,
                    "the key's policy does not let the service use it",
                ),
                Truth::Unknown => Finding::undetermined(
                    holder,
                    &path,
                    "whether the key's policy lets the service use it is not known",
                ),
            };
            sink.report(finding.expected(service).evidence(user));
        }
    }

    fn check_queue(&self, queue: Resource<'plan>, subscription: Resource<'plan>, sink: &mut Sink) {
        let admits = |statement: &Statement<'_>| {
            is_of_service(statement, SNS) && sends(statement) && names_source(statement)
        };
        let (holder, truth) = self.queues.allows(queue, admits);
        let path = AttrPath::root().key("policy");
        let finding = match truth {
            Truth::Yes => return,
            Truth::No => {
                Finding::violated(holder, &path, "the queue's policy does not let the topic in")
            }
            Truth::Unknown => Finding::undetermined(
                holder,
                &path,
                "whether the queue's policy lets the topic in is not known",
            ),
        };
        sink.report(
            finding
                .expected("sns.amazonaws.com may sqs:SendMessage, with aws:SourceArn")
                .evidence(subscription),
        );
    }
}

/// The policies of resources: of their own argument, or of companions.
struct Companions<'plan> {
    companions: HashMap<usize, Resource<'plan>>,
    is_open: bool,
}

impl<'plan> Companions<'plan> {
    /// The companions of a type, which name by an argument a resource of the types.
    fn of(
        checked: &Checked<'plan>,
        types: &'static [&'static str],
        companion_type: &str,
        argument: &str,
    ) -> Self {
        let directory = Directory::of(checked, types, &["arn", "id", "key_id", "url"]);
        let mut policies = Self { companions: HashMap::default(), is_open: false };
        for &companion in checked.of_type(companion_type) {
            match directory.find(companion, &AttrPath::root().key(argument)) {
                Link::To(of) => _ = policies.companions.insert(of.index(), companion),
                Link::Unresolved => policies.is_open = true,
                Link::Absent | Link::Outside(_) => {}
            }
        }
        policies
    }

    /// Whether the policy of a resource has a statement that allows, and what holds the policy.
    fn allows(
        &self,
        resource: Resource<'plan>,
        admits: impl Fn(&Statement<'_>) -> bool,
    ) -> (Resource<'plan>, Truth) {
        let path = AttrPath::root().key("policy");
        let holder = self.companions.get(&resource.index()).copied().unwrap_or(resource);
        match allows(holder, &path, admits) {
            Truth::No if is_absent(holder, &path) && self.is_open => (holder, Truth::Unknown),
            truth => (holder, truth),
        }
    }
}

/// Whether a policy has a statement that allows.
fn allows(
    resource: Resource<'_>,
    path: &AttrPath,
    admits: impl Fn(&Statement<'_>) -> bool,
) -> Truth {
    if is_absent(resource, path) {
        return Truth::No;
    }
    let Some(policy) = policy_text(resource, path) else { return Truth::Unknown };
    let Some(text) = policy.text.read() else { return Truth::Unknown };
    let Ok(document) = Document::parse(&text) else { return Truth::Unknown };
    let truth = |statement: &Option<Statement<'_>>| match statement {
        None => Truth::Unknown,
        Some(statement) if !admits(statement) => Truth::No,
        Some(statement) => match statement.effect {
            Effect::Allow => Truth::Yes,
            Effect::Deny => Truth::No,
            Effect::Unknown => Truth::Unknown,
        },
    };
    document.statements.iter().map(truth).fold(Truth::No, Truth::or)
}

/// Whether there is no policy. A state has an empty text for that.
fn is_absent(resource: Resource<'_>, path: &AttrPath) -> bool {
    let policy = given(resource, path);
    policy.is_null() || policy.as_text().is_some_and(|text| text.is_empty())
}

fn is_of_service(statement: &Statement<'_>, service: &str) -> bool {
    statement.principals.as_ref().is_some_and(|Principals { list, .. }| {
        list.iter()
            .any(|principal| matches!(principal, Principal::Service(name) if *name == service))
    })
}

fn sends(statement: &Statement<'_>) -> bool {
    statement.actions.as_ref().is_some_and(|actions| {
        let send = ["*", "sqs:*", "sqs:send*", "sqs:sendmessage"];
        actions.patterns.iter().any(|pattern| send.contains(&pattern.to_ascii_lowercase().as_str()))
    })
}

fn names_source(statement: &Statement<'_>) -> bool {
    statement.conditions.iter().any(|condition| condition.key.eq_ignore_ascii_case("aws:SourceArn"))
}
