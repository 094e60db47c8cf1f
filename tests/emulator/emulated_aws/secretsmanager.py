"""Secrets Manager: a replica has the key that was asked for."""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import FakeSecret, ReplicaSecret

from .extension import wraps


@wraps(FakeSecret, "create_replicas")
def _create_replicas(
    original: Any, self: FakeSecret, replica_regions: list[dict[str, str]], force_overwrite: bool
) -> list[ReplicaSecret]:
    replicas = original(replica_regions, force_overwrite)
    for replica, wanted in zip(replicas, replica_regions, strict=True):
        replica.config["KmsKeyId"] = wanted.get("KmsKeyId") or replica.config["KmsKeyId"]
    return replicas


@wraps(ReplicaSecret, "to_dict")
def _to_dict(original: Any, self: ReplicaSecret) -> dict[str, Any]:
    return {**original(), "KmsKeyId": self.config["KmsKeyId"]}
