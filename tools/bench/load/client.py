"""A client that is cheap enough to be two hundred visitors on the cores it shares with the product."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.stack.ports import LOOPBACK

ANSWER_WITHIN_S = 90.0
FRESH_FOR_S = 2.0
"""The server closes idle connections after some seconds; a request that meets such an end has no answer."""
NARROW = 16 << 10


class NoAnswer(Exception):
    """The connection broke, or nothing came within ANSWER_WITHIN_S."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Header names are in lower case; ``body`` is empty where the caller reads it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def data(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One visitor's kept-alive connection with their cookie. One request at a time. A ``narrow`` one buffers
    little, so that the server feels how slowly its client reads."""

    def __init__(self, port: int, *, cookie: str = "", narrow: bool = False) -> None:
        self.port, self.cookie = port, cookie
        self._narrow = narrow
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used_at = 0.0

    async def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str
    ) -> Answer:
        """The whole answer. Raises NoAnswer."""
        with _no_answer(self.close):
            async with asyncio.timeout(ANSWER_WITHIN_S):
                reader = await self._send(method, path, body, headers)
                answer = await self._read_head(reader)
                content = b"" if answer.status in (204, 304) else await _read_body(reader, answer.headers)
        if answer.headers.get("connection") == "close":
            self.close()
        self._used_at = time.monotonic()
        return Answer(status=answer.status, headers=answer.headers, body=content)

    async def open(self, path: str) -> tuple[Answer, asyncio.StreamReader]:
        """The head of the answer to a GET, and what follows it as it was sent. Raises NoAnswer."""
        with _no_answer(self.close):
            async with asyncio.timeout(ANSWER_WITHIN_S):
                reader = await self._send("GET", path, None, {})
                return await self._read_head(reader), reader

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> asyncio.StreamReader:
        if time.monotonic() - self._used_at > FRESH_FOR_S:
            self.close()
        if self._streams is None:
            self._streams = await self._connect()
        reader, writer = self._streams
        writer.write(_encode(method, path, body, {"Cookie": self.cookie, **headers}))
        return reader

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connection = socket.socket()
        connection.setblocking(False)
        if self._narrow:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
        await asyncio.get_running_loop().sock_connect(connection, (LOOPBACK, self.port))
        return await asyncio.open_connection(sock=connection, limit=NARROW if self._narrow else 1 << 20)

    async def _read_head(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in head[1:-2])}
        if "set-cookie" in headers:
            self.cookie = headers["set-cookie"].partition(";")[0]
        return Answer(status=int(head[0].split(" ", 2)[1]), headers=headers)


async def read_events(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    """The names of server-sent events until the server ends the stream; chunks end where lines do. Raises
    OSError where the connection breaks."""
    name = "message"
    while line := await reader.readline():
        if line.startswith(b"event: "):
            name = line[7:-1].decode()
        elif line.startswith(b"data: "):
            yield name
            name = "message"


@contextlib.contextmanager
def _no_answer(close: Callable[[], None]) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError, ValueError) as error:
        close()
        raise NoAnswer(f"{type(error).__name__}: {error}") from error


def _encode(method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {LOOPBACK}"]
    lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items() if text]
    content = b"" if body is None else json.dumps(body).encode()
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers["content-length"]))
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)
