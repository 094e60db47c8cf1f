"""The RDS Data API: ExecuteStatement on a real PostgreSQL.

Members of one global database share one PostgreSQL database, as Aurora's storage is replicated; only the member that is
the writer answers. Every value comes back as a string. Transactions and BatchExecuteStatement are not emulated.
"""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Any

from moto.core.exceptions import ServiceException
from moto.rds.models import DBCluster
from moto.rdsdata.responses import RDSDataServiceResponse
from moto.secretsmanager.models import secretsmanager_backends

from . import postgres
from .extension import adds
from .rds import find_cluster, has_writer

TYPE_HINTS = {
    "DATE": "date",
    "DECIMAL": "numeric",
    "JSON": "json",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "UUID": "uuid",
}

_server_dsn: str | None = None


class BadRequest(ServiceException):
    """The statement cannot be sent to a database."""

    code = "BadRequestException"


class DatabaseError(ServiceException):
    """PostgreSQL refused the statement."""

    code = "DatabaseErrorException"


class DatabaseUnavailable(ServiceException):
    """The cluster has no writer."""

    code = "DatabaseUnavailableException"


class HttpEndpointNotEnabled(ServiceException):
    """The cluster does not offer the Data API."""

    code = "HttpEndpointNotEnabledException"


class SecretsError(ServiceException):
    """The secret is not in this region."""

    code = "SecretsErrorException"


def use(dsn: str | None) -> None:
    """Sends statements to the server of this connection string; None: every statement is refused."""
    global _server_dsn  # one server a process, as moto's backends are
    _server_dsn = dsn


def database_dsn(cluster: DBCluster, name: str) -> str:
    """The connection string of the database that stands for `name` on the cluster's storage; creates it when new."""
    if not _server_dsn:
        raise BadRequest("no PostgreSQL behind the emulated Data API: start it with --start-postgres or --postgres-dsn")
    storage = f"{cluster.account_id}/{cluster.global_cluster_identifier or cluster.arn}/{name}"
    database = "aurora_" + hashlib.sha256(storage.encode()).hexdigest()[:16]
    _create_database(_server_dsn, database)
    return f"{_server_dsn} dbname={database}"


@functools.cache
def _create_database(server_dsn: str, name: str) -> None:
    try:
        postgres.execute(server_dsn, f"CREATE DATABASE {name}")
    except postgres.SqlError:
        # Another request may have created it meanwhile, or an earlier run on the same server.
        if not postgres.execute(server_dsn, f"SELECT datname FROM pg_database WHERE datname = '{name}'").rows:
            raise


@adds(RDSDataServiceResponse, "execute_statement")
def _execute_statement(self: RDSDataServiceResponse) -> str:
    cluster = _cluster(self)
    _check_secret(self)
    parameters = {p["name"]: _parameter(p) for p in self._get_param("parameters") or []}
    try:
        dsn = database_dsn(cluster, self._get_param("database") or cluster.database_name or "postgres")
        result = postgres.execute(dsn, self._get_param("sql"), parameters)
    except postgres.SqlError as error:
        raise DatabaseError(str(error)) from None
    answer: dict[str, Any] = {"generatedFields": [], "numberOfRecordsUpdated": result.changed}
    if result.columns:
        answer["records"] = [[_field(value) for value in row] for row in result.rows]
    if self._get_param("includeResultMetadata"):
        answer["columnMetadata"] = [{"name": name, "label": name} for name in result.columns]
    return json.dumps(answer)


def _cluster(response: RDSDataServiceResponse) -> DBCluster:
    arn = response._get_param("resourceArn")
    cluster = find_cluster(response.current_account, arn)
    if not cluster or cluster.region != response.region:
        raise BadRequest(f"HttpEndpoint is not enabled or no cluster in {response.region}: {arn}")
    if not cluster.http_endpoint_enabled:
        raise HttpEndpointNotEnabled(f"HttpEndpoint is not enabled for {arn}")
    if not has_writer(cluster):
        raise DatabaseUnavailable(f"{arn} has no writer instance")
    return cluster


def _check_secret(response: RDSDataServiceResponse) -> None:
    arn = response._get_param("secretArn")
    secrets = secretsmanager_backends[response.current_account][response.region].secrets
    if not any(arn == secret.arn for secret in secrets.values()):
        raise SecretsError(f"no secret in {response.region}: {arn}")


def _parameter(parameter: dict[str, Any]) -> postgres.Literal | postgres.Text:
    match parameter["value"]:
        case {"isNull": True}:
            return postgres.Literal("NULL")
        case {"booleanValue": bool(value)}:
            return postgres.Literal("TRUE" if value else "FALSE")
        case {"longValue": int(value)} | {"doubleValue": float(value) | int(value)}:
            return postgres.Literal(repr(value))
        case {"stringValue": str(value)}:
            return postgres.Text(value, TYPE_HINTS.get(parameter.get("typeHint", ""), "varchar"))
        case _:
            raise BadRequest(f"parameter {parameter['name']}: only null, boolean, long, double and string are emulated")


def _field(value: str | None) -> dict[str, Any]:
    return {"isNull": True} if value is None else {"stringValue": value}
