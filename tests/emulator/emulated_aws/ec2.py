"""EC2: each side of an inter-region peering connection has its own tags; every security group rule its description.

A NAT gateway takes its network interface with it and lets go of its address. An endpoint can be deleted again.
"""

from __future__ import annotations

import copy
from typing import Any

from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection, VPCPeeringConnectionBackend
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.utils import generate_route_id

from .extension import reads, wraps


@wraps(VPCPeeringConnectionBackend, "create_vpc_peering_connection")
def _create_vpc_peering_connection(
    original: Any, self: VPCPeeringConnectionBackend, vpc: Any, peer_vpc: Any, tags: dict[str, str] | None = None
) -> VPCPeeringConnection:
    created = original(vpc, peer_vpc, tags)
    accepter = peer_vpc.ec2_backend
    if accepter is not self:
        # Status and options stay shared; tags are looked up in the backend of the side.
        other_side = copy.copy(created)
        other_side.ec2_backend = accepter
        accepter.vpc_pcxs[created.id] = other_side
    return created


@wraps(NatGatewayBackend, "delete_nat_gateway")
def _delete_nat_gateway(original: Any, self: Any, nat_gateway_id: str) -> NatGateway:
    deleted = original(nat_gateway_id)
    for address in self.describe_addresses():
        if address.eni is deleted._eni and address.association_id:
            self.disassociate_address(association_id=address.association_id)
    if deleted._eni.id in self.enis:
        self.delete_network_interface(deleted._eni.id)
    return deleted


@wraps(VPCBackend, "delete_vpc_endpoints")
def _delete_vpc_endpoints(original: Any, self: Any, vpce_ids: list[str] | None = None) -> None:
    # A client that has not got the answer asks again, when the endpoint's routes are gone; moto misses them.
    for endpoint in filter(None, map(self.vpc_end_points.get, vpce_ids or [])):
        route = endpoint.destination_prefix_list_id
        endpoint.route_table_ids = [
            table
            for table in endpoint.route_table_ids or []
            if generate_route_id(table, route) in self.get_route_table(table)._routes
        ]
    original(vpce_ids)


@wraps(SecurityGroupRule, "__init__")
def _create_security_group_rule(original: Any, self: SecurityGroupRule, *args: Any, **kwargs: Any) -> None:
    # The other end comes as a range, a group or a prefix list, each with the description; moto keeps a range's only.
    self.described = next((end["Description"] for end in args if isinstance(end, dict) and "Description" in end), None)
    original(*args, **kwargs)


@reads(SecurityGroupRule, "description")
def _description(answer: str | None, self: SecurityGroupRule) -> str | None:
    return answer or self.described
