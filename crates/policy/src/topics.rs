//! SNS topics and who is subscribed to them.

use std::collections::HashMap;
use std::sync::Arc;

use drstack_plan::{AttrPath, Mode, Resource};

use crate::arguments::Truth;
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

impl<'plan> Topics<'plan> {
    /// The topics and the subscriptions of a plan.
    pub(crate) fn of<'checked>(checked: &'checked Checked<'plan>) -> &'checked Self {
        checked.shared().topics.get_or_init(|| Self::gather(checked))
    }

    fn gather(checked: &Checked<'plan>) -> Self {
        let directory = Directory::of(checked, &["aws_sns_topic"], &["arn", "id"]);
        let mut subscriptions: HashMap<usize, Vec<Resource<'_>>> = HashMap::new();
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

    /// Says that nobody listens to a topic, or that it can't be told.
    fn silence(
        &self,
        sender: Resource<'plan>,
        path: &AttrPath,
        topic: Resource<'plan>,
    ) -> Option<Finding> {
        let message = match self.is_subscribed(topic) {
            Truth::Yes => return None,
            Truth::No => {
                let finding = Finding::violated(sender, path, "nobody is subscribed to the topic");
                return Some(finding.expected("a subscription").evidence(topic));
            }
            Truth::Unknown if topic.mode() == Mode::Data => {
                "the topic is only read, so its subscriptions can't be seen"
            }
            Truth::Unknown => "whether anybody is subscribed to the topic is not known",
        };
        Some(Finding::undetermined(sender, path, message).evidence(topic))
    }

    fn is_subscribed(&self, topic: Resource<'plan>) -> Truth {
        if !self.subscriptions(topic).is_empty() {
            Truth::Yes
        } else if self.is_open || topic.mode() == Mode::Data {
            Truth::Unknown
        } else {
            Truth::No
        }
    }
}
