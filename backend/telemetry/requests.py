"""What is noted of each request for operators."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from backend.serving.bodies import Send
from data_processing import origins, tracing
from data_processing.instruments import HTTP_REQUESTS, HTTP_SECONDS
from data_processing.operations.process_counts import pusher
from data_processing.tracing import Span

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REQUEST_ID_HEADER = "X-Request-ID"
STATIC, UNKNOWN = "(static files)", "(unknown)"


def take_request_id(scope: Mapping[str, Any]) -> str:
    """The id that the client or a proxy has given to this request, or a new one; from here on the log lines
    of this request carry it, and those of the run that it starts."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode(
        "latin-1"
    )
    request_id = given if origins.is_sane(given) else uuid.uuid4().hex
    origins.begin({origins.REQUEST_ID: request_id})
    return request_id


def trace_request(scope: Mapping[str, Any]) -> AbstractContextManager[Span]:
    """The span of this request, in the trace that its client or a proxy has begun."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"]
    return tracing.span(
        scope["method"], kind="SERVER", parent={tracing.TRACEPARENT: given[0]} if given else {}
    )


def describe_request(
    span: Span, request: HttpRequest | None, response: HttpResponseBase, *, method: str
) -> None:
    """Name the span by the route, as counts are."""
    route = _name_route(request, response)
    span.rename(f"{method} {route}")
    span.note(http_route=route, http_response_status_code=response.status_code)


def count_request(
    request: HttpRequest | None, response: HttpResponseBase, *, method: str, seconds: float
) -> None:
    """Count an answer. Labels are of a bounded number, whatever clients send."""
    route = _name_route(request, response)
    count_answer(route, method=method, status=response.status_code)
    HTTP_SECONDS.labels(route).observe(seconds)


def count_answer(route: str, *, method: str, status: int) -> None:
    """Count an answer whose time says nothing."""
    # Anybody may invent methods.
    HTTP_REQUESTS.labels(method if method in METHODS else "other", route, status).inc()
    pusher.ensure_running()


class NotedStatus:
    """Sends on what it gets, and notes the status of the answer; 499 where none was sent, as nginx says it of
    a client that has gone."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 499

    async def __call__(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def bring_notes() -> None:
    """Bring what has been counted and traced before the process ends."""
    pusher.finish()
    tracing.flush()


def _name_route(request: HttpRequest | None, response: HttpResponseBase) -> str:
    match = None if request is None else request.resolver_match
    if match is None:
        return STATIC if response.status_code < 400 else UNKNOWN
    # The pattern for all that the API does not have begins so.
    return UNKNOWN if match.route.startswith("^") else f"/{match.route}"
