"""Request bodies: read into memory, never onto a disk, and no more and no longer than the settings say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler

from data_processing.api.problems import problem
from data_processing.errors import BadRequestBody

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class BoundedBodies(ASGIHandler):
    """Django's handler spools bodies of any size to the temporary folder, before anybody is asked whether the
    request is wanted; this one refuses them, by their announced length before it reads."""

    async def handle(self, scope: Any, receive: Receive, send: Send) -> None:
        try:
            refuse_announced(scope)
            await super().handle(scope, receive, send)
        except BadRequestBody as error:
            # The rest of the body stays unread: it must not be taken for the next request.
            close = {"Connection": "close"}
            await self.send_response(problem(error.status, error.code, str(error), headers=close), send)

    async def read_body(self, receive: Receive) -> BytesIO:
        """The whole body. Raises BadRequestBody, and RequestAborted when the client has gone."""
        try:
            async with asyncio.timeout(settings.BODY_TIMEOUT_S):
                return await _read(receive)
        except TimeoutError:
            limit = f"{settings.BODY_TIMEOUT_S:g} seconds"
            raise BadRequestBody(f"the request body took longer than {limit}", status=408) from None

    def create_request(self, scope: Any, body_file: Any) -> Any:
        request, refusal = super().create_request(scope, body_file)
        size = body_file.getbuffer().nbytes
        # A body in chunks announces no length, and is no body to Django's and DRF's parsers without one.
        if request is not None and size:
            request.META["CONTENT_LENGTH"] = str(size)
        return request, refusal


def refuse_announced(scope: Mapping[str, Any]) -> None:
    """Raise BadRequestBody where the Content-Length, which the server has parsed, is above the limit."""
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > settings.MAX_REQUEST_BYTES:
            raise too_large()


def too_large() -> BadRequestBody:
    return BadRequestBody(f"the request body is larger than {settings.MAX_REQUEST_BYTES:,} bytes", status=413)


async def _read(receive: Receive) -> BytesIO:
    body = BytesIO()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestAborted
        body.write(message.get("body", b""))
        if body.tell() > settings.MAX_REQUEST_BYTES:
            raise too_large()
        if not message.get("more_body", False):
            body.seek(0)
            return body
