use std::sync::Arc;

use drstack_plan::{AttrPath, Edge, Resource};
use foldhash::HashSet;
use serde::Serialize;

use super::alarms::{Alarm, Alarms, Watches};
use super::copies::Kept;
use super::lag::LagAlarms;
use super::stores::{BACKUP, Copying, Emitted, Lag};
use super::{Amount, Source, Standby, Term};
use crate::alarm::QUEUE_AGE;
use crate::table::keys;
use crate::{Regions, Survey};

/// What one store loses at worst.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// The address of the store in the primary region.
    pub store: Arc<str>,
    /// What stands by for it in the recovery region.
    pub standby: Standby,
    /// How far it lags before somebody is told: the threshold of its alarm, and the time until that says so. Of a store
    /// without a copy, that it has none.
    pub terms: Vec<Term>,
    /// What the store promises by itself.
    pub promise: Promise,
}

/// What a store promises of its replication, whatever is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// How much may be lost.
    pub amount: Amount,
    /// What is to be known of it.
    pub note: String,
    /// Whose word that is.
    pub source: Source,
}

impl Loss {
    /// How much is lost at worst before somebody is told.
    #[must_use]
    pub fn detection(&self) -> Amount {
        Amount::sum(self.terms.iter().map(|term| term.amount))
    }
}

const SQS: &str =
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/welcome.html";

pub(super) fn of<'plan>(
    survey: &Survey<'plan>,
    regions: &Regions,
    alarms: &Alarms<'plan>,
    kept: &[Kept<'plan>],
) -> Vec<Loss> {
    let mut losses = Vec::new();
    let mut rest = kept;
    // Stores of one type stand together, and those that are copied in one way share their alarms.
    while let Some(first) = rest.first() {
        let length = rest.iter().take_while(|kept| kept.kind.of == first.kind.of).count();
        let (group, others) = rest.split_at(length);
        losses.extend(copied(group, regions, alarms));
        rest = others;
    }
    losses.extend(queues(survey, regions, alarms));
    losses.sort_by(|one, other| one.store.cmp(&other.store));
    losses
}

/// The losses of stores of one type.
fn copied<'plan>(group: &[Kept<'plan>], regions: &Regions, alarms: &Alarms<'plan>) -> Vec<Loss> {
    let mut watched: Vec<WatchedStores<'plan>> = Vec::new();
    let mut losses = Vec::with_capacity(group.len());
    for kept in group {
        let lag = kept.copying.and_then(|copying| Some((copying, copying.lag.as_ref()?)));
        let Some((copying, lag)) = lag else {
            losses.push(unwatched(kept, regions));
            continue;
        };
        let place = watched.iter().position(|known| std::ptr::eq(known.copying, copying));
        let place = place.unwrap_or_else(|| {
            watched.push(WatchedStores::of(copying, lag, regions, alarms, group));
            watched.len() - 1
        });
        if let Some(watched) = watched.get(place) {
            losses.push(watched.loss(kept, regions));
        }
    }
    losses
}

/// Stores that are copied in one way, with the alarms on their lag.
struct WatchedStores<'plan> {
    copying: &'static Copying,
    alarms: LagAlarms<'plan>,
    /// Whether the alarms are in the region of the copies: then they show that there are copies.
    is_of_copies: bool,
}

