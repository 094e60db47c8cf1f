"""The SQL of the transaction processor, run through the RDS Data API.

Every statement stands alone and commits by itself:
https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html
Values travel as text parameters and are cast by PostgreSQL, which keeps amounts exact.
"""

from __future__ import annotations

import enum

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from config import Settings
from transaction import Transaction

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS transactions (
        transaction_id text PRIMARY KEY,
        amount         numeric(22, 4) NOT NULL,
        currency       text NOT NULL,
        occurred_at    timestamptz NOT NULL,
        recorded_in    text NOT NULL,
        recorded_at    timestamptz NOT NULL DEFAULT now()
    )""",
    """CREATE TABLE IF NOT EXISTS region_heartbeat (
        region  text PRIMARY KEY,
        beat_at timestamptz NOT NULL
    )""",
)

INSERT = """INSERT INTO transactions (transaction_id, amount, currency, occurred_at, recorded_in)
    VALUES (:transaction_id, CAST(:amount AS numeric), :currency, CAST(:occurred_at AS timestamptz), :region)
    ON CONFLICT (transaction_id) DO NOTHING"""

SAME = """SELECT transaction_id FROM transactions
    WHERE transaction_id = :transaction_id AND amount = CAST(:amount AS numeric)
      AND currency = :currency AND occurred_at = CAST(:occurred_at AS timestamptz)"""

BEAT = """INSERT INTO region_heartbeat (region, beat_at) VALUES (:region, now())
    ON CONFLICT (region) DO UPDATE SET beat_at = excluded.beat_at"""


class Outcome(enum.Enum):
    """What Aurora's unique transaction id decided."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


class Database:
    """The region's cluster; every method raises botocore's errors when it does not accept writes."""

    def __init__(self, settings: Settings, rds_data: BaseClient) -> None:
        self._settings = settings
        self._rds_data = rds_data
        self._has_schema = False

    def record(self, transaction: Transaction) -> Outcome:
        """CONFLICT when the id is taken by a transaction with other values."""
        self._ensure_schema()
        values = {
            "transaction_id": transaction.transaction_id,
            "amount": transaction.amount,
            "currency": transaction.currency,
            "occurred_at": transaction.occurred_at.isoformat(),
        }
        if self._execute(INSERT, {**values, "region": self._settings.region})["numberOfRecordsUpdated"] == 1:
            return Outcome.RECORDED
        return Outcome.DUPLICATE if self._execute(SAME, values)["records"] else Outcome.CONFLICT

    def beat(self) -> None:
        """Commits a write, the only proof that writes are accepted."""
        self._ensure_schema()
        self._execute(BEAT, {"region": self._settings.region})

    def _ensure_schema(self) -> None:
        if self._has_schema:
            return
        for statement in SCHEMA:
            try:
                self._execute(statement, {})
            except ClientError:
                # PostgreSQL's IF NOT EXISTS races with itself: the loser of two concurrent creations fails on an
                # index of the catalogue after the winner has committed, so a second attempt finds the table.
                self._execute(statement, {})
        self._has_schema = True

    def _execute(self, sql: str, parameters: dict[str, str]) -> dict:
        return self._rds_data.execute_statement(
            resourceArn=self._settings.cluster_arn,
            secretArn=self._settings.secret_arn,
            database=self._settings.database_name,
            sql=sql,
            parameters=[{"name": name, "value": {"stringValue": value}} for name, value in parameters.items()],
        )
