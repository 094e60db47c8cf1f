use drstack_plan::{AttrPath, Resource};

use super::Finder;
use crate::name::Name;

/// A queue with a function behind it in both regions.
pub(crate) struct Intake<'plan> {
    pub(crate) lost: Side<'plan>,
    pub(crate) recovery: Side<'plan>,
}

/// A region's queue and what empties it.
pub(crate) struct Side<'plan> {
    pub(crate) queue: Name,
    pub(crate) dead_letters: Option<Name>,
    pub(crate) function: Name,
    /// How long a message that was received is hidden, in seconds.
    pub(crate) visibility: u64,
    /// The event source mapping.
    pub(crate) mapping: Resource<'plan>,
}

/// What SQS takes if nothing is said.
///
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>
const VISIBILITY: u64 = 30;

/// The queues of both regions in pairs: those of one name, or the only ones.
pub(super) fn find<'plan>(finder: &Finder<'plan>) -> Vec<Intake<'plan>> {
    let lost = sides(finder, &finder.lost);
    let mut recovery = sides(finder, &finder.recovery);
    let is_only = lost.len() == 1 && recovery.len() == 1;
    let pairs = lost.into_iter().filter_map(|side| {
        let at = recovery.iter().position(|other| is_only || other.queue == side.queue)?;
        Some(Intake { lost: side, recovery: recovery.remove(at) })
    });
    pairs.collect()
}

fn sides<'plan>(finder: &Finder<'plan>, region: &Name) -> Vec<Side<'plan>> {
    let source = AttrPath::root().key("event_source_arn");
    let function = AttrPath::root().key("function_name");
    let sides = finder.of_type("aws_lambda_event_source_mapping").filter_map(|mapping| {
        let queue = finder.target(mapping, &source, "aws_sqs_queue")?;
        queue.region().filter(|found| *found == region.as_str())?;
        let function = finder.target(mapping, &function, "aws_lambda_function")?;
        Some(Side {
            queue: Name::of(queue.get("name"))?,
            dead_letters: dead_letters(finder, queue),
            function: Name::of(function.get("function_name"))?,
            visibility: queue.get("visibility_timeout_seconds").as_u64().unwrap_or(VISIBILITY),
            mapping,
        })
    });
    sides.collect()
}

fn dead_letters<'plan>(finder: &Finder<'plan>, queue: Resource<'plan>) -> Option<Name> {
    let path = AttrPath::root().key("redrive_policy");
    let by_reference = finder.target(queue, &path, "aws_sqs_queue");
    // A state holds the policy's text.
    let by_text = || {
        let policy = queue.at(&path);
        let text = policy.as_str()?;
        let policy: serde_json::Value = serde_json::from_str(&text).ok()?;
        finder.plan.identified_by(policy.get("deadLetterTargetArn")?.as_str()?).next()
    };
    Name::of(by_reference.or_else(by_text)?.get("name"))
}
