"""Aurora's global database, its secret, and the global table."""

from __future__ import annotations

import uuid

from support import PRIMARY, RECOVERY, REGIONS, DeployedTest, client, cluster, eventually, name, other, stack_keys


class GlobalCluster(DeployedTest):
    # requirement: R1, C8, N4, V4
    def test_it_has_a_writer_in_the_primary_region_and_a_reader_in_the_other(self) -> None:
        (found,) = client("rds").describe_global_clusters(GlobalClusterIdentifier=name("global"))["GlobalClusters"]
        members = {member["DBClusterArn"]: member["IsWriter"] for member in found["GlobalClusterMembers"]}
        arns = {region: cluster(region)["DBClusterArn"] for region in REGIONS}
        self.assertEqual(members, {arns[PRIMARY]: True, arns[RECOVERY]: False})
        self.assertEqual(found["Engine"], "aurora-postgresql")
        self.assertTrue(found["EngineVersion"].startswith("15."))
        self.assertTrue(found["StorageEncrypted"])
        for region in REGIONS:
            self.assertIn(f":{region}:", arns[region])

    # requirement: R1, R8, N2, N5, V2
    def test_both_clusters_are_serverless_encrypted_and_unprotected(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                found = cluster(region)
                self.assertEqual(found["KmsKeyId"], stack_keys(region)["database"])
                self.assertTrue(found["StorageEncrypted"])
                self.assertTrue(found["IAMDatabaseAuthenticationEnabled"])
                self.assertTrue(found["HttpEndpointEnabled"])
                self.assertFalse(found["DeletionProtection"])
                self.assertGreater(found["ServerlessV2ScalingConfiguration"]["MinCapacity"], 0)
                self.assertEqual(found["BackupRetentionPeriod"], 7)
                self.assertTrue(found["DBClusterMembers"])
                for member in found["DBClusterMembers"]:
                    (instance,) = client("rds", region).describe_db_instances(
                        DBInstanceIdentifier=member["DBInstanceIdentifier"]
                    )["DBInstances"]
                    self.assertEqual(instance["DBInstanceClass"], "db.serverless")
                    self.assertFalse(instance["PubliclyAccessible"])

    # requirement: R1, R8
    def test_its_secret_is_in_both_regions_with_the_same_value(self) -> None:
        values = set()
        for region in REGIONS:
            with self.subTest(region=region):
                secrets = client("secretsmanager", region)
                found = secrets.describe_secret(SecretId=name("database"))
                self.assertEqual(found["KmsKeyId"], stack_keys(region)["database"])
                values.add(secrets.get_secret_value(SecretId=name("database"))["SecretString"])
        self.assertEqual(len(values), 1)


class GlobalTable(DeployedTest):
    # requirement: R4, C5, T2, V7
    def test_each_region_knows_the_other_ones_replica(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                table = client("dynamodb", region).describe_table(TableName=name("sessions"))["Table"]
                self.assertEqual(
                    {replica["RegionName"]: replica["ReplicaStatus"] for replica in table["Replicas"]},
                    {other(region): "ACTIVE"},
                )
                self.assertEqual(table["GlobalTableVersion"], "2019.11.21")
                self.assertEqual(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES")

    # requirement: R4, R8, N2, N5
    def test_each_replica_is_on_demand_with_its_own_key_and_can_be_restored(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                dynamodb = client("dynamodb", region)
                table = dynamodb.describe_table(TableName=name("sessions"))["Table"]
                self.assertEqual(table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
                self.assertEqual(table["SSEDescription"]["KMSMasterKeyArn"], stack_keys(region)["database"])
                self.assertFalse(table["DeletionProtectionEnabled"])
                backups = dynamodb.describe_continuous_backups(TableName=name("sessions"))
                recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
                self.assertEqual(recovery["PointInTimeRecoveryStatus"], "ENABLED")
                expiry = dynamodb.describe_time_to_live(TableName=name("sessions"))["TimeToLiveDescription"]
                self.assertEqual(expiry, {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"})

    # requirement: R4, C5, T2
    def test_an_item_written_in_one_region_is_read_in_the_other(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                self._item_travels(region)

    def _item_travels(self, region: str) -> None:
        here, there = client("dynamodb", region), client("dynamodb", other(region))
        item = {"pk": {"S": f"test#{uuid.uuid4()}"}, "written_in": {"S": region}}
        address = {"TableName": name("sessions"), "Key": {"pk": item["pk"]}}
        here.put_item(TableName=name("sessions"), Item=item)
        self.assertEqual(eventually(lambda: there.get_item(**address).get("Item")), item)
        there.delete_item(**address)
        eventually(lambda: "Item" not in here.get_item(**address))
