//! The replication of a bucket to its partner.

use drstack_terraform::{Module, ModuleError, Ref, kind};

use crate::resources::{
    BucketReplication, Destination, EventThreshold, Filter, Metrics, ReplicaEncryption,
    ReplicationRule, ReplicationTime, SourceSelection, Status, Time,
};
use crate::{Bucket, Wiring};

/// The only value that S3 takes for replication time and its metrics, in minutes:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationTimeValue.html>.
const REPLICATION_MINUTES: u8 = 15;

/// Makes the bucket under `address` a source, once its versioning is on. That the destination is versioned too
/// comes with its reference ([`Bucket::ready`]).
pub(crate) fn add(
    module: &mut Module,
    address: &'static str,
    wiring: &Wiring,
    peer: &Bucket,
) -> Result<(), ModuleError> {
    let replication = BucketReplication {
        bucket: module.get(address),
        role: wiring.replication_role.clone(),
        rule: rule(wiring, peer),
    };
    let versioning: Ref<kind::BucketVersioning> = module.get(address);
    module.add(address, &replication)?.depends_on(&versioning);
    Ok(())
}

/// The id of the one rule of each bucket, which S3's replication metrics carry as the dimension `RuleId`.
pub const RULE_ID: &str = "everything";

fn rule(wiring: &Wiring, peer: &Bucket) -> ReplicationRule {
    ReplicationRule {
        id: RULE_ID,
        priority: 1,
        status: Status::ENABLED.status,
        filter: Filter {},
        delete_marker_replication: Status::ENABLED,
        source_selection_criteria: SourceSelection {
            replica_modifications: Status::ENABLED,
            sse_kms_encrypted_objects: Status::ENABLED,
        },
        destination: Destination {
            bucket: peer.ready.clone(),
            encryption_configuration: ReplicaEncryption {
                replica_kms_key_id: wiring.peer_key.clone(),
            },
            metrics: Metrics {
                status: Status::ENABLED.status,
                event_threshold: EventThreshold { minutes: REPLICATION_MINUTES },
            },
            replication_time: ReplicationTime {
                status: Status::ENABLED.status,
                time: Time { minutes: REPLICATION_MINUTES },
            },
        },
    }
}
