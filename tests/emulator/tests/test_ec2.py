from support import EmulatorTest


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
