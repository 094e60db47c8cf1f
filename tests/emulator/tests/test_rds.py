import unittest
from typing import Any

from support import HAS_POSTGRES, PRIMARY, STANDBY, ClientError, EmulatorTest


class Aurora(EmulatorTest):
    """A global database of two clusters with one instance each."""

    def setUp(self) -> None:
        super().setUp()
        self.here, self.there = self.client("rds"), self.client("rds", STANDBY)
        self.id = f"global-{self.suffix}"
        self.global_arn = self.here.create_global_cluster(
            GlobalClusterIdentifier=self.id,
            Engine="aurora-postgresql",
            EngineVersion="15.10",
            DatabaseName="app",
            Tags=[{"Key": "k", "Value": "v"}],
        )["GlobalCluster"]["GlobalClusterArn"]
        self.primary = self.cluster(self.here, MasterUsername="dr", MasterUserPassword="only-for-tests")
        self.instance(self.here)
        self.secondary = self.cluster(self.there)
        self.instance(self.there)

    def cluster(self, rds: Any, **more: Any) -> str:
        return rds.create_db_cluster(
            DBClusterIdentifier=f"cluster-{self.suffix}",
            Engine="aurora-postgresql",
            EngineMode="provisioned",
            GlobalClusterIdentifier=self.id,
            **more,
        )["DBCluster"]["DBClusterArn"]

    def instance(self, rds: Any, **more: Any) -> dict[str, Any]:
        return rds.create_db_instance(
            DBInstanceIdentifier=f"instance-{self.suffix}",
            DBClusterIdentifier=f"cluster-{self.suffix}",
            DBInstanceClass="db.serverless",
            Engine="aurora-postgresql",
            **more,
        )["DBInstance"]

    def described(self, rds: Any, arn: str) -> dict[str, Any]:
        return rds.describe_db_clusters(DBClusterIdentifier=arn)["DBClusters"][0]

    def members(self) -> list[tuple[str, bool]]:
        found = self.here.describe_global_clusters(GlobalClusterIdentifier=self.id)["GlobalClusters"]
        mine = next(cluster for cluster in found if cluster["GlobalClusterIdentifier"] == self.id)
        return [(member["DBClusterArn"], member["IsWriter"]) for member in mine["GlobalClusterMembers"]]

    def fail_over(self) -> None:
        self.there.failover_global_cluster(GlobalClusterIdentifier=self.id, TargetDbClusterIdentifier=self.secondary)


