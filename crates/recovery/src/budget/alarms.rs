//! CloudWatch alarms by what they watch.

use std::borrow::Cow;
use std::ops::Range;

use drstack_plan::{AttrPath, Resource};
use foldhash::HashMap;

use super::copies::names;
use super::{Amount, Source, Term};
use crate::Survey;
use crate::alarm::{Certainty, Composites, Measure, Metric, Response, Watched, given, metrics};

/// The metric alarms of a plan that can tell of the metrics of recovery, by namespace and metric.
pub(super) struct Alarms<'plan> {
    by_metric: HashMap<(&'static str, &'static str), Vec<Alarm<'plan>>>,
}

/// An alarm on a metric that speaks when that gets worse, and tells somebody then, as far as is known.
pub(super) struct Alarm<'plan> {
    metric: Metric<'plan>,
    watched: &'static Watched,
    /// The argument that keeps that from being known.
    doubt: Option<String>,
}

impl<'plan> Alarms<'plan> {
    pub(super) fn of(survey: &Survey<'plan>) -> Self {
        let composites = Composites::of(survey.managed("aws_cloudwatch_composite_alarm"));
        let mut by_metric: HashMap<_, Vec<_>> = HashMap::default();
        for metric in survey.managed("aws_cloudwatch_metric_alarm").flat_map(metrics) {
            let Some(watched) = metric.watched() else { continue };
            let flaws = metric.flaws(watched.measure);
            let response = composites.response(metric.alarm);
            let is_silent = flaws.iter().any(|flaw| flaw.certainty == Certainty::Certain);
            if is_silent || response < Response::Unknown {
                continue;
            }
            let doubt = flaws.first().map(|flaw| flaw.path.to_string());
            let is_open = response == Response::Unknown;
            let doubt = doubt.or_else(|| is_open.then(|| doubtful(metric.alarm)));
            let alarms = by_metric.entry((watched.namespace, watched.metric)).or_default();
            alarms.push(Alarm { metric, watched, doubt });
        }
        Self { by_metric }
    }

    /// The alarms of a region on one of some metrics, in the order of the plan.
    pub(super) fn on(&self, region: &str, metrics: &[&Watched]) -> Vec<&Alarm<'plan>> {
        let alarms = metrics
            .iter()
            .filter_map(|watched| self.by_metric.get(&(watched.namespace, watched.metric)));
        let mut alarms: Vec<_> = alarms
            .flatten()
            .filter(|alarm| alarm.resource().region().is_some_and(|found| found == region))
            .collect();
        alarms.sort_by_key(|alarm| alarm.resource().index());
        alarms
    }
}

impl<'plan> Alarm<'plan> {
    fn resource(&self) -> Resource<'plan> {
        self.metric.alarm
    }

    /// How long something is wrong before the alarm says so: period × evaluations.
    fn delay(&self) -> Term {
        let seconds = self.metric.seconds_to_speak().filter(|_| self.doubt.is_none());
        let path = self.doubt.clone().unwrap_or_else(|| {
            let (evaluations, _) = self.metric.datapoints();
            format!("{} × {evaluations}", self.metric.path("period"))
        });
        Term {
            name: "alarm: period × evaluations".to_owned(),
            amount: Amount::of(seconds),
            source: self.source(&path),
        }
    }

    /// The same for an outage that ends the metric; `None` if the alarm stays calm then.
    pub(super) fn delay_without_data(&self) -> Option<Term> {
        match self.metric.quiet().map(|flaw| flaw.certainty) {
            Some(Certainty::Certain) => None,
            Some(Certainty::Possible) => Some(Term { amount: Amount::Unknown, ..self.delay() }),
            None => Some(self.delay()),
        }
    }

    /// How far something lags when the alarm speaks, and how long it does so before that.
    pub(super) fn threshold_and_delay(&self) -> Vec<Term> {
        vec![self.threshold(), self.delay()]
    }

    /// The alarm's threshold in seconds.
    fn threshold(&self) -> Term {
        let per_second = match self.watched.measure {
            Measure::Lag { per_second } => per_second,
            Measure::Failures | Measure::Outcomes | Measure::Health => 1,
        };
        let threshold =
            self.resource().get("threshold").as_f64().filter(|threshold| *threshold >= 0.0);
        // Rounding up is on the safe side.
        let seconds = threshold.map(|threshold| (threshold / f64::from(per_second)).ceil() as u64);
        Term {
            name: "lag alarm: threshold".to_owned(),
            amount: Amount::of(seconds),
            source: self.source("threshold"),
        }
    }

    fn source(&self, path: &str) -> Source {
        Source::Plan { address: self.resource().shared_address(), path: path.to_owned() }
    }
}

