"""Keys, what they encrypt, and what roles may do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from support import (
    ACCOUNT,
    KEY_PURPOSES,
    PRIMARY,
    REGIONS,
    SUFFIX,
    DeployedTest,
    as_list,
    bucket_region,
    client,
    pages,
    queue_attributes,
    regional_name,
    stack_keys,
)

ROLES = ("backup", "flow-logs", "function", "replication")
# The only actions for which AWS takes no narrower resource:
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
UNRESTRICTABLE = {
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "logs:DescribeLogGroups",
    "tag:GetResources",
}


class Keys(DeployedTest):
    # requirement: R8, N3, V9
    def test_each_region_has_keys_of_its_own(self) -> None:
        primary, recovery = (set(stack_keys(region).values()) for region in REGIONS)
        self.assertEqual((len(primary), len(recovery)), (len(KEY_PURPOSES), len(KEY_PURPOSES)))
        self.assertFalse(primary & recovery)
        for region in REGIONS:
            for purpose, key in stack_keys(region).items():
                with self.subTest(region=region, purpose=purpose):
                    self.assertIn(f":{region}:", key)
                    # https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
                    self.assertNotIn(":key/mrk-", key)
                    self.assert_own_key(key, region)
                    self.assertTrue(client("kms", region).get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])

    # requirement: C3, V9
    def test_key_policies_are_identical_in_both_regions(self) -> None:
        for purpose in KEY_PURPOSES:
            with self.subTest(purpose=purpose):
                primary, recovery = (_key_policy(region, purpose) for region in REGIONS)
                self.assertEqual(primary, recovery)

    # requirement: C3, V9
    def test_key_policies_name_services_and_the_account_only(self) -> None:
        for purpose in KEY_PURPOSES:
            for statement in json.loads(_key_policy(PRIMARY, purpose))["Statement"]:
                with self.subTest(purpose=purpose, statement=statement.get("Sid")):
                    principals = {**statement["Principal"]}
                    principals.pop("Service", None)
                    accounts = as_list(principals.pop("AWS", []))
                    self.assertFalse(principals)
                    self.assertLessEqual(set(accounts), {f"arn:aws:iam::{ACCOUNT}:root"})


class Encryption(DeployedTest):
    # requirement: R8, T6
    def test_every_store_is_encrypted_with_a_key_of_its_region(self) -> None:
        for region in REGIONS:
            kinds = set()
            for kind, store, key in _stores(region):
                kinds.add(kind)
                with self.subTest(region=region, kind=kind, store=store):
                    self.assert_own_key(key, region)
            self.assertEqual(len(kinds), 10, f"stores found in {region}: {kinds}")


class Roles(DeployedTest):
    # requirement: C4, N1
    def test_each_region_has_its_own_roles(self) -> None:
        expected = {regional_name(part, region) for part in ROLES for region in REGIONS}
        self.assertEqual({role["RoleName"] for role in pages("iam", PRIMARY, "list_roles", "Roles")}, expected)

    # requirement: C4
    def test_only_a_service_takes_a_role(self) -> None:
        for part in ROLES:
            for region in REGIONS:
                with self.subTest(role=part, region=region):
                    role = client("iam").get_role(RoleName=regional_name(part, region))["Role"]
                    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
                    self.assertEqual(statement["Action"], ["sts:AssumeRole"])
                    self.assertEqual(list(statement["Principal"]), ["Service"])

    # requirement: C4, V12
    def test_no_role_may_do_more_than_is_written_down_in_its_own_policy(self) -> None:
        iam = client("iam")
        for part in ROLES:
            for region in REGIONS:
                with self.subTest(role=part, region=region):
                    role = regional_name(part, region)
                    self.assertEqual(iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"], [])
                    self.assertEqual(len(iam.list_role_policies(RoleName=role)["PolicyNames"]), 1)

    # requirement: C4, V12
    def test_every_action_is_named_and_bound_to_resources(self) -> None:
        for part in ROLES:
            for region in REGIONS:
                for statement in _statements(regional_name(part, region)):
                    with self.subTest(role=part, region=region, statement=statement["Sid"]):
                        actions = set(as_list(statement["Action"]))
                        self.assertFalse([action for action in actions if "*" in action])
                        if "*" in as_list(statement["Resource"]):
                            self.assertLessEqual(actions, UNRESTRICTABLE)
                            self.assertEqual(as_list(statement["Resource"]), ["*"])

    # requirement: C4, V12
    def test_every_resource_is_in_the_roles_region(self) -> None:
        for part in ROLES:
            for region in REGIONS:
                # Replication alone writes into the other region.
                allowed = set(REGIONS) if part == "replication" else {region}
                for resource in _resources(regional_name(part, region)):
                    with self.subTest(role=part, region=region, resource=resource):
                        # The ARN of a bucket names no region; its name does.
                        named = {each for each in REGIONS if each in resource}
                        self.assertTrue(named)
                        self.assertLessEqual(named, allowed)


class Names(DeployedTest):
    # requirement: N1, V1
    def test_every_named_resource_carries_the_suffix(self) -> None:
        for region in REGIONS:
            kinds = set()
            for kind, found in _names(region):
                kinds.add(kind)
                with self.subTest(region=region, kind=kind, name=found):
                    self.assertIn(SUFFIX, re.split("[-/]", found))
            self.assertEqual(len(kinds), 9, f"named in {region}: {kinds}")


def _key_policy(region: str, purpose: str) -> str:
    return client("kms", region).get_key_policy(KeyId=stack_keys(region)[purpose], PolicyName="default")["Policy"]


def _statements(role: str) -> list[dict[str, Any]]:
    """The statements of a role's inline policies."""
    iam = client("iam")
    return [
        statement
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]
        for statement in iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]["Statement"]
    ]