class GlobalDatabase(Aurora):
    def test_name_and_tags_are_read_back(self) -> None:
        found = self.here.describe_global_clusters(GlobalClusterIdentifier=self.id)["GlobalClusters"]
        self.assertIn(
            "app", [cluster["DatabaseName"] for cluster in found if cluster["GlobalClusterArn"] == self.global_arn]
        )
        tags = self.here.list_tags_for_resource(ResourceName=self.global_arn)["TagList"]
        self.assertEqual(tags, [{"Key": "k", "Value": "v"}])

    def test_a_secondary_has_no_writer_and_names_its_source(self) -> None:
        secondary = self.described(self.there, self.secondary)
        self.assertEqual([member["IsClusterWriter"] for member in secondary["DBClusterMembers"]], [False])
        self.assertEqual(secondary["ReplicationSourceIdentifier"], self.primary)
        primary = self.described(self.here, self.primary)
        self.assertEqual([member["IsClusterWriter"] for member in primary["DBClusterMembers"]], [True])
        self.assertNotIn("ReplicationSourceIdentifier", primary)

    def test_a_secondary_needs_an_instance_in_the_primary(self) -> None:
        self.here.delete_db_instance(DBInstanceIdentifier=f"instance-{self.suffix}")
        with self.assertRaises(self.there.exceptions.InvalidDBClusterStateFault):
            self.suffix += "x"
            self.cluster(self.there)

    def test_failover_and_switchover_move_the_writer(self) -> None:
        self.assertEqual(self.members(), [(self.primary, True), (self.secondary, False)])
        self.fail_over()
        self.assertEqual(self.members(), [(self.primary, False), (self.secondary, True)])
        self.assertEqual(self.described(self.here, self.primary)["ReplicationSourceIdentifier"], self.secondary)
        self.assertNotIn("ReplicationSourceIdentifier", self.described(self.there, self.secondary))
        self.here.switchover_global_cluster(GlobalClusterIdentifier=self.id, TargetDbClusterIdentifier=self.primary)
        self.assertEqual(self.members(), [(self.primary, True), (self.secondary, False)])

    def test_a_failover_that_may_lose_data_keeps_a_snapshot_of_the_old_writer(self) -> None:
        target = {"GlobalClusterIdentifier": self.id, "TargetDbClusterIdentifier": self.secondary}
        self.there.failover_global_cluster(**target, AllowDataLoss=True)
        kept = [
            [
                snapshot["SnapshotType"]
                for snapshot in rds.describe_db_cluster_snapshots(DBClusterIdentifier=f"cluster-{self.suffix}")[
                    "DBClusterSnapshots"
                ]
                if snapshot["DBClusterSnapshotIdentifier"].startswith("rds:unplanned-global-failover-")
            ]
            for rds in (self.here, self.there)
        ]
        self.assertEqual(kept, [["automated"], []])

    def test_unknown_targets_are_refused(self) -> None:
        with self.assertRaises(ClientError):
            self.there.failover_global_cluster(GlobalClusterIdentifier=self.id, TargetDbClusterIdentifier="arn:other")
        with self.assertRaises(self.there.exceptions.GlobalClusterNotFoundFault):
            self.there.failover_global_cluster(
                GlobalClusterIdentifier="other", TargetDbClusterIdentifier=self.secondary
            )

    def test_members_leave_from_any_region_and_by_deletion(self) -> None:
        self.here.remove_from_global_cluster(GlobalClusterIdentifier=self.id, DbClusterIdentifier=self.secondary)
        self.assertEqual(self.members(), [(self.primary, True)])
        with self.assertRaisesRegex(ClientError, "InvalidParameterValue.*is not found in global cluster"):
            self.here.remove_from_global_cluster(GlobalClusterIdentifier=self.id, DbClusterIdentifier=self.secondary)
        self.assertTrue(self.described(self.there, self.secondary)["DBClusterMembers"][0]["IsClusterWriter"])
        for rds in (self.there, self.here):
            rds.delete_db_instance(DBInstanceIdentifier=f"instance-{self.suffix}")
            rds.delete_db_cluster(DBClusterIdentifier=f"cluster-{self.suffix}", SkipFinalSnapshot=True)
        self.assertEqual(self.members(), [])
        self.here.delete_global_cluster(GlobalClusterIdentifier=self.id)

    def test_automated_backups_go_with_their_cluster_unless_they_are_kept(self) -> None:
        self.here.create_db_cluster_snapshot(
            DBClusterIdentifier=f"cluster-{self.suffix}", DBClusterSnapshotIdentifier=f"manual-{self.suffix}"
        )
        self.assertEqual(self.snapshots(self.here), ["automated", "manual"])
        for rds, kept in ((self.there, {"DeleteAutomatedBackups": False}), (self.here, {})):
            rds.delete_db_instance(DBInstanceIdentifier=f"instance-{self.suffix}", SkipFinalSnapshot=True)
            rds.delete_db_cluster(DBClusterIdentifier=f"cluster-{self.suffix}", SkipFinalSnapshot=True, **kept)
        self.assertEqual((self.snapshots(self.here), self.snapshots(self.there)), (["manual"], ["automated"]))

    def snapshots(self, rds: Any) -> list[str]:
        found = rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]
        return sorted(
            each["SnapshotType"] for each in found if each["DBClusterIdentifier"] == f"cluster-{self.suffix}"
        )

    def test_it_can_be_modified(self) -> None:
        modified = self.here.modify_global_cluster(GlobalClusterIdentifier=self.id, DeletionProtection=True)[
            "GlobalCluster"
        ]
        self.assertEqual((modified["DeletionProtection"], modified["EngineVersion"]), (True, "15.10"))


class ReadBack(Aurora):
    def test_the_data_apis_switch(self) -> None:
        self.assertFalse(self.described(self.here, self.primary)["HttpEndpointEnabled"])
        self.here.enable_http_endpoint(ResourceArn=self.primary)
        self.assertTrue(self.described(self.here, self.primary)["HttpEndpointEnabled"])
        self.here.disable_http_endpoint(ResourceArn=self.primary)
        self.assertFalse(self.described(self.here, self.primary)["HttpEndpointEnabled"])

    def test_a_parameter_groups_own_parameters_say_so(self) -> None:
        name = f"parameters-{self.suffix}"
        self.here.create_db_parameter_group(
            DBParameterGroupName=name, DBParameterGroupFamily="aurora-postgresql15", Description="d"
        )
        parameter = {"ParameterName": "log_connections", "ParameterValue": "1", "ApplyMethod": "immediate"}
        self.here.modify_db_parameter_group(DBParameterGroupName=name, Parameters=[parameter])
        found = self.here.describe_db_parameters(DBParameterGroupName=name)["Parameters"]
        self.assertEqual(found, [{**parameter, "Source": "user"}])

    def test_an_instances_monitoring(self) -> None:
        self.here.delete_db_instance(DBInstanceIdentifier=f"instance-{self.suffix}")
        role = self.role()
        created = self.instance(
            self.here,
            EnablePerformanceInsights=True,
            PerformanceInsightsKMSKeyId="arn:key",
            MonitoringInterval=60,
            MonitoringRoleArn=role,
        )
        self.assertEqual(
            (created["PerformanceInsightsEnabled"], created["PerformanceInsightsKMSKeyId"]), (True, "arn:key")
        )
        self.assertEqual((created["PerformanceInsightsRetentionPeriod"], created["MonitoringInterval"]), (7, 60))
        self.assertEqual(created["MonitoringRoleArn"], role)


