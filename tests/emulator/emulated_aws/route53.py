"""Route 53: zone ids begin with a Z; health checks that follow an alarm keep it; aliases answer by weight and health."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.route53.models import HealthCheck, HostedZoneIdentifier, RecordSet, Route53Backend, route53_backends
from moto.route53.responses import Route53

from .extension import reads, wraps

_ALARM_FIELDS = ("AlarmIdentifier", "InsufficientDataHealthStatus")
_ENDPOINT_FIELDS = ("RequestInterval", "FailureThreshold", "Port", "IPAddress")


@wraps(HostedZoneIdentifier, "generate")
def _generate_zone_id(original: Any, self: HostedZoneIdentifier, *args: Any, **kwargs: Any) -> str:
    return f"Z{original(*args, **kwargs)}"


@wraps(Route53, "create_health_check")
def _create_health_check(original: Any, self: Route53) -> ActionResult:
    known = set(self.backend.health_checks)
    answer = original()
    config = self._get_param("HealthCheckConfig")
    for created in set(self.backend.health_checks) - known:
        self.backend.health_checks[created].alarm = {key: config[key] for key in _ALARM_FIELDS if key in config}
    return answer


@reads(HealthCheck, "health_check_config")
def _health_check_config(config: dict[str, Any], self: HealthCheck) -> dict[str, Any]:
    if self.type_ != "CLOUDWATCH_METRIC":
        return config
    kept = {key: value for key, value in config.items() if key not in _ENDPOINT_FIELDS}
    return {**kept, **getattr(self, "alarm", {})}


def resolve(name: str, is_healthy: Callable[[str, int, str], bool]) -> str | None:
    """The target of the alias record that answers for a name; None without one.

    `is_healthy` asks an endpoint by name, port and path. Of equals the first answers, so that tests can rely on it. Records
    of weight zero answer only when no other is healthy, and when none is healthy, all count as healthy:
    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
    """
    for partitions in list(route53_backends.values()):
        for backend in list(partitions.values()):
            records = [record for record in _aliases(backend) if record.name.rstrip(".") == name.rstrip(".")]
            healthy = [record for record in records if _passes(backend, record, is_healthy)]
            if records:
                return max(healthy or records, key=lambda record: int(record.weight or 0)).alias_target["DNSName"].rstrip(".")
    return None


def _aliases(backend: Route53Backend) -> list[RecordSet]:
    return [record for zone in backend.zones.values() for record in zone.rrsets if record.alias_target]


def _passes(backend: Route53Backend, record: RecordSet, is_healthy: Callable[[str, int, str], bool]) -> bool:
    check = backend.health_checks.get(record.health_check_id)
    if not check:
        return True
    # As many failures in a row as the check allows for make an endpoint unhealthy.
    asked = range(int(check.failure_threshold))
    return any(is_healthy(check.fqdn, int(check.port), check.resource_path or "/") for _ in asked)
