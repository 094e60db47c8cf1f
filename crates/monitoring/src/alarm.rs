//! One metric with the threshold that makes it an alarm.

use std::collections::BTreeMap;

use drstack_terraform::kind::{Arn, Topic};
use drstack_terraform::{Module, ModuleError, Names, Ref, Template, limit};

use crate::objectives::{EVALUATIONS, PERIOD};
use crate::resources::Alarm;

/// A metric as CloudWatch identifies it.
pub(crate) struct Metric {
    pub(crate) namespace: &'static str,
    pub(crate) name: &'static str,
    pub(crate) statistic: &'static str,
    pub(crate) dimensions: BTreeMap<&'static str, Template>,
}

/// A metric that is watched.
pub(crate) struct Watch {
    /// The alarm's name inside the stack, with hyphens.
    pub(crate) part: String,
    /// The dashboard chart that shows the metric; watches of one chart share a unit.
    pub(crate) chart: &'static str,
    pub(crate) metric: Metric,
    pub(crate) threshold: u64,
    description: String,
    rings: Rings,
    sensitivity: Sensitivity,
    missing: Missing,
}

#[derive(Clone, Copy)]
enum Rings {
    Above,
    Below,
}

/// How many of the evaluated periods must be over the threshold.
#[derive(Clone, Copy)]
enum Sensitivity {
    /// All of them: for what comes and goes.
    Sustained,
    /// One: for what is lost with its first occurrence.
    Single,
}

/// What an alarm makes of periods without data:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>.
#[derive(Clone, Copy)]
enum Missing {
    Breaching,
    NotBreaching,
}

impl Metric {
    pub(crate) fn new<const N: usize>(
        namespace: &'static str,
        name: &'static str,
        statistic: &'static str,
        dimensions: [(&'static str, Template); N],
    ) -> Self {
        Self { namespace, name, statistic, dimensions: dimensions.into() }
    }
}

impl Watch {
    /// An alarm when the metric is above `threshold` in every evaluated period; without data it is quiet.
    pub(crate) fn above(
        part: impl Into<String>,
        chart: &'static str,
        metric: Metric,
        threshold: u64,
        description: impl Into<String>,
    ) -> Self {
        Self {
            part: part.into(),
            chart,
            metric,
            threshold,
            description: description.into(),
            rings: Rings::Above,
            sensitivity: Sensitivity::Sustained,
            missing: Missing::NotBreaching,
        }
    }

    /// An alarm when the metric is below `threshold` in every evaluated period, or absent.
    pub(crate) fn below_or_absent(
        part: impl Into<String>,
        chart: &'static str,
        metric: Metric,
        threshold: u64,
        description: impl Into<String>,
    ) -> Self {
        let watch = Self::above(part, chart, metric, threshold, description);
        Self { rings: Rings::Below, ..watch }.or_absent()
    }

    /// Rings without data too.
    pub(crate) fn or_absent(self) -> Self {
        Self { missing: Missing::Breaching, ..self }
    }

    /// Rings at the first period over the threshold.
    pub(crate) fn at_once(self) -> Self {
        Self { sensitivity: Sensitivity::Single, ..self }
    }

    /// The alarm's name in the module.
    pub(crate) fn address(&self) -> String {
        self.part.replace('-', "_")
    }

    /// Declares the alarm. It tells the topic when it rings and when it stops.
    pub(crate) fn add(
        &self,
        module: &mut Module,
        names: &Names,
        topic: &Ref<Arn<Topic>>,
    ) -> Result<(), ModuleError> {
        let alarm = Alarm {
            alarm_name: names.regional(&self.part).within(&limit::ALARM)?,
            alarm_description: self.description.clone(),
            namespace: self.metric.namespace,
            metric_name: self.metric.name,
            dimensions: self.metric.dimensions.clone(),
            statistic: self.metric.statistic,
            period: PERIOD,
            evaluation_periods: EVALUATIONS,
            datapoints_to_alarm: match self.sensitivity {
                Sensitivity::Sustained => EVALUATIONS,
                Sensitivity::Single => 1,
            },
            comparison_operator: match self.rings {
                Rings::Above => "GreaterThanThreshold",
                Rings::Below => "LessThanThreshold",
            },
            threshold: self.threshold,
            treat_missing_data: match self.missing {
                Missing::Breaching => "breaching",
                Missing::NotBreaching => "notBreaching",
            },
            alarm_actions: [topic.clone()],
            ok_actions: [topic.clone()],
        };
        module.add(self.address(), &alarm).map(drop)
    }
}
