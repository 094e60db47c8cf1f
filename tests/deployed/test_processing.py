"""Transactions, from a load balancer or a queue to the archive and the database, before any failover."""

from __future__ import annotations

from support import (
    PRIMARY,
    RECOVERY,
    REGIONS,
    DeployedTest,
    Transaction,
    address,
    ask,
    client,
    eventually,
    healthy,
    queue_attributes,
    queue_url,
    sql,
)

# Messages that wait, and those that the function has received and not yet deleted.
COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


def setUpModule() -> None:
    # The function makes its tables when it first reaches a writer.
    healthy(address(PRIMARY))


class Health(DeployedTest):
    # requirement: R5, C7, N4, T4, V8
    def test_both_regions_are_healthy_before_a_failover(self) -> None:
        # Route 53 considers a record of weight zero only if it is healthy.
        for region in REGIONS:
            with self.subTest(region=region):
                report = healthy(address(region))
                self.assertEqual((report["region"], report["fenced"]), (region, False))
                self.assertEqual(set(report["checks"].values()), {"ok"})


class LoadBalancer(DeployedTest):
    # requirement: R2, R11, T4, V5
    def test_a_transaction_that_it_takes_is_recorded(self) -> None:
        transaction = Transaction()
        status, answer = ask(address(PRIMARY), "POST", "/transactions", transaction.body)
        self.assertEqual((status, answer), (202, {"transaction_id": transaction.id}))
        self.assertEqual(eventually(lambda: transaction.recorded_in(PRIMARY)), PRIMARY)

    # requirement: R2, R11, T2, T4
    def test_the_recovery_region_takes_and_archives_transactions_too(self) -> None:
        transaction = Transaction()
        self.addCleanup(client("sqs", RECOVERY).purge_queue, QueueUrl=queue_url("transactions", RECOVERY))
        status, _ = ask(address(RECOVERY), "POST", "/transactions", transaction.body)
        self.assertEqual(status, 202)
        self.assertEqual(eventually(lambda: transaction.archived_in(PRIMARY)), transaction.body)

    # requirement: R2, R11, T4
    def test_it_refuses_what_is_no_transaction(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                status, answer = ask(address(region), "POST", "/transactions", {"amount": 1})
                self.assertEqual(status, 400)
                self.assertTrue(answer["reasons"])


class Queue(DeployedTest):
    # requirement: R2, R3, T2, V5
    def test_the_primary_region_archives_and_records_a_message(self) -> None:
        transaction = Transaction()
        transaction.send(PRIMARY)
        self.assertEqual(eventually(lambda: transaction.recorded_in(PRIMARY)), PRIMARY)
        # The archive is replicated, so it outlives the region.
        self.assertEqual(eventually(lambda: transaction.archived_in(PRIMARY)), transaction.body)
        self.assertEqual(eventually(lambda: transaction.archived_in(RECOVERY)), transaction.body)

    # requirement: R2, R3
    def test_the_recovery_region_archives_a_message_and_keeps_it_until_its_promotion(self) -> None:
        transaction = Transaction()
        url = queue_url("transactions", RECOVERY)
        self.addCleanup(client("sqs", RECOVERY).purge_queue, QueueUrl=url)
        transaction.send(RECOVERY)
        self.assertEqual(eventually(lambda: transaction.archived_in(RECOVERY)), transaction.body)
        self.assertEqual(eventually(lambda: transaction.archived_in(PRIMARY)), transaction.body)
        self.assertIsNone(transaction.recorded_in(PRIMARY))
        self.assertFalse(_is_empty("transactions", RECOVERY))

    # requirement: R2
    def test_a_message_that_is_delivered_twice_is_recorded_once(self) -> None:
        transaction = Transaction()
        transaction.send(PRIMARY)
        eventually(lambda: transaction.recorded_in(PRIMARY))
        transaction.send(PRIMARY)
        eventually(lambda: _is_empty("transactions", PRIMARY))
        rows = sql(PRIMARY, "SELECT 1 FROM transactions WHERE transaction_id = :id", id=transaction.id)
        self.assertEqual(len(rows), 1)


def _is_empty(part: str, region: str) -> bool:
    attributes = queue_attributes(queue_url(part, region), region)
    return all(int(attributes[count]) == 0 for count in COUNTS)
