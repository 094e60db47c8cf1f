"""VPCs, their subnets and routes, and the peering between them."""

from __future__ import annotations

import functools
import ipaddress
import itertools
from typing import Any

from support import PRIMARY, RECOVERY, REGIONS, STACK, DeployedTest, client, name, other

TIERS = ("compute", "database", "public")
PRIVATE_TIERS = ("compute", "database")
ANYWHERE = "0.0.0.0/0"


class Addresses(DeployedTest):
    # requirement: R9, N3, V3
    def test_the_regions_ranges_do_not_overlap(self) -> None:
        primary, recovery = (ipaddress.ip_network(_vpc(region)["CidrBlock"]) for region in REGIONS)
        self.assertFalse(primary.overlaps(recovery), f"{primary} and {recovery} overlap")

    # requirement: R9, R13
    def test_every_tier_has_a_subnet_in_each_of_the_same_three_zones(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                zones = {tier: [subnet["AvailabilityZone"] for subnet in _subnets(region, tier)] for tier in TIERS}
                for tier in TIERS:
                    self.assertEqual(len(zones[tier]), 3)
                    self.assertEqual(len(set(zones[tier])), 3)
                    self.assertEqual(set(zones[tier]), set(zones["public"]))

    # requirement: R9, V3
    def test_subnets_do_not_overlap_and_lie_in_their_vpc(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                vpc = ipaddress.ip_network(_vpc(region)["CidrBlock"])
                subnets = [
                    ipaddress.ip_network(subnet["CidrBlock"]) for tier in TIERS for subnet in _subnets(region, tier)
                ]
                for subnet in subnets:
                    self.assertTrue(subnet.subnet_of(vpc), f"{subnet} is outside {vpc}")
                for one, another in itertools.combinations(subnets, 2):
                    self.assertFalse(one.overlaps(another), f"{one} and {another} overlap")


class Routing(DeployedTest):
    # requirement: R13
    def test_only_public_subnets_are_reached_from_the_internet(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                for routes in _routes(region, "public"):
                    self.assertTrue(routes[ANYWHERE]["GatewayId"].startswith("igw-"))
                for routes in _routes(region, "compute"):
                    self.assertTrue(routes[ANYWHERE]["NatGatewayId"].startswith("nat-"))
                for routes in _routes(region, "database"):
                    self.assertNotIn(ANYWHERE, routes)

    # requirement: N5
    def test_a_region_has_a_single_nat_gateway(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                (gateway,) = client("ec2", region).describe_nat_gateways(Filters=_in_vpc(region))["NatGateways"]
                self.assertEqual(gateway["State"], "available")
                self.assertIn(gateway["SubnetId"], {subnet["SubnetId"] for subnet in _subnets(region, "public")})

    # requirement: R9
    def test_what_the_function_calls_is_reached_inside_the_vpc(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                endpoints = client("ec2", region).describe_vpc_endpoints(Filters=_in_vpc(region))["VpcEndpoints"]
                found = {endpoint["ServiceName"]: endpoint["VpcEndpointType"] for endpoint in endpoints}
                kinds = {"Gateway": ("s3", "dynamodb"), "Interface": ("kms", "rds", "rds-data", "sqs")}
                expected = {
                    f"com.amazonaws.{region}.{service}": kind
                    for kind, services in kinds.items()
                    for service in services
                }
                self.assertEqual(found, expected)
                for endpoint in endpoints:
                    if endpoint["VpcEndpointType"] == "Interface":
                        self.assertTrue(endpoint["PrivateDnsEnabled"], endpoint["ServiceName"])

    # requirement: R9
    def test_flows_are_logged(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                logs = client("ec2", region).describe_flow_logs(
                    Filters=[{"Name": "resource-id", "Values": [_vpc(region)["VpcId"]]}]
                )["FlowLogs"]
                self.assertEqual([log["TrafficType"] for log in logs], ["ALL"])


class Peering(DeployedTest):
    # requirement: R10, T7
    def test_it_is_active_on_both_sides(self) -> None:
        sides = {}
        for region in REGIONS:
            with self.subTest(region=region):
                peering = sides[region] = _peering(region)
                self.assertEqual(peering["Status"]["Code"], "active")
                self.assertEqual(peering["RequesterVpcInfo"]["VpcId"], _vpc(PRIMARY)["VpcId"])
                self.assertEqual(peering["AccepterVpcInfo"]["VpcId"], _vpc(RECOVERY)["VpcId"])
                for side in ("RequesterVpcInfo", "AccepterVpcInfo"):
                    self.assertTrue(peering[side]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"], side)
        self.assertEqual(len({peering["VpcPeeringConnectionId"] for peering in sides.values()}), 1)

    # requirement: R10, T7
    def test_every_private_subnet_has_a_route_to_the_other_region(self) -> None:
        for region in REGIONS:
            for tier in PRIVATE_TIERS:
                with self.subTest(region=region, tier=tier):
                    for routes in _routes(region, tier):
                        route = routes[_vpc(other(region))["CidrBlock"]]
                        self.assertEqual(route["VpcPeeringConnectionId"], _peering(region)["VpcPeeringConnectionId"])
                        self.assertEqual(route["State"], "active")


@functools.cache
def _vpc(region: str) -> dict[str, Any]:
    (found,) = client("ec2", region).describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [name("vpc")]}])["Vpcs"]
    return found


def _in_vpc(region: str) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [_vpc(region)["VpcId"]]}]


def _subnets(region: str, tier: str) -> list[dict[str, Any]]:
    of_tier = {"Name": "tag:Name", "Values": [f"{STACK}-{tier}-*"]}
    return client("ec2", region).describe_subnets(Filters=[*_in_vpc(region), of_tier])["Subnets"]


def _routes(region: str, tier: str) -> list[dict[str, dict[str, Any]]]:
    """Of each subnet of a tier, the routes by destination."""
    tables = client("ec2", region).describe_route_tables(Filters=_in_vpc(region))["RouteTables"]
    by_subnet = {
        association["SubnetId"]: {
            route["DestinationCidrBlock"]: route for route in table["Routes"] if "DestinationCidrBlock" in route
        }
        for table in tables
        for association in table["Associations"]
        if "SubnetId" in association
    }
    return [by_subnet[subnet["SubnetId"]] for subnet in _subnets(region, tier)]


def _peering(region: str) -> dict[str, Any]:
    connections = client("ec2", region).describe_vpc_peering_connections()["VpcPeeringConnections"]
    (found,) = (each for each in connections if each["RequesterVpcInfo"]["VpcId"] == _vpc(PRIMARY)["VpcId"])
    return found
