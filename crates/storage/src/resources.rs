//! The resources, as the provider names their arguments.

use drstack_terraform::iam::PolicyText;
use drstack_terraform::{Ref, Resource, Template, kind};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Bucket {
    pub(crate) bucket: Template,
    pub(crate) force_destroy: bool,
}

/// A block that only switches something on.
#[derive(Serialize)]
pub(crate) struct Status {
    pub(crate) status: &'static str,
}

impl Status {
    pub(crate) const ENABLED: Self = Self { status: "Enabled" };
}

#[derive(Serialize)]
pub(crate) struct BucketVersioning {
    pub(crate) bucket: Ref<kind::Bucket>,
    pub(crate) versioning_configuration: Status,
}

#[derive(Serialize)]
pub(crate) struct BucketEncryption {
    pub(crate) bucket: Ref<kind::Bucket>,
    pub(crate) rule: EncryptionRule,
}

#[derive(Serialize)]
pub(crate) struct EncryptionRule {
    pub(crate) bucket_key_enabled: bool,
    pub(crate) apply_server_side_encryption_by_default: DefaultEncryption,
}

#[derive(Serialize)]
pub(crate) struct DefaultEncryption {
    pub(crate) sse_algorithm: &'static str,
    pub(crate) kms_master_key_id: Ref<kind::Arn<kind::KmsKey>>,
}

#[derive(Serialize)]
pub(crate) struct PublicAccessBlock {
    bucket: Ref<kind::Bucket>,
    block_public_acls: bool,
    block_public_policy: bool,
    ignore_public_acls: bool,
    restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    pub(crate) const fn of(bucket: Ref<kind::Bucket>) -> Self {
        Self {
            bucket,
            block_public_acls: true,
            block_public_policy: true,
            ignore_public_acls: true,
            restrict_public_buckets: true,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct OwnershipControls {
    pub(crate) bucket: Ref<kind::Bucket>,
    pub(crate) rule: Ownership,
}

#[derive(Serialize)]
pub(crate) struct Ownership {
    pub(crate) object_ownership: &'static str,
}

#[derive(Serialize)]
pub(crate) struct BucketPolicy {
    pub(crate) bucket: Ref<kind::Bucket>,
    pub(crate) policy: PolicyText,
}

#[derive(Serialize)]
pub(crate) struct BucketLifecycle {
    pub(crate) bucket: Ref<kind::Bucket>,
    pub(crate) rule: LifecycleRule,
}

#[derive(Serialize)]
pub(crate) struct LifecycleRule {
    pub(crate) id: &'static str,
    pub(crate) status: &'static str,
    pub(crate) filter: Filter,
    pub(crate) expiration: Expiration,
    pub(crate) noncurrent_version_expiration: NoncurrentVersionExpiration,
    pub(crate) abort_incomplete_multipart_upload: AbortIncompleteMultipartUpload,
}

/// The filter that every object passes. Without it the provider writes an older form of rule.
#[derive(Serialize)]
pub(crate) struct Filter {}

#[derive(Serialize)]
pub(crate) struct Expiration {
    pub(crate) days: Option<u32>,
    pub(crate) expired_object_delete_marker: Option<bool>,
}

#[derive(Serialize)]
pub(crate) struct NoncurrentVersionExpiration {
    pub(crate) noncurrent_days: u32,
}

#[derive(Serialize)]
pub(crate) struct AbortIncompleteMultipartUpload {
    pub(crate) days_after_initiation: u32,
}

#[derive(Serialize)]
pub(crate) struct BucketReplication {
    pub(crate) bucket: Ref<kind::Bucket>,
    pub(crate) role: Ref<kind::Arn<kind::Role>>,
    pub(crate) rule: ReplicationRule,
}

#[derive(Serialize)]
pub(crate) struct ReplicationRule {
    pub(crate) id: &'static str,
    pub(crate) priority: u8,
    pub(crate) status: &'static str,
    pub(crate) filter: Filter,
    pub(crate) delete_marker_replication: Status,
    pub(crate) source_selection_criteria: SourceSelection,
    pub(crate) destination: Destination,
}

#[derive(Serialize)]
pub(crate) struct SourceSelection {
    pub(crate) replica_modifications: Status,
    pub(crate) sse_kms_encrypted_objects: Status,
}

#[derive(Serialize)]
pub(crate) struct Destination {
    pub(crate) bucket: Ref<kind::Arn<kind::Bucket>>,
    pub(crate) encryption_configuration: ReplicaEncryption,
    pub(crate) metrics: Metrics,
    pub(crate) replication_time: ReplicationTime,
}

#[derive(Serialize)]
pub(crate) struct ReplicaEncryption {
    pub(crate) replica_kms_key_id: Ref<kind::Arn<kind::KmsKey>>,
}

#[derive(Serialize)]
pub(crate) struct Metrics {
    pub(crate) status: &'static str,
    pub(crate) event_threshold: EventThreshold,
}

#[derive(Serialize)]
pub(crate) struct EventThreshold {
    pub(crate) minutes: u8,
}

#[derive(Serialize)]
pub(crate) struct ReplicationTime {
    pub(crate) status: &'static str,
    pub(crate) time: Time,
}

#[derive(Serialize)]
pub(crate) struct Time {
    pub(crate) minutes: u8,
}

impl Resource for Bucket {
    type Kind = kind::Bucket;
}

impl Resource for BucketVersioning {
    type Kind = kind::BucketVersioning;
}

impl Resource for BucketEncryption {
    type Kind = kind::BucketEncryption;
}

impl Resource for PublicAccessBlock {
    type Kind = kind::PublicAccessBlock;
}

impl Resource for OwnershipControls {
    type Kind = kind::OwnershipControls;
}

impl Resource for BucketPolicy {
    type Kind = kind::BucketPolicy;
}

impl Resource for BucketLifecycle {
    type Kind = kind::BucketLifecycle;
}

impl Resource for BucketReplication {
    type Kind = kind::BucketReplication;
}
