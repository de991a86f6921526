"""The one address of the protocol: looks at who may come in, and hands the request to the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from api.problems import problem
from assistants.calls import Application, Message, Receive, Send
from assistants.server import make_manager

PATH = "/mcp"
HEADERS = [
    (b"cache-control", b"private, no-store"),
    (b"x-content-type-options", b"nosniff"),
]


class Endpoint:
    """Answers requests of the protocol, while it is ``living``."""

    path = PATH

    def __init__(self, application: Application) -> None:
        """``application`` is what answers the API."""
        self._application = application
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        """While inside, requests are answered; those that are not by the end are given up."""
        # One of its managers lives once.
        self._manager = make_manager(self._application)
        async with self._manager.run():
            yield

    def is_meant(self, scope: Mapping[str, Any]) -> bool:
        path: str = scope["path"]
        return path.rstrip("/") == PATH

    def refuse(self, scope: Mapping[str, Any]) -> HttpResponse | None:
        """The problem of a request that may not come in; None for the others."""
        request = ASGIRequest(dict(scope), BytesIO())
        try:
            host = request.get_host()
        except DisallowedHost:
            return problem(400, "bad-request", "The Host header names no host of this site.")
        if not _is_of_this_site(request, host):
            return problem(403, "permission-denied", "Pages of other sites may not ask here.")
        if request.method != "POST":
            # A GET would open a stream on which nothing ever comes: no call leaves anything to be told later.
            return problem(405, "method-not-allowed", "Only POST is answered.", headers={"Allow": "POST"})
        return None

    async def answer(self, scope: Mapping[str, Any], body: BytesIO, receive: Receive, send: Send) -> None:
        """Answer a request with this whole ``body``, until it is done or the client has gone."""
        if self._manager is None:
            raise RuntimeError("the application does not live")
        answering = asyncio.create_task(
            self._manager.handle_request(dict(scope), _replay(body), _with_headers(send))  # type: ignore[arg-type]
        )
        leaving = asyncio.create_task(_wait_for_leave(receive))
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            answering.cancel()
            leaving.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
        if not answering.cancelled():
            answering.result()


def _is_of_this_site(request: HttpRequest, host: str) -> bool:
    """Whether no page asks, or one of ours: a browser can be led here under another site's name (DNS
    rebinding), but not to say another origin."""
    origin = request.headers.get("Origin")
    ours = (f"{request.scheme}://{host}", *settings.CSRF_TRUSTED_ORIGINS)
    return origin is None or origin in ours


def _replay(body: BytesIO) -> Receive:
    messages = iter([{"type": "http.request", "body": body.getvalue(), "more_body": False}])

    async def receive() -> Message:
        for message in messages:
            return message
        # That the client has gone is told by cancelling the whole answer.
        await asyncio.Event().wait()
        raise AssertionError

    return receive


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *HEADERS]}
        await send(message)

    return send_with_headers


async def _wait_for_leave(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
