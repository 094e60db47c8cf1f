"""Settings from the environment, and the AWS clients they lead to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import boto3
from botocore.client import BaseClient
from botocore.config import Config

# Processing may wait and retry: the message stays in the queue meanwhile.
PROCESSING = Config(connect_timeout=2, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 3})

# A health check answers within two seconds or counts as failed (see health.py): one short attempt.
PROBING = Config(connect_timeout=0.5, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1})


@dataclass(frozen=True)
class Settings:
    """The environment of the function; README.md says what each value is."""

    region: str
    environment_suffix: str
    queue_url: str
    logs_bucket: str
    documents_bucket: str
    session_table: str
    cluster_arn: str
    secret_arn: str
    database_name: str
    kms_key_arn: str
    lease_seconds: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Raises KeyError with the variable's name when one is missing."""
        return cls(
            region=environment["AWS_REGION"],
            environment_suffix=environment["ENVIRONMENT_SUFFIX"],
            queue_url=environment["TRANSACTIONS_QUEUE_URL"],
            logs_bucket=environment["LOGS_BUCKET"],
            documents_bucket=environment["DOCUMENTS_BUCKET"],
            session_table=environment["SESSION_TABLE"],
            cluster_arn=environment["CLUSTER_ARN"],
            secret_arn=environment["SECRET_ARN"],
            database_name=environment["DATABASE_NAME"],
            kms_key_arn=environment["KMS_KEY_ARN"],
            lease_seconds=int(environment["LEASE_SECONDS"]),
        )


class Clients:
    """The clients of one region under one policy of timeouts and retries."""

    def __init__(self, settings: Settings, policy: Config) -> None:
        def client(service: str) -> BaseClient:
            return boto3.client(service, region_name=settings.region, config=policy)

        self.dynamodb = client("dynamodb")
        self.kms = client("kms")
        self.rds = client("rds")
        self.rds_data = client("rds-data")
        self.s3 = client("s3")
        self.sqs = client("sqs")
