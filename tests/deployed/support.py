"""The deployed stack as its APIs show it: clients of both regions, the stack's names, requests to load balancers.

Nothing here knows Terraform. Which stack, and where, is said by the environment; without it the tests fail.
"""

from __future__ import annotations

import functools
import http.client
import json
import os
import time
import unittest
import urllib.parse
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3

ENDPOINT = os.environ["DRSTACK_ENDPOINT"]
ACCOUNT = os.environ["DRSTACK_ACCOUNT"]
STACK = os.environ["DRSTACK_NAME"]
SUFFIX = os.environ["DRSTACK_SUFFIX"]
DOMAIN = os.environ["DRSTACK_DOMAIN"]
LISTENER = os.environ["DRSTACK_LISTENER"]
PRIMARY, RECOVERY = REGIONS = tuple(os.environ["DRSTACK_REGIONS"].split(","))

BUCKETS = ("transaction-logs", "documents")
KEY_PURPOSES = ("backup", "compute", "database", "logs", "monitoring", "storage")
# The name that clients use.
SERVICE = f"{STACK}-{SUFFIX}.{DOMAIN}"
PORT = {"http": 80, "https": 443}[LISTENER]
POLL_SECONDS = 0.1


def name(part: str) -> str:
    """The name of a resource that is named alike in both regions."""
    return f"{STACK}-{part}-{SUFFIX}"


def regional_name(part: str, region: str) -> str:
    """The name of a resource whose names are shared by all regions, or by all of AWS."""
    return f"{STACK}-{part}-{region}-{SUFFIX}"


def other(region: str) -> str:
    return RECOVERY if region == PRIMARY else PRIMARY


def arn(service: str, region: str, resource: str) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


@functools.cache
def client(service: str, region: str = PRIMARY) -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def pages(service: str, region: str, operation: str, key: str, **arguments: Any) -> list[Any]:
    """All of a listing, whatever the number of its pages."""
    paginator = client(service, region).get_paginator(operation)
    return [item for page in paginator.paginate(**arguments) for item in page.get(key, [])]


def bucket_region(bucket: str) -> str:
    # us-east-1 is the region that S3 does not name.
    return client("s3").get_bucket_location(Bucket=bucket)["LocationConstraint"] or "us-east-1"


def load_balancer(region: str) -> dict[str, Any]:
    return client("elbv2", region).describe_load_balancers(Names=[f"{STACK}-{SUFFIX}"])["LoadBalancers"][0]


def address(region: str) -> str:
    """The DNS name of the region's load balancer."""
    return load_balancer(region)["DNSName"]


def target_group(region: str) -> dict[str, Any]:
    return client("elbv2", region).describe_target_groups(Names=[f"{STACK}-{SUFFIX}"])["TargetGroups"][0]


def cluster(region: str) -> dict[str, Any]:
    return client("rds", region).describe_db_clusters(DBClusterIdentifier=name("aurora"))["DBClusters"][0]


def secret_arn(region: str) -> str:
    """The database secret as its own region knows it; the recovery region holds a copy."""
    return client("secretsmanager", region).describe_secret(SecretId=name("database"))["ARN"]


def queue_url(part: str, region: str) -> str:
    return client("sqs", region).get_queue_url(QueueName=name(part))["QueueUrl"]


def queue_attributes(url: str, region: str) -> dict[str, str]:
    return client("sqs", region).get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def ask(dns_name: str, method: str, path: str, body: Any = None, port: int = PORT) -> tuple[int, Any]:
    """Status and JSON answer of a request to the load balancer with this DNS name, which the emulator takes by path."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(ENDPOINT).netloc, timeout=30)
    try:
        connection.request(
            method,
            f"/_alb/{dns_name}:{port}{path}",
            json.dumps(body) if body else None,
            {"Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()


def healthy(dns_name: str, port: int = PORT, path: str = "/health") -> dict[str, Any]:
    """What is reported with status 200. A check may miss its deadline on a busy machine, so this asks again."""

    def report() -> dict[str, Any] | None:
        status, answer = ask(dns_name, "GET", path, port=port)
        return answer if status == 200 else None

    return eventually(report)


def sql(region: str, statement: str, /, **parameters: str) -> list[list[str | None]]:
    """Rows of a statement that a region's own cluster runs."""
    answer = client("rds-data", region).execute_statement(
        resourceArn=cluster(region)["DBClusterArn"],
        secretArn=secret_arn(region),
        database="transactions",
        sql=statement,
        parameters=[{"name": key, "value": {"stringValue": value}} for key, value in parameters.items()],
    )
    return [[field.get("stringValue") for field in record] for record in answer.get("records", [])]


class Transaction:
    """A transaction that nobody else sends, and where it has arrived."""

    def __init__(self, occurred_at: datetime = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)) -> None:
        self.id = str(uuid.uuid4())
        self.body = {
            "transaction_id": self.id,
            "amount": "12.50",
            "currency": "EUR",
            "occurred_at": occurred_at.isoformat(),
        }
        self._key = f"transactions/{occurred_at:%Y/%m/%d}/{self.id}.json"

    def send(self, region: str) -> None:
        """Puts it into the region's queue."""
        url = queue_url("transactions", region)
        client("sqs", region).send_message(QueueUrl=url, MessageBody=json.dumps(self.body))

    def archived_in(self, region: str) -> dict[str, str] | None:
        """What the region's bucket of transaction logs holds of it."""
        try:
            found = client("s3", region).get_object(
                Bucket=regional_name("transaction-logs", region), Key=self._key
            )
        except client("s3", region).exceptions.NoSuchKey:
            return None
        return json.loads(found["Body"].read())

    def recorded_in(self, region: str) -> str | None:
        """The region that recorded it, by the row that the cluster of this region holds."""
        rows = sql(region, "SELECT recorded_in FROM transactions WHERE transaction_id = :id", id=self.id)
        return rows[0][0] if rows else None


def eventually(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """The condition's first true answer; AssertionError when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := condition():
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(POLL_SECONDS)


def as_list(value: Any) -> list[Any]:
    """What a policy document may write alone or in a list."""
    return value if isinstance(value, list) else [value]


class DeployedTest(unittest.TestCase):
    """Assertions that several concerns share."""

    maxDiff = None

    def assert_own_key(self, key: str | None, region: str) -> None:
        """The key is one that the stack made in this region."""
        self.assertTrue(key, "no customer managed key")
        metadata = client("kms", region).describe_key(KeyId=key)["KeyMetadata"]
        self.assertEqual((metadata["KeyManager"], metadata["KeyState"]), ("CUSTOMER", "Enabled"))
        self.assertIn(metadata["Arn"], stack_keys(region).values())


@functools.cache
def stack_keys(region: str) -> dict[str, str]:
    """The ARNs of the stack's keys by purpose."""
    kms = client("kms", region)
    return {
        purpose: kms.describe_key(KeyId=f"alias/{name(purpose)}")["KeyMetadata"]["Arn"] for purpose in KEY_PURPOSES
    }
