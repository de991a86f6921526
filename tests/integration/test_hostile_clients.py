"""Requests without an end, by raw sockets against the server that the project starts."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tools.stack.children import spawn, stop_child, wait_until
from tools.stack.ports import LOOPBACK, is_listening, pick_port
from tools.stack.system import CHECKOUT, list_programs

SEARCH = "/api/v1/data-processing/tasks/search/"
MAX_HEADER_BYTES, MAX_REQUEST_BYTES = 16_384, 200_000
TIMEOUT_S = 1.0
PATIENCE_S = 20.0
FLOOD_BYTES = 64 << 20
MB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Server:
    port: int
    pid: int

    def connect(self) -> socket.socket:
        return socket.create_connection((LOOPBACK, self.port), timeout=PATIENCE_S)

    def rss(self) -> int:
        return int(psutil.Process(self.pid).memory_info().rss)

    def is_well(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=PATIENCE_S)
        with contextlib.closing(connection):
            connection.request("GET", "/health/live")
            return connection.getresponse().status == 200


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json"
        return dict(json.loads(self.body))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The web program with short limits; it needs no other server for what is asked here."""
    folder, port = tmp_path_factory.mktemp("web"), pick_port()
    (program,) = (program for program in list_programs(port) if program.name == "web")
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "DATA_DIR": str(folder),
        "TMPDIR": str(folder),
        "ANONYMOUS_ACCESS": "1",
        "MAX_HEADER_BYTES": str(MAX_HEADER_BYTES),
        "MAX_REQUEST_BYTES": str(MAX_REQUEST_BYTES),
        "HEADER_TIMEOUT_S": str(TIMEOUT_S),
        "BODY_TIMEOUT_S": str(TIMEOUT_S),
        "SECURE_HSTS_SECONDS": "60",
    }
    log = folder / "web.log"
    with log.open("ab") as output:
        child = spawn(program.argv, environment=environment, folder=CHECKOUT, output=output)
    try:
        wait_until(lambda: is_listening(port), child=child, name="web", within_s=60, log=log)
        server = Server(port=port, pid=child.pid)
        assert server.is_well()
        yield server
    finally:
        stop_child(child, within_s=PATIENCE_S)


def read_reply(connection: socket.socket) -> Reply | None:
    """The answer up to the end of the connection; None where it ended without one."""
    answer = http.client.HTTPResponse(connection)
    try:
        answer.begin()
        body = answer.read()
    except (http.client.BadStatusLine, ConnectionError):
        return None
    headers = {name.lower(): text for name, text in answer.getheaders()}
    return Reply(status=answer.status, headers=headers, body=body)


