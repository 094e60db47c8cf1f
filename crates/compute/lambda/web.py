"""The two routes behind the load balancer.

Shapes of request and response: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
(the target group does not use multi-value headers).
"""

from __future__ import annotations

import base64
import binascii
import json
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError

import log
from config import Clients, Settings
from health import Health
from state import SessionState
from transaction import InvalidTransaction, TooLarge, parse

RETRY_SECONDS = "5"


class Web:
    """Routes one load-balancer event."""

    def __init__(self, settings: Settings, clients: Clients, health: Health) -> None:
        self._queue_url = settings.queue_url
        self._region = settings.region
        self._sqs = clients.sqs
        self._state = SessionState(settings, clients)
        self._health = health

    def respond(self, event: dict) -> dict:
        match (event["path"], event["httpMethod"]):
            case ("/transactions", "POST"):
                return self._accept(event)
            case ("/health", "GET"):
                return self._report()
            case ("/transactions", _):
                return _response(HTTPStatus.METHOD_NOT_ALLOWED, {"error": "use POST"}, {"Allow": "POST"})
            case ("/health", _):
                return _response(HTTPStatus.METHOD_NOT_ALLOWED, {"error": "use GET"}, {"Allow": "GET"})
            case _:
                return _response(HTTPStatus.NOT_FOUND, {"error": "no such resource"})

    def _accept(self, event: dict) -> dict:
        try:
            transaction = parse(_body(event))
        except TooLarge as refusal:
            return _response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"reasons": refusal.reasons})
        except InvalidTransaction as refusal:
            return _response(HTTPStatus.BAD_REQUEST, {"reasons": refusal.reasons})
        try:
            # A message accepted by a fenced region would wait in its queue until the latch is lifted.
            if self._state.is_fenced():
                return _unavailable("this region is not serving")
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=transaction.raw)
        except (BotoCoreError, ClientError) as error:
            log.warning(
                "transaction not queued", transaction_id=transaction.transaction_id, error=log.error_name(error)
            )
            return _unavailable("the transaction was not accepted")
        log.info("transaction queued", transaction_id=transaction.transaction_id)
        return _response(HTTPStatus.ACCEPTED, {"transaction_id": transaction.transaction_id})

    def _report(self) -> dict:
        report = self._health.report()
        status = HTTPStatus.OK if report.is_healthy else HTTPStatus.SERVICE_UNAVAILABLE
        return _response(
            status,
            {
                "status": "healthy" if report.is_healthy else "unhealthy",
                "region": self._region,
                "fenced": report.is_fenced,
                "checks": report.checks,
            },
        )


def _body(event: dict) -> str:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidTransaction("the body must be UTF-8 text") from None


def _unavailable(error: str) -> dict:
    return _response(HTTPStatus.SERVICE_UNAVAILABLE, {"error": error}, {"Retry-After": RETRY_SECONDS})


def _response(status: HTTPStatus, body: dict, headers: dict[str, str] | None = None) -> dict:
    return {
        "statusCode": status.value,
        "statusDescription": f"{status.value} {status.phrase}",
        "isBase64Encoded": False,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store", **(headers or {})},
        "body": json.dumps(body),
    }
