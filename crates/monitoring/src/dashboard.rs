//! The dashboard: every watched metric with its threshold, and the state of every alarm.

use drstack_terraform::{Json, Module, ModuleError, Names, Region, limit};

use crate::alarm::Watch;
use crate::objectives::PERIOD;
use crate::resources::{
    AlarmProperties, Annotations, Dashboard, DashboardBody, MetricCell, MetricOptions,
    MetricProperties, Properties, Threshold, Widget,
};

pub(crate) const OVERVIEW: &str = "overview";

/// CloudWatch's grid is 24 columns wide.
const COLUMNS: u32 = 24;
const CHART_WIDTH: u32 = 8;
const CHART_HEIGHT: u32 = 6;
const ALARMS_HEIGHT: u32 = 5;

pub(crate) fn add(
    module: &mut Module,
    names: &Names,
    region: Region,
    watches: &[Watch],
) -> Result<(), ModuleError> {
    let states = Widget {
        r#type: "alarm",
        x: 0,
        y: 0,
        width: COLUMNS,
        height: ALARMS_HEIGHT,
        properties: Properties::Alarms(AlarmProperties {
            title: "Alarms",
            alarms: watches.iter().map(|watch| module.get(watch.address())).collect(),
        }),
    };
    let charts = (0..).zip(charts(watches)).map(|(index, title)| Widget {
        r#type: "metric",
        x: index * CHART_WIDTH % COLUMNS,
        y: ALARMS_HEIGHT + index * CHART_WIDTH / COLUMNS * CHART_HEIGHT,
        width: CHART_WIDTH,
        height: CHART_HEIGHT,
        properties: Properties::Metrics(chart(title, region, watches)),
    });
    let dashboard = Dashboard {
        dashboard_name: names.global("overview", region).within(&limit::DASHBOARD)?,
        dashboard_body: Json(DashboardBody {
            widgets: std::iter::once(states).chain(charts).collect(),
        }),
    };
    module.add(OVERVIEW, &dashboard).map(drop)
}

/// The titles in the order of their first watch.
fn charts(watches: &[Watch]) -> Vec<&'static str> {
    let mut titles = Vec::new();
    for watch in watches {
        if !titles.contains(&watch.chart) {
            titles.push(watch.chart);
        }
    }
    titles
}

fn chart(title: &'static str, region: Region, watches: &[Watch]) -> MetricProperties {
    let of_chart = || watches.iter().filter(|watch| watch.chart == title);
    let mut thresholds: Vec<u64> = of_chart().map(|watch| watch.threshold).collect();
    thresholds.dedup();
    MetricProperties {
        title,
        region: region.as_str(),
        view: "timeSeries",
        stacked: false,
        period: PERIOD,
        metrics: of_chart().map(row).collect(),
        annotations: Annotations {
            horizontal: thresholds
                .into_iter()
                .map(|value| Threshold { label: "alarm", value })
                .collect(),
        },
    }
}

fn row(watch: &Watch) -> Vec<MetricCell> {
    let metric = &watch.metric;
    let dimensions =
        metric.dimensions.iter().flat_map(|(name, value)| [(*name).into(), value.clone()]);
    let options = MetricOptions { stat: metric.statistic, label: watch.part.clone() };
    [metric.namespace.into(), metric.name.into()]
        .into_iter()
        .chain(dimensions)
        .map(MetricCell::Text)
        .chain([MetricCell::Options(options)])
        .collect()
}
