import json
import unittest
from typing import Any

from support import PRIMARY, STANDBY, ClientError, EmulatorTest


class Replication(EmulatorTest):
    def setUp(self) -> None:
        super().setUp()
        self.s3 = self.client("s3")
        self.here, self.there = f"here-{self.suffix}", f"there-{self.suffix}"
        for bucket, region in ((self.here, PRIMARY), (self.there, STANDBY)):
            location = {} if region == PRIMARY else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            self.client("s3", region).create_bucket(Bucket=bucket, **location)
            self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            rule = {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": f"key-of-{bucket}"}
            }
            self.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})

    def replicate(self, source: str, destination: str, **more: Any) -> dict[str, Any]:
        rule = {
            "ID": "all",
            "Status": "Enabled",
            "Priority": 1,
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Enabled"},
            "SourceSelectionCriteria": {
                "SseKmsEncryptedObjects": {"Status": "Enabled"},
                "ReplicaModifications": {"Status": "Enabled"},
            },
            "Destination": {
                "Bucket": f"arn:aws:s3:::{destination}",
                "StorageClass": "STANDARD",
                "EncryptionConfiguration": {"ReplicaKmsKeyID": "replica-key"},
                "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
            },
            **more,
        }
        configuration = {"Role": self.role(), "Rules": [rule]}
        self.s3.put_bucket_replication(Bucket=source, ReplicationConfiguration=configuration)
        return configuration

    def versions(self, bucket: str) -> list[str]:
        return [version["Key"] for version in self.s3.list_object_versions(Bucket=bucket).get("Versions", [])]

    def test_the_configuration_is_read_back_as_put(self) -> None:
        put = self.replicate(self.here, self.there)
        got = self.s3.get_bucket_replication(Bucket=self.here)["ReplicationConfiguration"]
        self.assertEqual(got, put)

    def test_an_object_arrives_once_with_its_metadata_tags_and_the_other_sides_key(self) -> None:
        self.replicate(self.here, self.there)
        self.replicate(self.there, self.here)
        put = self.s3.put_object(
            Bucket=self.here, Key="a/b", Body=b"content", ContentType="text/x", Metadata={"m": "1"}, Tagging="t=2"
        )
        replica = self.s3.get_object(Bucket=self.there, Key="a/b")
        self.assertEqual(replica["Body"].read(), b"content")
        self.assertEqual((replica["ContentType"], replica["Metadata"]), ("text/x", {"m": "1"}))
        self.assertEqual((replica["ReplicationStatus"], replica["SSEKMSKeyId"]), ("REPLICA", "replica-key"))
        self.assertEqual(replica["VersionId"], put["VersionId"])
        tags = self.s3.get_object_tagging(Bucket=self.there, Key="a/b")["TagSet"]
        self.assertEqual(tags, [{"Key": "t", "Value": "2"}])
        self.assertEqual(self.s3.head_object(Bucket=self.here, Key="a/b")["ReplicationStatus"], "COMPLETED")
        self.assertEqual((self.versions(self.here), self.versions(self.there)), (["a/b"], ["a/b"]))

    def test_the_other_direction_works_as_well(self) -> None:
        self.replicate(self.here, self.there)
        self.replicate(self.there, self.here)
        self.client("s3", STANDBY).put_object(Bucket=self.there, Key="k", Body=b"x")
        self.assertEqual(self.versions(self.here), ["k"])

    def test_copies_and_multipart_uploads_replicate(self) -> None:
        self.replicate(self.here, self.there)
        self.s3.put_object(Bucket=self.here, Key="one", Body=b"x")
        self.s3.copy_object(Bucket=self.here, Key="two", CopySource=f"{self.here}/one")
        upload = self.s3.create_multipart_upload(Bucket=self.here, Key="three")["UploadId"]
        part = self.s3.upload_part(Bucket=self.here, Key="three", UploadId=upload, PartNumber=1, Body=b"y")
        self.s3.complete_multipart_upload(
            Bucket=self.here,
            Key="three",
            UploadId=upload,
            MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]},
        )
        self.assertEqual(sorted(self.versions(self.there)), ["one", "three", "two"])

    def test_delete_markers_replicate_when_enabled(self) -> None:
        for status, markers in (("Disabled", 0), ("Enabled", 1)):
            with self.subTest(status=status):
                self.replicate(self.here, self.there, DeleteMarkerReplication={"Status": status})
                self.s3.put_object(Bucket=self.here, Key=status, Body=b"x")
                self.s3.delete_object(Bucket=self.here, Key=status)
                listed = self.s3.list_object_versions(Bucket=self.there, Prefix=status)
                self.assertEqual(len(listed.get("DeleteMarkers", [])), markers)
                self.assertEqual(len(listed["Versions"]), 1)

    def test_a_bucket_whose_versioning_is_suspended_is_emptied_version_by_version(self) -> None:
        self.s3.put_object(Bucket=self.here, Key="k", Body=b"1")
        self.s3.put_object(Bucket=self.here, Key="k", Body=b"2")
        self.s3.delete_object(Bucket=self.here, Key="k")
        self.s3.put_bucket_versioning(Bucket=self.here, VersioningConfiguration={"Status": "Suspended"})
        listed = self.s3.list_object_versions(Bucket=self.here)
        found = [*listed["Versions"], *listed["DeleteMarkers"]]
        self.assertEqual(len(found), 3)
        for left, version in enumerate(reversed(found)):
            address = {"Key": "k", "VersionId": version["VersionId"]}
            answer = self.s3.delete_objects(Bucket=self.here, Delete={"Objects": [address]})
            self.assertNotIn("Errors", answer)
            listed = self.s3.list_object_versions(Bucket=self.here)
            self.assertEqual(len(listed.get("Versions", []) + listed.get("DeleteMarkers", [])), 2 - left)
        self.s3.delete_bucket(Bucket=self.here)

    def test_the_deletion_of_a_version_stays_where_it_was_made(self) -> None:
        self.replicate(self.here, self.there)
        put = self.s3.put_object(Bucket=self.here, Key="k", Body=b"x")
        self.s3.delete_object(Bucket=self.here, Key="k", VersionId=put["VersionId"])
        self.assertEqual((self.versions(self.here), self.versions(self.there)), ([], ["k"]))

    def test_rules_select_by_prefix_tag_and_status(self) -> None:
        for condition, expected in (
            ({"Filter": {"Prefix": "p/"}}, ["p/tagged", "p/x"]),
            ({"Filter": {"Tag": {"Key": "t", "Value": "1"}}}, ["p/tagged", "tagged"]),
            ({"Filter": {"And": {"Prefix": "p/", "Tags": [{"Key": "t", "Value": "1"}]}}}, ["p/tagged"]),
            ({"Status": "Disabled"}, []),
        ):
            with self.subTest(condition=condition):
                self.setUp()
                self.replicate(self.here, self.there, DeleteMarkerReplication={"Status": "Disabled"}, **condition)
                for key, tags in (("x", ""), ("p/x", ""), ("tagged", "t=1"), ("p/tagged", "t=1"), ("other", "t=2")):
                    self.s3.put_object(Bucket=self.here, Key=key, Body=b"x", Tagging=tags)
                self.assertEqual(sorted(self.versions(self.there)), expected)

    def test_encrypted_objects_need_to_be_selected(self) -> None:
        self.replicate(self.here, self.there, SourceSelectionCriteria={})
        self.s3.put_object(Bucket=self.here, Key="k", Body=b"x")
        self.assertEqual(self.versions(self.there), [])
        self.assertEqual(self.s3.head_object(Bucket=self.here, Key="k")["ReplicationStatus"], "FAILED")

    def test_nothing_replicates_without_a_configuration(self) -> None:
        self.s3.put_object(Bucket=self.here, Key="k", Body=b"x")
        self.assertNotIn("ReplicationStatus", self.s3.head_object(Bucket=self.here, Key="k"))
        self.assertEqual(self.versions(self.there), [])


class BucketPolicy(EmulatorTest):
    def bucket(self, **statement: Any) -> str:
        bucket = f"bucket-{self.suffix}"
        self.client("s3").create_bucket(Bucket=bucket)
        full = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            **statement,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [full]})
        self.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
        return bucket

    def test_a_demand_for_tls_does_not_refuse_requests(self) -> None:
        bucket = self.bucket(Condition={"Bool": {"aws:SecureTransport": "false"}})
        self.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
        self.assertEqual(self.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read(), b"x")

    def test_a_denial_without_condition_does(self) -> None:
        bucket = self.bucket()
        with self.assertRaises(ClientError):
            self.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")


if __name__ == "__main__":
    unittest.main()
