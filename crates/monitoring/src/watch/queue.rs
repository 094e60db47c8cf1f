//! The queues.
//!
//! Namespace `AWS/SQS`, metrics `ApproximateAgeOfOldestMessage` (seconds) and `ApproximateNumberOfMessagesVisible` (count),
//! dimension `QueueName`, in the queue's region:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>.
//! SQS stops emitting for a queue that is idle for hours
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html>), so silence is no alarm.

use drstack_terraform::Ref;
use drstack_terraform::kind::{Named, Queue};

use crate::Objectives;
use crate::alarm::{Metric, Watch};

pub(crate) fn watches(
    queue: &Ref<Named<Queue>>,
    dead_letters: &Ref<Named<Queue>>,
    objectives: Objectives,
) -> Vec<Watch> {
    let metric = |name, queue: &Ref<Named<Queue>>| {
        Metric::new("AWS/SQS", name, "Maximum", [("QueueName", queue.into())])
    };
    let age = objectives.queue_age();
    vec![
        Watch::above(
            "queue-age",
            "Age of the oldest message, s",
            metric("ApproximateAgeOfOldestMessage", queue),
            age.into(),
            format!(
                "A transaction has waited for more than {age} s. SQS does not replicate: what waits is lost with the region \
                 ({objectives})."
            ),
        ),
        Watch::above(
            "dead-letters",
            "Dead letters",
            metric("ApproximateNumberOfMessagesVisible", dead_letters),
            0,
            "A transaction failed for the last time and waits in the dead-letter queue.",
        )
        .at_once(),
    ]
}
