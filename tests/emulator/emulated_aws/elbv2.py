"""Elastic Load Balancing: HTTP requests to an application load balancer run the Lambda function of its target group.

`/_alb/<DNS name>[:<port>]/<path>` on the emulator, or a Host header with the load balancer's DNS name or with the name of a
record of Route 53 that is an alias for it. Emulated are
forwarding to one Lambda function, redirects and fixed answers, and the rule conditions path-pattern, host-header and
http-request-method. No health check is ever run, and TLS is not spoken: name the port of an HTTPS listener to use it.
"""

from __future__ import annotations

import base64
import fnmatch
import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.elbv2.models import FakeListener, FakeLoadBalancer, FakeTargetGroup, elbv2_backends
from werkzeug.wrappers import Request, Response

from . import awslambda, outage, route53

PREFIX = "/_alb/"


@dataclass(frozen=True)
class Destination:
    """The load balancer a request is for; `port` is None when the request does not say."""

    load_balancer: FakeLoadBalancer
    port: int | None
    path: str


class NotEmulated(Exception):
    """The configuration uses something this module does not know."""


def destination(request: Request) -> Destination | None:
    """Which load balancer the request is for; None when it is not for any."""
    if request.path.startswith(PREFIX):
        authority, _, path = request.path.removeprefix(PREFIX).partition("/")
    else:
        authority, path = request.host, request.path.removeprefix("/")
    name, _, port = authority.partition(":")
    from_path = request.path.startswith(PREFIX)
    found = _named(name) or _named(route53.resolve(name, _is_healthy))
    return found and Destination(found, int(port) if port and from_path else None, f"/{path}")


def _named(dns_name: str | None) -> FakeLoadBalancer | None:
    return next((found for found in _load_balancers() if found.dns_name == dns_name), None)


def _is_healthy(dns_name: str, port: int, path: str) -> bool:
    """What a health check finds now. Unlike Route 53 it asks only when somebody wants to know."""
    load_balancer = _named(dns_name)
    if not load_balancer:
        return False
    request = Request.from_values(path=path, base_url=f"http://{dns_name}:{port}/")
    return respond(request, Destination(load_balancer, port, path)).status_code < HTTPStatus.BAD_REQUEST


def respond(request: Request, to: Destination) -> Response:
    """What the load balancer answers, its own errors included."""
    if outage.is_out(to.load_balancer.arn.split(":")[3]):
        return outage.unavailable()
    listener = _listener(to)
    if not listener:
        return _plain(HTTPStatus.BAD_GATEWAY, "no listener on this port")
    try:
        return _act(request, to, listener, _actions(listener, request, to.path))
    except NotEmulated as error:
        return _plain(HTTPStatus.NOT_IMPLEMENTED, f"not emulated: {error}")


def _load_balancers() -> Iterator[FakeLoadBalancer]:
    for regions in list(elbv2_backends.values()):
        for backend in list(regions.values()):
            yield from list(backend.load_balancers.values())


def _listener(to: Destination) -> FakeListener | None:
    listeners = sorted(to.load_balancer.listeners.values(), key=lambda listener: int(listener.port))
    return next((listener for listener in listeners if to.port in (None, int(listener.port))), None)


def _actions(listener: FakeListener, request: Request, path: str) -> list[dict[str, Any]]:
    rules = [rule for rule in listener.rules.values() if rule.priority != "default"]
    for rule in sorted(rules, key=lambda rule: int(rule.priority)):
        if all(_holds(condition, request, path) for condition in rule.conditions):
            return [action.data for action in rule.actions]
    return [action.data for action in listener.default_actions]


def _holds(condition: dict[str, Any], request: Request, path: str) -> bool:
    field = condition["Field"]
    actual = {"path-pattern": path, "host-header": request.host, "http-request-method": request.method}.get(field)
    if actual is None:
        raise NotEmulated(f"rule condition {field}")
    config = next((value for key, value in condition.items() if key.endswith("Config")), condition)
    return any(fnmatch.fnmatchcase(actual, value) for value in config["Values"])


def _act(request: Request, to: Destination, listener: FakeListener, actions: list[dict[str, Any]]) -> Response:
    match actions:
        case [{"Type": "forward", **action}]:
            return _forward(request, to, _target_group(action), listener)
        case [{"Type": "redirect", "RedirectConfig": config}]:
            return _redirect(request, to.path, config)
        case [{"Type": "fixed-response", "FixedResponseConfig": config}]:
            return Response(
                config.get("MessageBody", ""), int(config["StatusCode"]), content_type=config.get("ContentType")
            )
        case _:
            raise NotEmulated(f"actions {[action.get('Type') for action in actions]}")


