//! The arguments in use of each resource type, named as in the
//! [provider's reference](https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs).

use std::collections::BTreeMap;

use drstack_terraform::iam::PolicyText;
use drstack_terraform::kind::{self, Arn, Url};
use drstack_terraform::{Json, Ref, Resource, Template};
use serde::Serialize;

macro_rules! resource {
    ($($name:ident { $($field:ident: $type:ty),+ $(,)? })+) => {$(
        #[derive(Serialize)]
        pub(crate) struct $name { $(pub(crate) $field: $type),+ }
        impl Resource for $name { type Kind = kind::$name; }
    )+};
}

resource! {
    Topic {
        name: Template,
        kms_master_key_id: Ref<Arn<kind::KmsKey>>,
    }
    TopicPolicy {
        arn: Ref<Arn<kind::Topic>>,
        policy: PolicyText,
    }
    TopicSubscription {
        topic_arn: Ref<Arn<kind::Topic>>,
        protocol: &'static str,
        endpoint: Template,
        raw_message_delivery: Option<bool>,
    }
    Queue {
        name: Template,
        kms_master_key_id: Ref<Arn<kind::KmsKey>>,
        kms_data_key_reuse_period_seconds: u32,
        message_retention_seconds: u32,
    }
    QueuePolicy {
        queue_url: Ref<Url<kind::Queue>>,
        policy: PolicyText,
    }
    Alarm {
        alarm_name: Template,
        alarm_description: String,
        namespace: &'static str,
        metric_name: &'static str,
        dimensions: BTreeMap<&'static str, Template>,
        statistic: &'static str,
        period: u32,
        evaluation_periods: u32,
        datapoints_to_alarm: u32,
        comparison_operator: &'static str,
        threshold: u64,
        treat_missing_data: &'static str,
        alarm_actions: [Ref<Arn<kind::Topic>>; 1],
        ok_actions: [Ref<Arn<kind::Topic>>; 1],
    }
    Dashboard {
        dashboard_name: Template,
        dashboard_body: Json<DashboardBody>,
    }
    KmsKey {
        description: &'static str,
        multi_region: bool,
        enable_key_rotation: bool,
        rotation_period_in_days: u32,
        deletion_window_in_days: u8,
        policy: PolicyText,
    }
    KmsAlias {
        name: Template,
        target_key_id: Ref<kind::KmsKey>,
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>
#[derive(Serialize)]
pub(crate) struct DashboardBody {
    pub(crate) widgets: Vec<Widget>,
}

#[derive(Serialize)]
pub(crate) struct Widget {
    pub(crate) r#type: &'static str,
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) properties: Properties,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Properties {
    Alarms(AlarmProperties),
    Metrics(MetricProperties),
}

#[derive(Serialize)]
pub(crate) struct AlarmProperties {
    pub(crate) title: &'static str,
    pub(crate) alarms: Vec<Ref<Arn<kind::Alarm>>>,
}

#[derive(Serialize)]
pub(crate) struct MetricProperties {
    pub(crate) title: &'static str,
    pub(crate) region: &'static str,
    pub(crate) view: &'static str,
    pub(crate) stacked: bool,
    pub(crate) period: u32,
    pub(crate) metrics: Vec<Vec<MetricCell>>,
    pub(crate) annotations: Annotations,
}

/// One cell of a metric's row: namespace, name, dimensions, and last the options.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum MetricCell {
    Text(Template),
    Options(MetricOptions),
}

#[derive(Serialize)]
pub(crate) struct MetricOptions {
    pub(crate) stat: &'static str,
    pub(crate) label: String,
}

#[derive(Serialize)]
pub(crate) struct Annotations {
    pub(crate) horizontal: Vec<Threshold>,
}

#[derive(Serialize)]
pub(crate) struct Threshold {
    pub(crate) label: &'static str,
    pub(crate) value: u64,
}
