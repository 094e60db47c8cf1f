"""Route 53: the weighted records, and health checks that ask what answers."""

from __future__ import annotations

import functools
from typing import Any

from support import (
    DOMAIN,
    LISTENER,
    PRIMARY,
    RECOVERY,
    REGIONS,
    SERVICE,
    STACK,
    SUFFIX,
    DeployedTest,
    client,
    healthy,
    load_balancer,
    pages,
)


class HealthChecks(DeployedTest):
    # requirement: R5, C7, N4, T3
    def test_each_asks_its_regions_load_balancer_for_its_health(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                config = _health_check(region)["HealthCheckConfig"]
                self.assertEqual((config["Type"], config["ResourcePath"]), (LISTENER.upper(), "/health"))
                listeners = client("elbv2", region).describe_listeners(
                    LoadBalancerArn=load_balancer(region)["LoadBalancerArn"]
                )["Listeners"]
                self.assertIn(config["Port"], {listener["Port"] for listener in listeners})
                # Within a third of the recovery time at most, in intervals of 10 s or 30 s.
                self.assertLessEqual(config["RequestInterval"] * config["FailureThreshold"], 300)

    # requirement: R5, C7, T3, V8
    def test_what_each_asks_answers_200(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                config = _health_check(region)["HealthCheckConfig"]
                report = healthy(config["FullyQualifiedDomainName"], config["Port"], config["ResourcePath"])
                self.assertEqual(report["region"], region)

    # requirement: R5, T3
    def test_one_fails_when_both_regions_do(self) -> None:
        (config,) = (
            check["HealthCheckConfig"]
            for check in _health_checks()
            if check["HealthCheckConfig"]["Type"] == "CALCULATED"
        )
        self.assertEqual(config["HealthThreshold"], 1)
        self.assertEqual(set(config["ChildHealthChecks"]), {_health_check(region)["Id"] for region in REGIONS})


class Records(DeployedTest):
    # requirement: R5, C6, C7
    def test_the_service_goes_to_the_primary_region_while_that_is_healthy(self) -> None:
        records = {record["SetIdentifier"]: record for record in _records(f"{STACK}-{SUFFIX}.") if "Weight" in record}
        self.assertEqual(
            {region: record["Weight"] for region, record in records.items()}, {PRIMARY: 100, RECOVERY: 0}
        )
        for region, record in records.items():
            with self.subTest(region=region):
                self.assertEqual(record["Type"], "A")
                self.assertEqual(record["HealthCheckId"], _health_check(region)["Id"])
                self._assert_alias(record, region)

    # requirement: R5, D3
    def test_each_region_has_a_record_of_its_own(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                (record,) = _records(f"{region}.")
                self._assert_alias(record, region)

    def _assert_alias(self, record: dict[str, Any], region: str) -> None:
        alias, target = record["AliasTarget"], load_balancer(region)
        # Route 53 may write a name with a final dot, and a load balancer's with the prefix for both address families.
        self.assertEqual(alias["DNSName"].rstrip(".").removeprefix("dualstack."), target["DNSName"])
        self.assertEqual(alias["HostedZoneId"], target["CanonicalHostedZoneId"])


@functools.cache
def _health_checks() -> list[dict[str, Any]]:
    return pages("route53", PRIMARY, "list_health_checks", "HealthChecks")


def _health_check(region: str) -> dict[str, Any]:
    """The only check that asks the region's load balancer."""
    address = load_balancer(region)["DNSName"]
    (found,) = (
        check for check in _health_checks() if check["HealthCheckConfig"].get("FullyQualifiedDomainName") == address
    )
    return found


def _records(prefix: str) -> list[dict[str, Any]]:
    """Address records whose name starts so, of the zone of the service's name or else the domain's."""
    zones = {zone["Name"]: zone for zone in pages("route53", PRIMARY, "list_hosted_zones", "HostedZones")}
    zone = zones.get(f"{SERVICE}.") or zones[f"{DOMAIN}."]
    records = pages("route53", PRIMARY, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"])
    return [record for record in records if record["Type"] == "A" and record["Name"].startswith(prefix)]