impl<'plan> WatchedStores<'plan> {
    fn of(
        copying: &'static Copying,
        lag: &Lag,
        regions: &Regions,
        alarms: &Alarms<'plan>,
        group: &[Kept<'plan>],
    ) -> Self {
        let places: &[&str] = match lag.emitted {
            Emitted::BySource => &[&regions.primary],
            Emitted::ByCopy => &[&regions.recovery],
            Emitted::Anywhere => &[&regions.recovery, &regions.primary],
        };
        Self {
            copying,
            alarms: LagAlarms::of(copying, lag, places, alarms, group, Alarm::threshold_and_delay),
            is_of_copies: lag.emitted == Emitted::ByCopy,
        }
    }

    fn loss(&self, kept: &Kept<'plan>, regions: &Regions) -> Loss {
        let copying = self.copying;
        let told = self.alarms.terms(kept);
        let terms =
            told.map_or_else(|| vec![untold(self.alarms.may_watch(kept.store))], <[_]>::to_vec);
        // Where the destination is not known, its metric shows it; and what nobody watches has no bound either way.
        let is_settled = (self.is_of_copies && told.is_some())
            || Amount::sum(terms.iter().map(|term| term.amount)) == Amount::Unbounded;
        if kept.standby == Standby::Unknown && !is_settled {
            return unwatched(kept, regions);
        }
        let is_shown = kept.standby != Standby::Unknown || told.is_some();
        Loss {
            store: kept.store.shared_address(),
            standby: if is_shown { copying.standby } else { Standby::Unknown },
            terms,
            promise: promise(kept, copying),
        }
    }
}

/// What stands for the terms of an alarm where none is known to be on a store; one may be, where it is open what some watch.
fn untold(is_open: bool) -> Term {
    let (amount, why) = if is_open {
        (Amount::Unknown, "which alarm watches its lag is not known before apply")
    } else {
        (Amount::Unbounded, "no alarm watches its lag, so nobody is told")
    };
    Term { name: "lag alarm".to_owned(), amount, source: Source::Assumption { why } }
}

/// A store that no alarm can be on: without a copy, or without a metric of its copy's lag.
fn unwatched(kept: &Kept<'_>, regions: &Regions) -> Loss {
    let recovery = &regions.recovery;
    let page = Source::Documentation { url: kept.kind.page };
    let copying = kept.copying;
    let (name, amount, source, note) = match kept.standby {
        Standby::Missing => (
            format!("no copy in {recovery}"),
            Amount::Unbounded,
            page,
            "what it holds is lost with the region, or out of reach until that is back".to_owned(),
        ),
        Standby::Backup => (
            "the time between backups".to_owned(),
            Amount::Unknown,
            Source::Documentation { url: copying.map_or(BACKUP, |copying| copying.page) },
            copying.map_or_else(
                || "only backups are copied; somebody has to restore them".to_owned(),
                |copying| copying.note.to_owned(),
            ),
        ),
        Standby::Unknown => (
            format!("a copy in {recovery}"),
            Amount::Unknown,
            Source::Assumption { why: "whether it has one does not show in this input" },
            copying.map_or_else(String::new, |copying| copying.note.to_owned()),
        ),
        Standby::Active | Standby::Promotion | Standby::Waiting => (
            "the copy's lag".to_owned(),
            Amount::Unknown,
            Source::Assumption { why: "no metric of it is known" },
            copying.map_or_else(String::new, |copying| copying.note.to_owned()),
        ),
    };
    let promise = Promise {
        amount: Amount::Unbounded,
        note,
        source: Source::Documentation {
            url: copying.map_or(kept.kind.page, |copying| copying.page),
        },
    };
    Loss {
        store: kept.store.shared_address(),
        standby: kept.standby,
        terms: vec![Term { name, amount, source }],
        promise,
    }
}

fn promise(kept: &Kept<'_>, copying: &Copying) -> Promise {
    let configuration = kept.copies.first().filter(|_| kept.kind.of == "aws_s3_bucket");
    configuration.and_then(|configuration| replication_time(*configuration)).unwrap_or_else(|| {
        Promise {
            amount: Amount::Unbounded,
            note: copying.note.to_owned(),
            source: Source::Documentation { url: copying.page },
        }
    })
}

/// What replication time control aims at, if it is on for every rule.
fn replication_time(configuration: Resource<'_>) -> Option<Promise> {
    let minutes = configuration.get("rule").elements().map(|rule| {
        let control = rule.get("destination[0].replication_time");
        let is_on = control.get("status").as_str().is_some_and(|status| status == "Enabled");
        control.get("time[0].minutes").as_u64().filter(|_| is_on)
    });
    let minutes: Vec<u64> = minutes.collect::<Option<_>>()?;
    let slowest = minutes.into_iter().max()?;
    Some(Promise {
        amount: Amount::Seconds(slowest.saturating_mul(60)),
        note: format!(
            "replication time control aims at {slowest} min for 99.9 % of the objects, and promises nothing shorter"
        ),
        source: Source::plan(
            configuration,
            "rule[0].destination[0].replication_time[0].time[0].minutes",
        ),
    })
}

/// Queues. Nothing copies them: what waits in the lost region waits until it is back.
///
/// Dead-letter queues are left out: what they hold was given up before, and another rule judges that somebody is told. So
/// are queues whose topic delivers to a queue of the recovery region too, which then has the same messages.
///
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html>
fn queues<'plan>(survey: &Survey<'plan>, regions: &Regions, alarms: &Alarms<'plan>) -> Vec<Loss> {
    let left_out = left_out(survey, regions);
    let queues = survey
        .managed("aws_sqs_queue")
        .filter(|queue| is_in(*queue, &regions.primary) && !left_out.contains(&queue.index()));
    let alarms = alarms.on(&regions.primary, &[&QUEUE_AGE]);
    let watches = Watches::of(&alarms, Alarm::threshold_and_delay);
    let losses = queues.map(|queue| {
        let told = watches.first(watches.naming(queue)).and_then(|alarm| watches.said(alarm));
        let returns = queue.get("visibility_timeout_seconds").as_u64().map_or_else(String::new, |seconds| {
            format!("; a message whose processing was cut off is hidden for {seconds} s more")
        });
        Loss {
            store: queue.shared_address(),
            standby: Standby::Waiting,
            terms: told.map_or_else(|| vec![untold(watches.may_name(queue))], <[_]>::to_vec),
            promise: Promise {
                amount: Amount::Unbounded,
                note: format!("queues are not replicated: what waits is out of reach until the region is back{returns}"),
                source: Source::Documentation { url: SQS },
            },
        }
    });
    losses.collect()
}

