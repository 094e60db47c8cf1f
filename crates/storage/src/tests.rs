//! What the storage module holds.

use crate::{Storage, Wiring};
use drstack_terraform::{Component, ModuleName, Names, Profile, Region};
use drstack_testing::ProviderSchema;
use serde_json::{Value, json};

const REGION: Region = Region::US_EAST_1;
const PEER: Region = Region::US_EAST_2;

fn names() -> Names {
    Names::new("payments").unwrap()
}

fn storage() -> Storage {
    Storage::new(names(), REGION)
}

fn wiring() -> Wiring {
    Wiring {
        key: ModuleName::regional("security", REGION).get("storage"),
        peer_key: ModuleName::regional("security", PEER).get("storage"),
        peer_buckets: Storage::new(names(), PEER).outputs(),
        replication_role: ModuleName::regional("security", REGION).get("replication"),
    }
}

fn resources(storage: &Storage) -> Value {
    let document = storage.build(&wiring()).unwrap().document().unwrap();
    assert_eq!(ProviderSchema::load().validate_document(&document), []);
    document["resource"].clone()
}

/// The resource of that type for each of the two buckets.
fn both(storage: &Storage, ty: &str) -> [Value; 2] {
    let resources = resources(storage);
    assert_eq!(resources[ty].as_object().unwrap().len(), 2, "{ty}");
    [resources[ty]["transaction_logs"].clone(), resources[ty]["documents"].clone()]
}

#[test]
fn bucket_names_carry_region_and_suffix() {
    let [logs, documents] = both(&storage(), "aws_s3_bucket");
    assert_eq!(logs["bucket"], "payments-transaction-logs-us-east-1-${var.environment_suffix}");
    assert_eq!(documents["bucket"], "payments-documents-us-east-1-${var.environment_suffix}");
}

#[test]
fn the_profile_decides_whether_objects_go_with_their_bucket() {
    for (profile, force_destroy) in [(Profile::Destroyable, true), (Profile::Protected, false)] {
        for bucket in both(&storage().profile(profile), "aws_s3_bucket") {
            assert_eq!(bucket["force_destroy"], force_destroy);
        }
    }
}

#[test]
fn versions_are_kept() {
    for versioning in both(&storage(), "aws_s3_bucket_versioning") {
        assert_eq!(versioning["versioning_configuration"], json!([{ "status": "Enabled" }]));
    }
}

#[test]
fn objects_are_encrypted_with_the_regions_key_and_a_bucket_key() {
    for encryption in both(&storage(), "aws_s3_bucket_server_side_encryption_configuration") {
        assert_eq!(
            encryption["rule"],
            json!([{
                "bucket_key_enabled": true,
                "apply_server_side_encryption_by_default": [{
                    "sse_algorithm": "aws:kms",
                    "kms_master_key_id": "${var.security_kms_key_storage_arn}",
                }],
            }])
        );
    }
}

#[test]
fn nobody_gets_in_by_acl_or_public_policy() {
    for block in both(&storage(), "aws_s3_bucket_public_access_block") {
        for switch in [
            "block_public_acls",
            "block_public_policy",
            "ignore_public_acls",
            "restrict_public_buckets",
        ] {
            assert_eq!(block[switch], true, "{switch}");
        }
    }
    for controls in both(&storage(), "aws_s3_bucket_ownership_controls") {
        assert_eq!(controls["rule"], json!([{ "object_ownership": "BucketOwnerEnforced" }]));
    }
}

#[test]
fn the_policy_refuses_plain_http_and_other_encryption() {
    let [logs, _] = both(&storage(), "aws_s3_bucket_policy");
    assert_eq!(logs["depends_on"], json!(["aws_s3_bucket_public_access_block.transaction_logs"]));
    let policy: Value = serde_json::from_str(logs["policy"].as_str().unwrap()).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let everyone = json!({ "AWS": ["*"] });
    assert!(
        statements.iter().all(|statement| {
            statement["Effect"] == "Deny" && statement["Principal"] == everyone
        })
    );
    let (bucket, objects) =
        ("${aws_s3_bucket.transaction_logs.arn}", "${aws_s3_bucket.transaction_logs.arn}/*");
    let judged: Vec<_> = statements
        .iter()
        .map(|each| json!([each["Sid"], each["Action"], each["Resource"], each["Condition"]]))
        .collect();
    assert_eq!(
        Value::from(judged),
        json!([
            [
                "DenyWithoutTls",
                ["s3:*"],
                [bucket, objects],
                { "Bool": { "aws:SecureTransport": ["false"] } },
            ],
            [
                "DenyOtherEncryption",
                ["s3:PutObject"],
                [objects],
                {
                    "StringNotEquals": { "s3:x-amz-server-side-encryption": ["aws:kms"] },
                    "Null": { "s3:x-amz-server-side-encryption": ["false"] },
                },
            ],
            [
                "DenyOtherKey",
                ["s3:PutObject"],
                [objects],
                {
                    "StringNotEquals": {
                        "s3:x-amz-server-side-encryption-aws-kms-key-id": ["${var.security_kms_key_storage_arn}"],
                    },
                    "Null": { "s3:x-amz-server-side-encryption-aws-kms-key-id": ["false"] },
                },
            ],
        ])
    );
}

