use drstack_plan::{AttrPath, Resource};
use foldhash::HashMap;

use crate::demand::{Demand, given, is_text, path};
use crate::links::{Directory, Link};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "sqs-redrive",
    severity: Severity::Error,
    summary: "queues feed functions, hand failed messages to a dead-letter queue, and hide a message long enough to be processed",
    protects: "a disabled mapping leaves all messages where they are, one that always fails blocks the queue for ever, and one that becomes visible too early is processed twice",
    fix: "leave the mapping enabled, and set redrive_policy with a dead-letter queue and maxReceiveCount, visibility_timeout_seconds to six times the function's timeout, and ReportBatchItemFailures",
    requirements: &["R2"],
    explanation: include_str!("sqs_redrive.md"),
    check,
};

const QUEUE: &str = "aws_sqs_queue";
const REDRIVE: &str = "redrive_policy";
/// Seconds, where the queue and the function set none.
const DEFAULT_VISIBILITY: u64 = 30;
const DEFAULT_TIMEOUT: u64 = 3;

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let queues = Directory::of(checked, &[QUEUE], &["arn", "id", "url"]);
    let names = &["arn", "id", "function_name", "qualified_arn", "invoke_arn"];
    let functions = Directory::of(checked, &["aws_lambda_function"], names);
    let mut companions: HashMap<usize, Resource<'_>> = HashMap::default();
    let mut stray = false;
    for &companion in checked.of_type("aws_sqs_queue_redrive_policy") {
        match queues.find(companion, &path("queue_url")) {
            Link::To(queue) => {
                companions.insert(queue.index(), companion);
            }
            Link::Unresolved => stray = true,
            Link::Absent | Link::Outside(_) => {}
        }
    }
    // All that feed a function from a queue, or may do so.
    let mut feeding = Vec::new();
    for &mapping in checked.of_type("aws_lambda_event_source_mapping") {
        let at = path("event_source_arn");
        let queue = match queues.find(mapping, &at) {
            Link::To(queue) => queue,
            // Of other sources than queues this rule has nothing to say.
            Link::Outside(arn) if !arn.contains(":sqs:") => continue,
            Link::Absent => continue,
            Link::Outside(_) => {
                sink.judged();
                feeding.push(mapping);
                sink.report(Finding::undetermined(mapping, at, "the queue is not in this input"));
                continue;
            }
            Link::Unresolved if leads_elsewhere(mapping, &at) => continue,
            Link::Unresolved => {
                sink.judged();
                feeding.push(mapping);
                sink.unresolved(mapping, &at, "queue");
                continue;
            }
        };
        sink.judged();
        feeding.push(mapping);
        let demand = Demand {
            message: "the mapping is disabled, so that the function takes no messages",
            expected: "true",
        };
        sink.demand(mapping, &path("enabled"), demand, |enabled| !is_text("false")(enabled));
        let demand = Demand {
            message: "one failed message fails its whole batch",
            expected: "ReportBatchItemFailures",
        };
        sink.demand(mapping, &path("function_response_types"), demand, |types| {
            types.elements().any(|kind| kind.as_str().as_deref() == Some("ReportBatchItemFailures"))
        });
        visibility(mapping, queue, &functions, sink);
        match companions.get(&queue.index()) {
            Some(companion) => redrive(*companion, queue, &queues, sink),
            None if given(queue, &path(REDRIVE)).is_null() && stray => {
                let message = "it is not known whether a redrive policy belongs to the queue";
                sink.report(Finding::undetermined(queue, REDRIVE, message));
            }
            None => redrive(queue, queue, &queues, sink),
        }
    }
    if let Some(regions) = checked.parameters().regions() {
        unfed(regions, &feeding, sink);
    }
}

