"""Queues, functions and load balancers: what leads to what, and that both regions are alike."""

from __future__ import annotations

import json
import unittest
from typing import Any

from support import (
    LISTENER,
    PRIMARY,
    RECOVERY,
    REGIONS,
    SERVICE,
    DeployedTest,
    arn,
    as_list,
    ask,
    client,
    load_balancer,
    name,
    other,
    pages,
    queue_attributes,
    queue_url,
    regional_name,
    target_group,
)

# Where the function is and what the region's own things are called; everything else must be equal.
REGION_BOUND = {"FunctionArn", "KMSKeyArn", "LastModified", "RevisionId", "Role", "VpcConfig", "Environment"}


class Functions(DeployedTest):
    # requirement: R2, C2, D4, V5
    def test_they_are_identical_but_for_values_bound_to_their_region(self) -> None:
        primary, recovery = (
            {key: value for key, value in _configuration(region).items() if key not in REGION_BOUND}
            for region in REGIONS
        )
        self.assertEqual(primary, recovery)
        self.assertEqual(primary["Handler"], "handler.handler")
        self.assertGreater(primary["CodeSize"], 0)

    # requirement: R2, C2
    def test_their_environments_differ_in_their_regions_own_resources_only(self) -> None:
        primary, recovery = (_configuration(region)["Environment"]["Variables"] for region in REGIONS)
        self.assertEqual(primary.keys(), recovery.keys())
        for variable, value in primary.items():
            if value != recovery[variable]:
                with self.subTest(variable=variable):
                    self.assertIn(PRIMARY, value)
                    self.assertIn(RECOVERY, recovery[variable])
        for region, variables in ((PRIMARY, primary), (RECOVERY, recovery)):
            for variable, value in variables.items():
                self.assertNotIn(other(region), value, variable)

    # requirement: R2, C4
    def test_each_runs_in_private_subnets_with_its_regions_role(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                configuration = _configuration(region)
                self.assertEqual(configuration["Role"], arn("iam", "", f"role/{regional_name('function', region)}"))
                subnets = client("ec2", region).describe_subnets(SubnetIds=configuration["VpcConfig"]["SubnetIds"])
                tags = {tag["Value"] for subnet in subnets["Subnets"] for tag in subnet["Tags"] if tag["Key"] == "Name"}
                self.assertEqual(tags, {name(f"compute-{zone}") for zone in "abc"})

    # requirement: N5
    def test_every_log_group_forgets_after_7_to_14_days(self) -> None:
        for region in REGIONS:
            groups = pages("logs", region, "describe_log_groups", "logGroups")
            self.assertIn(f"/aws/lambda/{name('processor')}", {group["logGroupName"] for group in groups})
            for group in groups:
                with self.subTest(region=region, group=group["logGroupName"]):
                    self.assertIn(group.get("retentionInDays"), range(7, 15))


class Queues(DeployedTest):
    # requirement: R2
    def test_each_queue_feeds_its_regions_function_and_learns_what_failed(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                (mapping,) = client("lambda", region).list_event_source_mappings(
                    EventSourceArn=arn("sqs", region, name("transactions"))
                )["EventSourceMappings"]
                self.assertEqual(mapping["FunctionArn"], _configuration(region)["FunctionArn"])
                self.assertEqual(mapping["State"], "Enabled")
                self.assertEqual(mapping["FunctionResponseTypes"], ["ReportBatchItemFailures"])

    # requirement: R2
    def test_what_fails_again_and_again_goes_to_the_dead_letters(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                queue = queue_attributes(queue_url("transactions", region), region)
                dead_letters = queue_attributes(queue_url("dead-letters", region), region)
                redrive = json.loads(queue["RedrivePolicy"])
                self.assertEqual(redrive["deadLetterTargetArn"], dead_letters["QueueArn"])
                self.assertEqual(
                    json.loads(dead_letters["RedriveAllowPolicy"]),
                    {"redrivePermission": "byQueue", "sourceQueueArns": [queue["QueueArn"]]},
                )
                # A message keeps its age when it moves:
                # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
                self.assertGreater(int(dead_letters["MessageRetentionPeriod"]), int(queue["MessageRetentionPeriod"]))
                visibility = int(queue["VisibilityTimeout"])
                # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
                self.assertGreaterEqual(visibility, 6 * _configuration(region)["Timeout"])
                # What a region refuses before its promotion must still be in the queue after it.
                self.assertGreaterEqual(visibility * int(redrive["maxReceiveCount"]), 15 * 60)


class LoadBalancers(DeployedTest):
    # requirement: R11
    @unittest.skipUnless(LISTENER == "https", "the stack listens over plain HTTP")
    def test_each_speaks_tls_with_its_regions_certificate_and_redirects_there(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                listeners = client("elbv2", region).describe_listeners(
                    LoadBalancerArn=load_balancer(region)["LoadBalancerArn"]
                )["Listeners"]
                by_port = {listener["Port"]: listener for listener in listeners}
                self.assertEqual(by_port.keys(), {80, 443})
                (certificate,) = by_port[443]["Certificates"]
                found = client("acm", region).describe_certificate(CertificateArn=certificate["CertificateArn"])
                self.assertEqual(
                    (found["Certificate"]["Status"], found["Certificate"]["DomainName"]),
                    ("ISSUED", SERVICE),
                )
                self.assertEqual(ask(load_balancer(region)["DNSName"], "GET", "/health", port=80), (301, None))

    # requirement: R11, R13
    def test_each_is_in_three_public_subnets(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                found = load_balancer(region)
                self.assertEqual((found["Type"], found["State"]["Code"]), ("application", "active"))
                ids = [zone["SubnetId"] for zone in found["AvailabilityZones"]]
                subnets = client("ec2", region).describe_subnets(SubnetIds=ids)["Subnets"]
                tags = {tag["Value"] for subnet in subnets for tag in subnet["Tags"] if tag["Key"] == "Name"}
                self.assertEqual(tags, {name(f"public-{zone}") for zone in "abc"})

    # requirement: R11, N4, T4
    def test_each_forwards_to_its_regions_function(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                elb, group = client("elbv2", region), target_group(region)["TargetGroupArn"]
                listeners = elb.describe_listeners(LoadBalancerArn=load_balancer(region)["LoadBalancerArn"])
                actions = [action for each in listeners["Listeners"] for action in each["DefaultActions"]]
                self.assertIn(group, [action.get("TargetGroupArn") for action in actions])
                self.assertEqual(target_group(region)["TargetType"], "lambda")
                targets = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
                self.assertEqual(
                    [target["Target"]["Id"] for target in targets], [_configuration(region)["FunctionArn"]]
                )

    # requirement: R11, C4, T4
    def test_each_function_lets_its_target_group_and_nobody_else_invoke_it(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                answer = client("lambda", region).get_policy(FunctionName=name("processor"))
                (statement,) = json.loads(answer["Policy"])["Statement"]
                self.assertEqual(statement["Effect"], "Allow")
                self.assertEqual(as_list(statement["Action"]), ["lambda:InvokeFunction"])
                self.assertEqual(statement["Principal"], {"Service": "elasticloadbalancing.amazonaws.com"})
                self.assertEqual(
                    statement["Condition"]["ArnLike"]["AWS:SourceArn"], target_group(region)["TargetGroupArn"]
                )


def _configuration(region: str) -> dict[str, Any]:
    return client("lambda", region).get_function(FunctionName=name("processor"))["Configuration"]
