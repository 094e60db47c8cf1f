//! How an alarm reaches someone: topics, the queues that collect from both regions, subscriptions.

use drstack_terraform::iam::{Policy, PolicyText, Statement};
use drstack_terraform::kind::{
    self, Arn, QueuePolicy as QueuePolicyKind, TopicPolicy as TopicPolicyKind,
};
use drstack_terraform::{
    Input, Module, ModuleError, ModuleName, Names, Ref, Region, Template, limit,
};

use crate::resources::{Queue, QueuePolicy, Topic, TopicPolicy, TopicSubscription};

/// The name of the topic, of the queue and of their policies in their module.
pub(crate) const ALARMS: &str = "alarms";

/// The most that SQS keeps a message: an alarm of a weekend outlasts the outage.
const RETENTION: u32 = 14 * 24 * 60 * 60;
const DATA_KEY_REUSE: u32 = 300;

/// The topic of `module`, ready when AWS services may publish to it.
pub(crate) fn topic(module: ModuleName) -> Ref<Arn<kind::Topic>> {
    let policy: Ref<TopicPolicyKind> = module.get(ALARMS);
    module.get::<Arn<kind::Topic>>(ALARMS).when_ready([policy.address().clone()])
}

/// The queue of `module`, ready when the topics may send to it.
pub(crate) fn queue(module: ModuleName) -> Ref<Arn<kind::Queue>> {
    let policy: Ref<QueuePolicyKind> = module.get(ALARMS);
    module.get::<Arn<kind::Queue>>(ALARMS).when_ready([policy.address().clone()])
}

/// Adds a topic that the alarms and events of `region` may publish to.
pub(crate) fn add_topic(
    module: &mut Module,
    names: &Names,
    name: Template,
    region: Region,
    key: Ref<Arn<kind::KmsKey>>,
) -> Result<(), ModuleError> {
    module.add(ALARMS, &Topic { name, kms_master_key_id: key })?;
    let policy = TopicPolicy {
        arn: module.get(ALARMS),
        policy: topic_policy(&module.get(ALARMS), names, region),
    };
    module.add(ALARMS, &policy).map(drop)
}

/// Who may publish. Each service is narrowed to this account's resources, but for EventBridge: AWS says that `Condition` can't be used in topic
/// policies for it (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html>).
/// RDS is let in for event subscriptions
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.GrantingPermissions.html>); they reach an encrypted topic if its
/// key's policy lets RDS in too (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Subscribing.html>).
fn topic_policy(topic: &Ref<Arn<kind::Topic>>, names: &Names, region: Region) -> PolicyText {
    let publish = |sid| Statement::allow(sid).actions(["sns:Publish"]).resources([topic]);
    let arn = |service: &str, rest: String| {
        Template::from(format!("arn:aws:{service}:{region}:")) + Input::ACCOUNT_ID + rest
    };
    let of_account = |statement: Statement| {
        statement.when("StringEquals", "aws:SourceAccount", [Input::ACCOUNT_ID])
    };
    Policy::new([
        of_account(publish("Alarms")).service("cloudwatch.amazonaws.com").when(
            "ArnLike",
            "aws:SourceArn",
            [arn("cloudwatch", format!(":alarm:{}-*", names.stack()))],
        ),
        of_account(publish("DatabaseEvents")).service("events.rds.amazonaws.com").when(
            "ArnLike",
            "aws:SourceArn",
            [arn("rds", ":*".to_owned())],
        ),
        publish("Events").service("events.amazonaws.com"),
        Statement::deny("OnlyTls").everyone().actions(["sns:Publish"]).resources([topic]).when(
            "Bool",
            "aws:SecureTransport",
            ["false"],
        ),
    ])
    .text()
}

