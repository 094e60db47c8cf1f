import json
import sys
import unittest
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from transaction import MAX_BYTES, InvalidTransaction, TooLarge, parse

VALID = {"transaction_id": "tx-1", "amount": "12.50", "currency": "EUR", "occurred_at": "2026-03-01T23:30:00-02:00"}


def reasons(raw: str) -> list[str]:
    try:
        parse(raw)
    except InvalidTransaction as invalid:
        return invalid.reasons
    return []


class Parse(unittest.TestCase):
    def test_a_valid_transaction_keeps_its_raw_text_and_gets_its_instant_in_utc(self) -> None:
        raw = json.dumps(VALID, indent=3)
        transaction = parse(raw)
        self.assertEqual(transaction.raw, raw)
        self.assertEqual(transaction.amount, "12.50")
        self.assertEqual(transaction.occurred_at, datetime(2026, 3, 2, 1, 30, tzinfo=UTC))
        self.assertEqual(transaction.archive_key, "transactions/2026/03/02/tx-1.json")

    def test_fields_it_does_not_know_are_carried_along(self) -> None:
        self.assertEqual(reasons(json.dumps({**VALID, "note": {"a": [1.5]}})), [])

    def test_every_field_is_checked(self) -> None:
        refused = {
            "transaction_id": [None, 7, "", "-a", "a/b", "../x", "a" * 65, "a\n"],
            "amount": [None, 12.5, "", "1e3", "+1", "01", "1.", ".5", "1.23456", "1" * 19, "NaN", "12,50", "1 "],
            "currency": [None, "eur", "EU", "EURO", "E1R"],
            "occurred_at": [None, "", "2026-03-01", "2026-03-01T10:00:00", "2026-03-01 10:00:00Z", "2026-W10-1"],
        }
        for field, values in refused.items():
            for value in values:
                with self.subTest(field=field, value=value):
                    found = reasons(json.dumps({**VALID, field: value}))
                    self.assertEqual([reason.split(":")[0] for reason in found], [field])

    def test_amounts_at_the_bounds(self) -> None:
        for amount in ("0", "-0.01", "9" * 18 + ".9999", "-" + "9" * 18):
            with self.subTest(amount=amount):
                self.assertEqual(reasons(json.dumps({**VALID, "amount": amount})), [])

    def test_dates_that_do_not_exist_or_leave_the_calendar(self) -> None:
        for instant in ("2026-02-30T10:00:00Z", "2026-03-01T25:00:00Z", "0001-01-01T00:00:00+10:00"):
            with self.subTest(instant=instant):
                self.assertIn("occurred_at", reasons(json.dumps({**VALID, "occurred_at": instant}))[0])

    def test_all_reasons_come_at_once(self) -> None:
        self.assertEqual(len(reasons("{}")), 4)

    def test_what_is_not_a_json_object(self) -> None:
        for raw in ("", "x", "[]", '"a"', "1", "null", '{"a": NaN}', "[" * 60_000, "\ufeff{}", "1" * 5000):
            with self.subTest(raw=raw[:20]):
                self.assertEqual(len(reasons(raw)), 1)

    def test_characters_that_sqs_refuses(self) -> None:
        for character in ("\x00", "\x0b", "\ud800", "\ufffe", "\uffff"):
            with self.subTest(character=ascii(character)):
                self.assertIn("queue", reasons(json.dumps({**VALID, "note": "?"}).replace("?", character))[0])

    def test_the_size_is_counted_in_bytes(self) -> None:
        frame = len(json.dumps({**VALID, "note": ""}))
        room = MAX_BYTES - frame
        fits = json.dumps({**VALID, "note": "a" * room})
        self.assertEqual(parse(fits).transaction_id, "tx-1")
        for note in ("a" * (room + 1), "é" * (room // 2 + 1)):
            with self.assertRaises(TooLarge):
                parse(json.dumps({**VALID, "note": note}, ensure_ascii=False))

    def test_reasons_never_quote_a_value(self) -> None:
        secret = "4111-secret"
        broken = dict.fromkeys(VALID, secret + "\n")
        self.assertNotIn("4111", " ".join(reasons(json.dumps(broken))))


if __name__ == "__main__":
    unittest.main()
