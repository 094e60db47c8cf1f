"""Two regions of emulated AWS around the handler, with a real PostgreSQL as Aurora.

Without moto or PostgreSQL the tests are skipped; DRSTACK_REQUIRE_TOOLS=1 makes that a failure.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import json
import os
import sys
import unittest
import uuid
from pathlib import Path
from unittest import mock

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER.parents[3] / "tests" / "emulator")]

PRIMARY, STANDBY = "us-east-1", "us-east-2"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": PRIMARY,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

try:
    import boto3
    import moto
    from botocore.exceptions import ClientError, ConnectTimeoutError

    import emulated_aws
    from emulated_aws import postgres

    MISSING = None if postgres.is_installed() else "PostgreSQL is not installed"
except ImportError as error:
    MISSING = f"{error.name} is not installed"

if MISSING and os.environ.get("DRSTACK_REQUIRE_TOOLS") == "1":
    raise RuntimeError(f"DRSTACK_REQUIRE_TOOLS=1, but {MISSING}")
if MISSING:
    # Skips every module that imports this one.
    raise unittest.SkipTest(MISSING)

__all__ = ["PRIMARY", "STANDBY", "ClientError", "ConnectTimeoutError", "Context", "Region", "TwoRegions", "payment"]


@functools.cache
def database_server() -> postgres.Server:
    server = postgres.Server()
    atexit.register(server.stop)
    return server


class Context:
    """What Lambda passes beside the event."""

    def __init__(self, remaining_milliseconds: int = 30_000) -> None:
        self.aws_request_id = str(uuid.uuid4())
        self.remaining_milliseconds = remaining_milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_milliseconds


class Region:
    """One region's resources and its function."""

    def __init__(self, name: str, global_cluster: str, suffix: str) -> None:
        self.name = name

        def client(service: str):
            return boto3.client(service, region_name=name)

        self.sqs, self.s3, self.dynamodb = client("sqs"), client("s3"), client("dynamodb")
        self.kms, self.rds = client("kms"), client("rds")
        self.table = f"sessions-{suffix}"
        dead = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        dead_arn = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.dead_letter_queue = dead
        self.queue = self.sqs.create_queue(
            QueueName="transactions",
            Attributes={
                "VisibilityTimeout": "0",
                "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2}),
            },
        )["QueueUrl"]
        self.logs, self.documents = f"logs-{name}-{suffix}", f"documents-{name}-{suffix}"
        location = {} if name == PRIMARY else {"CreateBucketConfiguration": {"LocationConstraint": name}}
        for bucket in (self.logs, self.documents):
            self.s3.create_bucket(Bucket=bucket, **location)
            self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        self.key = self.kms.create_key()["KeyMetadata"]["Arn"]
        writer = {"MasterUsername": "dr", "MasterUserPassword": "only-for-tests"} if name == PRIMARY else {}
        self.cluster = self.rds.create_db_cluster(
            DBClusterIdentifier=f"{name}-{suffix}",
            Engine="aurora-postgresql",
            GlobalClusterIdentifier=global_cluster,
            EnableHttpEndpoint=True,
            **writer,
        )["DBCluster"]["DBClusterArn"]
        self.rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-{suffix}-1",
            DBClusterIdentifier=f"{name}-{suffix}",
            DBInstanceClass="db.serverless",
            Engine="aurora-postgresql",
        )

    def start(self, secret: str) -> None:
        """Makes the region's function, as Lambda does from its environment."""
        import config
        import handler

        environment = {
            "AWS_REGION": self.name,
            "ENVIRONMENT_SUFFIX": "test",
            "TRANSACTIONS_QUEUE_URL": self.queue,
            "LOGS_BUCKET": self.logs,
            "DOCUMENTS_BUCKET": self.documents,
            "SESSION_TABLE": self.table,
            "CLUSTER_ARN": self.cluster,
            "SECRET_ARN": secret.replace(PRIMARY, self.name),
            "DATABASE_NAME": "app",
            "KMS_KEY_ARN": self.key,
            "LEASE_SECONDS": "60",
        }
        self.function = handler.Application(config.Settings.from_environment(environment))

    def send(self, *transactions: dict | str) -> None:
        for transaction in transactions:
            body = transaction if isinstance(transaction, str) else json.dumps(transaction)
            self.sqs.send_message(QueueUrl=self.queue, MessageBody=body)

    def deliver(self, context: Context | None = None) -> list[str]:
        """One poll as the event source mapping does it; the bodies that failed."""
        received = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        event = {
            "Records": [
                {"eventSource": "aws:sqs", "messageId": message["MessageId"], "body": message["Body"]}
                for message in received
            ]
        }
        answer = self.function.handle(event, context or Context())
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in received:
            if message["MessageId"] not in failed:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in received if message["MessageId"] in failed]

    def request(self, method: str, path: str, body: str = "", **more: object) -> dict:
        event = {
            "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:::targetgroup/t/1"}},
            "httpMethod": method,
            "path": path,
            "queryStringParameters": {},
            "headers": {},
            "body": body,
            "isBase64Encoded": False,
            **more,
        }
        return self.function.handle(event, Context())

    def health(self) -> int:
        return self.request("GET", "/health")["statusCode"]

    def fence(self, region: str) -> None:
        """Writes a region's latch here, for the table to carry it there."""
        self.dynamodb.put_item(TableName=self.table, Item={"pk": {"S": f"latch#{region}"}})

    def unfence(self, region: str) -> None:
        self.dynamodb.delete_item(TableName=self.table, Key={"pk": {"S": f"latch#{region}"}})

    def archived(self) -> list[str]:
        listed = self.s3.list_object_versions(Bucket=self.logs).get("Versions", [])
        return [version["Key"] for version in listed]

    def leases(self) -> list[dict]:
        items = self.dynamodb.scan(TableName=self.table)["Items"]
        return [item for item in items if item["pk"]["S"].startswith("lease#")]