def _target_group(action: dict[str, Any]) -> FakeTargetGroup:
    groups = action.get("ForwardConfig", {}).get("TargetGroups") or [action]
    if len(groups) != 1:
        raise NotEmulated("more than one target group")
    arn = groups[0]["TargetGroupArn"]
    _, _, _, region, account_id, _ = arn.split(":", 5)
    return elbv2_backends[account_id][region].target_groups[arn]


def _redirect(request: Request, path: str, config: dict[str, Any]) -> Response:
    given = {
        "protocol": request.scheme.upper(),
        "host": request.host.partition(":")[0],
        "port": "80",
        "path": path.removeprefix("/"),
        "query": request.query_string.decode(),
    }

    def fill(name: str, default: str) -> str:
        text = str(config.get(name) or default)
        for key, value in given.items():
            text = text.replace(f"#{{{key}}}", value)
        return text

    query = fill("Query", "#{query}")
    location = (
        f"{fill('Protocol', '#{protocol}').lower()}://{fill('Host', '#{host}')}:{fill('Port', '#{port}')}"
        f"{fill('Path', '/#{path}')}{'?' if query else ''}{query}"
    )
    return Response(status=int(config["StatusCode"].removeprefix("HTTP_")), headers={"Location": location})


def _forward(request: Request, to: Destination, group: FakeTargetGroup, listener: FakeListener) -> Response:
    if group.target_type != "lambda" or group.attributes["lambda.multi_value_headers.enabled"] == "true":
        raise NotEmulated("targets other than Lambda functions with single-value headers")
    function = _function(group)
    if not function:
        return _plain(HTTPStatus.SERVICE_UNAVAILABLE, "the target group has no function")
    if not may_invoke(function, group.arn):
        return _plain(HTTPStatus.BAD_GATEWAY, "the function does not let the target group invoke it")
    answer, failed = awslambda.invoke(function, _event(request, to, group, listener))
    return _plain(HTTPStatus.BAD_GATEWAY, "the function failed") if failed else _response(answer)


def _function(group: FakeTargetGroup) -> LambdaFunction | None:
    for arn in group.targets:
        _, _, _, region, account_id, _ = arn.split(":", 5)
        return lambda_backends[account_id][region].get_function_by_arn(arn)
    return None


def may_invoke(function: LambdaFunction, target_group_arn: str) -> bool:
    """Whether the function's policy lets the load balancer invoke it for this target group."""
    for statement in function.policy.statements:
        principal = statement.get("Principal", {})
        sources = statement.get("Condition", {}).get("ArnLike", {}).get("AWS:SourceArn")
        if (
            statement["Action"] in ("lambda:InvokeFunction", "lambda:*")
            and (principal == "*" or principal.get("Service") == "elasticloadbalancing.amazonaws.com")
            and (sources is None or fnmatch.fnmatchcase(target_group_arn, sources))
        ):
            return True
    return False


def _event(request: Request, to: Destination, group: FakeTargetGroup, listener: FakeListener) -> dict[str, Any]:
    body = request.get_data()
    content_type = request.headers.get("Content-Type", "")
    is_text = not body or content_type.startswith(("text/", "application/json", "application/xml"))
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers |= {
        "x-forwarded-for": request.remote_addr or "",
        "x-forwarded-port": str(listener.port),
        "x-forwarded-proto": listener.protocol.lower(),
    }
    return {
        "requestContext": {"elb": {"targetGroupArn": group.arn}},
        "httpMethod": request.method,
        "path": to.path,
        "queryStringParameters": request.args.to_dict(),
        "headers": headers,
        "body": body.decode() if is_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not is_text,
    }


def _response(answer: Any) -> Response:
    if not isinstance(answer, dict) or not isinstance(answer.get("statusCode"), int):
        return _plain(HTTPStatus.BAD_GATEWAY, "the function's answer has no statusCode")
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return Response(content, answer["statusCode"], headers=answer.get("headers") or {})


def _plain(status: HTTPStatus, reason: str) -> Response:
    return Response(json.dumps({"emulator": reason}), status, content_type="application/json")
