"""RDS: Aurora global databases with a primary and secondaries, and what the provider reads back.

moto keeps global clusters in the backend of us-east-1 and their member clusters in the backend of their region.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.rds.models import DBCluster, GlobalCluster, RDSBackend, rds_backends
from moto.rds.responses import RDSResponse

from .extension import adds, reads, wraps

GLOBAL_REGION = "us-east-1"


class GlobalClusterNotFound(ServiceException):
    """No global cluster has this identifier."""

    code = "GlobalClusterNotFoundFault"


class ClusterNotFound(ServiceException):
    """The global cluster has no such member."""

    code = "DBClusterNotFoundFault"


class NotAMember(ServiceException):
    """What the provider waits for where a member has left before it is taken out; see its `aws_rds_global_cluster`."""

    code = "InvalidParameterValue"


class InvalidState(ServiceException):
    """The cluster cannot do this now."""

    code = "InvalidDBClusterStateFault"


def find_cluster(account_id: str, arn: str) -> DBCluster | None:
    """The cluster with this ARN, in whatever region."""
    for backend in list(rds_backends[account_id].values()):
        for cluster in list(backend.clusters.values()):
            if cluster.arn == arn:
                return cluster
    return None


def is_secondary(cluster: DBCluster) -> bool:
    """Whether the cluster follows the primary of a global database."""
    return bool(cluster.global_cluster_identifier) and not cluster.is_writer


def has_writer(cluster: DBCluster) -> bool:
    """Whether an instance of the cluster accepts writes."""
    return bool(cluster.members) and not is_secondary(cluster)


def _global_clusters(account_id: str) -> dict[str, GlobalCluster]:
    return rds_backends[account_id][GLOBAL_REGION].global_clusters


def _global_cluster(response: RDSResponse) -> GlobalCluster:
    identifier = response.params["GlobalClusterIdentifier"]
    found = _global_clusters(response.current_account).get(identifier)
    if not found:
        raise GlobalClusterNotFound(f"Global cluster {identifier} not found")
    return found


def _member(global_cluster: GlobalCluster, identifier: str) -> DBCluster:
    for member in global_cluster.members:
        if identifier in (member.arn, member.db_cluster_identifier):
            return member
    raise ClusterNotFound(f"DBCluster {identifier} not found")


# Global clusters


@wraps(RDSResponse, "create_global_cluster")
def _create_global_cluster(original: Any, self: RDSResponse) -> ActionResult:
    answer = original()
    created = _global_cluster(self)
    created.database_name = self.params.get("DatabaseName")
    created.tags = self.params.get("Tags") or []
    return answer


@adds(RDSResponse, "modify_global_cluster")
def _modify_global_cluster(self: RDSResponse) -> ActionResult:
    modified = _global_cluster(self)
    modified.deletion_protection = self.params.get("DeletionProtection", modified.deletion_protection)
    modified.engine_version = self.params.get("EngineVersion") or modified.engine_version
    return ActionResult({"GlobalCluster": modified})


@adds(RDSResponse, "remove_from_global_cluster")
def _remove_from_global_cluster(self: RDSResponse) -> ActionResult:
    left = _global_cluster(self)
    identifier = self.params["DbClusterIdentifier"]
    try:
        member = _member(left, identifier)
    except ClusterNotFound as absent:
        raise NotAMember(f"{identifier} is not found in global cluster {left.global_cluster_identifier}") from absent
    left.members.remove(member)
    member.global_cluster_identifier = None
    return ActionResult({"GlobalCluster": left})


@adds(RDSResponse, "switchover_global_cluster")
@adds(RDSResponse, "failover_global_cluster")
def _promote(self: RDSResponse) -> ActionResult:
    promoted_in = _global_cluster(self)
    target = _member(promoted_in, self.params["TargetDbClusterIdentifier"])
    if not target.members:
        raise InvalidState(f"{target.db_cluster_identifier} has no instance to promote")
    if self.params.get("AllowDataLoss"):
        _keep_what_is_lost(promoted_in)
    for member in promoted_in.members:
        member.is_writer = member is target
    return ActionResult({"GlobalCluster": promoted_in})


def _keep_what_is_lost(global_cluster: GlobalCluster) -> None:
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
    for writer in [member for member in global_cluster.members if member.is_writer]:
        name = f"rds:unplanned-global-failover-{writer.db_cluster_identifier}-{datetime.now():%Y-%m-%d-%H-%M-%S-%f}"
        writer.backend.create_auto_cluster_snapshot(writer.db_cluster_identifier, name)


@wraps(RDSBackend, "create_db_cluster")
def _create_db_cluster(original: Any, self: RDSBackend, kwargs: dict[str, Any]) -> DBCluster:
    joined = _global_clusters(self.account_id).get(kwargs.get("global_cluster_identifier") or "")
    primary = next((member for member in joined.members if member.is_writer), None) if joined else None
    if primary and not primary.members:
        raise InvalidState(f"the primary {primary.db_cluster_identifier} has no instance yet")
    return original(kwargs)


@wraps(RDSBackend, "delete_db_cluster")
def _delete_db_cluster(original: Any, self: RDSBackend, *args: Any, **kwargs: Any) -> DBCluster:
    deleted = original(*args, **kwargs)
    for left in _global_clusters(self.account_id).values():
        if deleted in left.members:
            left.members.remove(deleted)
    return deleted


@wraps(RDSResponse, "delete_db_cluster")
def _delete_automated_backups(original: Any, self: RDSResponse) -> ActionResult:
    # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBCluster.html
    answer = original()
    if self.params.get("DeleteAutomatedBackups", True):
        snapshots = self.backend.cluster_snapshots
        for identifier, snapshot in list(snapshots.items()):
            is_of_cluster = snapshot.cluster.db_cluster_identifier == self.params["DBClusterIdentifier"]
            if is_of_cluster and snapshot.snapshot_type == "automated":
                del snapshots[identifier]
    return answer


@reads(DBCluster, "db_cluster_members")
def _db_cluster_members(members: list[dict[str, Any]], self: DBCluster) -> list[dict[str, Any]]:
    return [{**member, "IsClusterWriter": False} for member in members] if is_secondary(self) else members


def _get_replication_source(self: DBCluster) -> str | None:
    if not is_secondary(self):
        return self.__dict__.get("replication_source_identifier")
    followed = _global_clusters(self.backend.account_id).get(self.global_cluster_identifier)
    return next((member.arn for member in followed.members if member.is_writer), None) if followed else None


def _set_replication_source(self: DBCluster, source: str | None) -> None:
    self.__dict__["replication_source_identifier"] = source


DBCluster.replication_source_identifier = property(_get_replication_source, _set_replication_source)


@wraps(RDSBackend, "_get_resource_for_tagging")
def _get_resource_for_tagging(original: Any, self: RDSBackend, arn: str) -> Any:
    # moto's pattern for ARNs leaves this kind out.
    if ":global-cluster:" in arn:
        return _global_clusters(self.account_id).get(arn.rsplit(":", 1)[1])
    return original(arn)


# The Data API's switch: moto knows it for Serverless v1 only.


def _get_http_endpoint(self: DBCluster) -> bool:
    return self._enable_http_endpoint


def _set_http_endpoint(self: DBCluster, enabled: bool | None) -> None:
    self._enable_http_endpoint = bool(enabled)


DBCluster.enable_http_endpoint = property(_get_http_endpoint, _set_http_endpoint)


def _switch_http_endpoint(self: RDSResponse, *, enabled: bool) -> ActionResult:
    cluster = find_cluster(self.current_account, self.params["ResourceArn"])
    if not cluster:
        raise ClusterNotFound(f"{self.params['ResourceArn']} not found")
    cluster.enable_http_endpoint = enabled
    return ActionResult({"ResourceArn": cluster.arn, "HttpEndpointEnabled": enabled})


@adds(RDSResponse, "enable_http_endpoint")
def _enable_http_endpoint(self: RDSResponse) -> ActionResult:
    return _switch_http_endpoint(self, enabled=True)


@adds(RDSResponse, "disable_http_endpoint")
def _disable_http_endpoint(self: RDSResponse) -> ActionResult:
    return _switch_http_endpoint(self, enabled=False)


# What the provider reads back of clusters and instances


@reads(DBCluster, "scaling_configuration_info")
def _scaling_configuration_info(info: dict[str, Any], self: DBCluster) -> dict[str, Any] | None:
    # Serverless v1 only; moto answers it for every cluster.
    return info if self.engine_mode == "serverless" else None


@wraps(RDSResponse, "create_db_instance")
def _create_db_instance(original: Any, self: RDSResponse) -> ActionResult:
    answer = original()
    created = self.backend.databases[self.params["DBInstanceIdentifier"]]
    created.performance_insights_enabled = self.params.get("EnablePerformanceInsights")
    created.performance_insights_kms_key_id = self.params.get("PerformanceInsightsKMSKeyId")
    created.performance_insights_retention_period = self.params.get("PerformanceInsightsRetentionPeriod") or (
        7 if created.performance_insights_enabled else None
    )
    created.monitoring_interval = self.params.get("MonitoringInterval")
    created.monitoring_role_arn = self.params.get("MonitoringRoleArn")
    return answer


@wraps(RDSBackend, "modify_db_parameter_group")
def _modify_db_parameter_group(
    original: Any, self: RDSBackend, db_parameter_group_name: str, db_parameter_group_parameters: list[dict[str, Any]]
) -> Any:
    # The provider reads back only those parameters that say who has set them.
    return original(db_parameter_group_name, [{**each, "Source": "user"} for each in db_parameter_group_parameters])
