//! Replication between the buckets.
//!
//! Namespace `AWS/S3`, dimensions `SourceBucket`, `DestinationBucket` and `RuleId`:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html>.
//! `ReplicationLatency` (seconds), `BytesPendingReplication` and `OperationsPendingReplication` are published in the region of the
//! **destination** bucket, `OperationsFailedReplication` in that of the **source** bucket:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html>.
//! So this region watches what comes in by latency and backlog, and what goes out by failures. CloudWatch gets these
//! metrics on a best-effort basis, and failures only where something is replicated, so silence is no alarm.

use drstack_terraform::Ref;
use drstack_terraform::Template;
use drstack_terraform::kind::{Bucket, Named};

use crate::alarm::{Metric, Watch};
use crate::{Backlog, Objectives, Replication};

pub(crate) fn watches(
    replication: &Replication,
    backlog: Backlog,
    objectives: Objectives,
) -> Vec<Watch> {
    let Replication { label, bucket, peer_bucket, rule_id, peer_rule_id } = replication;
    let incoming = |name| metric(name, "Maximum", peer_bucket, bucket, peer_rule_id);
    let outgoing = |name| metric(name, "Sum", bucket, peer_bucket, rule_id);
    let part = |what| format!("{label}-replication-{what}");
    let seconds = objectives.lag();
    vec![
        Watch::above(
            part("latency"),
            "S3 replication latency, s",
            incoming("ReplicationLatency"),
            seconds.into(),
            format!(
                "Objects of {label} arrive more than {seconds} s late from the other region ({objectives}; S3 aims at \
                 15 minutes for 99.9 %)."
            ),
        ),
        Watch::above(
            part("bytes-pending"),
            "S3 bytes pending",
            incoming("BytesPendingReplication"),
            backlog.bytes,
            format!("More than {} bytes of {label} have still to arrive from the other region.", backlog.bytes),
        ),
        Watch::above(
            part("operations-pending"),
            "S3 operations pending",
            incoming("OperationsPendingReplication"),
            backlog.operations,
            format!(
                "More than {} operations of {label} have still to arrive from the other region.",
                backlog.operations
            ),
        ),
        Watch::above(
            part("failed"),
            "S3 operations failed",
            outgoing("OperationsFailedReplication"),
            0,
            format!("An object of {label} was not replicated to the other region and won't be by itself."),
        )
        .at_once(),
    ]
}

fn metric(
    name: &'static str,
    statistic: &'static str,
    source: &Ref<Named<Bucket>>,
    destination: &Ref<Named<Bucket>>,
    rule_id: &Template,
) -> Metric {
    let dimensions = [
        ("SourceBucket", source.into()),
        ("DestinationBucket", destination.into()),
        ("RuleId", rule_id.clone()),
    ];
    Metric::new("AWS/S3", name, statistic, dimensions)
}
