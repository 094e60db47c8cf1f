"""KMS: the rotation period is read back; keys that moto makes for services are AWS's, not the customer's."""

from __future__ import annotations

import json
from typing import Any

from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse

from .extension import wraps

DEFAULT_ROTATION_DAYS = 365


@wraps(KmsResponse, "enable_key_rotation")
def _enable_key_rotation(original: Any, self: KmsResponse) -> str:
    answer = original()
    _key(self).rotation_period_in_days = self._get_param("RotationPeriodInDays") or DEFAULT_ROTATION_DAYS
    return answer


@wraps(KmsResponse, "get_key_rotation_status")
def _get_key_rotation_status(original: Any, self: KmsResponse) -> str:
    answer = json.loads(original())
    if answer["KeyRotationEnabled"]:
        answer["RotationPeriodInDays"] = getattr(_key(self), "rotation_period_in_days", DEFAULT_ROTATION_DAYS)
    return json.dumps(answer)


@wraps(KmsBackend, "_generate_default_keys")
def _generate_default_keys(original: Any, self: KmsBackend, alias_name: str) -> str | None:
    key_id = original(alias_name)
    if key_id:
        self.keys[key_id].key_manager = "AWS"
    return key_id


def _key(response: KmsResponse) -> Any:
    backend = response.kms_backend
    return backend.keys[backend.get_key_id(response._get_param("KeyId"))]
