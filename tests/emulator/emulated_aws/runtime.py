"""The inside of an emulated Lambda execution environment: run as a script, never imported.

Arguments: the handler (`module.function`). Standard input carries one JSON request a line,
`{"event": …, "context": {"aws_request_id": …, "timeout_seconds": …}}`; standard output one JSON answer a line,
`{"payload": …, "error": bool, "logs": …}`. What the function prints is its log.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import time
import traceback


class Context:
    """The part of Lambda's context object that does not depend on the platform."""

    def __init__(self, aws_request_id: str, timeout_seconds: float) -> None:
        self.aws_request_id = aws_request_id
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self._deadline = time.monotonic() + timeout_seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main() -> None:
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    answers = sys.stdout
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), file=answers, flush=True)


def _answer(request: dict) -> dict:
    logs = io.StringIO()
    with contextlib.redirect_stdout(logs), contextlib.redirect_stderr(logs):
        try:
            module, function = sys.argv[1].rsplit(".", 1)
            handler = getattr(importlib.import_module(module.replace("/", ".")), function)
            payload = json.loads(json.dumps(handler(request["event"], Context(**request["context"]))))
            failed = False
        except BaseException as error:  # whatever the function raises is its answer
            traceback.print_exc()
            payload = {"errorMessage": str(error), "errorType": type(error).__name__}
            failed = True
    return {"payload": payload, "error": failed, "logs": logs.getvalue()}


main()