def flood(connection: socket.socket, piece: bytes) -> int:
    """Send the piece again and again until the server has had enough; how many bytes it took."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < FLOOD_BYTES:
            connection.sendall(piece)
            sent += len(piece)
    return sent


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, ""]).encode()


def post(*lines: str) -> bytes:
    return head("POST", SEARCH, "Content-Type: application/json", *lines) + b"\r\n"


CHUNKED = post("Transfer-Encoding: chunked")
ENDLESS = {
    "the request line": (b"GET /", b"a" * 65536),
    "one header": (head("GET", "/health/live") + b"X: ", b"a" * 65536),
    "many headers": (head("GET", "/health/live"), b"X-Many: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 2000),
    "a chunk's extension": (CHUNKED + b"1;", b"a" * 65536),
    "trailers": (CHUNKED + b"0\r\n", b"X-Trailer: aaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 2000),
}


@pytest.mark.parametrize("place", list(ENDLESS))
def test_what_has_no_end_is_refused_before_it_fills_the_memory(server: Server, place: str) -> None:
    opening, piece = ENDLESS[place]
    before = server.rss()
    with server.connect() as connection:
        connection.sendall(opening)
        assert flood(connection, piece) < FLOOD_BYTES
    assert server.rss() - before < 16 * MB
    assert server.is_well()


def test_headers_that_are_too_large_are_told_so(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(head("GET", SEARCH, "X: " + "a" * MAX_HEADER_BYTES) + b"\r\n")
        reply = read_reply(connection)
    assert reply is not None
    assert (reply.status, reply.problem["code"]) == (431, "headers-too-large")
    with server.connect() as connection:
        connection.sendall(head("GET", "/health/live", "X: " + "a" * (MAX_HEADER_BYTES - 1000)) + b"\r\n")
        reply = read_reply(connection)
    assert reply is not None
    assert reply.status == 200


def test_headers_that_come_too_slowly_are_not_waited_for(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(head("GET", "/health/live") + b"X: ")
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - began < PATIENCE_S:
                connection.sendall(b"a")
                time.sleep(0.1)
                if connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                    break
    assert time.monotonic() - began < PATIENCE_S


@pytest.mark.parametrize("already", [b"", b"GET /health/li"])
def test_a_connection_that_asks_nothing_is_closed(server: Server, already: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(already)
        reply = read_reply(connection)
    assert (reply and reply.problem["code"]) == ("request-timeout" if already else None)


def test_a_kept_alive_connection_has_as_long_for_each_request(server: Server) -> None:
    request = head("GET", "/health/live") + b"\r\n"
    with server.connect() as connection:
        for _ in range(4):
            time.sleep(TIMEOUT_S / 2)
            connection.sendall(request[:10])
            time.sleep(TIMEOUT_S / 5)
            connection.sendall(request[10:])
            reply = read_reply(connection)
            assert reply is not None
            assert reply.status == 200
        connection.sendall(request[:10])
        late = read_reply(connection)
    assert late is not None
    assert late.status == 408


def test_what_is_not_http_is_a_problem_in_json(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nno colon\r\n\r\n")
        reply = read_reply(connection)
    assert reply is not None
    assert (reply.status, reply.problem["code"]) == (400, "bad-request")


@pytest.mark.parametrize("path", [SEARCH, "/login/", "/admin/login/", "/nowhere/"])
def test_a_body_that_is_announced_as_too_large_is_refused_unread(server: Server, path: str) -> None:
    with server.connect() as connection:
        connection.sendall(head("POST", path, "Content-Length: 5000000000", "Expect: 100-continue") + b"\r\n")
        reply = read_reply(connection)
    assert reply is not None
    assert (reply.status, reply.problem["code"]) == (413, "bad-request-body")
    assert reply.headers["connection"] == "close"


def test_a_body_without_an_end_is_refused_at_the_limit(server: Server) -> None:
    before = server.rss()
    with server.connect() as connection:
        connection.sendall(CHUNKED)
        sent = flood(connection, b"10000\r\n" + b"a" * 65536 + b"\r\n")
        reply = read_reply(connection)
    assert sent < FLOOD_BYTES
    # Where the kernel has thrown the answer away with the connection, nothing was taken either.
    assert reply is None or (reply.status, reply.problem["code"]) == (413, "bad-request-body")
    assert server.rss() - before < 16 * MB


def test_a_body_that_comes_too_slowly_is_not_waited_for(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(post("Content-Length: 1000") + b'{"filters')
        reply = read_reply(connection)
    assert reply is not None
    assert (reply.status, reply.problem["code"]) == (408, "bad-request-body")


def test_a_body_of_small_chunks_is_read_whole(server: Server) -> None:
    body = b'{"filters": "' + b"a" * 20_000 + b'"'
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    assert len(chunks) > MAX_HEADER_BYTES
    with server.connect() as connection:
        connection.sendall(CHUNKED + chunks + b"0\r\n\r\n")
        reply = read_reply(connection)
    assert reply is not None
    # The end is not what it should be, and was seen.
    assert (reply.status, f"column {len(body) + 1}" in reply.problem["detail"]) == (400, True)


def test_unfinished_bodies_leave_nothing_on_disk(server: Server) -> None:
    with contextlib.ExitStack() as opened:
        for _ in range(3):
            connection = opened.enter_context(server.connect())
            connection.sendall(post(f"Content-Length: {MAX_REQUEST_BYTES}") + b" " * (MAX_REQUEST_BYTES - 1))
        time.sleep(TIMEOUT_S / 4)
        files = [os.readlink(link) for link in Path(f"/proc/{server.pid}/fd").iterdir()]
    assert not [path for path in files if path.endswith("(deleted)")]


def test_client_on_this_machine_is_not_taken_for_a_proxy(server: Server) -> None:
    # Told to believe whoever is near, uvicorn would; the settings PROXIES and SECURE_PROXY_SSL_HEADER decide.
    forwarded = ("X-Forwarded-Proto: https", "X-Forwarded-For: 198.51.100.1", "Connection: close", "")
    with server.connect() as connection:
        connection.sendall(head("GET", "/health/live", *forwarded) + b"\r\n")
        reply = read_reply(connection)
    assert reply is not None
    assert reply.status == 200
    assert "strict-transport-security" not in reply.headers
