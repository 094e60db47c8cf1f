"""S3: replication configurations are read back as put, and objects and delete markers replicate.

Replication is done before the request that caused it is answered. Bucket policies: moto takes a statement whose
condition is not met for a denial, so statements with conditions are left out.
"""

from __future__ import annotations

import json
import threading
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import ReplicationConfigurationNotFoundError
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend
from moto.s3.responses import S3Response

from .extension import adds, reads, wraps

_request = threading.local()


# Configuration


@adds(S3Response, "get_bucket_replication")
def _get_bucket_replication(self: S3Response) -> Any:
    self.data["Action"] = "GetBucketReplication"
    replication = self.backend.get_bucket_replication(self.bucket_name)
    if not replication:
        raise ReplicationConfigurationNotFoundError(bucket_name=self.bucket_name)
    rules = [_typed(rule) for rule in replication["Rule"]]
    return self.serialized(ActionResult({"ReplicationConfiguration": {"Role": replication["Role"], "Rules": rules}}))


def _typed(rule: dict[str, Any]) -> dict[str, Any]:
    """The rule as parsed from XML, with numbers for numbers and the filter that AWS answers for an empty one."""
    typed = {key: value for key, value in rule.items() if not key.startswith("@")}
    typed["Priority"] = int(rule["Priority"])
    condition = rule.get("Filter")
    typed["Filter"] = condition if isinstance(condition, dict) and any(condition.values()) else {"Prefix": ""}
    destination = json.loads(json.dumps(rule["Destination"]))
    for block, number in (("Metrics", "EventThreshold"), ("ReplicationTime", "Time")):
        if threshold := destination.get(block, {}).get(number):
            threshold["Minutes"] = int(threshold["Minutes"])
    typed["Destination"] = destination
    return typed


# Replication


@wraps(S3Backend, "put_object")
def _put_object(original: Any, self: S3Backend, *args: Any, **kwargs: Any) -> FakeKey:
    key = original(*args, **kwargs)
    getattr(_request, "written", []).append(key)
    return key


@wraps(S3Response, "_key_response")
def _key_response(original: Any, self: S3Response, *args: Any) -> Any:
    # An object has its metadata and tags only when its request is done. What is written after that are replicas, which
    # are not replicated again.
    _request.written = []
    answer = original(*args)
    written, _request.written = _request.written, []
    for key in written:
        _replicate(self.backend, key)
    return answer


@wraps(S3Backend, "delete_object")
def _delete_object(
    original: Any, self: S3Backend, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
) -> tuple[bool, dict[str, Any]]:
    bucket = self.get_bucket(bucket_name)
    if version_id is not None and bucket.versioning_status == "Suspended":
        return _delete_version(bucket, key_name, version_id)
    answer = original(bucket_name, key_name, version_id, bypass)
    # Only markers replicate: a deletion of one version stays where it was made.
    if version_id is None and bucket.is_versioned and answer[0]:
        _replicate_delete_marker(self, bucket_name, key_name)
    return answer


def _delete_version(bucket: FakeBucket, key_name: str, version_id: str) -> tuple[bool, dict[str, Any]]:
    # Versions outlive the suspension of versioning; moto deletes all of a key's then, and fails on a delete marker.
    left = [each for each in bucket.keys.getlist(key_name, []) if str(each.version_id) != version_id]
    bucket.keys.setlist(key_name, left)
    if not left:
        bucket.keys.pop(key_name)
    return True, {"version-id": version_id}


@reads(FakeKey, "response_dict")
def _response_dict(headers: dict[str, Any], self: FakeKey) -> dict[str, Any]:
    status = getattr(self, "replication_status", None)
    return {**headers, "x-amz-replication-status": status} if status else headers


def _replicate(backend: S3Backend, key: FakeKey) -> None:
    tags = backend.tagger.get_tag_dict_for_resource(key.arn)
    rules = [rule for rule in _rules(backend, key.bucket_name) if _matches(rule, key.name, tags)]
    for destination, rule in _by_destination(backend, rules).items():
        key.replication_status = _copy_to(backend, key, destination, rule)


def _copy_to(backend: S3Backend, key: FakeKey, destination: FakeBucket, rule: dict[str, Any]) -> str:
    encrypted = (rule.get("SourceSelectionCriteria") or {}).get("SseKmsEncryptedObjects", {}).get("Status") == "Enabled"
    if not destination.is_versioned or (key.encryption == "aws:kms" and not encrypted):
        return "FAILED"
    replica = backend.put_object(
        destination.name,
        key.name,
        key.value,
        storage=rule["Destination"].get("StorageClass") or key.storage_class,
        encryption=key.encryption,
        kms_key_id=rule["Destination"].get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID"),
        checksum_value=key.checksum_value,
    )
    # A replica has the version id of its source.
    replica._version_id = key.version_id
    replica.set_metadata(dict(key.metadata))
    replica.checksum_algorithm = key.checksum_algorithm
    backend.tagger.copy_tags(key.arn, replica.arn)
    replica.replication_status = "REPLICA"
    return "COMPLETED"


def _replicate_delete_marker(backend: S3Backend, bucket_name: str, key_name: str) -> None:
    marker = backend.get_bucket(bucket_name).keys.get(key_name)
    if not isinstance(marker, FakeDeleteMarker):
        return
    rules = [
        rule
        for rule in _rules(backend, bucket_name)
        if rule.get("DeleteMarkerReplication", {}).get("Status") == "Enabled" and _matches(rule, key_name, {})
    ]
    for destination in _by_destination(backend, rules):
        if destination.is_versioned and key_name in destination.keys:
            backend._set_delete_marker(destination.name, key_name)


def _rules(backend: S3Backend, bucket_name: str) -> list[dict[str, Any]]:
    """The enabled rules, the most important first."""
    replication = backend.get_bucket_replication(bucket_name) or {"Rule": []}
    enabled = [_typed(rule) for rule in replication["Rule"] if rule["Status"] == "Enabled"]
    return sorted(enabled, key=lambda rule: -rule["Priority"])


def _by_destination(backend: S3Backend, rules: list[dict[str, Any]]) -> dict[FakeBucket, dict[str, Any]]:
    by_name: dict[str, dict[str, Any]] = {}
    for rule in rules:
        by_name.setdefault(rule["Destination"]["Bucket"].rsplit(":", 1)[1], rule)
    return {backend.get_bucket(name): rule for name, rule in by_name.items() if name in backend.buckets}


def _matches(rule: dict[str, Any], key_name: str, tags: dict[str, str]) -> bool:
    condition = rule["Filter"].get("And") or rule["Filter"]
    wanted = condition.get("Tag") or []
    wanted = wanted if isinstance(wanted, list) else [wanted]
    prefix = condition.get("Prefix") or rule.get("Prefix") or ""
    return key_name.startswith(prefix) and all(tags.get(tag["Key"]) == tag["Value"] for tag in wanted)


# Bucket policies


@adds(FakeBucket, "get_permission")
def _get_permission(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    if self.policy is None:
        return PermissionResult.NEUTRAL
    statements = json.loads(self.policy)["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    unconditional = [statement for statement in statements if not statement.get("Condition")]
    return IAMPolicy(json.dumps({"Statement": unconditional})).is_action_permitted(action, resource)
