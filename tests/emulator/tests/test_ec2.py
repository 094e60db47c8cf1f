import unittest

from support import STANDBY, EmulatorTest


class SecurityGroupRules(EmulatorTest):
    def test_a_rule_keeps_its_description_whoever_is_at_the_other_end(self) -> None:
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        group = ec2.create_security_group(GroupName=self.suffix, Description="any", VpcId=vpc)["GroupId"]
        ends = {
            "IpRanges": {"CidrIp": "10.0.0.0/24"},
            "UserIdGroupPairs": {"GroupId": group},
            "PrefixListIds": {"PrefixListId": "pl-1"},
        }
        for kind, end in ends.items():
            permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, kind: [{**end, "Description": kind}]}
            ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])
        rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
        self.assertLessEqual(set(ends), {rule.get("Description") for rule in rules["SecurityGroupRules"]})


class NatGateway(EmulatorTest):
    def test_a_deleted_one_leaves_its_address_and_no_interface(self) -> None:
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
        of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
        self.assertEqual(len(ec2.describe_network_interfaces(Filters=of_vpc)["NetworkInterfaces"]), 1)
        ec2.delete_nat_gateway(NatGatewayId=nat)
        self.assertEqual(ec2.describe_network_interfaces(Filters=of_vpc)["NetworkInterfaces"], [])
        (left,) = ec2.describe_addresses(AllocationIds=[address])["Addresses"]
        self.assertNotIn("AssociationId", left)


class Endpoint(EmulatorTest):
    def test_deleting_one_again_changes_nothing(self) -> None:
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        tables = [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
        service = f"com.amazonaws.{ec2.meta.region_name}.s3"
        endpoint = ec2.create_vpc_endpoint(
            VpcId=vpc, ServiceName=service, VpcEndpointType="Gateway", RouteTableIds=tables
        )["VpcEndpoint"]["VpcEndpointId"]
        for _ in range(2):
            ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
            for table in ec2.describe_route_tables(RouteTableIds=tables)["RouteTables"]:
                self.assertEqual([route.get("GatewayId") for route in table["Routes"]], ["local"])


class Peering(EmulatorTest):
    def test_each_side_of_a_peering_has_its_own_tags_and_both_its_status(self) -> None:
        here, there = self.client("ec2"), self.client("ec2", STANDBY)
        vpc = here.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        peer = there.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        spec = [{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "side", "Value": "requester"}]}]
        peering = here.create_vpc_peering_connection(
            VpcId=vpc, PeerVpcId=peer, PeerRegion=STANDBY, TagSpecifications=spec
        )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        there.create_tags(Resources=[peering], Tags=[{"Key": "side", "Value": "accepter"}])
        there.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
        for client, side in ((here, "requester"), (there, "accepter")):
            found = client.describe_vpc_peering_connections(VpcPeeringConnectionIds=[peering])["VpcPeeringConnections"][
                0
            ]
            self.assertEqual(found["Tags"], [{"Key": "side", "Value": side}])
            self.assertEqual(found["Status"]["Code"], "active")


if __name__ == "__main__":
    unittest.main()
