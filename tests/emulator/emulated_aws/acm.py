"""ACM: a certificate is issued once the records that prove its names are in hosted zones, and stays pending before."""

from __future__ import annotations

from typing import Any

from moto.acm.models import CertBundle
from moto.route53.models import FakeZone, route53_backends

from .extension import wraps


@wraps(CertBundle, "check")
def _check(original: Any, self: CertBundle) -> None:
    if self.type == "AMAZON_ISSUED" and self.status == "PENDING_VALIDATION":
        options = self.describe()["Certificate"]["DomainValidationOptions"]
        if not all(_is_published(self.arn.split(":")[4], option["ResourceRecord"]) for option in options):
            # moto would issue it after a minute.
            return
        self.status = "ISSUED"
    original()


def _is_published(account_id: str, wanted: dict[str, str]) -> bool:
    zones: list[FakeZone] = list(route53_backends[account_id]["aws"].zones.values())
    return any(
        record.type == wanted["Type"]
        and record.name.rstrip(".") == wanted["Name"].rstrip(".")
        and [value.rstrip(".") for value in record.records] == [wanted["Value"].rstrip(".")]
        for zone in zones
        if not zone.private_zone
        for record in list(zone.rrsets)
    )
