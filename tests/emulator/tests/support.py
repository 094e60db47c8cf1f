"""One emulator process for all tests; every test uses names of its own.

Without moto (or, for some tests, PostgreSQL) the tests are skipped; DRSTACK_REQUIRE_TOOLS=1 makes that a failure.
"""

from __future__ import annotations

import atexit
import functools
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGE_ROOT = Path(__file__).resolve().parent.parent
REQUIRED = os.environ.get("DRSTACK_REQUIRE_TOOLS") == "1"
PRIMARY, STANDBY = "us-east-1", "us-east-2"

sys.path.insert(0, str(PACKAGE_ROOT))

try:
    import boto3
    from botocore.exceptions import ClientError

    import emulated_aws.server  # noqa: F401 - needs what the server needs
    from emulated_aws import postgres
except ImportError as error:
    if REQUIRED:
        raise
    # Skips every module that imports this one.
    raise unittest.SkipTest(f"{error.name} is not installed") from None

HAS_POSTGRES = postgres.is_installed()
if REQUIRED and not HAS_POSTGRES:
    raise RuntimeError("DRSTACK_REQUIRE_TOOLS=1, but PostgreSQL is not installed")

__all__ = ["HAS_POSTGRES", "PRIMARY", "STANDBY", "ClientError", "EmulatorTest", "eventually", "server_url"]


@functools.cache
def server_url() -> str:
    directory = tempfile.mkdtemp(prefix="emulator-tests-")
    atexit.register(shutil.rmtree, directory)
    ready = Path(directory) / "port"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "emulated_aws", "--port", "0", "--ready-file", str(ready)),
            *(["--start-postgres"] if HAS_POSTGRES else []),
        ],
        env={**os.environ, "PYTHONPATH": str(PACKAGE_ROOT)},
        stdout=subprocess.DEVNULL,
    )

    def stop() -> None:
        process.terminate()
        process.wait()

    atexit.register(stop)
    eventually(lambda: ready.exists() or process.poll() is not None)
    return f"http://127.0.0.1:{ready.read_text().strip()}"


def eventually(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """The condition's first true answer; AssertionError when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


class EmulatorTest(unittest.TestCase):
    """Clients of both regions, and names that no other test has."""

    def setUp(self) -> None:
        self.suffix = uuid.uuid4().hex[:10]

    def client(self, service: str, region: str = PRIMARY) -> Any:
        return _client(service, region)

    def role(self) -> str:
        trust = {"Version": "2012-10-17", "Statement": []}
        name = f"role-{uuid.uuid4().hex[:10]}"
        return self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]

    def queue(self, region: str = PRIMARY, name: str = "queue", **attributes: str) -> tuple[str, str]:
        sqs = self.client("sqs", region)
        url = sqs.create_queue(QueueName=f"{name}-{self.suffix}", Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return url, arn

    def messages(self, url: str, region: str = PRIMARY) -> list[str]:
        received = self.client("sqs", region).receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in received.get("Messages", [])]

    def function(self, source: str, region: str = PRIMARY, name: str = "function", **more: Any) -> str:
        """A function whose handler is `main.handler` of this source; its ARN."""
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("main.py", source)
        return self.client("lambda", region).create_function(
            **{
                "FunctionName": f"{name}-{self.suffix}",
                "Runtime": "python3.12",
                "Handler": "main.handler",
                "Role": self.role(),
                "Code": {"ZipFile": package.getvalue()},
                "Timeout": 10,
                **more,
            }
        )["FunctionArn"]


@functools.cache
def _client(service: str, region: str) -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=server_url(),
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