def _resources(role: str) -> list[str]:
    return [
        resource
        for statement in _statements(role)
        for resource in as_list(statement["Resource"])
        if resource != "*"
    ]


def _stores(region: str) -> Iterator[tuple[str, str, str | None]]:
    """Everything in the region that keeps data: its kind, its name and its key."""
    s3, dynamodb, rds = client("s3", region), client("dynamodb", region), client("rds", region)
    for bucket in _buckets(region):
        (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        yield "bucket", bucket, rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")
    for table in dynamodb.list_tables()["TableNames"]:
        description = dynamodb.describe_table(TableName=table)["Table"].get("SSEDescription", {})
        yield "table", table, description.get("KMSMasterKeyArn")
    for cluster in rds.describe_db_clusters()["DBClusters"]:
        yield "cluster", cluster["DBClusterIdentifier"], cluster.get("KmsKeyId")
    for instance in rds.describe_db_instances()["DBInstances"]:
        yield "performance insights", instance["DBInstanceIdentifier"], instance.get("PerformanceInsightsKMSKeyId")
    for url in _queues(region):
        yield "queue", url, queue_attributes(url, region).get("KmsMasterKeyId")
    for topic in pages("sns", region, "list_topics", "Topics"):
        attributes = client("sns", region).get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
        yield "topic", topic["TopicArn"], attributes.get("KmsMasterKeyId")
    for group in pages("logs", region, "describe_log_groups", "logGroups"):
        yield "log group", group["logGroupName"], group.get("kmsKeyId")
    for secret in pages("secretsmanager", region, "list_secrets", "SecretList"):
        yield "secret", secret["Name"], secret.get("KmsKeyId")
    for vault in client("backup", region).list_backup_vaults()["BackupVaultList"]:
        yield "vault", vault["BackupVaultName"], vault.get("EncryptionKeyArn")
    for function in pages("lambda", region, "list_functions", "Functions"):
        yield "function's environment", function["FunctionName"], function.get("KMSKeyArn")


def _names(region: str) -> Iterator[tuple[str, str]]:
    """The kinds of resources that N1 lists, queues and alarms, with their names."""
    yield from (("bucket", bucket) for bucket in _buckets(region))
    yield from (("table", table) for table in client("dynamodb", region).list_tables()["TableNames"])
    yield from (("queue", url.rsplit("/", 1)[1]) for url in _queues(region))
    for kind, service, operation, key, field in (
        ("function", "lambda", "list_functions", "Functions", "FunctionName"),
        ("role", "iam", "list_roles", "Roles", "RoleName"),
        ("key alias", "kms", "list_aliases", "Aliases", "AliasName"),
        ("topic", "sns", "list_topics", "Topics", "TopicArn"),
        ("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
        ("alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ):
        for resource in pages(service, region, operation, key):
            # Aliases of keys that AWS manages are the account's, not the stack's.
            if not resource[field].startswith("alias/aws/"):
                yield kind, resource[field]


def _buckets(region: str) -> list[str]:
    buckets = [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]
    return [bucket for bucket in buckets if bucket_region(bucket) == region]


def _queues(region: str) -> list[str]:
    return pages("sqs", region, "list_queues", "QueueUrls")