/// Adds the queue that collects what `topics` of any region publish.
pub(crate) fn add_queue(
    module: &mut Module,
    names: &Names,
    key: Ref<Arn<kind::KmsKey>>,
    topics: Vec<Ref<Arn<kind::Topic>>>,
) -> Result<(), ModuleError> {
    let queue = Queue {
        name: names.regional("alarms").within(&limit::QUEUE)?,
        kms_master_key_id: key,
        kms_data_key_reuse_period_seconds: DATA_KEY_REUSE,
        message_retention_seconds: RETENTION,
    };
    module.add(ALARMS, &queue)?;
    let policy = QueuePolicy {
        queue_url: module.get(ALARMS),
        policy: queue_policy(&module.get(ALARMS), topics),
    };
    module.add(ALARMS, &policy).map(drop)
}

/// <https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html>
fn queue_policy(queue: &Ref<Arn<kind::Queue>>, topics: Vec<Ref<Arn<kind::Topic>>>) -> PolicyText {
    Policy::new([
        Statement::allow("Topics")
            .service("sns.amazonaws.com")
            .actions(["sqs:SendMessage"])
            .resources([queue])
            .when("ArnEquals", "aws:SourceArn", topics),
        Statement::deny("OnlyTls").everyone().actions(["sqs:*"]).resources([queue]).when(
            "Bool",
            "aws:SecureTransport",
            ["false"],
        ),
    ])
    .text()
}

/// Subscribes a queue, of any region, to the topic of this module. A subscription lives in its topic's region:
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html>.
pub(crate) fn subscribe_queue(
    module: &mut Module,
    name: impl Into<String>,
    queue: &Ref<Arn<kind::Queue>>,
) -> Result<(), ModuleError> {
    let subscription = TopicSubscription {
        topic_arn: module.get(ALARMS),
        protocol: "sqs",
        endpoint: queue.into(),
        raw_message_delivery: Some(true),
    };
    let policy: Ref<QueuePolicyKind> = module.get(ALARMS);
    let is_own = queue.module() == module.name();
    let entry = module.add(name.into(), &subscription)?;
    if is_own {
        entry.depends_on(&policy);
    }
    Ok(())
}

/// Subscribes people, who have to confirm by a link that AWS mails to them.
pub(crate) fn subscribe_emails(module: &mut Module, emails: &[String]) -> Result<(), ModuleError> {
    for email in emails {
        let subscription = TopicSubscription {
            topic_arn: module.get(ALARMS),
            protocol: "email",
            endpoint: email.as_str().into(),
            raw_message_delivery: None,
        };
        module.add(format!("email_{}", identifier(email)), &subscription)?;
    }
    Ok(())
}

/// A name that follows from the address alone, so that adding one leaves the others in place, and that no other address has:
/// `_` stands for the `@` and for the domain's dots, `--` for a hyphen, `-` and two hexadecimal digits for each byte of anything
/// else.
fn identifier(email: &str) -> String {
    let mut name = String::with_capacity(email.len());
    let mut in_domain = false;
    for byte in email.bytes() {
        match byte {
            b'@' if !in_domain => {
                in_domain = true;
                name.push('_');
            }
            b'.' if in_domain => name.push('_'),
            b'-' => name.push_str("--"),
            _ if byte.is_ascii_alphanumeric() => name.push(char::from(byte)),
            _ => name.push_str(&format!("-{byte:02x}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_ordinary_address_is_its_words_and_each_has_a_name_of_its_own() {
        assert_eq!(identifier("ops@example.org"), "ops_example_org");
        assert_eq!(identifier("on-call@my-company.org"), "on--call_my--company_org");
        let alike = [
            "a.b@c.com",
            "a-b@c.com",
            "a_b@c.com",
            "a+b@c.com",
            "a@b.c.com",
            "a-2eb@c.com",
            "a--b@c.com",
            "A.b@c.com",
            "a@b@c.com",
            "ä.b@c.com",
        ];
        let names: BTreeSet<String> = alike.into_iter().map(identifier).collect();
        assert_eq!(names.len(), alike.len(), "{names:?}");
    }
}
