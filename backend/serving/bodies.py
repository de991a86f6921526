"""Request bodies: read into memory, never onto a disk, and no more and no longer than the settings say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestAborted

from data_processing.errors import BadRequestBody

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


async def read_body(scope: Scope, receive: Receive) -> BytesIO:
    """The whole body, read if its announced length is not too large. Raises BadRequestBody, and
    RequestAborted when the client has gone."""
    headers = dict(scope["headers"])
    announced = headers.get(b"content-length")
    if announced is None and b"transfer-encoding" not in headers:
        return BytesIO()
    # The server has parsed it.
    if announced is not None and int(announced) > settings.MAX_REQUEST_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(settings.BODY_TIMEOUT_S):
            return await _read(receive)
    except TimeoutError:
        limit = f"{settings.BODY_TIMEOUT_S:g} seconds"
        raise BadRequestBody(f"the request body took longer than {limit}", status=408) from None


async def _read(receive: Receive) -> BytesIO:
    # In memory: Django's handler spools bodies of any size to the temporary folder before anybody looks at
    # them.
    body = BytesIO()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestAborted
        body.write(message.get("body", b""))
        if body.tell() > settings.MAX_REQUEST_BYTES:
            raise _too_large()
        if not message.get("more_body", False):
            body.seek(0)
            return body


def _too_large() -> BadRequestBody:
    limit = f"{settings.MAX_REQUEST_BYTES:,} bytes"
    return BadRequestBody(f"the request body is larger than {limit}", status=413)
