//! A bucket with what every bucket must have: versions, its key, no public access, TLS, a lifecycle.

use drstack_terraform::iam::{Policy, Statement};
use drstack_terraform::{Module, ModuleError, Profile, Ref, Template, kind};

use crate::resources::{
    AbortIncompleteMultipartUpload, Bucket, BucketEncryption, BucketLifecycle, BucketPolicy,
    BucketVersioning, DefaultEncryption, EncryptionRule, Expiration, Filter, LifecycleRule,
    NoncurrentVersionExpiration, Ownership, OwnershipControls, PublicAccessBlock, Status,
};

/// How long a bucket keeps what is in it, in days.
pub(crate) struct Retention {
    pub(crate) profile: Profile,
    pub(crate) current: Option<u32>,
    pub(crate) noncurrent: u32,
}

/// Adds the bucket and its settings under one address.
pub(crate) fn add(
    module: &mut Module,
    address: &'static str,
    name: Template,
    key: &Ref<kind::Arn<kind::KmsKey>>,
    retention: &Retention,
) -> Result<(), ModuleError> {
    let bucket: Ref<kind::Bucket> = module.get(address);
    let force_destroy = retention.profile.choose(true, false);
    module.add(address, &Bucket { bucket: name, force_destroy })?;
    let versioning =
        BucketVersioning { bucket: bucket.clone(), versioning_configuration: Status::ENABLED };
    module.add(address, &versioning)?;
    module.add(address, &encryption(&bucket, key))?;
    module.add(address, &PublicAccessBlock::of(bucket.clone()))?;
    let ownership = Ownership { object_ownership: "BucketOwnerEnforced" };
    module.add(address, &OwnershipControls { bucket: bucket.clone(), rule: ownership })?;
    let policy = policy(&bucket.attribute(), key).text();
    let access_block: Ref<kind::PublicAccessBlock> = module.get(address);
    module
        .add(address, &BucketPolicy { bucket: bucket.clone(), policy })?
        .depends_on(&access_block);
    let versioning: Ref<kind::BucketVersioning> = module.get(address);
    module.add(address, &lifecycle(bucket, retention))?.depends_on(&versioning);
    Ok(())
}

/// A bucket key saves most calls of KMS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html>.
fn encryption(bucket: &Ref<kind::Bucket>, key: &Ref<kind::Arn<kind::KmsKey>>) -> BucketEncryption {
    BucketEncryption {
        bucket: bucket.clone(),
        rule: EncryptionRule {
            bucket_key_enabled: true,
            apply_server_side_encryption_by_default: DefaultEncryption {
                sse_algorithm: KMS,
                kms_master_key_id: key.clone(),
            },
        },
    }
}

const KMS: &str = "aws:kms";
const ENCRYPTION_HEADER: &str = "s3:x-amz-server-side-encryption";
const KEY_HEADER: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";

/// Refuses what is not sent over TLS, and uploads that ask for another encryption than the bucket's own. An upload that
/// asks for none gets the bucket's, so the headers are judged only where they are present
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html>).
fn policy(bucket: &Ref<kind::Arn<kind::Bucket>>, key: &Ref<kind::Arn<kind::KmsKey>>) -> Policy {
    let objects = Template::from(bucket) + "/*";
    let upload = |sid| {
        Statement::deny(sid).everyone().actions(["s3:PutObject"]).resources([objects.clone()])
    };
    Policy::new([
        Statement::deny("DenyWithoutTls")
            .everyone()
            .actions(["s3:*"])
            .resources([Template::from(bucket), objects.clone()])
            .when("Bool", "aws:SecureTransport", ["false"]),
        upload("DenyOtherEncryption").when("StringNotEquals", ENCRYPTION_HEADER, [KMS]).when(
            "Null",
            ENCRYPTION_HEADER,
            ["false"],
        ),
        upload("DenyOtherKey").when("StringNotEquals", KEY_HEADER, [key]).when(
            "Null",
            KEY_HEADER,
            ["false"],
        ),
    ])
}

/// Lifecycle actions are not replicated, so both sides have the same rules:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html>.
fn lifecycle(bucket: Ref<kind::Bucket>, retention: &Retention) -> BucketLifecycle {
    let expiration = match retention.current {
        Some(days) => Expiration { days: Some(days), expired_object_delete_marker: None },
        // A delete marker that hides no version any more is only in the way of listings.
        None => Expiration { days: None, expired_object_delete_marker: Some(true) },
    };
    BucketLifecycle {
        bucket,
        rule: LifecycleRule {
            id: "retention",
            status: Status::ENABLED.status,
            filter: Filter {},
            expiration,
            noncurrent_version_expiration: NoncurrentVersionExpiration {
                noncurrent_days: retention.noncurrent,
            },
            abort_incomplete_multipart_upload: AbortIncompleteMultipartUpload {
                days_after_initiation: 7,
            },
        },
    }
}