#[test]
fn current_objects_stay_and_old_versions_go() {
    for lifecycle in both(&storage(), "aws_s3_bucket_lifecycle_configuration") {
        assert_eq!(
            lifecycle["rule"],
            json!([{
                "id": "retention",
                "status": "Enabled",
                "filter": [{}],
                "expiration": [{ "expired_object_delete_marker": true }],
                "noncurrent_version_expiration": [{ "noncurrent_days": 30 }],
                "abort_incomplete_multipart_upload": [{ "days_after_initiation": 7 }],
            }])
        );
    }
    let shorter = storage().retention(365).noncurrent_retention(7);
    for lifecycle in both(&shorter, "aws_s3_bucket_lifecycle_configuration") {
        assert_eq!(lifecycle["rule"][0]["expiration"], json!([{ "days": 365 }]));
        let noncurrent = &lifecycle["rule"][0]["noncurrent_version_expiration"];
        assert_eq!(noncurrent, &json!([{ "noncurrent_days": 7 }]));
    }
}

#[test]
fn each_bucket_replicates_everything_to_its_partner() {
    let enabled = json!([{ "status": "Enabled" }]);
    let replications = both(&storage(), "aws_s3_bucket_replication_configuration");
    for (replication, bucket) in replications.iter().zip(["transaction_logs", "documents"]) {
        assert_eq!(replication["role"], "${var.security_iam_role_replication_arn}");
        assert_eq!(replication["bucket"], format!("${{aws_s3_bucket.{bucket}.id}}"));
        assert_eq!(
            replication["rule"],
            json!([{
                "id": "everything",
                "priority": 1,
                "status": "Enabled",
                "filter": [{}],
                "delete_marker_replication": enabled,
                "source_selection_criteria": [{
                    "replica_modifications": enabled,
                    "sse_kms_encrypted_objects": enabled,
                }],
                "destination": [{
                    "bucket": format!("${{var.storage_us_east_2_s3_bucket_{bucket}_arn_when_ready}}"),
                    "encryption_configuration": [
                        { "replica_kms_key_id": "${var.security_us_east_2_kms_key_storage_arn}" },
                    ],
                    "metrics": [{ "status": "Enabled", "event_threshold": [{ "minutes": 15 }] }],
                    "replication_time": [{ "status": "Enabled", "time": [{ "minutes": 15 }] }],
                }],
            }])
        );
    }
}

#[test]
fn replication_and_lifecycle_wait_for_versioning() {
    for ty in ["aws_s3_bucket_replication_configuration", "aws_s3_bucket_lifecycle_configuration"] {
        let [logs, documents] = both(&storage(), ty);
        assert_eq!(logs["depends_on"], json!(["aws_s3_bucket_versioning.transaction_logs"]));
        assert_eq!(documents["depends_on"], json!(["aws_s3_bucket_versioning.documents"]));
    }
}

#[test]
fn others_may_refer_to_name_and_arn() {
    let outputs = storage().outputs();
    let show = format!("{:?} {:?}", outputs.documents.name, outputs.transaction_logs.arn);
    assert_eq!(
        show,
        "module.storage_us_east_1.aws_s3_bucket.documents.bucket \
         module.storage_us_east_1.aws_s3_bucket.transaction_logs.arn"
    );
}

#[test]
fn no_retention_of_nothing() {
    for storage in [storage().retention(0), storage().noncurrent_retention(0)] {
        let error = storage.build(&wiring()).unwrap_err();
        assert!(error.to_string().contains("0 days, expected at least 1"), "{error}");
    }
}
