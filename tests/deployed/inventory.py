"""Everything that the account has and a stack may have made, as the services list it: a JSON object of ids by kind.

What a destroy must take away is in it: what costs money, holds data, or keeps a name from being used again. Keys and
secrets on their way to deletion are told apart: AWS keeps a key for a week at least, and that is the only thing that may be left.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from support import REGIONS, client, pages

# IAM, Route 53 and the listing of buckets know no regions.
GLOBAL_REGION = "us-east-1"
GLOBAL_SERVICES = ("iam", "route53", "s3")

# What EC2 goes on listing for a while after it is gone.
GONE = ("deleted", "deleting", "rejected", "expired")


@dataclass(frozen=True)
class Listing:
    """One kind of thing and the operation that lists it."""

    kind: str
    service: str
    operation: str
    key: str
    # The field of an item that names it; None where items are names.
    id: str | None
    arguments: dict[str, Any] = field(default_factory=dict)
    keep: Callable[[dict[str, Any]], bool] = lambda _: True

    def items(self, region: str) -> Iterator[str]:
        api = client(self.service, region)
        if api.can_paginate(self.operation):
            answers = api.get_paginator(self.operation).paginate(**self.arguments)
        else:
            answers = [getattr(api, self.operation)(**self.arguments)]
        for answer in answers:
            for item in answer.get(self.key, []):
                if self.id is None:
                    yield item
                elif self.keep(item):
                    yield item[self.id]


def _in_state(*path: str) -> Callable[[dict[str, Any]], bool]:
    """Whether an item's state, at this path, is not one of those that come after its deletion."""

    def keep(item: dict[str, Any]) -> bool:
        for step in path:
            item = item[step]
        return item not in GONE

    return keep


LISTINGS = (
    Listing("backup plan", "backup", "list_backup_plans", "BackupPlansList", "BackupPlanId"),
    Listing("backup vault", "backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName"),
    Listing("bucket", "s3", "list_buckets", "Buckets", "Name"),
    Listing("certificate", "acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    Listing("alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    Listing("dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    Listing("table", "dynamodb", "list_tables", "TableNames", None),
    Listing("table backup", "dynamodb", "list_backups", "BackupSummaries", "BackupName"),
    Listing("elastic address", "ec2", "describe_addresses", "Addresses", "AllocationId"),
    Listing("flow log", "ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    Listing("internet gateway", "ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    Listing("NAT gateway", "ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId", keep=_in_state("State")),
    Listing("network interface", "ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    Listing(
        "peering connection",
        "ec2",
        "describe_vpc_peering_connections",
        "VpcPeeringConnections",
        "VpcPeeringConnectionId",
        keep=_in_state("Status", "Code"),
    ),
    Listing("route table", "ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    Listing("security group", "ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    Listing("subnet", "ec2", "describe_subnets", "Subnets", "SubnetId"),
    Listing("VPC", "ec2", "describe_vpcs", "Vpcs", "VpcId"),
    Listing(
        "VPC endpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", keep=_in_state("State")
    ),
    Listing("load balancer", "elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
    Listing("target group", "elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName"),
    Listing("event rule", "events", "list_rules", "Rules", "Name"),
    Listing("policy", "iam", "list_policies", "Policies", "PolicyName", {"Scope": "Local"}),
    Listing("role", "iam", "list_roles", "Roles", "RoleName"),
    Listing(
        "alias",
        "kms",
        "list_aliases",
        "Aliases",
        "AliasName",
        keep=lambda alias: not alias["AliasName"].startswith("alias/aws/"),
    ),
    Listing("function", "lambda", "list_functions", "Functions", "FunctionName"),
    Listing("event source mapping", "lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    Listing("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
    Listing("cluster", "rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
    Listing("cluster instance", "rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    Listing(
        "cluster parameter group",
        "rds",
        "describe_db_cluster_parameter_groups",
        "DBClusterParameterGroups",
        "DBClusterParameterGroupName",
    ),
    Listing(
        "cluster snapshot", "rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "DBClusterSnapshotIdentifier"
    ),
    Listing(
        "instance snapshot", "rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"
    ),
    Listing(
        "database event subscription",
        "rds",
        "describe_event_subscriptions",
        "EventSubscriptionsList",
        "CustSubscriptionId",
    ),
    Listing("database subnet group", "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    Listing("global cluster", "rds", "describe_global_clusters", "GlobalClusters", "GlobalClusterIdentifier"),
    Listing("parameter group", "rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    Listing("health check", "route53", "list_health_checks", "HealthChecks", "Id"),
    Listing("hosted zone", "route53", "list_hosted_zones", "HostedZones", "Id"),
    Listing("secret", "secretsmanager", "list_secrets", "SecretList", "ARN", {"IncludePlannedDeletion": True}),
    Listing("subscription", "sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    Listing("topic", "sns", "list_topics", "Topics", "TopicArn"),
    Listing("queue", "sqs", "list_queues", "QueueUrls", None),
)


def inventory() -> dict[str, list[str]]:
    """What there is: `<region> <id>` by kind. A kind of which there is nothing has an empty list."""
    found = {listing.kind: sorted(_everywhere(listing)) for listing in LISTINGS}
    return {**found, "key": sorted(_keys()), "record": sorted(_records())}


def _everywhere(listing: Listing) -> Iterator[str]:
    regions = {GLOBAL_REGION} if listing.service in GLOBAL_SERVICES else {*REGIONS, GLOBAL_REGION}
    for region in regions:
        for item in listing.items(region):
            yield f"{region} {item}"


def _keys() -> Iterator[str]:
    """The keys of the customer that are not waiting for their deletion."""
    for region in {*REGIONS, GLOBAL_REGION}:
        for key in Listing("key", "kms", "list_keys", "Keys", "KeyId").items(region):
            metadata = client("kms", region).describe_key(KeyId=key)["KeyMetadata"]
            if metadata["KeyManager"] == "CUSTOMER" and metadata["KeyState"] != "PendingDeletion":
                yield f"{region} {key}"


def _records() -> Iterator[str]:
    for zone in Listing("hosted zone", "route53", "list_hosted_zones", "HostedZones", "Id").items(GLOBAL_REGION):
        records = pages("route53", GLOBAL_REGION, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone)
        for record in records:
            yield " ".join([zone, record["Name"], record["Type"], record.get("SetIdentifier", "")])


if __name__ == "__main__":
    json.dump(inventory(), sys.stdout, indent=1)
