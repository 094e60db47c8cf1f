"""Entry point of the transaction processor; README.md lists its environment and its rights.

Environment: AWS_REGION, ENVIRONMENT_SUFFIX, TRANSACTIONS_QUEUE_URL, LOGS_BUCKET, DOCUMENTS_BUCKET, SESSION_TABLE,
CLUSTER_ARN, SECRET_ARN, DATABASE_NAME, KMS_KEY_ARN, LEASE_SECONDS.
"""

from __future__ import annotations

import functools
import os

from config import PROBING, PROCESSING, Clients, Settings
from health import Health
from processor import Context, Processor
from web import Web


class Application:
    """Everything one region needs to answer events; made once a process."""

    def __init__(self, settings: Settings) -> None:
        clients = Clients(settings, PROCESSING)
        self._processor = Processor(settings, clients)
        self._web = Web(settings, clients, Health(settings, Clients(settings, PROBING)))

    def handle(self, event: dict, context: Context) -> dict:
        """Raises ValueError for an event that is neither an SQS batch nor a load-balancer request."""
        if "elb" in event.get("requestContext", {}):
            return self._web.respond(event)
        records = event.get("Records", [])
        if records and all(record.get("eventSource") == "aws:sqs" for record in records):
            return self._processor.process(records, context)
        raise ValueError("unknown event: expected an SQS batch or a load-balancer request")


def handler(event: dict, context: Context) -> dict:
    return _application().handle(event, context)


@functools.cache
def _application() -> Application:
    return Application(Settings.from_environment())


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Made while Lambda initialises the process, so that the first health check does not wait for it.
    _application()
