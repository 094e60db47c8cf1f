//! The global table.
//!
//! Namespace `AWS/DynamoDB`, metric `ReplicationLatency` in milliseconds, dimensions `TableName` and `ReceivingRegion`:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html>.
//! It is emitted for every pair of source and destination region
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html#monitoring-global-tables>); that the source region is where it
//! is found follows from the name of the dimension, and each region watches its own way out.
//! A table without writes emits nothing, so silence is no alarm.

use drstack_terraform::{Region, Template};

use crate::Objectives;
use crate::alarm::{Metric, Watch};

pub(crate) fn watches(table: &Template, peer: Region, objectives: Objectives) -> Vec<Watch> {
    let dimensions = [("TableName", table.clone()), ("ReceivingRegion", peer.into())];
    let metric = Metric::new("AWS/DynamoDB", "ReplicationLatency", "Maximum", dimensions);
    let seconds = objectives.lag();
    vec![Watch::above(
        "table-replication-latency",
        "DynamoDB replication latency, ms",
        metric,
        u64::from(seconds) * 1_000,
        format!("Session state reaches {peer} more than {seconds} s late ({objectives})."),
    )]
}
