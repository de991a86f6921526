"""HTTP as all tools speak it: a client's connection in an event loop, cheap enough for thousands of them."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpResponseParser

from tools.stack.errors import StackError

ANSWER_WITHIN_S = 60.0
FRESH_FOR_S = 2.0
"""The server closes idle connections after some seconds; a request that meets such an end has no answer."""

SILENT_S = 40.0
"""Nothing for so long is the end: an event stream has a sign of life every 15 seconds."""

PIECE = 64 << 10
PROBLEM = 2000
NARROW = 16 << 10
BROKEN = (OSError, EOFError, HttpParserError)
IDENTITY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NoAnswer(StackError):
    """The server was gone, or silent for too long, before it had answered."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One exchange. Times are Unix seconds; of streams and downloads, up to the status line.

    `status` is None when no answer came, `code` that of a problem ("" for others), `problem` what a refusal
    or a lack of an answer said, `wait_s` the time for which the client asked the server to wait (0: it did
    not), `hung_up` that the client left by plan.
    """

    method: str
    route: str
    status: int | None
    began: float
    ended: float
    code: str = ""
    problem: str = ""
    wait_s: float = 0
    hung_up: bool = False

    @property
    def took_s(self) -> float:
        return self.ended - self.began

    @property
    def is_server_error(self) -> bool:
        return self.status is not None and self.status >= 500


@dataclass(frozen=True, kw_only=True)
class Event:
    """One server-sent event; `name` is "" for those without."""

    id: str
    name: str
    data: str


class Answer:
    """What a server answers; header names are in lower case. Without `body`, it is read as it comes."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.retry_s: float | None = None
        """After how long the server of an event stream wants its clients back, if it has said so."""
        self._parser = HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._is_complete = False
        self._reader = asyncio.StreamReader()

    @property
    def data(self) -> Any:
        """The body's JSON, None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def code(self) -> str:
        """That of a problem, "" for other answers."""
        return str(data.get("code", "")) if self.status >= 400 and isinstance(data := self.data, dict) else ""

    @property
    def problem(self) -> str:
        """The begin of what a refusal said, "" for other answers."""
        return self.body[:PROBLEM].decode(errors="replace") if self.status >= 400 else ""

    async def read(self) -> bytes:
        """The next bytes of the body, b"" at its end. Raises NoAnswer."""
        try:
            async with asyncio.timeout(SILENT_S):
                return await self._read_piece()
        except BROKEN as error:
            raise NoAnswer(f"it broke off: {error!r}") from error

    async def read_events(self) -> AsyncIterator[Event]:
        """Server-sent events until the server ends the stream; comments are left out. Raises NoAnswer."""
        rest = b""
        while piece := await self.read():
            *blocks, rest = (rest + piece).split(b"\n\n")
            for block in blocks:
                fields = dict(_split(line) for line in block.decode().split("\n"))
                if "retry" in fields:
                    self.retry_s = int(fields["retry"]) / 1000
                if "data" in fields:
                    yield Event(id=fields.get("id", ""), name=fields.get("event", ""), data=fields["data"])

    async def receive(self, reader: asyncio.StreamReader, *, whole: bool) -> None:
        """Read the head, and the body too where it is wanted whole or tells the reasons of a refusal."""
        self._reader = reader
        while not self.status:
            await self._feed()
        if whole or self.status >= 400:
            pieces = []
            while piece := await self._read_piece():
                pieces.append(piece)
            self.body = b"".join(pieces)

    async def _read_piece(self) -> bytes:
        while not self._pieces and not self._is_complete:
            await self._feed()
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)

    async def _feed(self) -> None:
        if not (data := await self._reader.read(PIECE)):
            raise EOFError("the connection ended")
        self._parser.feed_data(data)

    # what the parser calls

    def on_header(self, name: bytes, text: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = text.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        self._is_complete = True


class Connection:
    """One visitor's kept-alive connection with their cookie; one request at a time. `note` is told of each.

    A `narrow` one buffers little, so that the server feels how slowly its client reads.
    """

    def __init__(
        self,
        url: str,
        *,
        cookie: str = "",
        narrow: bool = False,
        note: Callable[[Call], None] = lambda call: None,
    ) -> None:
        self.url, self.cookie = url, cookie
        self._narrow, self._note = narrow, note
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used_at = 0.0

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        route: str = "",
        wait_s: int = 0,
        leaves_after_s: float | None = None,
        whole: bool = True,
    ) -> Answer:
        """An answer; not `whole`: its head, and the connection is of no further use. Raises NoAnswer.

        The server may take `wait_s` for it, and ANSWER_WITHIN_S more; the client may mean to leave sooner.
        """
        prefer = {"Prefer": f"wait={wait_s}"} if wait_s else {}
        request = _encode(method, path, body, {"Cookie": self.cookie, **prefer, **(headers or {})})
        answer, began = Answer(), time.time()
        broken = await self._exchange(
            request, answer, within_s=leaves_after_s or ANSWER_WITHIN_S + wait_s, whole=whole
        )
        self._note(
            Call(
                method=method,
                route=route or name_route(path),
                status=None if broken else answer.status,
                code=answer.code,
                problem=repr(broken) if broken else answer.problem,
                began=began,
                ended=time.time(),
                wait_s=wait_s,
                hung_up=leaves_after_s is not None and broken is not None,
            )
        )
        if broken:
            raise NoAnswer(f"{method} {self.url}{path}: {broken!r}") from broken
        self._used_at = time.monotonic()
        self.cookie = answer.headers.get("set-cookie", self.cookie).partition(";")[0]
        if whole and answer.headers.get("connection") == "close":
            self.close()
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _exchange(
        self, request: bytes, answer: Answer, *, within_s: float, whole: bool
    ) -> Exception | None:
        """What broke the exchange, if anything did."""
        if time.monotonic() - self._used_at > FRESH_FOR_S:
            self.close()
        try:
            async with asyncio.timeout(within_s):
                reader, writer = self._streams = self._streams or await self._connect()
                writer.write(request)
                await answer.receive(reader, whole=whole)
        except BROKEN as error:
            self.close()
            # A refusal counts, whether or not its reasons came through.
            return error if answer.status < 400 else None
        return None

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address, connection = urlsplit(self.url), socket.socket()
        connection.setblocking(False)
        if self._narrow:  # before the connection is made, or the kernel grows it to megabytes
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
        try:
            await asyncio.get_running_loop().sock_connect(connection, (address.hostname, address.port))
            return await asyncio.open_connection(sock=connection, limit=NARROW if self._narrow else PIECE)
        except BaseException:
            connection.close()
            raise


def name_route(path: str) -> str:
    """The path without its query, with {id} for every identity in it."""
    return IDENTITY.sub("{id}", path.partition("?")[0])


def _split(line: str) -> tuple[str, str]:
    name, _, text = line.partition(":")
    return name, text.removeprefix(" ")


def _encode(method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {text}" for name, text in headers.items() if text]
    content = b"" if body is None else json.dumps(body).encode()
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content
