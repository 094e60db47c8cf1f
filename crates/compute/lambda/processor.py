"""An SQS batch: every message is archived and recorded once, or reported as failed."""

from __future__ import annotations

from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

import log
from config import Clients, Settings
from database import Database, Outcome
from state import SessionState
from transaction import InvalidTransaction, Transaction, parse

# Time to leave for another message: two attempts of the slowest call, so that Lambda does not end an invocation half
# way and deliver again what was done. The first message is always tried, however short the function's timeout is.
RESERVE_MILLISECONDS = 16_000


class Context(Protocol):
    """The part of Lambda's context object that is used."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class Failure(Exception):
    """The message must be delivered again, or go to the dead-letter queue."""


class Processor:
    """Archives to the logs bucket first, then writes to Aurora, whose unique id decides what is a duplicate."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        self._bucket = settings.logs_bucket
        self._s3 = clients.s3
        self._state = SessionState(settings, clients)
        self._database = Database(settings, clients.rds_data)

    def process(self, records: list[dict], context: Context) -> dict:
        """The answer that `ReportBatchItemFailures` expects.

        https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        """
        refusal = self._refusal()
        failures = []
        for position, record in enumerate(records):
            try:
                if refusal:
                    raise Failure(refusal)
                if position > 0 and context.get_remaining_time_in_millis() < RESERVE_MILLISECONDS:
                    raise Failure("not enough time left in this invocation")
                self._process(record["body"], context.aws_request_id)
            except Failure as failure:
                log.warning("message failed", message_id=record["messageId"], reason=str(failure))
                failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}

    def _refusal(self) -> str | None:
        # A region that cannot read its latch may be the one that was fenced: its messages wait in the queue.
        try:
            return "this region is fenced by its latch" if self._state.is_fenced() else None
        except (BotoCoreError, ClientError) as error:
            return f"the latch cannot be read: {log.error_name(error)}"

    def _process(self, body: str, owner: str) -> None:
        try:
            transaction = parse(body)
        except InvalidTransaction as invalid:
            raise Failure(f"invalid: {invalid}") from None
        transaction_id = transaction.transaction_id
        if not self._state.take_lease(transaction_id, owner):
            raise Failure(f"{transaction_id}: another invocation holds the lease")
        try:
            self._archive(transaction)
            outcome = self._database.record(transaction)
        except (BotoCoreError, ClientError) as error:
            raise Failure(f"{transaction_id}: {log.error_name(error)}") from None
        finally:
            self._state.release_lease(transaction_id, owner)
        if outcome is Outcome.CONFLICT:
            raise Failure(f"{transaction_id}: recorded before with other values")
        log.info("transaction processed", transaction_id=transaction_id, outcome=outcome.value)

    def _archive(self, transaction: Transaction) -> None:
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=transaction.archive_key,
                Body=transaction.raw.encode(),
                ContentType="application/json",
                # The first delivery's object stays: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
