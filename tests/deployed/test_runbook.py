"""The runbook of the stack, command by command in one shell, as a person would paste it.

The commands are those of the AWS command line, jq, curl and Terraform. Wrappers of the AWS command line and of curl lead them
to the emulator, which speaks no TLS: it is told of the port instead. While the failover runs, the primary region is out: a command
that needed it would fail. What AWS measures, the test puts: the lag of the database.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support import (
    ENDPOINT,
    PRIMARY,
    RECOVERY,
    SERVICE,
    DeployedTest,
    Transaction,
    address,
    ask,
    client,
    eventually,
    healthy,
    name,
    sql,
)

RUNBOOK = Path(os.environ["DRSTACK_RUNBOOK"])
CONFIGURATION = Path(os.environ["DRSTACK_CONFIGURATION"])
TERRAFORM_SECONDS = 300
# A health check may miss its deadline on a busy machine, so it is asked for again even where people need not.
BUSY = "503"

# Commands find these in the place of the programs, whose paths are put in.
_WRAPPERS = {
    "aws": """#!/bin/sh
exec "{program}" --endpoint-url "{endpoint}" "$@"
""",
    # The emulator takes the name and the port as parts of the path.
    "curl": """#!/bin/bash
for argument; do
  shift
  case $argument in
    http://*) rest=${{argument#http://}} port=80 ;;
    https://*) rest=${{argument#https://}} port=443 ;;
    *) set -- "$@" "$argument"; continue ;;
  esac
  set -- "$@" "{endpoint}/_alb/${{rest%%/*}}:$port/${{rest#*/}}"
done
exec "{program}" --noproxy "*" "$@"
""",
}

_STEP = re.compile(r"### (\d+)\.\d+ (.*)")
_BLOCK = re.compile(r"^```sh\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_EXPECT = re.compile(r"^Expect: (at most )?`(.*?)`", re.MULTILINE)
_AGAIN = re.compile(r"^Check, again and again for up to ", re.MULTILINE)


@dataclass
class Step:
    """What stands under one heading of the third level."""

    part: int
    title: str
    command: str | None
    check: str
    expected: str
    is_limit: bool
    is_awaited: bool


def read(text: str) -> list[Step]:
    """The steps of a runbook; ValueError where one has no check or no answer."""
    steps = []
    for section in re.split(r"^(?=### )", text, flags=re.MULTILINE)[1:]:
        heading = _STEP.match(section)
        blocks = _BLOCK.findall(section)
        expected = _EXPECT.search(section)
        if not heading or not 1 <= len(blocks) <= 2 or not expected:
            raise ValueError(f"a step without check or answer:\n{section}")
        steps.append(
            Step(
                part=int(heading[1]),
                title=heading[2],
                command=blocks[0] if len(blocks) == 2 else None,
                check=blocks[-1],
                expected=expected[2],
                is_limit=bool(expected[1]),
                is_awaited=bool(_AGAIN.search(section)),
            )
        )
    return steps


class Shell:
    """One bash that ends at the first command that fails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        tools = folder / "bin"
        tools.mkdir()
        for tool, text in _WRAPPERS.items():
            wrapper = tools / tool
            wrapper.write_text(text.format(program=shutil.which(tool), endpoint=ENDPOINT))
            wrapper.chmod(0o755)
        self._process = subprocess.Popen(
            ["bash", "-eu", "-o", "pipefail"],
            cwd=CONFIGURATION,
            stdin=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PATH": f"{tools}:{os.environ['PATH']}",
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
            },
        )

    def run(self, commands: str) -> str:
        """What the commands print; AssertionError when one fails."""
        script, out, err, done = (self._folder / part for part in ("script", "out", "err", "done"))
        script.write_text(commands + "\n")
        done.unlink(missing_ok=True)
        self._process.stdin.write(f". '{script}' > '{out}' 2> '{err}'; : > '{done}'\n")
        self._process.stdin.flush()
        deadline = time.monotonic() + TERRAFORM_SECONDS
        while not done.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"failed:\n{commands}\n{out.read_text()}{err.read_text()}")
            time.sleep(0.02)
        return out.read_text().strip()

    def close(self) -> None:
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()


