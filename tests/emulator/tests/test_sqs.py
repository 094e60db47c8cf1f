import json
import unittest
from urllib.parse import urlsplit

from support import PRIMARY, STANDBY, ClientError, EmulatorTest


class Url(EmulatorTest):
    def test_queues_of_one_name_have_a_url_in_each_region(self) -> None:
        urls = {region: self.queue(region)[0] for region in (PRIMARY, STANDBY)}
        for region, url in urls.items():
            sqs = self.client("sqs", region)
            self.assertEqual(urlsplit(url).hostname, f"sqs.{region}.localhost")
            self.assertEqual(urlsplit(url).path, f"/123456789012/queue-{self.suffix}")
            self.assertEqual(sqs.get_queue_url(QueueName=f"queue-{self.suffix}")["QueueUrl"], url)
            self.assertIn(url, sqs.list_queues(QueueNamePrefix="queue-")["QueueUrls"])
            sqs.send_message(QueueUrl=url, MessageBody=region)
        for region, url in urls.items():
            self.assertEqual(self.messages(url, region), [region])


class Attributes(EmulatorTest):
    def attributes(self, url: str) -> dict[str, str]:
        return self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    def test_redrive_allow_policy_is_kept_and_can_be_removed(self) -> None:
        url, _ = self.queue()
        self.assertNotIn("RedriveAllowPolicy", self.attributes(url))
        allow = json.dumps({"redrivePermission": "denyAll"})
        self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": allow})
        self.assertEqual(self.attributes(url)["RedriveAllowPolicy"], allow)
        self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": ""})
        self.assertNotIn("RedriveAllowPolicy", self.attributes(url))

    def test_a_policy_survives_the_setting_of_other_attributes(self) -> None:
        url, arn = self.queue()
        statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": arn}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "77"})
        self.assertEqual(json.loads(self.attributes(url)["Policy"]), policy)
        self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
        self.assertNotIn("Policy", self.attributes(url))

    def test_redrive_policy_is_compact_json(self) -> None:
        _, dead = self.queue(name="dead")
        redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 4}, separators=(",", ":"))
        url, _ = self.queue(RedrivePolicy=redrive)
        self.assertEqual(self.attributes(url)["RedrivePolicy"], redrive)


class MoveTask(EmulatorTest):
    def test_dead_letters_go_back_to_the_queue_they_came_from(self) -> None:
        dead_url, dead = self.queue(name="dead")
        redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
        url, _ = self.queue(RedrivePolicy=redrive)
        self.client("sqs").send_message(QueueUrl=dead_url, MessageBody="again")
        self.assertIn("TaskHandle", self.client("sqs").start_message_move_task(SourceArn=dead))
        self.assertEqual((self.messages(dead_url), self.messages(url)), ([], ["again"]))

    def test_a_destination_may_be_named_and_must_be_there(self) -> None:
        dead_url, dead = self.queue(name="dead")
        url, arn = self.queue()
        self.client("sqs").send_message(QueueUrl=dead_url, MessageBody="elsewhere")
        self.client("sqs").start_message_move_task(SourceArn=dead, DestinationArn=arn)
        self.assertEqual(self.messages(url), ["elsewhere"])
        with self.assertRaises(ClientError):
            self.client("sqs").start_message_move_task(SourceArn=dead)


if __name__ == "__main__":
    unittest.main()
