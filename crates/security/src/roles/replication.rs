//! The role that S3 assumes to copy this region's objects to the other region:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html>, and for encrypted objects
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html>.

use drstack_terraform::iam::{Policy, Statement};
use drstack_terraform::{Ref, Region, Template, kind};

use super::{Definition, via};
use crate::{Buckets, Purpose, Security, Wiring};

pub(super) fn define(security: &Security, wiring: &Wiring) -> Definition {
    let (source, destination) = (&wiring.buckets, &wiring.peer_buckets);
    let source_key = Purpose::Storage.key(security.module());
    Definition {
        description: "Replication of buckets to the other region",
        trust: Policy::trust("s3.amazonaws.com", |assume| assume),
        permissions: Policy::new([
            Statement::allow("SourceBuckets")
                .actions(["s3:GetReplicationConfiguration", "s3:ListBucket"])
                .resources(source.all()),
            Statement::allow("SourceObjects")
                .actions([
                    "s3:GetObjectVersionForReplication",
                    "s3:GetObjectVersionAcl",
                    "s3:GetObjectVersionTagging",
                ])
                .resources(source.objects()),
            Statement::allow("Replicas")
                .actions(["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"])
                .resources(destination.objects()),
            objects_key("SourceKey", ["kms:Decrypt"], &source_key, security.region, source),
            objects_key(
                "ReplicaKey",
                ["kms:Encrypt", "kms:Decrypt"],
                &wiring.peer_storage_key,
                security.peer_region,
                destination,
            ),
        ]),
    }
}

/// Use of a key for objects of these buckets. The encryption context is the bucket's ARN where a bucket key is in use, and
/// the object's where someone wrote it without; with bucket keys S3 also reads the destination's data key back.
fn objects_key<const A: usize>(
    sid: &'static str,
    actions: [&'static str; A],
    key: &Ref<kind::Arn<kind::KmsKey>>,
    region: Region,
    buckets: &Buckets,
) -> Statement {
    let contexts = buckets.all().into_iter().chain(buckets.objects());
    Statement::allow(sid)
        .actions(actions)
        .resources([key])
        .when("StringEquals", "kms:ViaService", via(["s3"], region))
        .when("StringLike", "kms:EncryptionContext:aws:s3:arn", contexts)
}

impl Buckets {
    fn all(&self) -> [Template; 2] {
        [(&self.transaction_logs).into(), (&self.documents).into()]
    }

    fn objects(&self) -> [Template; 2] {
        self.all().map(|bucket| bucket + "/*")
    }
}
