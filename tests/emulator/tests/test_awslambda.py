import json
import time
import unittest
from typing import Any

from support import PRIMARY, STANDBY, EmulatorTest, eventually

ECHO = """
import os
calls = 0
def handler(event, context):
    global calls
    calls += 1
    print("called with", event.get("x"))
    return {"event": event, "calls": calls, "name": os.environ["NAME"], "region": os.environ["AWS_REGION"],
            "id": context.aws_request_id, "left": context.get_remaining_time_in_millis()}
"""

FORWARD = """
import boto3, os
def handler(event, context):
    failures = []
    for record in event["Records"]:
        if record["body"] == "poison":
            failures.append({"itemIdentifier": record["messageId"]})
        elif record["body"] == "crash":
            raise RuntimeError("crash")
        else:
            boto3.client("sqs").send_message(QueueUrl=os.environ["TARGET"], MessageBody=record["body"])
    return {"batchItemFailures": failures}
"""


class Invocation(EmulatorTest):
    def invoke(self, arn: str, payload: Any, region: str = PRIMARY) -> tuple[Any, str | None]:
        answer = self.client("lambda", region).invoke(FunctionName=arn, Payload=json.dumps(payload))
        return json.loads(answer["Payload"].read()), answer.get("FunctionError")

    def test_python_runs_with_the_functions_environment_in_its_region(self) -> None:
        arn = self.function(ECHO, STANDBY, Environment={"Variables": {"NAME": "value"}})
        answer, error = self.invoke(arn, {"x": 1}, STANDBY)
        self.assertIsNone(error)
        self.assertEqual((answer["event"], answer["name"], answer["region"]), ({"x": 1}, "value", STANDBY))
        self.assertIn(answer["left"], range(1, 10_001))

    def test_the_process_stays_until_code_or_configuration_change(self) -> None:
        arn = self.function(ECHO, Environment={"Variables": {"NAME": "one"}})
        self.assertEqual([self.invoke(arn, {})[0]["calls"] for _ in range(2)], [1, 2])
        self.client("lambda").update_function_configuration(
            FunctionName=arn, Environment={"Variables": {"NAME": "two"}}
        )
        answer, _ = self.invoke(arn, {})
        self.assertEqual((answer["calls"], answer["name"]), (1, "two"))

    def test_what_it_prints_is_in_its_log_group(self) -> None:
        arn = self.function(ECHO, Environment={"Variables": {"NAME": ""}})
        self.invoke(arn, {"x": "printed"})
        logs = self.client("logs")
        group = f"/aws/lambda/function-{self.suffix}"
        events = logs.filter_log_events(logGroupName=group)["events"]
        self.assertEqual([event["message"] for event in events], ["called with printed"])

    def test_an_exception_and_a_timeout_are_function_errors(self) -> None:
        arn = self.function("def handler(event, context):\n    raise ValueError('no')")
        answer, error = self.invoke(arn, {})
        self.assertEqual((answer["errorType"], answer["errorMessage"]), ("ValueError", "no"))
        self.assertTrue(error)
        slow = self.function("import time\ndef handler(event, context):\n    time.sleep(9)", name="slow", Timeout=1)
        started = time.monotonic()
        answer, error = self.invoke(slow, {})
        self.assertLess(time.monotonic() - started, 5)
        self.assertIn("timed out", answer["errorMessage"])
        self.assertTrue(error)

    def test_other_runtimes_are_refused(self) -> None:
        answer, error = self.invoke(self.function("", Runtime="nodejs22.x"), {})
        self.assertIn("only Python", answer["errorMessage"])
        self.assertTrue(error)

    def test_key_and_logging_are_read_back(self) -> None:
        logging = {"LogFormat": "JSON", "LogGroup": "/x"}
        arn = self.function(ECHO, KMSKeyArn="arn:aws:kms:us-east-1:123456789012:key/1", LoggingConfig=logging)
        got = self.client("lambda").get_function(FunctionName=arn)["Configuration"]
        self.assertEqual((got["KMSKeyArn"].rsplit("/", 1)[1], got["LoggingConfig"]), ("1", logging))


class EventSource(EmulatorTest):
    def setUp(self) -> None:
        super().setUp()
        self.target, _ = self.queue(name="target")
        self.dead, dead_arn = self.queue(name="dead")
        redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
        self.source, source_arn = self.queue(name="source", VisibilityTimeout="1", RedrivePolicy=redrive)
        function = self.function(FORWARD, Environment={"Variables": {"TARGET": self.target}})
        self.mapping = self.client("lambda").create_event_source_mapping(
            FunctionName=function,
            EventSourceArn=source_arn,
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )["UUID"]

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.client("sqs").send_message(QueueUrl=self.source, MessageBody=body)

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        got = self.client("sqs").get_queue_attributes(QueueUrl=self.source, AttributeNames=names)["Attributes"]
        return sum(int(value) for value in got.values())

    def test_messages_are_processed_and_deleted(self) -> None:
        self.send("one", "two")
        found: list[str] = []
        eventually(lambda: found.extend(self.messages(self.target)) or len(found) == 2)
        self.assertEqual(sorted(found), ["one", "two"])
        eventually(lambda: self.left() == 0)

    def test_what_fails_is_delivered_again_and_then_goes_to_the_dead_letter_queue(self) -> None:
        self.send("poison", "good")
        self.assertEqual(eventually(lambda: self.messages(self.target)), ["good"])
        self.assertEqual(eventually(lambda: self.messages(self.dead)), ["poison"])
        self.assertEqual(self.left(), 0)

    def test_a_function_error_fails_the_whole_batch(self) -> None:
        self.send("crash")
        self.assertEqual(eventually(lambda: self.messages(self.dead)), ["crash"])

    def test_a_disabled_mapping_leaves_the_messages(self) -> None:
        self.client("lambda").update_event_source_mapping(UUID=self.mapping, Enabled=False)
        self.send("one")
        time.sleep(1)
        self.assertEqual((self.left(), self.messages(self.target)), (1, []))


if __name__ == "__main__":
    unittest.main()
