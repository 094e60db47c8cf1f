"""Lambda: Python functions run in processes of their own, and SQS event source mappings invoke them.

A function's process stays for the next invocation, as an execution environment does. Functions reach the emulator
through AWS_ENDPOINT_URL, so they run only where the emulator is a server.
"""

from __future__ import annotations

import io
import json
import logging
import os
import select
import subprocess
import sys
import tempfile
import threading
import uuid
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaBackend, LambdaFunction, lambda_backends
from moto.sqs.models import Message, Queue, sqs_backends

from . import outage
from .extension import adds, wraps

POLL_SECONDS = 0.2

_log = logging.getLogger(__name__)
_endpoint: str | None = None
_environments: dict[str, Environment] = {}
_environments_lock = threading.Lock()


class InvocationError(Exception):
    """The function could not be run to its end."""


class Environment:
    """One process of one version of a function; it serves one event at a time."""

    def __init__(self, function: LambdaFunction, endpoint: str) -> None:
        self._state = _state(function)
        self._lock = threading.Lock()
        self._directory = tempfile.TemporaryDirectory(prefix="emulated-lambda-")
        zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(self._directory.name)
        self._timeout = int(function.timeout)
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("runtime.py")), function.handler],
            cwd=self._directory.name,
            env=_variables(function, self._directory.name, endpoint),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def serves(self, function: LambdaFunction) -> bool:
        """Whether the process runs, and runs this code with this configuration."""
        return self._process.poll() is None and self._state == _state(function)

    def invoke(self, event: Any) -> dict[str, Any]:
        """Raises InvocationError when the process ends or the function's timeout passes."""
        request = {
            "event": event,
            "context": {"aws_request_id": str(uuid.uuid4()), "timeout_seconds": self._timeout},
        }
        with self._lock:
            try:
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                raise InvocationError("Runtime exited") from None
            answered, _, _ = select.select([self._process.stdout], [], [], self._timeout)
            line = self._process.stdout.readline() if answered else ""
        if not line:
            self.stop()
            raise InvocationError("Runtime exited" if answered else f"Task timed out after {self._timeout} seconds")
        return json.loads(line)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            pipe.close()
        self._directory.cleanup()


def start(endpoint: str) -> None:
    """Lets functions reach the emulator at this URL, and starts the polling of queues."""
    global _endpoint  # one server a process, as moto's backends are
    _endpoint = endpoint
    threading.Thread(target=_poll_for_ever, name="event-sources", daemon=True).start()


def stop() -> None:
    """Ends the processes of all functions."""
    with _environments_lock:
        for environment in _environments.values():
            environment.stop()
        _environments.clear()


def invoke(function: LambdaFunction, event: Any) -> tuple[Any, bool]:
    """The function's answer, and whether it is an error."""
    payload, failed, _ = function._invoke_lambda(event)
    return json.loads(payload), failed


# Execution


@adds(LambdaFunction, "_invoke_lambda")
def _invoke_lambda(self: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
    try:
        answer = _environment(self).invoke(event)
    except InvocationError as error:
        answer = {"payload": {"errorMessage": str(error)}, "error": True, "logs": str(error)}
    self.logs_backend.ensure_log_group(self.logs_group_name)
    self.save_logs(answer["logs"])
    return json.dumps(answer["payload"]), answer["error"], answer["logs"]


def _environment(function: LambdaFunction) -> Environment:
    if not _endpoint:
        raise InvocationError("functions run only where the emulator is a server")
    if not (function.run_time or "").startswith("python"):
        raise InvocationError(f"only Python functions are emulated, not {function.run_time or function.package_type}")
    with _environments_lock:
        environment = _environments.get(function.function_arn)
        if environment and environment.serves(function):
            return environment
        if environment:
            environment.stop()
        environment = _environments[function.function_arn] = Environment(function, _endpoint)
        return environment


def _state(function: LambdaFunction) -> str:
    return json.dumps([function.code_sha_256, function.handler, function.timeout, function.environment_vars])


def _variables(function: LambdaFunction, task_root: str, endpoint: str) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "AWS_ACCESS_KEY_ID": "emulated",
        "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_REGION": function.region,
        "LAMBDA_TASK_ROOT": task_root,
        "PYTHONDONTWRITEBYTECODE": "1",
        **{name: str(value) for name, value in function.environment_vars.items()},
    }


