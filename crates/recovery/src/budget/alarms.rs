//! CloudWatch alarms by what they watch.

use drstack_plan::{AttrPath, Mode, Plan, Resource, Value};

use super::{Amount, Source, Term};

/// The metric alarms of a plan.
pub(super) struct Alarms<'plan>(Vec<Alarm<'plan>>);

/// An alarm and the block that names its metric: the alarm's own, or the first of its queries that reads one.
#[derive(Clone)]
pub(super) struct Alarm<'plan> {
    pub(super) resource: Resource<'plan>,
    metric: AttrPath,
}

/// Whether an alarm watches a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watches {
    Yes,
    No,
    Unknown,
}

impl<'plan> Alarms<'plan> {
    pub(super) fn of(plan: &'plan Plan<'plan>) -> Self {
        let alarms = plan.resources().filter(|resource| {
            resource.mode() == Mode::Managed
                && resource.resource_type() == "aws_cloudwatch_metric_alarm"
        });
        let with_metric = alarms.map(|resource| {
            let queries = resource.get("metric_query");
            let query = queries
                .elements()
                .position(|query| !query.get("metric").is_empty() && !query.is_unknown());
            let metric = query.map_or_else(AttrPath::root, |index| {
                AttrPath::root().key("metric_query").index(index).key("metric").index(0)
            });
            Alarm { resource, metric }
        });
        Self(with_metric.collect())
    }

    /// The alarms of a region on one of some metrics of a namespace.
    pub(super) fn on<'a>(
        &'a self,
        region: &'a str,
        namespace: &'a str,
        metrics: &'a [&'a str],
    ) -> impl Iterator<Item = &'a Alarm<'plan>> {
        self.0.iter().filter(move |alarm| {
            alarm.resource.region().is_some_and(|found| found == region)
                && alarm.argument("namespace").as_str().is_some_and(|found| found == namespace)
                && alarm
                    .argument("metric_name")
                    .as_str()
                    .is_some_and(|found| metrics.contains(&&*found))
        })
    }
}

impl<'plan> Alarm<'plan> {
    fn argument(&self, name: &str) -> Value<'plan> {
        self.resource.at(&self.metric.clone().key(name))
    }

    /// Whether a dimension names a resource, by reference or by the text of its attribute `name`.
    pub(super) fn watches(
        &self,
        dimension: &str,
        resource: Resource<'plan>,
        name: &str,
    ) -> Watches {
        let path = self.metric.clone().key("dimensions").key(dimension);
        let references = self.resource.references(&path);
        if references.targets.iter().any(|target| target.resource == resource) {
            return Watches::Yes;
        }
        match (self.resource.at(&path).as_str(), resource.get(name).as_str()) {
            (Some(found), Some(name)) if found == name => Watches::Yes,
            (Some(_), Some(_)) => Watches::No,
            _ if !references.targets.is_empty() || self.resource.at(&path).is_null() => Watches::No,
            _ => Watches::Unknown,
        }
    }

    /// How long something is wrong before the alarm says so: period × evaluations.
    pub(super) fn delay(&self) -> Term {
        let period = self.argument("period").as_u64();
        let evaluations = self.resource.get("evaluation_periods").as_u64();
        let seconds =
            period.zip(evaluations).map(|(period, evaluations)| period.saturating_mul(evaluations));
        let period_path = self.metric.clone().key("period");
        Term {
            name: "alarm: period × evaluations".to_owned(),
            amount: Amount::of(seconds),
            source: self.source(&format!("{period_path} × evaluation_periods")),
        }
    }

    /// The alarm's threshold in seconds; `per_second` units of the metric are a second.
    pub(super) fn threshold(&self, per_second: f64) -> Term {
        let threshold =
            self.resource.get("threshold").as_f64().filter(|threshold| *threshold >= 0.0);
        // Rounding up is on the safe side.
        let seconds = threshold.map(|threshold| (threshold / per_second).ceil() as u64);
        Term {
            name: "lag alarm: threshold".to_owned(),
            amount: Amount::of(seconds),
            source: self.source("threshold"),
        }
    }

    fn source(&self, path: &str) -> Source {
        Source::Plan { address: self.resource.address().to_owned(), path: path.to_owned() }
    }
}
