import time
import unittest
import urllib.request

import boto3
from botocore.config import Config
from support import PRIMARY, STANDBY, ClientError, EmulatorTest, eventually, server_url

OUT = "ap-south-1"

FORWARD = """
import boto3, os
def handler(event, context):
    for record in event["Records"]:
        boto3.client("sqs", "us-east-1").send_message(QueueUrl=os.environ["TARGET"], MessageBody=record["body"])
"""


class Outage(EmulatorTest):
    """Other tests use other regions."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.outage, "DELETE")

    def outage(self, method: str) -> None:
        with urllib.request.urlopen(urllib.request.Request(f"{server_url()}/_outage/{OUT}", method=method)) as answer:
            self.assertEqual(answer.status, 204)

    def test_a_region_that_is_out_answers_nobody_and_keeps_what_it_has(self) -> None:
        url, _ = self.queue(OUT)
        self.outage("PUT")
        impatient = boto3.client(
            "sqs",
            region_name=OUT,
            endpoint_url=server_url(),
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 1}),
        )
        with self.assertRaises(ClientError) as refused:
            impatient.list_queues()
        self.assertEqual(refused.exception.response["ResponseMetadata"]["HTTPStatusCode"], 503)
        for region in (PRIMARY, STANDBY):
            self.client("sqs", region).list_queues()
        self.outage("DELETE")
        self.assertIn(url, impatient.list_queues()["QueueUrls"])

    def test_its_event_sources_stand_still(self) -> None:
        url, arn = self.queue(OUT)
        target, _ = self.queue(PRIMARY, "target")
        function = self.function(FORWARD, OUT, Environment={"Variables": {"TARGET": target}})
        self.client("lambda", OUT).create_event_source_mapping(EventSourceArn=arn, FunctionName=function)
        self.client("sqs", OUT).send_message(QueueUrl=url, MessageBody="before")
        eventually(lambda: self.messages(target) == ["before"])
        self.client("sqs", OUT).send_message(QueueUrl=url, MessageBody="meanwhile", DelaySeconds=1)
        self.outage("PUT")
        time.sleep(3)
        self.assertEqual(self.messages(target), [])
        self.outage("DELETE")
        eventually(lambda: self.messages(target) == ["meanwhile"])


if __name__ == "__main__":
    unittest.main()