# Event source mappings


@wraps(LambdaBackend, "create_event_source_mapping")
def _create_event_source_mapping(original: Any, self: LambdaBackend, spec: dict[str, Any]) -> EventSourceMapping:
    mapping = original(spec)
    # moto invokes while a message is sent; here the poller does.
    queue = _queue(mapping)
    if queue:
        queue.lambda_event_source_mappings.clear()
    return mapping


def _poll_for_ever() -> None:
    busy: set[str] = set()
    pause = threading.Event()

    def poll(mapping: EventSourceMapping) -> None:
        try:
            while mapping.enabled and _deliver_batch(mapping):
                pass
        except Exception:
            _log.exception("event source mapping %s", mapping.uuid)
        finally:
            busy.discard(mapping.uuid)

    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="event-source") as workers:
        while not pause.wait(POLL_SECONDS):
            for mapping in _mappings():
                if mapping.enabled and mapping.uuid not in busy and not outage.is_out(mapping.region):
                    busy.add(mapping.uuid)
                    workers.submit(poll, mapping)


def _mappings() -> Iterator[EventSourceMapping]:
    for regions in list(lambda_backends.values()):
        for backend in list(regions.values()):
            yield from list(backend._event_source_mappings.values())


def _queue(mapping: EventSourceMapping) -> Queue | None:
    queues = sqs_backends[mapping.account_id][mapping.region].queues.values()
    return next((queue for queue in queues if queue.queue_arn == mapping.event_source_arn), None)


def _deliver_batch(mapping: EventSourceMapping) -> bool:
    """Whether there was anything to deliver. What fails stays in flight until its visibility timeout has passed."""
    queue = _queue(mapping)
    function = lambda_backends[mapping.account_id][mapping.region].get_function_by_arn(mapping.function_arn)
    if not queue or not function:
        return False
    backend = sqs_backends[mapping.account_id][mapping.region]
    messages = backend.receive_message(queue.name, min(mapping.batch_size, 10), 0, queue.visibility_timeout)
    if not messages:
        return False
    answer, failed = invoke(function, {"Records": [_record(message, queue) for message in messages]})
    if failed:
        return True
    failures = _failures(mapping, answer, {message.id for message in messages})
    for message in messages:
        if message.id not in failures:
            backend.delete_message(queue.name, message.receipt_handle)
    return True


def _failures(mapping: EventSourceMapping, answer: Any, sent: set[str]) -> set[str]:
    """The identifiers to keep, by the rules of partial batch responses.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if "ReportBatchItemFailures" not in (mapping.function_response_types or []) or not answer:
        return set()
    try:
        failures = {failure["itemIdentifier"] for failure in answer.get("batchItemFailures") or []}
    except (AttributeError, KeyError, TypeError):
        return sent
    return failures if failures <= sent else sent


def _record(message: Message, queue: Queue) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SentTimestamp": str(message.sent_timestamp),
        },
        "messageAttributes": {},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": queue.region,
    }


# What the provider reads back


@wraps(LambdaFunction, "__init__")
def _init(
    original: Any, self: LambdaFunction, account_id: str, spec: dict[str, Any], *args: Any, **kwargs: Any
) -> None:
    original(account_id, spec, *args, **kwargs)
    self.kept = _kept(spec)


@wraps(LambdaFunction, "update_configuration")
def _update_configuration(original: Any, self: LambdaFunction, config_updates: dict[str, Any]) -> dict[str, Any]:
    self.kept = {**self.kept, **_kept(config_updates)}
    return original(config_updates)


@wraps(LambdaFunction, "get_configuration")
def _get_configuration(original: Any, self: LambdaFunction, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return {**original(*args, **kwargs), **self.kept}


def _kept(spec: dict[str, Any]) -> dict[str, Any]:
    return {name: spec[name] for name in ("KMSKeyArn", "LoggingConfig", "DeadLetterConfig") if spec.get(name)}
