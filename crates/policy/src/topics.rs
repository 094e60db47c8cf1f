//! SNS topics and who is subscribed to them.

use std::sync::Arc;

use drstack_plan::{AttrPath, Mode, Resource};
use foldhash::HashMap;

use crate::arguments::Truth;
use crate::demand::given;
use crate::iam::arn::Arn;
use crate::links::{Directory, Link};
use crate::{Checked, Finding};

/// The topics of an input with their subscriptions.
pub(crate) struct Topics<'plan> {
    directory: Arc<Directory<'plan>>,
    subscriptions: HashMap<usize, Vec<Resource<'plan>>>,
    /// Whether there are subscriptions whose topic is not known.
    is_open: bool,
}

/// What is sent to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// An alarm, or an event by EventBridge: without message attributes (not confirmed by a page that says so outright;
    /// those that AWS shows have none).
    Bare,
    /// An event of RDS, which has attributes:
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.TagsAttributesForFiltering.html>.
    WithAttributes,
}

/// Whether a subscription's filter policy lets a message through:
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html>.
pub(crate) fn lets_through(subscription: Resource<'_>, message: Message) -> Truth {
    let at = |name: &str| given(subscription, &AttrPath::root().key(name));
    let [policy, scope] = ["filter_policy", "filter_policy_scope"].map(at);
    if policy.is_null() {
        return Truth::Yes;
    }
    let Some(policy) = policy.as_str() else { return Truth::Unknown };
    let policy = match serde_json::from_str(&policy) {
        Ok(serde_json::Value::Object(policy)) if !policy.is_empty() => policy,
        Err(_) if !policy.trim().is_empty() => return Truth::Unknown,
        _ => return Truth::Yes,
    };
    let is_by_attributes = scope.is_null() || scope.as_str().is_some_and(|scope| scope != BODY);
    if is_by_attributes && message == Message::Bare {
        Truth::of(accepts_bare(&policy))
    } else {
        Truth::Unknown
    }
}

const BODY: &str = "MessageBody";

/// Whether a filter policy accepts a message without attributes: each key must ask for its absence.
fn accepts_bare(policy: &serde_json::Map<String, serde_json::Value>) -> bool {
    policy.iter().all(|(key, conditions)| {
        conditions.as_array().into_iter().flatten().any(|condition| {
            let Some(condition) = condition.as_object() else { return false };
            if key == "$or" {
                accepts_bare(condition)
            } else {
                condition.get("exists") == Some(&serde_json::Value::Bool(false))
            }
        })
    })
}

impl<'plan> Topics<'plan> {
    /// The topics and the subscriptions of a plan.
    pub(crate) fn of<'checked>(checked: &'checked Checked<'plan>) -> &'checked Self {
        checked.shared().topics.get_or_init(|| Self::gather(checked))
    }

    fn gather(checked: &Checked<'plan>) -> Self {
        let directory = Directory::of(checked, &["aws_sns_topic"], &["arn", "id"]);
        let mut subscriptions: HashMap<usize, Vec<Resource<'_>>> = HashMap::default();
        let mut is_open = false;
        let path = AttrPath::root().key("topic_arn");
        for &subscription in checked.of_type("aws_sns_topic_subscription") {
            match directory.find(subscription, &path) {
                Link::To(topic) => {
                    subscriptions.entry(topic.index()).or_default().push(subscription);
                }
                Link::Unresolved => is_open = true,
                Link::Outside(_) | Link::Absent => {}
            }
        }
        Self { directory, subscriptions, is_open }
    }

