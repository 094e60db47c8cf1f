"""Route 53: zone ids begin with a Z; health checks that follow a CloudWatch alarm keep it. No health check is ever run."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.route53.models import HealthCheck, HostedZoneIdentifier
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
