"""SQS: RedriveAllowPolicy, and queue policies that survive other changes."""

from __future__ import annotations

import json
from typing import Any

from moto.sqs.models import Queue

from .extension import reads, wraps

Queue.redrive_allow_policy = None
Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")


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