class Runbook(DeployedTest):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="runbook-")
        self.addCleanup(folder.cleanup)
        self.shell = Shell(Path(folder.name))
        self.addCleanup(self.shell.close)
        self.steps = read(RUNBOOK.read_text())
        healthy(address(PRIMARY))

    # requirement: R1, R2, R3, R4, R5, C5, C7, C8, T2
    def test_failover_return_and_failback(self) -> None:
        self.addCleanup(delete_kept_snapshots)
        lag(RECOVERY, 900)
        self.part(1)

        lost = lost_transaction()
        outage("PUT", PRIMARY)
        self.addCleanup(outage, "DELETE", PRIMARY)
        self.part(2)
        # It was archived and replicated, and the database had not got it.
        self.assertEqual(eventually(lambda: lost.recorded_in(RECOVERY)), RECOVERY)
        self.assert_served_by(RECOVERY)
        outage("DELETE", PRIMARY)
        # The region is up again, and clients stay away.
        self.assert_served_by(RECOVERY)

        stranded = Transaction()
        self.part(3, before={"Move what waits": lambda: stranded.send(PRIMARY)})
        self.assertEqual(eventually(lambda: stranded.recorded_in(RECOVERY)), RECOVERY)
        self.assertEqual(len(kept_snapshots()), 1)

        lag(PRIMARY, 400)
        self.part(4)
        self.assert_served_by(PRIMARY)

    # requirement: R1, R5, C5, C7, C8
    def test_rehearsal_and_failback(self) -> None:
        lag(RECOVERY, 700)
        self.part(1)
        self.run_step(next(step for step in self.steps if step.part == 3))
        stranded = Transaction()
        self.part(5, before={"Move what waits": lambda: stranded.send(PRIMARY)})
        self.assertEqual(eventually(lambda: stranded.recorded_in(RECOVERY)), RECOVERY)
        self.assert_served_by(RECOVERY)
        lag(PRIMARY, 300)
        # The plan after the other test's failback has shown what Terraform thinks.
        self.part(4, without="See that Terraform agrees")
        self.assert_served_by(PRIMARY)

    def part(self, number: int, before: dict[str, Callable[[], None]] | None = None, without: str = "") -> None:
        steps = [step for step in self.steps if step.part == number and step.title != without]
        self.assertTrue(steps)
        for step in steps:
            for title, act in (before or {}).items():
                if step.title.startswith(title):
                    act()
            self.run_step(step)

    def run_step(self, step: Step) -> None:
        try:
            if step.command:
                self.shell.run(step.command)
            found = self.shell.run(step.check)
            if (step.is_awaited or found == BUSY) and not holds(step, found):
                found = eventually(lambda: holding(step, self.shell.run(step.check)), seconds=60)
        except AssertionError as error:
            self.fail(f"{step.part} {step.title}: {error}")
        self.assertTrue(holds(step, found), f"{step.part} {step.title}: expected {step.expected}, found {found}")

    def assert_served_by(self, region: str) -> None:
        transaction = Transaction()
        status, _ = ask(SERVICE, "POST", "/transactions", transaction.body)
        self.assertEqual(status, 202)
        self.assertEqual(eventually(lambda: transaction.recorded_in(region)), region)


def holding(step: Step, found: str) -> str | None:
    return found if holds(step, found) else None


def holds(step: Step, found: str) -> bool:
    if not step.is_limit:
        return found == step.expected
    try:
        return float(found) <= float(step.expected)
    except ValueError:
        return False


def lag(region: str, milliseconds: int) -> None:
    """What Aurora measures in the region of the secondary cluster."""
    client("cloudwatch", region).put_metric_data(
        Namespace="AWS/RDS",
        MetricData=[
            {
                "MetricName": "AuroraGlobalDBRPOLag",
                "Dimensions": [{"Name": "DBClusterIdentifier", "Value": name("aurora")}],
                "Timestamp": datetime.now(UTC) - timedelta(minutes=1),
                "Value": milliseconds,
            }
        ],
    )


def kept_snapshots() -> list[str]:
    """Those that the runbook has people keep, which only people delete."""
    found = client("rds").describe_db_cluster_snapshots(DBClusterIdentifier=name("aurora"), SnapshotType="manual")
    return [snapshot["DBClusterSnapshotIdentifier"] for snapshot in found["DBClusterSnapshots"]]


def delete_kept_snapshots() -> None:
    for snapshot in kept_snapshots():
        client("rds").delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=snapshot)


def lost_transaction() -> Transaction:
    """A transaction that was archived in both regions and recorded in neither, as by a failover that loses it."""
    transaction = Transaction(datetime.now(UTC))
    transaction.send(PRIMARY)
    eventually(lambda: transaction.archived_in(RECOVERY) and transaction.recorded_in(PRIMARY))
    sql(PRIMARY, "DELETE FROM transactions WHERE transaction_id = :id", id=transaction.id)
    return transaction


def outage(method: str, region: str) -> None:
    request = urllib.request.Request(f"{ENDPOINT}/_outage/{region}", method=method)
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 204


if __name__ == "__main__":
    unittest.main()
