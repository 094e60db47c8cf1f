"""Outages: `PUT /_outage/<region>` takes a region's APIs, load balancers and event sources out, `DELETE` brings them back.

What the region holds stays as it is. Global services are asked in us-east-1, where their control planes are, and go
with it; the answers of Route 53 do not.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

PREFIX = "/_outage/"

# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
_CREDENTIAL = re.compile(r"Credential=[^/]+/\d{8}/([a-z0-9-]+)/")

_out: set[str] = set()


def is_out(region: str) -> bool:
    """Whether the region is out."""
    return region in _out


def respond(request: Request) -> Response | None:
    """The answer to a request that begins or ends an outage, or that meets one; None for all others."""
    if request.path.startswith(PREFIX):
        region = request.path.removeprefix(PREFIX)
        match request.method:
            case "PUT":
                _out.add(region)
            case "DELETE":
                _out.discard(region)
            case _:
                return Response(status=HTTPStatus.METHOD_NOT_ALLOWED)
        return Response(status=HTTPStatus.NO_CONTENT)
    signed = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    return unavailable() if signed and is_out(signed[1]) else None


def unavailable() -> Response:
    """What stands for the silence of a region that is out."""
    return Response("the region is out", HTTPStatus.SERVICE_UNAVAILABLE)
