"""The emulator as an HTTP server on the loopback interface."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request

from . import awslambda, elbv2, outage, postgres, rds_data

HOST = "127.0.0.1"


class Server:
    """All regions of emulated AWS behind one port."""

    def __init__(self, port: int, database: postgres.Server | str | None = None) -> None:
        """`port` 0 takes a free one; `database` is a server to own and stop, or the connection string of another's."""
        self._database = database
        rds_data.use(database.dsn if isinstance(database, postgres.Server) else database)
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._http: BaseWSGIServer = make_server(
            HOST, port, self._respond, threaded=True, request_handler=_QuietHandler
        )
        self.port: int = self._http.port
        self.url = f"http://{HOST}:{self.port}"
        # moto composes some URLs from it.
        os.environ["MOTO_PORT"] = str(self.port)
        awslambda.start(self.url)

    def serve(self) -> None:
        """Answers requests until `stop`."""
        self._http.serve_forever()

    def stop(self) -> None:
        """May be called from a signal handler: shutting down waits for the loop, so another thread does."""
        threading.Thread(target=self._http.shutdown, daemon=True).start()

    def close(self) -> None:
        awslambda.stop()
        self._http.server_close()
        if isinstance(self._database, postgres.Server):
            self._database.stop()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _respond(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ, populate_request=False)
        if answer := outage.respond(request):
            return answer(environ, start_response)
        if to := elbv2.destination(request):
            return elbv2.respond(request, to)(environ, start_response)
        return self._moto(environ, start_response)


class _QuietHandler(WSGIRequestHandler):
    """No line a request: an apply makes tens of thousands."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass
