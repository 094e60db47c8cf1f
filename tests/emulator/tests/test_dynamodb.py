import unittest

from support import PRIMARY, STANDBY, ClientError, EmulatorTest


class GlobalTable(EmulatorTest):
    def setUp(self) -> None:
        super().setUp()
        self.table = f"sessions-{self.suffix}"
        self.here, self.there = self.client("dynamodb"), self.client("dynamodb", STANDBY)
        self.here.create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "arn:key-here"},
        )
        self.replica("Create", KMSMasterKeyId="arn:key-there")

    def replica(self, change: str, **more: str) -> None:
        self.here.update_table(TableName=self.table, ReplicaUpdates=[{change: {"RegionName": STANDBY, **more}}])

    def test_each_region_describes_itself_and_names_the_other(self) -> None:
        for client, own, other in ((self.here, PRIMARY, STANDBY), (self.there, STANDBY, PRIMARY)):
            described = client.describe_table(TableName=self.table)["Table"]
            self.assertIn(own, described["TableArn"])
            self.assertEqual(described["GlobalTableVersion"], "2019.11.21")
            self.assertEqual(
                [(r["RegionName"], r["ReplicaStatus"]) for r in described["Replicas"]], [(other, "ACTIVE")]
            )
        keys = [
            client.describe_table(TableName=self.table)["Table"]["SSEDescription"]["KMSMasterKeyArn"]
            for client in (self.here, self.there)
        ]
        self.assertEqual(keys, ["arn:key-here", "arn:key-there"])

    def test_items_are_shared_both_ways(self) -> None:
        self.here.put_item(TableName=self.table, Item={"pk": {"S": "a"}})
        self.there.put_item(TableName=self.table, Item={"pk": {"S": "b"}})
        for client in (self.here, self.there):
            found = {item["pk"]["S"] for item in client.scan(TableName=self.table)["Items"]}
            self.assertEqual(found, {"a", "b"})
        self.there.delete_item(TableName=self.table, Key={"pk": {"S": "a"}})
        self.assertNotIn("Item", self.here.get_item(TableName=self.table, Key={"pk": {"S": "a"}}))

    def test_time_to_live_is_common_and_point_in_time_recovery_is_not(self) -> None:
        ttl = {"Enabled": True, "AttributeName": "expires_at"}
        self.here.update_time_to_live(TableName=self.table, TimeToLiveSpecification=ttl)
        described = self.there.describe_time_to_live(TableName=self.table)["TimeToLiveDescription"]
        self.assertEqual(described["AttributeName"], "expires_at")
        self.there.update_continuous_backups(
            TableName=self.table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        states = [
            client.describe_continuous_backups(TableName=self.table)["ContinuousBackupsDescription"][
                "PointInTimeRecoveryDescription"
            ]["PointInTimeRecoveryStatus"]
            for client in (self.here, self.there)
        ]
        self.assertEqual(states, ["DISABLED", "ENABLED"])

    def test_a_deleted_replica_is_gone(self) -> None:
        self.replica("Delete")
        with self.assertRaises(ClientError):
            self.there.describe_table(TableName=self.table)
        self.assertNotIn("GlobalTableVersion", self.here.describe_table(TableName=self.table)["Table"])


if __name__ == "__main__":
    unittest.main()
