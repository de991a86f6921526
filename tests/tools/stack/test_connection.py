"""The tools' HTTP client: connections that stay, bodies in chunks, event streams, ends that come too soon."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tools.stack.connection import Call, Connection, Event, NoAnswer

HELLO = b"HTTP/1.1 200 OK\r\nSet-Cookie: who=me; Path=/\r\nContent-Length: 7\r\n\r\n[1, 2]\n"
REFUSAL = b'HTTP/1.1 503 Busy\r\nContent-Length: 99\r\n\r\n{"code": "busy"}'
STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Scripted:
    """A server that sends to each request the next of some answers, cut in pieces, and then closes."""

    def __init__(self, *answers: tuple[bytes, ...]) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._answers = list(answers)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while self._answers:
            try:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.IncompleteReadError:
                break
            for piece in self._answers.pop(0):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.close()


def use(scripted: Scripted, act: Callable[[Connection], Awaitable[None]]) -> list[Call]:
    """Let `act` use a connection to the server; what is noted of its calls."""
    calls: list[Call] = []

    async def run() -> None:
        server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        connection = Connection(f"http://127.0.0.1:{port}", note=calls.append)
        try:
            await act(connection)
        finally:
            connection.close()
            server.close()

    asyncio.run(run())
    return calls


def test_connection_stays_and_keeps_the_cookie() -> None:
    scripted = Scripted((HELLO,), (HELLO[:20], HELLO[20:]))

    async def ask_twice(connection: Connection) -> None:
        assert (await connection.call("GET", "/")).data == [1, 2]
        assert (await connection.call("POST", "/", {"a": 1}, wait_s=3)).data == [1, 2]

    first, second = use(scripted, ask_twice)
    assert (first.status, second.status, second.wait_s) == (200, 200, 3)
    assert scripted.connections == 1
    assert b"Cookie" not in scripted.requests[0]
    assert b"Cookie: who=me\r\n" in scripted.requests[1]
    assert b"Prefer: wait=3\r\n" in scripted.requests[1]


def test_events_are_read_however_the_bytes_are_cut() -> None:
    text = b": hello\n\nretry: 1500\n\nid: a\ndata: 1\n\nevent: end\ndata: 2\n\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (text[:28], text[28:])) + b"0\r\n\r\n"
    seen: list[Event] = []

    async def listen(connection: Connection) -> None:
        answer = await connection.call("GET", "/events/", whole=False)
        seen.extend([event async for event in answer.read_events()])
        assert answer.retry_s == 1.5

    use(Scripted((STREAM, chunks[:31], chunks[31:50], chunks[50:])), listen)
    assert seen == [Event(id="a", name="", data="1"), Event(id="", name="end", data="2")]


def test_answer_that_breaks_off_is_none_but_a_refusal_counts() -> None:
    async def ask_thrice(connection: Connection) -> None:
        assert (await connection.call("GET", "/")).status == 503
        with pytest.raises(NoAnswer):
            await connection.call("GET", "/")

    refused, broken = use(Scripted((REFUSAL,)), ask_thrice)
    assert (refused.status, refused.is_server_error) == (503, True)
    assert (broken.status, broken.hung_up) == (None, False)


def test_stream_that_breaks_off_says_so() -> None:
    async def listen(connection: Connection) -> None:
        answer = await connection.call("GET", "/events/", whole=False)
        assert await answer.read() == b"hello"
        with pytest.raises(NoAnswer):
            await answer.read()

    use(Scripted((STREAM, b"5\r\nhello\r\n")), listen)


def test_client_that_leaves_before_the_answer_is_told_from_one_that_gets_none() -> None:
    async def leave(connection: Connection) -> None:
        with pytest.raises(NoAnswer):
            await connection.call("GET", "/", leaves_after_s=0.05)

    (call,) = use(Scripted((HELLO[:30], *[b""] * 50)), leave)
    assert (call.status, call.hung_up) == (None, True)
