"""Calls of our own API, inside this process, on behalf of whoever calls a tool.

A tool is no way of its own to the data: who may, how often, in whose name, and what is a fault, the API says.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest

from api.access.owners import VISITOR_COOKIE

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]

PASSED_ON = frozenset(
    {b"host", b"authorization", b"user-agent", b"x-forwarded-for", b"x-request-id", b"traceparent"}
)
"""Headers that say who asks and for what. No cookies: a browser sends those unasked, and a page could use a
visitor's."""


@dataclass(frozen=True, kw_only=True)
class Problem(Exception):
    """What the API, or this room, answers instead: members of RFC 9457."""

    members: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back. ``ticket`` makes its bearer the visitor that the call made, where it made one."""

    status: int
    data: Any
    ticket: str | None
    location: str | None


class Api:
    """The API as the sender of one request uses it."""

    def __init__(self, application: Application, scope: Mapping[str, Any], request: HttpRequest) -> None:
        """``scope`` is that of the request to this room, ``request`` the same as Django sees it."""
        self._application = application
        self._scope = scope
        self._request = request

    def address(self, path: str, pairs: list[tuple[str, str]] | None = None) -> str:
        """The whole address of a page or file of this site."""
        query = f"?{urlencode(pairs)}" if pairs else ""
        return self._request.build_absolute_uri(path) + query

    async def get(self, path: str, *, ticket: str | None = None, **query: str) -> Reply:
        """Follows one redirect, to the address that a contract has alone. Raises Problem."""
        headers = self._list_headers(ticket)
        reply = await self._call("GET", unquote(path), urlencode(query), b"", headers)
        if reply.location is not None:
            there = urlsplit(reply.location)
            reply = await self._call("GET", unquote(there.path), there.query, b"", headers)
        return _expect_answer(reply)

    async def post(
        self, path: str, body: Mapping[str, Any], *, wait_s: int = 0, ticket: str | None = None
    ) -> Reply:
        """``wait_s`` is how long the answer of a task may take."""
        sent = json.dumps(body).encode()
        headers = self._list_headers(ticket)
        headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(sent))]
        headers.append((b"prefer", b"wait=%d" % wait_s))
        return _expect_answer(await self._call("POST", path, "", sent, headers))

    async def _call(
        self, method: str, path: str, query: str, body: bytes, headers: list[tuple[bytes, bytes]]
    ) -> Reply:
        scope = {
            **self._scope,
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": headers,
        }
        answer = _Answer(body)
        await self._application(scope, answer.receive, answer.send)
        return answer.read()

    def _list_headers(self, ticket: str | None) -> list[tuple[bytes, bytes]]:
        told = {(settings.SECURE_PROXY_SSL_HEADER or ("",))[0].removeprefix("HTTP_")}
        names = PASSED_ON | {name.replace("_", "-").lower().encode() for name in told}
        headers = [(name, value) for name, value in self._scope["headers"] if name in names]
        if ticket is not None:
            headers.append((b"cookie", f"{VISITOR_COOKIE}={ticket}".encode()))
        return headers


def _expect_answer(reply: Reply) -> Reply:
    # 300 is one too: several things bear what was asked for.
    if reply.status > 300:
        raise Problem(members=reply.data)
    return reply


class _Answer:
    """The one end of a call: gives the request's body, takes the answer."""

    def __init__(self, body: bytes) -> None:
        self._sent: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._head: Message = {}
        self._parts: list[bytes] = []

    async def receive(self) -> Message:
        if self._sent is None:
            # That the client has gone is told by cancelling the whole call.
            await asyncio.Event().wait()
        message, self._sent = self._sent, None
        return message or {}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._head = message
        else:
            self._parts.append(message.get("body", b""))

    def read(self) -> Reply:
        headers = [(name.lower(), value.decode("latin-1")) for name, value in self._head["headers"]]
        status: int = self._head["status"]
        cookies = [SimpleCookie(value) for name, value in headers if name == b"set-cookie"]
        tickets = [cookie[VISITOR_COOKIE].value for cookie in cookies if VISITOR_COOKIE in cookie]
        try:
            data = json.loads(b"".join(self._parts))
        except ValueError:
            # A redirect to HTTPS has no body.
            data = {"status": status, "code": "bad-request", "detail": "this service is served by HTTPS only"}
        location = dict(headers).get(b"location") if status == 301 else None
        return Reply(status=status, data=data, ticket=next(iter(tickets), None), location=location)