class TwoRegions(unittest.TestCase):
    """A primary and a standby before any failover."""

    def setUp(self) -> None:
        self.enterContext(mock.patch.dict(os.environ, CREDENTIALS))
        self.enterContext(moto.mock_aws())
        import health

        # The deadline has a test of its own; here a busy machine must not decide.
        self.enterContext(mock.patch.object(health, "DEADLINE_SECONDS", 60))
        emulated_aws.rds_data.use(database_server().dsn)
        suffix = uuid.uuid4().hex[:8]
        self.global_cluster = f"global-{suffix}"
        boto3.client("rds", region_name=PRIMARY).create_global_cluster(
            GlobalClusterIdentifier=self.global_cluster, Engine="aurora-postgresql", DatabaseName="app"
        )
        self.primary = Region(PRIMARY, self.global_cluster, suffix)
        self.create_table()
        self.standby = Region(STANDBY, self.global_cluster, suffix)
        secret = boto3.client("secretsmanager", region_name=PRIMARY).create_secret(
            Name=f"database-{suffix}", SecretString="{}", AddReplicaRegions=[{"Region": STANDBY}]
        )["ARN"]
        self.output = self.enterContext(contextlib.redirect_stdout(io.StringIO()))
        self.primary.start(secret)
        self.standby.start(secret)

    def create_table(self) -> None:
        """The global table, whose items are those of both regions."""
        self.primary.dynamodb.create_table(
            TableName=self.primary.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.primary.dynamodb.update_table(
            TableName=self.primary.table, ReplicaUpdates=[{"Create": {"RegionName": STANDBY}}]
        )

    def sql(self, statement: str) -> list[list[str | None]]:
        return postgres.execute(self._dsn(), statement).rows

    def refuse_writes(self) -> None:
        """The database stays up but read-only, as a demoted writer does."""
        name = self.sql("SELECT current_database()")[0][0]
        postgres.execute(database_server().dsn, f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    def fail_over(self) -> None:
        self.standby.rds.failover_global_cluster(
            GlobalClusterIdentifier=self.global_cluster, TargetDbClusterIdentifier=self.standby.cluster
        )

    def recorded(self) -> list[tuple[str | None, ...]]:
        rows = self.sql(
            "SELECT transaction_id, amount, currency, recorded_in FROM transactions ORDER BY transaction_id"
        )
        return [tuple(row) for row in rows]

    def log_lines(self) -> list[dict]:
        return [json.loads(line) for line in self.output.getvalue().splitlines()]

    def _dsn(self) -> str:
        cluster = emulated_aws.rds.find_cluster("123456789012", self.primary.cluster)
        return emulated_aws.rds_data.database_dsn(cluster, "app")


def payment(transaction_id: str, **changes: object) -> dict:
    return {
        "transaction_id": transaction_id,
        "amount": "12.50",
        "currency": "EUR",
        "occurred_at": "2026-03-01T23:30:00-02:00",
        **changes,
    }
