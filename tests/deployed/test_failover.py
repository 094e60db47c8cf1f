"""Failover of the global database, and what both regions say and do after it. Every test undoes what it did."""

from __future__ import annotations

from typing import Any

from support import (
    PRIMARY,
    RECOVERY,
    REGIONS,
    DeployedTest,
    Transaction,
    address,
    ask,
    client,
    cluster,
    eventually,
    healthy,
    name,
    sql,
)


def setUpModule() -> None:
    # The function makes its tables when it first reaches a writer.
    healthy(address(PRIMARY))


class Database(DeployedTest):
    def setUp(self) -> None:
        primary, recovery = (
            {
                "GlobalClusterIdentifier": name("global"),
                "TargetDbClusterIdentifier": cluster(region)["DBClusterArn"],
            }
            for region in REGIONS
        )
        client("rds", RECOVERY).failover_global_cluster(**recovery, AllowDataLoss=True)
        self.addCleanup(client("rds", RECOVERY).switchover_global_cluster, **primary)

    # requirement: R1, C8, T2, V4
    def test_the_recovery_regions_cluster_becomes_the_writer(self) -> None:
        (found,) = client("rds").describe_global_clusters(GlobalClusterIdentifier=name("global"))["GlobalClusters"]
        writers = [member["DBClusterArn"] for member in found["GlobalClusterMembers"] if member["IsWriter"]]
        self.assertEqual(writers, [cluster(RECOVERY)["DBClusterArn"]])
        with self.assertRaises(client("rds-data").exceptions.DatabaseUnavailableException):
            sql(PRIMARY, "SELECT 1")

    # requirement: R5, C7, T3
    def test_the_recovery_regions_health_then_asks_its_database(self) -> None:
        ((before,),) = sql(RECOVERY, "SELECT now()")
        beats = "SELECT 1 FROM region_heartbeat WHERE region = :region AND beat_at > CAST(:before AS timestamptz)"

        def beats_after() -> bool:
            self.assertEqual(healthy(address(RECOVERY))["checks"]["database"], "ok")
            return bool(sql(RECOVERY, beats, region=RECOVERY, before=before))

        # A good answer is kept for five seconds, that of the standby too.
        eventually(beats_after)

    # requirement: R5, C7
    def test_the_old_primary_region_is_healthy_as_a_standby(self) -> None:
        self.assertEqual(healthy(address(PRIMARY))["checks"]["database"], "ok")

    # requirement: R1, R2, R4, T2, T4
    def test_the_recovery_region_records_what_it_takes(self) -> None:
        transaction = Transaction()
        status, _ = ask(address(RECOVERY), "POST", "/transactions", transaction.body)
        self.assertEqual(status, 202)
        self.assertEqual(eventually(lambda: transaction.recorded_in(RECOVERY)), RECOVERY)
        self.assertEqual(eventually(lambda: transaction.archived_in(PRIMARY)), transaction.body)


class Latch(DeployedTest):
    # requirement: R4, R5, C5, C7, T2
    def test_a_latch_written_in_the_recovery_region_fences_the_primary_one(self) -> None:
        latch = {"pk": {"S": f"latch#{PRIMARY}"}}
        dynamodb = client("dynamodb", RECOVERY)
        self.addCleanup(dynamodb.delete_item, TableName=name("sessions"), Key=latch)
        dynamodb.put_item(TableName=name("sessions"), Item={**latch, "reason": {"S": "test"}})

        self.assertEqual(eventually(_refusal)["fenced"], True)
        status, _ = ask(address(PRIMARY), "POST", "/transactions", Transaction().body)
        self.assertEqual(status, 503)
        self.assertEqual(healthy(address(RECOVERY))["fenced"], False)

        dynamodb.delete_item(TableName=name("sessions"), Key=latch)
        self.assertEqual(healthy(address(PRIMARY))["fenced"], False)


def _refusal() -> dict[str, Any] | None:
    """What the primary region reports while it is unhealthy."""
    status, report = ask(address(PRIMARY), "GET", "/health")
    return report if status == 503 else None
