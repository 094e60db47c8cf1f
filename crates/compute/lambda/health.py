"""Whether this region may serve: what Route 53 and the load balancer ask.

Route 53 must reach the endpoint within four seconds and have the status within two more:
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
All checks run at once, and one that has not answered by the deadline has failed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

import log
from config import Clients, Settings
from database import Database
from state import SessionState

DEADLINE_SECONDS = 1.5

# Many checkers ask at once, and the RDS API throttles. A good answer of the database is kept for half of the shortest
# check interval (10 s), so that no checker sees one older than its own last question; a bad answer is never kept.
DATABASE_ANSWER_SECONDS = 5

# A timed-out check may still hold its thread when the next request comes.
_THREADS = ThreadPoolExecutor(max_workers=24, thread_name_prefix="health")


class CheckFailed(Exception):
    """A dependency answered, but not as it must."""


@dataclass(frozen=True)
class Report:
    """`checks` says `ok` or `failed` by name; why a check failed is in the log only."""

    checks: dict[str, str]
    is_fenced: bool

    @property
    def is_healthy(self) -> bool:
        return not self.is_fenced and all(state == "ok" for state in self.checks.values())


class Health:
    """The checks of one region; none depends on the other region."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        self._settings = settings
        self._clients = clients
        self._state = SessionState(settings, clients)
        self._database = Database(settings, clients.rds_data)
        self._database_good_until = 0.0

    def report(self) -> Report:
        checks: dict[str, Callable[[], object]] = {
            "table": self._state.is_fenced,
            "logs_bucket": lambda: self._check_bucket(self._settings.logs_bucket),
            "documents_bucket": lambda: self._check_bucket(self._settings.documents_bucket),
            "queue": self._check_queue,
            "key": self._check_key,
            "database": self._check_database,
        }
        futures = {name: _THREADS.submit(check) for name, check in checks.items()}
        wait(futures.values(), timeout=DEADLINE_SECONDS)
        errors = {name: _error(future) for name, future in futures.items()}
        failed = {name: error for name, error in errors.items() if error}
        if failed:
            log.warning("health checks failed", checks=failed)
        return Report(
            checks={name: "failed" if name in failed else "ok" for name in checks},
            is_fenced="table" not in failed and futures["table"].result() is True,
        )

    def _check_bucket(self, bucket: str) -> None:
        self._clients.s3.head_bucket(Bucket=bucket)

    def _check_queue(self) -> None:
        self._clients.sqs.get_queue_attributes(QueueUrl=self._settings.queue_url, AttributeNames=["QueueArn"])

    def _check_key(self) -> None:
        # DescribeKey, not GenerateDataKey: it hands out no key material, and the role may otherwise use the key only
        # through a service (kms:ViaService).
        key = self._clients.kms.describe_key(KeyId=self._settings.kms_key_arn)["KeyMetadata"]
        if key["KeyState"] != "Enabled":
            raise CheckFailed(key["KeyState"])

    def _check_database(self) -> None:
        if time.monotonic() < self._database_good_until:
            return
        if not self._is_standby():
            self._database.beat()
        self._database_good_until = time.monotonic() + DATABASE_ANSWER_SECONDS

    def _is_standby(self) -> bool:
        """True when this region's cluster is a secondary of the global database, which has no writer to ask.

        A secondary has reader instances only and names its source:
        https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBCluster.html
        Both signs must agree. When they do not, or the RDS API does not answer, the database itself is asked.
        """
        try:
            clusters = self._clients.rds.describe_db_clusters(DBClusterIdentifier=self._settings.cluster_arn)
        except (BotoCoreError, ClientError) as error:
            log.warning("role of the cluster unknown", error=log.error_name(error))
            return False
        cluster = clusters["DBClusters"][0]
        has_writer = any(member["IsClusterWriter"] for member in cluster["DBClusterMembers"])
        return bool(cluster.get("ReplicationSourceIdentifier")) and not has_writer


def _error(future: Future) -> str | None:
    if not future.done():
        return "no answer within the deadline"
    error = future.exception()
    return log.error_name(error) if error else None