@unittest.skipUnless(HAS_POSTGRES, "PostgreSQL is not installed")
class DataApi(Aurora):
    def setUp(self) -> None:
        super().setUp()
        for rds, arn in ((self.here, self.primary), (self.there, self.secondary)):
            rds.enable_http_endpoint(ResourceArn=arn)
        self.secret = self.client("secretsmanager").create_secret(
            Name=f"secret-{self.suffix}", SecretString="{}", AddReplicaRegions=[{"Region": STANDBY}]
        )["ARN"]

    def execute(
        self, sql: str, region: str = PRIMARY, parameters: list[dict[str, Any]] | None = None, **more: Any
    ) -> Any:
        return self.client("rds-data", region).execute_statement(
            **{
                "resourceArn": self.primary if region == PRIMARY else self.secondary,
                "secretArn": self.secret.replace(PRIMARY, region),
                "database": "app",
                "sql": sql,
                "parameters": parameters or [],
                **more,
            }
        )

    def test_parameters_of_every_kind(self) -> None:
        values = {
            "text": {"stringValue": 'it\'s :n \\ "q"'},
            "n": {"longValue": 42},
            "d": {"doubleValue": 1.5},
            "yes": {"booleanValue": True},
            "nothing": {"isNull": True},
        }
        answer = self.execute(
            "SELECT :text, :n, :d, :yes, :nothing, ':n', '1'::text",
            parameters=[{"name": name, "value": value} for name, value in values.items()],
        )
        expected = ['it\'s :n \\ "q"', "42", "1.5", "t", None, ":n", "1"]
        self.assertEqual(answer["records"], [[{"isNull": True} if v is None else {"stringValue": v} for v in expected]])

    def test_type_hints_and_their_absence(self) -> None:
        self.execute("CREATE TABLE amounts (amount numeric)")
        parameter = {"name": "amount", "value": {"stringValue": "1.50"}}
        with self.assertRaisesRegex(ClientError, "is of type numeric"):
            self.execute("INSERT INTO amounts VALUES (:amount)", parameters=[parameter])
        self.execute("INSERT INTO amounts VALUES (:amount)", parameters=[{**parameter, "typeHint": "DECIMAL"}])
        self.assertEqual(self.execute("SELECT amount FROM amounts")["records"], [[{"stringValue": "1.50"}]])

    def test_changed_rows_are_counted(self) -> None:
        self.execute("CREATE TABLE ids (id text PRIMARY KEY)")
        insert = "INSERT INTO ids VALUES ('a'), ('b') ON CONFLICT DO NOTHING"
        self.assertEqual([self.execute(insert)["numberOfRecordsUpdated"] for _ in range(2)], [2, 0])
        self.assertEqual(self.execute("DELETE FROM ids WHERE id = 'a'")["numberOfRecordsUpdated"], 1)
        self.assertEqual(self.execute("SELECT id FROM ids WHERE false")["records"], [])

    def test_the_writer_answers_wherever_it_is_and_the_data_is_one(self) -> None:
        unavailable = self.client("rds-data", STANDBY).exceptions.DatabaseUnavailableException
        self.execute("CREATE TABLE kept (x int)")
        with self.assertRaises(unavailable):
            self.execute("SELECT 1", STANDBY)
        self.fail_over()
        self.assertEqual(self.execute("SELECT count(*) FROM kept", STANDBY)["records"], [[{"stringValue": "0"}]])
        with self.assertRaises(self.client("rds-data").exceptions.DatabaseUnavailableException):
            self.execute("SELECT 1")

    def test_switch_secret_and_region_are_checked(self) -> None:
        rds_data = self.client("rds-data")
        with self.assertRaises(rds_data.exceptions.SecretsErrorException):
            self.execute("SELECT 1", secretArn=self.secret.replace(PRIMARY, STANDBY))
        with self.assertRaises(rds_data.exceptions.BadRequestException):
            self.execute("SELECT 1", resourceArn=self.secondary)
        self.here.disable_http_endpoint(ResourceArn=self.primary)
        with self.assertRaises(rds_data.exceptions.HttpEndpointNotEnabledException):
            self.execute("SELECT 1")


if __name__ == "__main__":
    unittest.main()
