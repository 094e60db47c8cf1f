"""The region's latch and the transactions' leases, items of the session table.

The table is replicated asynchronously, so a conditional write decides within one region only: a lease saves work, it
never decides what a duplicate is, and losing the table's answer about a lease must not stop a payment.
"""

from __future__ import annotations

import time

from botocore.exceptions import BotoCoreError, ClientError

import log
from config import Clients, Settings


class SessionState:
    """Latch and leases as one region sees them."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        self._table = settings.session_table
        self._latch = f"latch#{settings.region}"
        self._lease_seconds = settings.lease_seconds
        self._dynamodb = clients.dynamodb

    def is_fenced(self) -> bool:
        """Whether an operator has fenced this region; raises when the table does not answer."""
        answer = self._dynamodb.get_item(TableName=self._table, Key={"pk": {"S": self._latch}}, ConsistentRead=True)
        return "Item" in answer

    def take_lease(self, transaction_id: str, owner: str) -> bool:
        """False when another invocation holds an unexpired lease.

        TTL deletes late, so expiry is part of the condition:
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
        """
        now = int(time.time())
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": _lease(transaction_id)},
                    "owner": {"S": owner},
                    "expires_at": {"N": str(now + self._lease_seconds)},
                },
                # A retried call may meet the lease that its own first attempt took.
                ConditionExpression="attribute_not_exists(pk) OR expires_at <= :now OR #owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":now": {"N": str(now)}, ":owner": {"S": owner}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        except (BotoCoreError, ClientError) as error:
            log.warning("working without a lease", transaction_id=transaction_id, error=log.error_name(error))
        return True

    def release_lease(self, transaction_id: str, owner: str) -> None:
        """Lets the next delivery go straight to the database; a lease that stays expires."""
        try:
            self._dynamodb.delete_item(
                TableName=self._table,
                Key={"pk": {"S": _lease(transaction_id)}},
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": owner}},
            )
        except (BotoCoreError, ClientError) as error:
            log.warning("lease not released", transaction_id=transaction_id, error=log.error_name(error))


def _lease(transaction_id: str) -> str:
    return f"lease#{transaction_id}"
