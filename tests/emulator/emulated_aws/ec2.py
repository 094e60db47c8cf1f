"""EC2: each side of an inter-region peering connection has its own tags."""

from __future__ import annotations

import copy
from typing import Any

from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection, VPCPeeringConnectionBackend

from .extension import wraps


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
