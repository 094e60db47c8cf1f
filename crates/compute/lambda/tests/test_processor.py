import json
import threading
import time
import unittest
from unittest import mock

from support import PRIMARY, STANDBY, ClientError, ConnectTimeoutError, Context, TwoRegions, payment


def refused(operation: str, code: str = "AccessDeniedException", message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class Batch(TwoRegions):
    def test_a_transaction_is_archived_as_it_came_and_recorded(self) -> None:
        raw = json.dumps(payment("tx-1", note="as is"), indent=1)
        self.primary.send(raw)
        self.assertEqual(self.primary.deliver(), [])
        key = "transactions/2026/03/02/tx-1.json"
        archived = self.primary.s3.get_object(Bucket=self.primary.logs, Key=key)
        self.assertEqual(archived["Body"].read().decode(), raw)
        self.assertEqual(archived["ContentType"], "application/json")
        self.assertEqual(self.recorded(), [("tx-1", "12.5000", "EUR", "us-east-1")])
        self.assertEqual(self.sql("SELECT occurred_at = '2026-03-02 01:30+00' FROM transactions"), [["t"]])
        self.assertEqual(self.primary.leases(), [])

    def test_amounts_stay_exact(self) -> None:
        self.primary.send(payment("tx-1", amount="-999999999999999999.9999"), payment("tx-2", amount="0.1"))
        self.assertEqual(self.primary.deliver(), [])
        self.assertEqual([row[1] for row in self.recorded()], ["-999999999999999999.9999", "0.1000"])

    def test_a_duplicate_is_acknowledged_within_a_batch_and_later(self) -> None:
        self.primary.send(payment("tx-1"), payment("tx-1"))
        self.assertEqual(self.primary.deliver(), [])
        self.primary.send(payment("tx-1", amount="12.5"))
        self.assertEqual(self.primary.deliver(), [])
        self.assertEqual(len(self.recorded()), 1)
        self.assertEqual(self.primary.archived(), ["transactions/2026/03/02/tx-1.json"])
        outcomes = [line["outcome"] for line in self.log_lines() if "outcome" in line]
        self.assertEqual(outcomes, ["recorded", "duplicate", "duplicate"])

    def test_aurora_decides_about_duplicates_across_regions(self) -> None:
        self.primary.send(payment("tx-1"))
        self.assertEqual(self.primary.deliver(), [])
        self.fail_over()
        self.standby.send(payment("tx-1"), payment("tx-2"))
        self.assertEqual(self.standby.deliver(), [])
        self.assertEqual([(row[0], row[3]) for row in self.recorded()], [("tx-1", "us-east-1"), ("tx-2", "us-east-2")])

    def test_an_id_reused_with_other_values_fails_and_changes_nothing(self) -> None:
        self.primary.send(payment("tx-1"))
        self.assertEqual(self.primary.deliver(), [])
        before = self.recorded()
        reused = json.dumps(payment("tx-1", amount="99.00"))
        self.primary.send(reused)
        self.assertEqual(self.primary.deliver(), [reused])
        self.assertEqual(self.recorded(), before)
        self.assertEqual(len(self.primary.archived()), 1)

    def test_poison_fails_alone_touches_no_store_and_ends_in_the_dead_letter_queue(self) -> None:
        self.primary.send("not json", payment("tx-1"))
        self.assertEqual(self.primary.deliver(), ["not json"])
        self.assertEqual([row[0] for row in self.recorded()], ["tx-1"])
        with (
            mock.patch.object(self.primary.function._processor, "_s3") as s3,
            mock.patch.object(self.primary.function._processor, "_database") as database,
        ):
            self.assertEqual(self.primary.deliver(), ["not json"])
        self.assertEqual((s3.mock_calls, database.mock_calls), ([], []))
        self.assertEqual(self.primary.leases(), [])
        self.primary.sqs.receive_message(QueueUrl=self.primary.queue)
        dead = self.primary.sqs.receive_message(QueueUrl=self.primary.dead_letter_queue)["Messages"]
        self.assertEqual([message["Body"] for message in dead], ["not json"])

    def test_when_aurora_refuses_the_message_stays_and_the_archive_has_it(self) -> None:
        self.primary.send(payment("tx-1"))
        self.assertEqual(self.primary.deliver(), [])
        self.refuse_writes()
        second = json.dumps(payment("tx-2"))
        self.primary.send(second)
        self.assertEqual(self.primary.deliver(), [second])
        self.assertEqual(len(self.primary.archived()), 2)
        self.assertEqual(len(self.recorded()), 1)
        self.assertEqual(self.primary.leases(), [])

    def test_the_standby_cannot_record_before_it_is_promoted(self) -> None:
        raw = json.dumps(payment("tx-1"))
        self.standby.send(raw)
        self.assertEqual(self.standby.deliver(), [raw])
        self.fail_over()
        self.assertEqual(self.standby.deliver(), [])
        self.assertEqual([(row[0], row[3]) for row in self.recorded()], [("tx-1", "us-east-2")])

    def test_only_the_message_whose_archive_fails_is_reported(self) -> None:
        self.primary.send(payment("tx-1"), payment("tx-2"), payment("tx-3"))
        s3 = self.primary.function._processor._s3
        put = s3.put_object

        def put_object(**arguments: object) -> object:
            if "tx-2" in arguments["Key"]:
                raise refused("PutObject")
            return put(**arguments)

        with mock.patch.object(s3, "put_object", put_object):
            failed = self.primary.deliver()
        self.assertEqual([json.loads(body)["transaction_id"] for body in failed], ["tx-2"])
        self.assertEqual([row[0] for row in self.recorded()], ["tx-1", "tx-3"])

    def test_little_time_leaves_the_rest_of_the_batch_for_later(self) -> None:
        self.primary.send(payment("tx-1"), payment("tx-2"))
        failed = self.primary.deliver(Context(remaining_milliseconds=1000))
        self.assertEqual((len(failed), len(self.recorded())), (1, 1))
        self.assertEqual(self.primary.deliver(), [])
        self.assertEqual(len(self.recorded()), 2)

    def test_an_unknown_event_is_an_error(self) -> None:
        for event in ({}, {"Records": []}, {"Records": [{"eventSource": "aws:s3"}]}):
            with self.subTest(event=event), self.assertRaises(ValueError):
                self.primary.function.handle(event, Context())


class Lease(TwoRegions):
    def hold(self, expires_at: float) -> None:
        self.primary.dynamodb.put_item(
            TableName=self.primary.table,
            Item={"pk": {"S": "lease#tx-1"}, "owner": {"S": "another"}, "expires_at": {"N": str(int(expires_at))}},
        )

    def test_a_held_lease_leaves_the_message_in_the_queue_and_itself_alone(self) -> None:
        self.hold(time.time() + 60)
        raw = json.dumps(payment("tx-1"))
        self.primary.send(raw)
        self.assertEqual(self.primary.deliver(), [raw])
        self.assertEqual(self.primary.archived(), [])
        self.assertEqual([lease["owner"]["S"] for lease in self.primary.leases()], ["another"])

    def test_an_expired_lease_is_taken_over_even_if_ttl_has_not_deleted_it(self) -> None:
        self.hold(time.time() - 1)
        self.primary.send(payment("tx-1"))
        self.assertEqual(self.primary.deliver(), [])
        self.assertEqual(len(self.recorded()), 1)
        self.assertEqual(self.primary.leases(), [])

    def test_a_lease_lasts_as_long_as_configured(self) -> None:
        state = self.primary.function._processor._state
        before = int(time.time())
        self.assertTrue(state.take_lease("tx-1", "me"))
        self.assertIn(int(self.primary.leases()[0]["expires_at"]["N"]) - before, range(60, 65))
        self.assertFalse(state.take_lease("tx-1", "another"))
        self.assertTrue(state.take_lease("tx-1", "me"))

    def test_a_table_that_refuses_leases_does_not_stop_payments(self) -> None:
        self.primary.send(payment("tx-1"))
        state = self.primary.function._processor._state
        with (
            mock.patch.object(state._dynamodb, "put_item", side_effect=refused("PutItem")),
            mock.patch.object(state._dynamodb, "delete_item", side_effect=refused("DeleteItem")),
        ):
            self.assertEqual(self.primary.deliver(), [])
        self.assertEqual(len(self.recorded()), 1)


class Latch(TwoRegions):
    def test_a_fenced_region_writes_nothing_and_keeps_its_messages(self) -> None:
        self.standby.fence(PRIMARY)
        raw = json.dumps(payment("tx-1"))
        self.primary.send(raw)
        self.assertEqual(self.primary.deliver(), [raw])
        self.assertEqual((self.primary.archived(), self.primary.leases()), ([], []))

    def test_the_latch_of_one_region_does_not_fence_the_other(self) -> None:
        self.primary.fence(STANDBY)
        self.primary.send(payment("tx-1"))
        self.assertEqual(self.primary.deliver(), [])

    def test_a_region_that_cannot_read_its_latch_waits(self) -> None:
        raw = json.dumps(payment("tx-1"))
        self.primary.send(raw)
        dynamodb = self.primary.function._processor._state._dynamodb
        with mock.patch.object(dynamodb, "get_item", side_effect=ConnectTimeoutError(endpoint_url="x")):
            self.assertEqual(self.primary.deliver(), [raw])
        self.assertEqual(self.primary.archived(), [])


class Schema(TwoRegions):
    def test_many_processes_create_it_at_once(self) -> None:
        import config
        import database

        settings = self.primary.function._processor._database._settings
        client = config.Clients(settings, config.PROCESSING).rds_data
        start, errors = threading.Barrier(8), []

        def first_write() -> None:
            fresh = database.Database(settings, client)
            start.wait()
            try:
                fresh.beat()
            except Exception as error:  # reported below, whatever it is
                errors.append(error)

        threads = [threading.Thread(target=first_write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.assertEqual(self.sql("SELECT count(*) FROM region_heartbeat"), [["1"]])

    def test_it_is_created_once_a_process(self) -> None:
        self.primary.send(payment("tx-1"), payment("tx-2"))
        client = self.primary.function._processor._database._rds_data
        with mock.patch.object(client, "execute_statement", wraps=client.execute_statement) as execute:
            self.assertEqual(self.primary.deliver(), [])
        created = [call for call in execute.call_args_list if call.kwargs["sql"].startswith("CREATE")]
        self.assertEqual(len(created), 2)


class Log(TwoRegions):
    def test_lines_are_json_with_ids_and_never_a_payload(self) -> None:
        marker = "31337.42"
        self.primary.send(payment("tx-1", amount=marker, currency="XTS", note="private note"))
        self.primary.deliver()
        self.primary.send(payment("tx-1", amount="1.00", note="private note"))
        self.primary.send(payment("bad id", amount=marker, note="private note"))
        self.primary.send("private note " + marker)
        self.primary.deliver()
        self.primary.request("POST", "/transactions", json.dumps(payment("tx-5", amount=marker, note="private note")))
        self.primary.request("POST", "/transactions", json.dumps(payment("tx 6", amount=marker, note="private note")))
        self.refuse_writes()
        self.primary.send(payment("tx-7", amount=marker, note="private note"))
        self.primary.deliver()
        database = self.primary.function._processor._database._rds_data
        quoting = refused("ExecuteStatement", "DatabaseErrorException", f"invalid input: {marker} private note")
        with mock.patch.object(database, "execute_statement", side_effect=quoting):
            self.primary.deliver()
        self.primary.health()

        written = self.output.getvalue()
        for secret in (marker, "31337", "XTS", "private note", "2026-03-01", "bad id"):
            self.assertNotIn(secret, written)
        lines = self.log_lines()
        self.assertGreater(len(lines), 6)
        self.assertIn("tx-1", written)
        for line in lines:
            self.assertIn(line["level"], ("INFO", "WARNING"))
            self.assertTrue(line["message"])


if __name__ == "__main__":
    unittest.main()
