"""AWS Backup: plans have selections, vaults can be emptied, tags of every resource are read back."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any
from urllib.parse import unquote

from moto.backup import urls
from moto.backup.models import BackupBackend
from moto.backup.responses import BackupResponse
from moto.core.exceptions import JsonRESTError

from .extension import adds

_SELECTION_PATH = re.compile(r"/backup/plans/(?P<plan>[^/]+)/selections(?:/(?P<selection>[^/]+))?/?$")

# moto routes by these patterns; deleting a vault with its content asks for its recovery points first.
urls.url_paths["{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/$"] = urls.response.dispatch


class SelectionNotFound(JsonRESTError):
    """The plan has no such selection."""

    code = 400

    def __init__(self) -> None:
        super().__init__("InvalidParameterValueException", "Backup selection not found")


@adds(BackupResponse, "create_backup_selection")
def _create_backup_selection(self: BackupResponse) -> str:
    plan = _ids(self)["plan"]
    body = json.loads(self.body)
    selection = {
        "BackupPlanId": plan,
        "SelectionId": str(uuid.uuid4()),
        "CreationDate": 1_700_000_000,
        "CreatorRequestId": body.get("CreatorRequestId", ""),
        "BackupSelection": body["BackupSelection"],
    }
    _selections(self.backup_backend)[plan, selection["SelectionId"]] = selection
    return json.dumps(_summary(selection))


@adds(BackupResponse, "get_backup_selection")
def _get_backup_selection(self: BackupResponse) -> str:
    return json.dumps(_find(self))


@adds(BackupResponse, "delete_backup_selection")
def _delete_backup_selection(self: BackupResponse) -> str:
    found = _find(self)
    del _selections(self.backup_backend)[found["BackupPlanId"], found["SelectionId"]]
    return "{}"


@adds(BackupResponse, "list_backup_selections")
def _list_backup_selections(self: BackupResponse) -> str:
    plan = _ids(self)["plan"]
    found = [_summary(s) for (of_plan, _), s in _selections(self.backup_backend).items() if of_plan == plan]
    return json.dumps({"BackupSelectionsList": found})


@adds(BackupResponse, "list_recovery_points_by_backup_vault")
def _list_recovery_points_by_backup_vault(self: BackupResponse) -> str:
    return json.dumps({"RecoveryPoints": []})


@adds(BackupResponse, "list_tags")
def _list_tags(self: BackupResponse) -> str:
    # moto takes the last part of the path but one, which is right only with a slash at the end.
    arn = unquote(self.path.split("/tags/", 1)[1].rstrip("/"))
    return json.dumps({"Tags": self.backup_backend.list_tags(resource_arn=arn)})


def _ids(response: BackupResponse) -> dict[str, str]:
    return _SELECTION_PATH.search(response.path).groupdict()


def _find(response: BackupResponse) -> dict[str, Any]:
    ids = _ids(response)
    found = _selections(response.backup_backend).get((ids["plan"], ids["selection"]))
    if not found:
        raise SelectionNotFound
    return found


def _selections(backend: BackupBackend) -> dict[tuple[str, str], dict[str, Any]]:
    return backend.__dict__.setdefault("selections", {})


def _summary(selection: dict[str, Any]) -> dict[str, Any]:
    summary = {key: value for key, value in selection.items() if key != "BackupSelection"}
    return {**summary, "SelectionName": selection["BackupSelection"]["SelectionName"]}
