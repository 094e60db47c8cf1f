"""SNS: a message reaches a queue only if the queue's policy lets the topic send."""

from __future__ import annotations

import fnmatch
import json
import logging
from typing import Any

from moto.sns.models import Subscription
from moto.sqs.models import sqs_backends

from .extension import wraps

_log = logging.getLogger(__name__)


@wraps(Subscription, "publish")
def _publish(original: Any, self: Subscription, *args: Any, **kwargs: Any) -> None:
    if self.protocol == "sqs":
        _, _, _, region, account_id, name = self.endpoint.split(":")
        queue = sqs_backends[account_id][region].queues.get(name)
        if not queue or not may_send(queue.policy, self.topic.arn):
            _log.warning("%s may not send to %s: message dropped", self.topic.arn, self.endpoint)
            return
    original(*args, **kwargs)


def may_send(queue_policy: str | None, topic_arn: str) -> bool:
    """Whether a queue's policy has a statement that allows SNS to send for this topic."""
    if not queue_policy:
        return False
    return any(_allows(statement, topic_arn) for statement in _list(json.loads(queue_policy)["Statement"]))


def _allows(statement: dict[str, Any], topic_arn: str) -> bool:
    principal = statement.get("Principal")
    services = ["*"] if principal == "*" else _list((principal or {}).get("Service", []))
    sources = [
        source
        for operator, keys in statement.get("Condition", {}).items()
        if operator in ("ArnEquals", "ArnLike", "StringEquals", "StringLike")
        for key, values in keys.items()
        if key.lower() == "aws:sourcearn"
        for source in _list(values)
    ]
    return (
        statement["Effect"] == "Allow"
        and any(service in ("*", "sns.amazonaws.com") for service in services)
        and any(fnmatch.fnmatchcase("sqs:sendmessage", action.lower()) for action in _list(statement["Action"]))
        and (not sources or any(fnmatch.fnmatchcase(topic_arn, source) for source in sources))
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
