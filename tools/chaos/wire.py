"""GET requests of which one thread can have hundreds open: streams that stay, downloads that take long."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import h11

from tools.chaos.browser import Browser, NoAnswer, find_code
from tools.chaos.calls import Call, name_route

ANSWER_WITHIN_S = 30
SILENT_S = 40
"""Nothing for so long is no answer: an event stream has a sign of life every 15 seconds."""

PIECE = 8192


class Reply:
    """An answer whose body is read as it comes."""

    def __init__(self, protocol: h11.Connection, reader: asyncio.StreamReader) -> None:
        self._protocol = protocol
        self._reader = reader
        self.status = 0
        self.headers: Mapping[str, str] = {}

    async def read(self) -> bytes:
        """The next bytes of the body, b"" at its end. Raises OSError, h11.RemoteProtocolError."""
        event = await self._next_event(SILENT_S)
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    async def read_json(self) -> Any:
        """The whole body; None where it is no JSON."""
        text = b""
        while piece := await self.read():
            text += piece
        try:
            return json.loads(text)
        except ValueError:
            return None

    async def read_head(self) -> None:
        event = await self._next_event(ANSWER_WITHIN_S)
        if not isinstance(event, h11.Response):
            raise h11.RemoteProtocolError(f"no answer but {event}")
        self.status = event.status_code
        self.headers = {name.decode().lower(): value.decode() for name, value in event.headers}

    async def _next_event(self, within_s: float) -> object:
        async with asyncio.timeout(within_s):
            while (event := self._protocol.next_event()) is h11.NEED_DATA:
                self._protocol.receive_data(await self._reader.read(PIECE))
        return event


class Wire:
    """One visitor's GET requests in an event loop, with the browser's cookies, each over a connection of its
    own. Calls are noted as the browser's are."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    @asynccontextmanager
    async def get(
        self, path: str, *, headers: Mapping[str, str] | None = None, buffer_bytes: int = 0
    ) -> AsyncIterator[Reply]:
        """An answer, its head read (of a refusal all). Raises NoAnswer, also out of the block when the server
        goes meanwhile.

        With `buffer_bytes` about so much waits on this side; the rest is left to the server."""
        try:
            async with _connect(self._browser.choose_url(), buffer_bytes=buffer_bytes) as (reader, writer):
                protocol = h11.Connection(h11.CLIENT)
                writer.write(
                    protocol.send(_request(path, {"Cookie": self._browser.cookie, **(headers or {})}))
                )
                writer.write(protocol.send(h11.EndOfMessage()))
                reply = Reply(protocol, reader)
                await self._begin(path, reply)
                yield reply
        except (OSError, h11.RemoteProtocolError) as error:
            raise NoAnswer(f"GET {path}: {error!r}") from error

    async def _begin(self, path: str, reply: Reply) -> None:
        """Read the head, of refusals also the body, and note the call."""
        began, code = time.time(), ""
        try:
            await reply.read_head()
            if reply.status >= 400:
                code = find_code(await reply.read_json())
        finally:
            self._browser.calls.add(
                Call(
                    method="GET",
                    route=name_route(path),
                    status=reply.status or None,
                    code=code,
                    began=began,
                    ended=time.time(),
                )
            )


def _request(path: str, headers: Mapping[str, str]) -> h11.Request:
    return h11.Request(method="GET", target=path, headers=[("Host", "localhost"), *headers.items()])


@asynccontextmanager
async def _connect(
    url: str, *, buffer_bytes: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    address = urlsplit(url)
    line = socket.socket()
    line.setblocking(False)
    if buffer_bytes:  # before the connection is made, or the kernel grows it to megabytes
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    try:
        await asyncio.get_running_loop().sock_connect(line, (address.hostname, address.port))
        reader, writer = await asyncio.open_connection(sock=line, limit=buffer_bytes or 2**16)
    except BaseException:
        line.close()
        raise
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