/// Dead-letter queues, and queues that get their messages in both regions.
fn left_out(survey: &Survey<'_>, regions: &Regions) -> HashSet<usize> {
    let named = |from: Resource<'_>, path: &AttrPath| -> Vec<usize> {
        let text = from.at(path).as_str();
        // A redrive policy is JSON; the ARN stands in it.
        let arns = text.iter().flat_map(|text| text.split('"'));
        let by_arn = arns.flat_map(|arn| survey.plan.identified_by(arn)).map(Resource::index);
        let references = survey.plan.graph().references(from.index());
        // Expressions there, in what is there, and of what that is a part of.
        let is_there =
            |edge: &Edge| keys(&edge.path).zip(keys(path)).all(|(one, other)| one == other);
        let targets = references.filter(|(_, edge)| is_there(edge)).map(|(target, _)| target);
        by_arn.chain(targets).collect()
    };
    let mut left_out = HashSet::default();
    let redrive = AttrPath::root().key("redrive_policy");
    for resource_type in ["aws_sqs_queue", "aws_sqs_queue_redrive_policy"] {
        for queue in survey.managed(resource_type) {
            left_out.extend(named(queue, &redrive));
        }
    }
    let letters = AttrPath::root().key("dead_letter_config").index(0).key("target_arn");
    for function in survey.managed("aws_lambda_function") {
        left_out.extend(named(function, &letters));
    }
    let (topic, endpoint) = (AttrPath::root().key("topic_arn"), AttrPath::root().key("endpoint"));
    let mut delivered_there = HashSet::default();
    let mut deliveries: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for subscription in survey.managed("aws_sns_topic_subscription") {
        let (topics, queues) = (named(subscription, &topic), named(subscription, &endpoint));
        let mut reached = queues.iter().filter_map(|queue| survey.plan.nth(*queue));
        if reached.any(|queue| is_in(queue, &regions.recovery)) {
            delivered_there.extend(topics.iter().copied());
        }
        deliveries.push((topics, queues));
    }
    for (topics, queues) in deliveries {
        if topics.iter().any(|topic| delivered_there.contains(topic)) {
            left_out.extend(queues);
        }
    }
    left_out
}

fn is_in(resource: Resource<'_>, region: &str) -> bool {
    resource.region().is_some_and(|found| found == region)
}
