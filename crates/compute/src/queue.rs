//! The transactions queue and where its failed messages go.

use drstack_terraform::iam::{Policy, PolicyText, Statement};
use drstack_terraform::kind::{Arn, Queue as QueueKind};
use drstack_terraform::{Json, Module, ModuleError, Ref, limit};

use crate::resources::{AllowedSources, Queue, QueuePolicy, RedriveAllowPolicy, RedrivePolicy};
use crate::{Compute, Wiring};

pub(crate) const MAIN: &str = "transactions";
pub(crate) const DEAD_LETTERS: &str = "dead_letters";

const DAY: u32 = 24 * 60 * 60;
/// A dead letter keeps the age of its message, so its queue must keep messages longer than the queue it comes from:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>.
/// Fourteen days are the most that SQS keeps.
const RETENTION: u32 = 7 * DAY;
const DEAD_LETTER_RETENTION: u32 = 14 * DAY;
/// How long a data key is used again, in seconds: each call to KMS costs money and latency.
const DATA_KEY_REUSE: u32 = 300;
/// Long polling, in seconds; the most that SQS allows.
const RECEIVE_WAIT: u32 = 20;

pub(crate) fn add(
    compute: &Compute,
    module: &mut Module,
    wiring: &Wiring,
) -> Result<(), ModuleError> {
    let name = |part| compute.names.regional(part).within(&limit::QUEUE);
    let dead_letters = Queue {
        name: name("dead-letters")?,
        kms_master_key_id: wiring.compute_key.clone(),
        kms_data_key_reuse_period_seconds: DATA_KEY_REUSE,
        message_retention_seconds: DEAD_LETTER_RETENTION,
        visibility_timeout_seconds: None,
        receive_wait_time_seconds: RECEIVE_WAIT,
        redrive_policy: None,
    };
    module.add(DEAD_LETTERS, &dead_letters)?;
    let redrive = RedrivePolicy {
        dead_letter_target_arn: module.get(DEAD_LETTERS),
        max_receive_count: compute.max_receive_count,
    };
    let main = Queue {
        name: name("transactions")?,
        message_retention_seconds: RETENTION,
        visibility_timeout_seconds: Some(compute.visibility_timeout()),
        redrive_policy: Some(Json(redrive)),
        ..dead_letters
    };
    module.add(MAIN, &main)?;
    let allowed =
        AllowedSources { redrive_permission: "byQueue", source_queue_arns: [module.get(MAIN)] };
    let allow = RedriveAllowPolicy {
        queue_url: module.get(DEAD_LETTERS),
        redrive_allow_policy: Json(allowed),
    };
    module.add(DEAD_LETTERS, &allow)?;
    for queue in [MAIN, DEAD_LETTERS] {
        let policy = QueuePolicy {
            queue_url: module.get(queue),
            policy: encrypted_in_transit(module.get(queue)),
        };
        module.add(queue, &policy)?;
    }
    Ok(())
}

/// Refuses what does not come over TLS; who may use the queue is left to the roles of the account.
fn encrypted_in_transit(queue: Ref<Arn<QueueKind>>) -> PolicyText {
    let statement = Statement::deny("OnlyTls")
        .everyone()
        .actions(["sqs:*"])
        .resources([queue])
        .when("Bool", "aws:SecureTransport", ["false"]);
    Policy::new([statement]).text()
}
