import base64
import json
import unittest
from unittest import mock

from support import PRIMARY, ConnectTimeoutError, TwoRegions, payment


class Accept(TwoRegions):
    def post(self, body: str, **more: object) -> tuple[int, dict]:
        answer = self.primary.request("POST", "/transactions", body, **more)
        return answer["statusCode"], json.loads(answer["body"])

    def queued(self) -> list[str]:
        received = self.primary.sqs.receive_message(QueueUrl=self.primary.queue, MaxNumberOfMessages=10)
        return [message["Body"] for message in received.get("Messages", [])]

    def test_a_transaction_goes_to_the_regions_queue_as_it_came(self) -> None:
        raw = json.dumps(payment("tx-1", note="é 💶"), ensure_ascii=False)
        self.assertEqual(self.post(raw), (202, {"transaction_id": "tx-1"}))
        self.assertEqual(self.queued(), [raw])

    def test_a_base64_body_is_decoded(self) -> None:
        raw = json.dumps(payment("tx-1"))
        status, _ = self.post(base64.b64encode(raw.encode()).decode(), isBase64Encoded=True)
        self.assertEqual((status, self.queued()), (202, [raw]))

    def test_what_is_posted_is_recorded(self) -> None:
        self.post(json.dumps(payment("tx-1")))
        self.assertEqual(self.primary.deliver(), [])
        self.assertEqual([row[0] for row in self.recorded()], ["tx-1"])

    def test_an_invalid_transaction_is_refused_with_reasons(self) -> None:
        status, body = self.post(json.dumps(payment("tx 1", amount=1)))
        self.assertEqual(status, 400)
        self.assertEqual([reason.split(":")[0] for reason in body["reasons"]], ["transaction_id", "amount"])
        for raw, encoded in (("", False), ("%%", True), (base64.b64encode(b"\xff").decode(), True)):
            with self.subTest(raw=raw):
                self.assertEqual(self.post(raw, isBase64Encoded=encoded)[0], 400)
        self.assertEqual(self.queued(), [])

    def test_a_body_too_large_is_413(self) -> None:
        self.assertEqual(self.post(json.dumps(payment("tx-1", note="a" * 65536)))[0], 413)
        self.assertEqual(self.queued(), [])

    def test_a_fenced_region_accepts_nothing(self) -> None:
        self.standby.fence(PRIMARY)
        answer = self.primary.request("POST", "/transactions", json.dumps(payment("tx-1")))
        self.assertEqual((answer["statusCode"], answer["headers"]["Retry-After"]), (503, "5"))
        self.assertEqual(self.queued(), [])

    def test_nothing_is_promised_when_the_queue_does_not_answer(self) -> None:
        sqs = self.primary.function._web._sqs
        with mock.patch.object(sqs, "send_message", side_effect=ConnectTimeoutError(endpoint_url="x")):
            self.assertEqual(self.post(json.dumps(payment("tx-1")))[0], 503)


class Routes(TwoRegions):
    def test_other_methods_and_paths(self) -> None:
        for method, path, status, allow in (
            ("GET", "/transactions", 405, "POST"),
            ("DELETE", "/health", 405, "GET"),
            ("GET", "/", 404, None),
            ("POST", "/transactions/", 404, None),
        ):
            with self.subTest(method=method, path=path):
                answer = self.primary.request(method, path)
                self.assertEqual((answer["statusCode"], answer["headers"].get("Allow")), (status, allow))
                self.assertEqual(answer["headers"]["Content-Type"], "application/json")
                self.assertIn("error", json.loads(answer["body"]))

    def test_the_answer_has_the_form_a_load_balancer_takes(self) -> None:
        answer = self.primary.request("GET", "/health")
        self.assertEqual((answer["statusDescription"], answer["isBase64Encoded"]), ("200 OK", False))
        self.assertEqual(answer["headers"]["Cache-Control"], "no-store")


if __name__ == "__main__":
    unittest.main()
