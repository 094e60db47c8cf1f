"""Alarms, the topics that they speak to, and who hears it in the other region."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from support import (
    BUCKETS,
    PRIMARY,
    RECOVERY,
    REGIONS,
    DeployedTest,
    arn,
    client,
    cluster,
    eventually,
    name,
    other,
    pages,
    queue_url,
    regional_name,
)

# What each region must watch: namespace, metric, and how many resources of it there are.
WATCHED = {
    ("AWS/RDS", "AuroraGlobalDBRPOLag"): 1,
    ("AWS/RDS", "AuroraGlobalDBReplicationLag"): 1,
    ("AWS/Lambda", "Errors"): 1,
    ("AWS/Lambda", "Throttles"): 1,
    ("AWS/Lambda", "Duration"): 1,
    ("AWS/S3", "ReplicationLatency"): len(BUCKETS),
    ("AWS/S3", "BytesPendingReplication"): len(BUCKETS),
    ("AWS/S3", "OperationsPendingReplication"): len(BUCKETS),
    ("AWS/S3", "OperationsFailedReplication"): len(BUCKETS),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): 1,
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): 1,
    ("AWS/DynamoDB", "ReplicationLatency"): 1,
    ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"): 1,
    ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"): 1,
}
RPO_MILLISECONDS = 5 * 60 * 1000
FAILOVERS = {"failover", "failure", "global-failover"}


class Alarms(DeployedTest):
    # requirement: R6, V10, T5
    def test_both_regions_watch_the_same_things(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                found = [(alarm["Namespace"], alarm["MetricName"]) for alarm in _alarms(region)]
                self.assertEqual({watched: found.count(watched) for watched in WATCHED}, WATCHED)

    # requirement: R6, R7, C9, T5
    def test_every_alarm_speaks_to_a_topic_of_its_region_that_the_other_region_hears(self) -> None:
        for region in REGIONS:
            for alarm in _alarms(region):
                with self.subTest(region=region, alarm=alarm["AlarmName"]):
                    self.assertTrue(alarm["ActionsEnabled"])
                    for actions in (alarm["AlarmActions"], alarm["OKActions"]):
                        self.assertTrue(actions)
                        for topic in actions:
                            self.assertIn(_queue(other(region)), _subscribers(topic, region))

    # requirement: R6
    def test_aurora_must_not_fall_behind_the_recovery_point(self) -> None:
        for region in REGIONS:
            # Silence is an alarm where the metric is emitted, and expected where it will be after a switchover.
            missing = {PRIMARY: "notBreaching", RECOVERY: "breaching"}[region]
            alarms = [alarm for alarm in _alarms(region) if alarm["Namespace"] == "AWS/RDS"]
            for alarm in alarms:
                with self.subTest(region=region, alarm=alarm["AlarmName"]):
                    self.assertLess(alarm["Threshold"], RPO_MILLISECONDS)
                    self.assertEqual(alarm["TreatMissingData"], missing)
                    self.assertEqual(
                        _dimensions(alarm), {"DBClusterIdentifier": cluster(region)["DBClusterIdentifier"]}
                    )

    # requirement: R6
    def test_replication_is_watched_where_s3_emits_the_metric(self) -> None:
        for region in REGIONS:
            for alarm in (alarm for alarm in _alarms(region) if alarm["Namespace"] == "AWS/S3"):
                with self.subTest(region=region, alarm=alarm["AlarmName"]):
                    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html#viewing-replication-metrics
                    failures = alarm["MetricName"] == "OperationsFailedReplication"
                    source = region if failures else other(region)
                    dimensions = _dimensions(alarm)
                    (part,) = (
                        part for part in BUCKETS if regional_name(part, source) == dimensions["SourceBucket"]
                    )
                    self.assertEqual(dimensions["DestinationBucket"], regional_name(part, other(source)))
                    rules = client("s3", source).get_bucket_replication(Bucket=dimensions["SourceBucket"])
                    (rule,) = rules["ReplicationConfiguration"]["Rules"]
                    self.assertEqual(dimensions["RuleId"], rule["ID"])

    # requirement: R5, C7, C9
    def test_every_health_check_has_an_alarm_in_the_region_of_its_metric(self) -> None:
        alarms = [alarm for alarm in _alarms("us-east-1") if alarm["Namespace"] == "AWS/Route53"]
        checks = pages("route53", PRIMARY, "list_health_checks", "HealthChecks")
        self.assertEqual(
            {_dimensions(alarm)["HealthCheckId"] for alarm in alarms}, {check["Id"] for check in checks}
        )
        for alarm in alarms:
            self.assertEqual((alarm["MetricName"], alarm["TreatMissingData"]), ("HealthCheckStatus", "breaching"))

    # requirement: R6
    def test_each_region_has_a_dashboard(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                found = client("cloudwatch", region).get_dashboard(DashboardName=regional_name("overview", region))
                self.assertTrue(json.loads(found["DashboardBody"])["widgets"])

    # requirement: R6, R7, C9, T5, V11
    def test_an_alarm_that_rings_is_heard_in_the_other_region(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                self._rings(region)

    def _rings(self, region: str) -> None:
        cloudwatch, alarm, reason = client("cloudwatch", region), name("function-errors"), str(uuid.uuid4())
        state = {"AlarmName": alarm, "StateReason": reason}
        cloudwatch.set_alarm_state(**state, StateValue="ALARM")
        self.addCleanup(cloudwatch.set_alarm_state, **state, StateValue="OK")
        heard = _hear(other(region), lambda message: message.get("NewStateReason") == reason)
        self.assertEqual(
            (heard["AlarmName"], heard["NewStateValue"], heard["Region"]), (alarm, "ALARM", region)
        )


class Topics(DeployedTest):
    # requirement: R7, T5, V11
    def test_a_message_to_each_topic_arrives_in_the_other_regions_queue(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                self._is_heard_everywhere(region, {"test": str(uuid.uuid4())})

    def _is_heard_everywhere(self, region: str, message: dict[str, str]) -> None:
        client("sns", region).publish(TopicArn=_topic(region), Message=json.dumps(message))
        for there in (other(region), region):
            self.assertEqual(_hear(there, lambda heard: heard == message), message)


class Failovers(DeployedTest):
    # requirement: C9
    def test_rds_reports_failovers_of_each_cluster_to_its_regions_topic(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                (found,) = client("rds", region).describe_event_subscriptions(SubscriptionName=name("failover"))[
                    "EventSubscriptionsList"
                ]
                self.assertTrue(found["Enabled"])
                self.assertEqual(found["SnsTopicArn"], _topic(region))
                self.assertEqual(set(found["EventCategoriesList"]), FAILOVERS)
                self.assertEqual(
                    (found["SourceType"], found["SourceIdsList"]),
                    ("db-cluster", [cluster(region)["DBClusterIdentifier"]]),
                )

    # requirement: C9
    def test_eventbridge_reports_them_too(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                events = client("events", region)
                rule = events.describe_rule(Name=name("failover"))
                pattern = json.loads(rule["EventPattern"])
                self.assertEqual(rule["State"], "ENABLED")
                self.assertEqual(pattern["source"], ["aws.rds"])
                self.assertEqual(pattern["resources"], [cluster(region)["DBClusterArn"]])
                self.assertEqual(set(pattern["detail"]["EventCategories"]), FAILOVERS)
                targets = events.list_targets_by_rule(Rule=name("failover"))["Targets"]
                self.assertEqual([target["Arn"] for target in targets], [_topic(region)])

    # requirement: R7, C9
    def test_each_topic_takes_messages_of_all_that_report_to_it(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                attributes = client("sns", region).get_topic_attributes(TopicArn=_topic(region))["Attributes"]
                services = {
                    service
                    for statement in json.loads(attributes["Policy"])["Statement"]
                    if statement["Effect"] == "Allow"
                    for service in statement["Principal"]["Service"]
                }
                self.assertLessEqual(
                    {"cloudwatch.amazonaws.com", "events.amazonaws.com", "events.rds.amazonaws.com"}, services
                )


def _alarms(region: str) -> list[dict[str, Any]]:
    return pages("cloudwatch", region, "describe_alarms", "MetricAlarms")


def _dimensions(alarm: dict[str, Any]) -> dict[str, str]:
    return {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}


def _topic(region: str) -> str:
    return arn("sns", region, name("alarms"))


def _queue(region: str) -> str:
    return arn("sqs", region, name("alarms"))


def _subscribers(topic: str, region: str) -> set[str]:
    """The endpoints of a topic's confirmed subscriptions; fails where the region has no such topic."""
    found = pages("sns", region, "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)
    return {each["Endpoint"] for each in found if each["SubscriptionArn"].startswith(topic)}


def _hear(region: str, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The wanted message from the region's queue of alarms; what else is received is dropped."""
    sqs, url = client("sqs", region), queue_url("alarms", region)

    def receive() -> dict[str, Any] | None:
        for received in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
            if is_wanted(message := json.loads(received["Body"])):
                return message
        return None

    return eventually(receive)