/// The argument of which it is not known whether anybody is told.
fn doubtful(alarm: Resource<'_>) -> String {
    let [enabled, actions] = ["actions_enabled", "alarm_actions"];
    let is_open = given(alarm, &AttrPath::root().key(enabled)).is_unknown();
    if is_open { enabled } else { actions }.to_owned()
}

/// Alarms on the lag of stores, by the store that a dimension of theirs names: by reference, or by a text.
pub(super) struct Watches<'plan> {
    /// What is asked of each alarm, the alarms in the order of the plan.
    terms: Vec<Vec<Term>>,
    /// Places in `terms` by the resource that the dimension refers to.
    by_target: HashMap<usize, Vec<usize>>,
    /// Places in `terms` by the dimension's text.
    by_name: HashMap<Cow<'plan, str>, Vec<usize>>,
    /// Whether some alarm watches a thing that is not known.
    is_open: bool,
    /// Whether some alarm watches a thing that is known by its name alone.
    is_named: bool,
}

impl<'plan> Watches<'plan> {
    /// `terms` is what is asked of an alarm; one that says nothing then does not count.
    pub(super) fn of(alarms: &[&Alarm<'plan>], terms: impl Fn(&Alarm<'plan>) -> Vec<Term>) -> Self {
        let mut watches = Self {
            terms: Vec::with_capacity(alarms.len()),
            by_target: HashMap::default(),
            by_name: HashMap::default(),
            is_open: false,
            is_named: false,
        };
        for alarm in alarms {
            let terms = terms(alarm);
            if terms.is_empty() {
                continue;
            }
            let place = watches.terms.len();
            watches.terms.push(terms);
            let path = alarm.metric.dimension_path(alarm.watched.dimension);
            let targets = alarm.resource().references(&path).targets;
            for target in &targets {
                watches.by_target.entry(target.resource.index()).or_default().push(place);
            }
            let value = alarm.resource().at(&path);
            match value.as_str() {
                Some(name) => {
                    watches.by_name.entry(name).or_default().push(place);
                    watches.is_named |= targets.is_empty();
                }
                None => watches.is_open |= targets.is_empty() && !value.is_null(),
            }
        }
        watches
    }

    /// What an alarm says.
    pub(super) fn said(&self, alarm: usize) -> Option<&[Term]> {
        self.terms.get(alarm).map(Vec::as_slice)
    }

    /// All alarms.
    pub(super) fn all(&self) -> Range<usize> {
        0..self.terms.len()
    }

    /// The alarms that name a store.
    pub(super) fn naming(&self, store: Resource<'plan>) -> impl Iterator<Item = usize> {
        let referring = self.by_target.get(&store.index()).into_iter().flatten();
        let named = names(store).filter_map(|name| self.by_name.get(&name)).flatten();
        referring.chain(named).copied()
    }

    /// Whether one of the alarms may be on a store that none is known to name.
    pub(super) fn may_name(&self, store: Resource<'plan>) -> bool {
        self.is_open || (self.is_named && names(store).next().is_none())
    }

    /// The alarm that speaks first.
    pub(super) fn first(&self, alarms: impl Iterator<Item = usize>) -> Option<usize> {
        alarms.min_by_key(|alarm| {
            let terms = self.terms.get(*alarm).into_iter().flatten();
            (Amount::sum(terms.map(|term| term.amount)).rank(), *alarm)
        })
    }
}