    /// The topics that a list names, and what else it names; see [`Directory::find_each`].
    pub(crate) fn find_each(&self, from: Resource<'plan>, path: &AttrPath) -> Vec<Link<'plan>> {
        self.directory.find_each(from, path)
    }

    /// The topic that an argument names.
    pub(crate) fn find(&self, from: Resource<'plan>, path: &AttrPath) -> Link<'plan> {
        self.directory.find(from, path)
    }

    /// The subscriptions that are known to be to a topic.
    pub(crate) fn subscriptions(&self, topic: Resource<'plan>) -> &[Resource<'plan>] {
        self.subscriptions.get(&topic.index()).map_or(&[], Vec::as_slice)
    }

    /// Whether there are subscriptions whose topic is not known.
    pub(crate) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// What keeps a message that a resource sends to what an argument names from reaching a subscriber in the
    /// sender's own region; nothing if it gets there.
    pub(crate) fn obstacle(
        &self,
        sender: Resource<'plan>,
        path: &AttrPath,
        link: &Link<'plan>,
    ) -> Option<Finding> {
        match link {
            Link::To(topic) => self.obstacle_at(sender, path, *topic),
            Link::Absent => Some(Finding::violated(sender, path, "no topic is named")),
            Link::Unresolved => {
                Some(Finding::undetermined(sender, path, "the topic is not known before apply"))
            }
            Link::Outside(name) => {
                let region = sender.region();
                let arn = Arn::parse(name).filter(|arn| arn.service == "sns");
                let finding = match (arn, region) {
                    (Some(arn), Some(region)) if arn.region != region => {
                        Finding::violated(sender, path, "the topic is in another region")
                            .expected(format_args!("a topic in {region}"))
                    }
                    (Some(_), _) => Finding::undetermined(
                        sender,
                        path,
                        "the topic is not part of the input, so its subscriptions can't be seen",
                    ),
                    (None, _) => Finding::violated(sender, path, "what is named is not a topic")
                        .expected("an SNS topic's ARN"),
                };
                Some(finding.found(name))
            }
        }
    }

    fn obstacle_at(
        &self,
        sender: Resource<'plan>,
        path: &AttrPath,
        topic: Resource<'plan>,
    ) -> Option<Finding> {
        let finding = match (sender.region(), topic.region()) {
            (Some(own), Some(other)) if own != other => {
                Finding::violated(sender, path, "the topic is in another region")
                    .found(other)
                    .expected(format_args!("a topic in {own}"))
            }
            (Some(_), Some(_)) => return self.silence(sender, path, topic),
            _ if sender.provider_key().is_some()
                && sender.provider_key() == topic.provider_key() =>
            {
                return self.silence(sender, path, topic);
            }
            _ => Finding::undetermined(sender, path, "the topic's region is not known"),
        };
        Some(finding.evidence(topic))
    }

    /// Says that nobody hears what is sent to a topic, or that it can't be told.
    fn silence(
        &self,
        sender: Resource<'plan>,
        path: &AttrPath,
        topic: Resource<'plan>,
    ) -> Option<Finding> {
        let first = self.subscriptions(topic).first();
        let (message, expected) = match (self.is_heard(sender, topic), first) {
            (Truth::Yes, _) => return None,
            (Truth::No, None) => ("nobody is subscribed to the topic", "a subscription"),
            (Truth::No, Some(_)) => {
                ("the filter policies of the topic's subscriptions let nothing through", NO_FILTER)
            }
            (Truth::Unknown, Some(subscription)) => {
                let message = "whether the filter policies of the topic's subscriptions let it through is not known";
                let finding = Finding::undetermined(sender, path, message).expected(NO_FILTER);
                return Some(finding.evidence(topic).evidence(*subscription));
            }
            (Truth::Unknown, None) => {
                let message = if topic.mode() == Mode::Data {
                    "the topic is only read, so its subscriptions can't be seen"
                } else {
                    "whether anybody is subscribed to the topic is not known"
                };
                return Some(Finding::undetermined(sender, path, message).evidence(topic));
            }
        };
        let finding = Finding::violated(sender, path, message).expected(expected).evidence(topic);
        Some(
            first
                .into_iter()
                .fold(finding, |finding, subscription| finding.evidence(*subscription)),
        )
    }

    fn is_heard(&self, sender: Resource<'plan>, topic: Resource<'plan>) -> Truth {
        let message = match sender.resource_type() {
            "aws_db_event_subscription" => Message::WithAttributes,
            _ => Message::Bare,
        };
        let heard = self.subscriptions(topic).iter();
        let heard = heard.map(|subscription| lets_through(*subscription, message));
        let is_open = self.is_open || topic.mode() == Mode::Data;
        let others = if is_open { Truth::Unknown } else { Truth::No };
        heard.fold(others, Truth::or)
    }
}

const NO_FILTER: &str = "a subscription without a filter policy";
