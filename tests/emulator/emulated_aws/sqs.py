"""SQS: URLs by region, RedriveAllowPolicy, policies that survive other changes, and move tasks, which are done at once."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import ParseResult

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.sqs.models import Queue
from moto.sqs.responses import SQSResponse

from .extension import adds, reads, wraps

Queue.redrive_allow_policy = None
Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")

_LOOPBACK = ("127.0.0.1", "localhost")


@wraps(Queue, "url")
def _url(original: Any, self: Queue, request_url: ParseResult) -> str:
    """A server is all regions under one name, so that moto's URLs of a name's queues in two regions are the same.

    The region stands in the host, as in https://sqs.us-east-1.amazonaws.com/123456789012/work: the provider takes no
    path but account and name. Clients send to their endpoint; the host is for those that send to the URL, and is the
    loopback interface by RFC 6761.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
    """
    if request_url.hostname in _LOOPBACK:
        request_url = request_url._replace(netloc=f"sqs.{self.region}.localhost:{request_url.port}")
    return original(request_url)


@reads(Queue, "attributes")
def _attributes(attributes: dict[str, Any], self: Queue) -> dict[str, Any]:
    # AWS answers compact JSON; with moto's spaces the provider waits for its own text in vain.
    if redrive_policy := attributes.get("RedrivePolicy"):
        attributes["RedrivePolicy"] = json.dumps(json.loads(redrive_policy), separators=(",", ":"))
    return attributes


@wraps(Queue, "_set_attributes")
def _set_attributes(original: Any, self: Queue, attributes: dict[str, Any], now: float | None = None) -> None:
    policy = getattr(self, "policy", None)
    original(attributes, now)
    # moto drops the policy whenever other attributes are set.
    if "Policy" not in attributes:
        self.policy = policy
    self.redrive_allow_policy = self.redrive_allow_policy or None


class ResourceNotFound(ServiceException):
    """No queue of this region has this ARN."""

    code = "ResourceNotFoundException"


@adds(SQSResponse, "start_message_move_task")
def _start_message_move_task(self: SQSResponse) -> ActionResult:
    """Back to the first queue that has this one for its dead letters, unless another one is named."""
    queues = list(self.sqs_backend.queues.values())
    arn, to = self._get_param("SourceArn"), self._get_param("DestinationArn")
    source = next((queue for queue in queues if queue.queue_arn == arn), None)
    target = next((queue for queue in queues if queue.queue_arn == to or (not to and _fails_into(queue, arn))), None)
    if not source or not target:
        raise ResourceNotFound("The resource that you specified for the SourceArn parameter doesn't exist.")
    for message in source.messages:
        source._messages.remove(message)
        target.add_message(message)
    return ActionResult({"TaskHandle": str(uuid.uuid4())})


def _fails_into(queue: Queue, arn: str) -> bool:
    return bool(queue.redrive_policy) and queue.redrive_policy.get("deadLetterTargetArn") == arn