/// Regions of the stack in which no function takes messages from a queue.
fn unfed(regions: [&str; 2], feeding: &[Resource<'_>], sink: &mut Sink) {
    let is_fed = |region: &&str| {
        feeding.iter().any(|mapping| mapping.region().is_none_or(|found| found == *region))
    };
    sink.judged();
    match regions.iter().filter(|region| !is_fed(region)).collect::<Vec<_>>().as_slice() {
        [] => {}
        [region] => {
            sink.report(Finding::absent(format!("no queue feeds a function in {region}")));
        }
        _ => sink.report(Finding::absent("no queue feeds a function")),
    }
}

/// Whether the source is a resource of the input that is no queue: a stream, a topic of Kafka.
fn leads_elsewhere(mapping: Resource<'_>, at: &AttrPath) -> bool {
    let references = mapping.references(at);
    let is_managed = |resource: Resource<'_>| resource.mode() == drstack_plan::Mode::Managed;
    references.unresolved.is_empty()
        && !references.targets.is_empty()
        && references
            .targets
            .iter()
            .all(|target| is_managed(target.resource) && target.resource.resource_type() != QUEUE)
}

fn visibility<'plan>(
    mapping: Resource<'plan>,
    queue: Resource<'plan>,
    functions: &Directory<'plan>,
    sink: &mut Sink,
) {
    let at = path("visibility_timeout_seconds");
    let Link::To(function) = functions.find(mapping, &path("function_name")) else {
        let message = "the visibility timeout can't be judged: the function is not in this input";
        sink.report(Finding::undetermined(queue, at, message).evidence(mapping));
        return;
    };
    let [timeout, window] = [
        (function, path("timeout"), DEFAULT_TIMEOUT),
        (mapping, path("maximum_batching_window_in_seconds"), 0),
    ]
    .map(|(resource, at, default)| {
        let value = given(resource, &at);
        if value.is_null() { Some(default) } else { value.as_u64() }
    });
    let (Some(timeout), Some(window)) = (timeout, window) else {
        let message = "the visibility timeout can't be judged: the function's timeout is not known before apply";
        sink.report(Finding::undetermined(queue, at, message).evidence(function));
        return;
    };
    let least = timeout.saturating_mul(6).saturating_add(window);
    let expected = format!("{least} seconds or more");
    let demand = Demand {
        message: "the visibility timeout is less than six times the function's timeout",
        expected: &expected,
    };
    sink.demand(queue, &at, demand, |value| value.as_u64().unwrap_or(DEFAULT_VISIBILITY) >= least);
}

/// The redrive policy of a queue, which stands in the queue or in a resource of its own.
fn redrive<'plan>(
    holder: Resource<'plan>,
    queue: Resource<'plan>,
    queues: &Directory<'plan>,
    sink: &mut Sink,
) {
    let at = path(REDRIVE);
    let value = given(holder, &at);
    let violated = |message: &str| {
        Finding::violated(holder, at.clone(), message).expected("a dead-letter queue")
    };
    if value.is_null() {
        sink.report(violated("the queue has no redrive policy"));
        return;
    }
    if let Some(text) = value.as_str() {
        let policy: Option<serde_json::Value> = serde_json::from_str(&text).ok();
        let target = policy.as_ref().and_then(|policy| policy.get("deadLetterTargetArn")?.as_str());
        let dead_letters = target.map(|arn| queues.named(arn, holder));
        sink.report(match dead_letters {
            None | Some(Link::Absent) => {
                violated("the redrive policy names no dead-letter queue").found(value)
            }
            Some(Link::To(found)) if found == queue => {
                violated("the queue is its own dead-letter queue")
            }
            Some(Link::To(_)) => return,
            Some(Link::Outside(_) | Link::Unresolved) => {
                Finding::undetermined(holder, at, "the dead-letter queue is not in this input")
                    .found(value)
            }
        });
        return;
    }
    let references = holder.references(&at);
    let mut targets = references.targets.iter().map(|target| target.resource);
    if references
        .targets
        .iter()
        .any(|target| target.resource.resource_type() == QUEUE && target.resource != queue)
    {
        return;
    }
    sink.report(if targets.any(|target| target == queue) {
        violated("the queue is its own dead-letter queue")
    } else {
        Finding::undetermined(holder, at, "the dead-letter queue is not known")
    });
}
