"""Buckets: how they are kept, and that what is written in one region is in the other."""

from __future__ import annotations

import uuid
from typing import Any

from botocore.exceptions import ClientError
from support import (
    BUCKETS,
    REGIONS,
    DeployedTest,
    arn,
    bucket_region,
    client,
    eventually,
    other,
    regional_name,
    stack_keys,
)

ENABLED = {"Status": "Enabled"}


def _rule(part: str, region: str) -> tuple[str, dict[str, Any]]:
    """The role and the only rule of a bucket's replication."""
    configuration = client("s3", region).get_bucket_replication(Bucket=regional_name(part, region))
    (rule,) = configuration["ReplicationConfiguration"]["Rules"]
    return configuration["ReplicationConfiguration"]["Role"], rule


class Configuration(DeployedTest):
    # requirement: R3, C1, V6
    def test_every_bucket_replicates_everything_to_its_partner(self) -> None:
        for part in BUCKETS:
            for region in REGIONS:
                with self.subTest(bucket=part, region=region):
                    role, rule = _rule(part, region)
                    self.assertEqual(role, arn("iam", "", f"role/{regional_name('replication', region)}"))
                    self.assertEqual(rule["Status"], "Enabled")
                    self.assertFalse(rule["Filter"].get("Prefix"))
                    self.assertNotIn("Tag", rule["Filter"])
                    self.assertEqual(
                        rule["Destination"]["Bucket"], f"arn:aws:s3:::{regional_name(part, other(region))}"
                    )
                    self.assertEqual(rule["DeleteMarkerReplication"], ENABLED)
                    self.assertEqual(
                        rule["SourceSelectionCriteria"],
                        {"ReplicaModifications": ENABLED, "SseKmsEncryptedObjects": ENABLED},
                    )

    # requirement: R3, R6
    def test_replication_has_a_time_limit_and_reports_metrics(self) -> None:
        for part in BUCKETS:
            for region in REGIONS:
                with self.subTest(bucket=part, region=region):
                    destination = _rule(part, region)[1]["Destination"]
                    self.assertEqual(destination["ReplicationTime"], {**ENABLED, "Time": {"Minutes": 15}})
                    self.assertEqual(destination["Metrics"], {**ENABLED, "EventThreshold": {"Minutes": 15}})

    # requirement: R8, T6
    def test_replicas_are_encrypted_with_the_other_regions_key(self) -> None:
        for part in BUCKETS:
            for region in REGIONS:
                with self.subTest(bucket=part, region=region):
                    encryption = _rule(part, region)[1]["Destination"]["EncryptionConfiguration"]
                    self.assertEqual(encryption, {"ReplicaKmsKeyID": stack_keys(other(region))["storage"]})

    # requirement: R3, R8, N3
    def test_every_bucket_is_versioned_encrypted_and_closed(self) -> None:
        for part in BUCKETS:
            for region in REGIONS:
                with self.subTest(bucket=part, region=region):
                    s3, bucket = client("s3", region), {"Bucket": regional_name(part, region)}
                    self.assertEqual(bucket_region(bucket["Bucket"]), region)
                    self.assertEqual(s3.get_bucket_versioning(**bucket)["Status"], "Enabled")
                    (rule,) = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
                    self.assertEqual(
                        rule["ApplyServerSideEncryptionByDefault"],
                        {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": stack_keys(region)["storage"]},
                    )
                    self.assertTrue(rule["BucketKeyEnabled"])
                    block = s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"]
                    self.assertEqual(set(block.values()), {True})
                    self.assertEqual(len(block), 4)
                    (ownership,) = s3.get_bucket_ownership_controls(**bucket)["OwnershipControls"]["Rules"]
                    self.assertEqual(ownership["ObjectOwnership"], "BucketOwnerEnforced")


class Replication(DeployedTest):
    # requirement: R3, T2, V6
    def test_an_object_arrives_in_the_partner_under_its_key(self) -> None:
        for part in BUCKETS:
            for region in REGIONS:
                with self.subTest(bucket=part, region=region):
                    self._put_arrives(part, region)

    # requirement: C1, T2
    def test_a_delete_marker_arrives_and_the_version_stays(self) -> None:
        for part in BUCKETS:
            for region in REGIONS:
                with self.subTest(bucket=part, region=region):
                    self._delete_marker_arrives(part, region)

    def _put_arrives(self, part: str, region: str) -> None:
        key, content = f"tests/{uuid.uuid4()}", uuid.uuid4().bytes
        client("s3", region).put_object(Bucket=regional_name(part, region), Key=key, Body=content)
        arrived = eventually(lambda: _read(part, other(region), key))
        self.assertEqual(arrived["Body"].read(), content)
        self.assertEqual(arrived["ReplicationStatus"], "REPLICA")
        self.assertEqual(arrived["SSEKMSKeyId"], stack_keys(other(region))["storage"])

    def _delete_marker_arrives(self, part: str, region: str) -> None:
        key, bucket = f"tests/{uuid.uuid4()}", regional_name(part, region)
        client("s3", region).put_object(Bucket=bucket, Key=key, Body=b"deleted soon")
        eventually(lambda: _read(part, other(region), key))
        client("s3", region).delete_object(Bucket=bucket, Key=key)
        eventually(lambda: _read(part, other(region), key) is None)
        replica = regional_name(part, other(region))
        versions = client("s3", other(region)).list_object_versions(Bucket=replica, Prefix=key)
        self.assertEqual([marker["IsLatest"] for marker in versions["DeleteMarkers"]], [True])
        self.assertEqual(len(versions["Versions"]), 1)


def _read(part: str, region: str, key: str) -> dict[str, Any] | None:
    try:
        return client("s3", region).get_object(Bucket=regional_name(part, region), Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
