"""What a valid transaction is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

MAX_BYTES = 64 * 1024

# The identifier becomes part of an object key and of a table key.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# numeric(22,4) in the database; four decimals are the most that ISO 4217 knows.
_AMOUNT = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_NOT_FOR_A_QUEUE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class InvalidTransaction(ValueError):
    """The reasons name fields and expectations, never the values that were found."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = list(reasons)


class TooLarge(InvalidTransaction):
    """The transaction is longer than MAX_BYTES."""

    def __init__(self) -> None:
        super().__init__(f"a transaction has at most {MAX_BYTES} bytes")


@dataclass(frozen=True)
class Transaction:
    """A transaction that passed validation; `raw` is the text it came in."""

    transaction_id: str
    amount: str
    currency: str
    occurred_at: datetime
    raw: str

    @property
    def archive_key(self) -> str:
        """Depends on the transaction alone, so a second delivery finds the first one's object."""
        return f"transactions/{self.occurred_at:%Y/%m/%d}/{self.transaction_id}.json"


def parse(raw: str) -> Transaction:
    """Raises InvalidTransaction with every reason found."""
    if len(raw) > MAX_BYTES or len(raw.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise TooLarge
    if _NOT_FOR_A_QUEUE.search(raw):
        raise InvalidTransaction("the body holds a character that a queue cannot carry")
    document = _decode(raw)
    if not isinstance(document, dict):
        raise InvalidTransaction("the body must be a JSON object")

    reasons = [
        f"{field}: expected {expectation}"
        for field, pattern, expectation in (
            ("transaction_id", _ID, "1 to 64 of letters, digits, dot, underscore, hyphen, the first a letter or digit"),
            ("amount", _AMOUNT, "a decimal number in a string, at most 18 digits before and 4 after the point"),
            ("currency", _CURRENCY, "three capital letters (ISO 4217)"),
            ("occurred_at", _INSTANT, "an RFC 3339 date and time with an offset"),
        )
        if not (isinstance(document.get(field), str) and pattern.fullmatch(document[field]))
    ]
    if reasons:
        raise InvalidTransaction(*reasons)
    return Transaction(
        transaction_id=document["transaction_id"],
        amount=document["amount"],
        currency=document["currency"],
        occurred_at=_instant(document["occurred_at"]),
        raw=raw,
    )


def _decode(raw: str) -> object:
    try:
        return json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidTransaction("the body must be JSON") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidTransaction("occurred_at: expected a date and time that exists") from None
