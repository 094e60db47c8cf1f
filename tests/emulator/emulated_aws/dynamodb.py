"""DynamoDB: global tables of version 2019.11.21, whose replicas share their items at once."""

from __future__ import annotations

import copy
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from .extension import wraps


@wraps(DynamoHandler, "update_table")
def _update_table(original: Any, self: DynamoHandler) -> ActionResult:
    for update in self.body.get("ReplicaUpdates") or []:
        table = self.dynamodb_backend.get_table(self.body["TableName"])
        match update:
            case {"Create": {} as wanted}:
                _create_replica(self.current_account, table, wanted)
            case {"Update": {} as wanted}:
                _replicas(table)[wanted["RegionName"]].update(wanted)
            case {"Delete": {"RegionName": region}}:
                _delete_replica(self.current_account, table, region)
    return original()


@wraps(Table, "describe")
def _describe(original: Any, self: Table, base_key: str = "TableDescription") -> dict[str, Any]:
    description = original(base_key=base_key)
    if replicas := _replicas(self):
        others = [dict(replica) for region, replica in replicas.items() if region != self.region_name]
        description[base_key].update(Replicas=others, GlobalTableVersion="2019.11.21")
    return description


@wraps(DynamoDBBackend, "update_time_to_live")
def _update_time_to_live(original: Any, self: DynamoDBBackend, table_name: str, ttl_spec: dict[str, Any]) -> None:
    original(table_name, ttl_spec)
    table = self.get_table(table_name)
    for region in _replicas(table):
        dynamodb_backends[self.account_id][region].tables[table_name].ttl = table.ttl


def _replicas(table: Table) -> dict[str, dict[str, Any]]:
    """By region, the table's own included; empty for a table of one region. All replicas hold the same dictionary."""
    return table.__dict__.setdefault("replicas", {})


def _create_replica(account_id: str, table: Table, wanted: dict[str, Any]) -> None:
    region = wanted["RegionName"]
    replicas = _replicas(table)
    replicas.setdefault(table.region_name, {"RegionName": table.region_name, "ReplicaStatus": "ACTIVE"})
    replicas[region] = {**wanted, "ReplicaStatus": "ACTIVE"}
    # The copy is shallow: items, indexes and the dictionary of replicas are those of the table.
    replica = copy.copy(table)
    replica.region_name = region
    replica.table_arn = table.table_arn.replace(table.region_name, region)
    replica.tags = []
    replica.continuous_backups = copy.deepcopy(table.continuous_backups)
    replica.continuous_backups["PointInTimeRecoveryDescription"] = {"PointInTimeRecoveryStatus": "DISABLED"}
    replica.sse_specification = dict(table.sse_specification or {})
    if key := wanted.get("KMSMasterKeyId"):
        replica.sse_specification["KMSMasterKeyId"] = key
    dynamodb_backends[account_id][region].tables[table.name] = replica


def _delete_replica(account_id: str, table: Table, region: str) -> None:
    dynamodb_backends[account_id][region].tables.pop(table.name, None)
    replicas = _replicas(table)
    replicas.pop(region, None)
    if len(replicas) == 1:
        replicas.clear()
