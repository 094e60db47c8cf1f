import json
import unittest
from typing import Any

from support import PRIMARY, STANDBY, EmulatorTest


class Notification(EmulatorTest):
    def setUp(self) -> None:
        super().setUp()
        self.topic = self.client("sns").create_topic(Name=f"alarms-{self.suffix}")["TopicArn"]
        self.queue_url, self.queue_arn = self.queue(STANDBY)
        self.client("sns").subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=self.queue_arn)
        self.allow(self.topic)

    def allow(self, source: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.client("sqs", STANDBY).set_queue_attributes(QueueUrl=self.queue_url, Attributes={"Policy": policy})

    def alarm(self, region: str = PRIMARY, **more: Any) -> str:
        name = f"alarm-{self.suffix}"
        self.client("cloudwatch", region).put_metric_alarm(
            **{
                "AlarmName": name,
                "Namespace": "AWS/Lambda",
                "MetricName": "Errors",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "Statistic": "Sum",
                "ComparisonOperator": "GreaterThanThreshold",
                "AlarmActions": [self.topic],
                **more,
            }
        )
        return name

    def set_state(self, name: str, state: str, region: str = PRIMARY) -> None:
        self.client("cloudwatch", region).set_alarm_state(AlarmName=name, StateValue=state, StateReason="drill")

    def received(self) -> list[tuple[str, str]]:
        bodies = [json.loads(json.loads(body)["Message"]) for body in self.messages(self.queue_url, STANDBY)]
        return [(body["AlarmName"], body["NewStateValue"]) for body in bodies]

    def test_an_alarm_reaches_the_queue_of_the_other_region(self) -> None:
        name = self.alarm()
        self.set_state(name, "ALARM")
        self.assertEqual(self.received(), [(name, "ALARM")])

    def test_only_a_change_runs_the_actions_and_each_state_has_its_own(self) -> None:
        name = self.alarm(AlarmActions=[], OKActions=[self.topic])
        self.set_state(name, "ALARM")
        self.assertEqual(self.received(), [])
        self.set_state(name, "OK")
        self.set_state(name, "OK")
        self.assertEqual(self.received(), [(name, "OK")])

    def test_disabled_actions_do_not_run(self) -> None:
        self.set_state(self.alarm(ActionsEnabled=False), "ALARM")
        self.assertEqual(self.received(), [])

    def test_a_topic_of_another_region_is_never_reached(self) -> None:
        self.set_state(self.alarm(STANDBY), "ALARM", STANDBY)
        self.assertEqual(self.received(), [])

    def test_a_queue_that_does_not_allow_the_topic_gets_nothing(self) -> None:
        self.allow(self.topic + "-other")
        self.client("sns").publish(TopicArn=self.topic, Message="x")
        self.assertEqual(self.messages(self.queue_url, STANDBY), [])
        self.allow(self.topic)
        self.client("sns").publish(TopicArn=self.topic, Message="x")
        self.assertEqual(len(self.messages(self.queue_url, STANDBY)), 1)


if __name__ == "__main__":
    unittest.main()
