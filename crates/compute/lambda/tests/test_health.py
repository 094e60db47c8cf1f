import json
import time
import unittest
from unittest import mock

from support import PRIMARY, ConnectTimeoutError, Region, TwoRegions


class BeforeFailover(TwoRegions):
    def test_both_regions_answer_200(self) -> None:
        self.assertEqual((self.primary.health(), self.standby.health()), (200, 200))

    def test_the_primary_has_written_and_the_standbys_database_was_not_asked(self) -> None:
        rds_data = self.standby.function._web._health._clients.rds_data
        with mock.patch.object(rds_data, "execute_statement") as execute:
            self.assertEqual((self.primary.health(), self.standby.health()), (200, 200))
        execute.assert_not_called()
        self.assertEqual(self.sql("SELECT region FROM region_heartbeat"), [["us-east-1"]])

    def test_a_database_that_refuses_writes_fails_the_primary_only(self) -> None:
        self.refuse_writes()
        self.assertEqual((self.primary.health(), self.standby.health()), (503, 200))

    def test_a_primary_without_a_writer_is_not_taken_for_a_standby(self) -> None:
        rds = self.primary.rds
        instance = rds.describe_db_clusters(DBClusterIdentifier=self.primary.cluster)["DBClusters"][0][
            "DBClusterMembers"
        ]
        rds.delete_db_instance(DBInstanceIdentifier=instance[0]["DBInstanceIdentifier"])
        self.assertEqual(self.primary.health(), 503)

    def test_without_the_rds_api_the_database_itself_is_asked(self) -> None:
        for region, status in ((self.primary, 200), (self.standby, 503)):
            rds = region.function._web._health._clients.rds
            with (
                self.subTest(region=region.name),
                mock.patch.object(rds, "describe_db_clusters", side_effect=ConnectTimeoutError(endpoint_url="x")),
            ):
                self.assertEqual(region.health(), status)

    def test_each_broken_dependency_fails_its_own_region_only(self) -> None:
        def disable_key(region: Region) -> None:
            region.kms.disable_key(KeyId=region.key.split("/")[1])

        for name, breakage in (
            ("table", lambda region: region.dynamodb.delete_table(TableName=region.table)),
            ("logs_bucket", lambda region: region.s3.delete_bucket(Bucket=region.logs)),
            ("documents_bucket", lambda region: region.s3.delete_bucket(Bucket=region.documents)),
            ("queue", lambda region: region.sqs.delete_queue(QueueUrl=region.queue)),
            ("key", disable_key),
        ):
            for broken, other in (("primary", "standby"), ("standby", "primary")):
                with self.subTest(dependency=name, region=broken):
                    self.doCleanups()
                    self.setUp()
                    breakage(getattr(self, broken))
                    answer = getattr(self, broken).request("GET", "/health")
                    body = json.loads(answer["body"])
                    self.assertEqual((answer["statusCode"], body["status"]), (503, "unhealthy"))
                    failed = [check for check, state in body["checks"].items() if state != "ok"]
                    self.assertEqual(failed, [name])
                    self.assertEqual(getattr(self, other).health(), 200)

    def test_why_a_check_failed_is_logged_not_told(self) -> None:
        self.primary.sqs.delete_queue(QueueUrl=self.primary.queue)
        answer = self.primary.request("GET", "/health")
        self.assertNotIn("GetQueueAttributes", answer["body"])
        logged = [line["checks"] for line in self.log_lines() if "checks" in line]
        self.assertIn("GetQueueAttributes", logged[0]["queue"])


class AfterFailover(TwoRegions):
    def setUp(self) -> None:
        super().setUp()
        self.fail_over()

    def test_the_promoted_region_has_to_accept_writes(self) -> None:
        self.assertEqual(self.standby.health(), 200)
        self.assertEqual(self.sql("SELECT region FROM region_heartbeat"), [["us-east-2"]])

    def test_the_promoted_region_fails_when_it_does_not(self) -> None:
        self.refuse_writes()
        self.assertEqual(self.standby.health(), 503)

    def test_the_former_primary_stays_out_for_as_long_as_its_latch_exists(self) -> None:
        self.assertEqual(self.primary.health(), 200)
        self.standby.fence(PRIMARY)
        answer = self.primary.request("GET", "/health")
        self.assertEqual((answer["statusCode"], json.loads(answer["body"])["fenced"]), (503, True))
        self.assertEqual(self.standby.health(), 200)
        self.standby.unfence(PRIMARY)
        self.assertEqual(self.primary.health(), 200)


class Time(TwoRegions):
    def test_a_check_that_hangs_has_failed_by_the_deadline(self) -> None:
        import health

        sqs = self.primary.function._web._health._clients.sqs
        self.assertEqual(self.primary.health(), 200)
        with (
            mock.patch.object(health, "DEADLINE_SECONDS", 1),
            mock.patch.object(sqs, "get_queue_attributes", side_effect=lambda **_: time.sleep(5)),
        ):
            started = time.monotonic()
            answer = self.primary.request("GET", "/health")
            elapsed = time.monotonic() - started
        self.assertEqual(json.loads(answer["body"])["checks"]["queue"], "failed")
        self.assertLess(elapsed, 3)

    def test_a_good_answer_of_the_database_is_kept_for_less_than_a_check_interval(self) -> None:
        import health

        self.assertEqual(self.primary.health(), 200)
        self.refuse_writes()
        self.assertEqual(self.primary.health(), 200)
        later = time.monotonic() + health.DATABASE_ANSWER_SECONDS
        with mock.patch.object(health.time, "monotonic", return_value=later):
            self.assertEqual(self.primary.health(), 503)
        self.assertLessEqual(health.DATABASE_ANSWER_SECONDS, 5)

    def test_a_bad_answer_is_never_kept(self) -> None:
        rds_data = self.primary.function._web._health._clients.rds_data
        with mock.patch.object(rds_data, "execute_statement", side_effect=ConnectTimeoutError(endpoint_url="x")):
            self.assertEqual(self.primary.health(), 503)
        self.assertEqual(self.primary.health(), 200)


class Budget(unittest.TestCase):
    def test_probes_fit_into_what_route_53_allows(self) -> None:
        import config
        import health

        self.assertLess(health.DEADLINE_SECONDS, 2)
        self.assertLessEqual(config.PROBING.connect_timeout + config.PROBING.read_timeout, health.DEADLINE_SECONDS)
        self.assertEqual(config.PROBING.retries["total_max_attempts"], 1)


if __name__ == "__main__":
    unittest.main()
