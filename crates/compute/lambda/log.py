"""Structured log lines.

Transactions are payments: a line carries identifiers and outcomes, never a payload, and of an AWS error only its code,
because a database's message may quote the values it refused.
"""

from __future__ import annotations

import json
import os
import sys

from botocore.exceptions import ClientError

Value = str | int | float | bool | list[str] | dict[str, str] | None


def info(message: str, **fields: Value) -> None:
    _write("INFO", message, fields)


def warning(message: str, **fields: Value) -> None:
    _write("WARNING", message, fields)


def error_name(error: BaseException) -> str:
    """What may be logged of an error: `Operation: Code` of an AWS error, else the type's name."""
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response.get('Error', {}).get('Code', 'Unknown')}"
    return type(error).__name__


def _write(level: str, message: str, fields: dict[str, Value]) -> None:
    line = {
        "level": level,
        "message": message,
        "region": os.environ.get("AWS_REGION"),
        "environment": os.environ.get("ENVIRONMENT_SUFFIX"),
        **fields,
    }
    # One write a line, so that lines of parallel checks do not mix.
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
