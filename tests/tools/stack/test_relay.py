"""A relay hands bytes on both ways, falls silent without a sign, and can cut what goes through it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from tools.stack.ports import LOOPBACK
from tools.stack.relay import Relay

SHORT_S = 0.3
PATIENCE_S = 10.0


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A relay to somebody who says everything again."""

    def echo(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while heard := connection.recv(1000):
                connection.sendall(heard)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=echo, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server((LOOPBACK, 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        with Relay(server.getsockname()[1]) as relay:
            yield relay
        server.shutdown(socket.SHUT_RDWR)


def connect(relay: Relay) -> socket.socket:
    return socket.create_connection((LOOPBACK, relay.port), timeout=PATIENCE_S)


def is_silent(connection: socket.socket) -> bool:
    connection.settimeout(SHORT_S)
    try:
        connection.recv(1)
    except TimeoutError:
        return True
    finally:
        connection.settimeout(PATIENCE_S)
    return False


def test_silence_holds_what_is_sent_until_it_ends_on_old_and_new_connections(relay: Relay) -> None:
    with connect(relay) as old:
        old.sendall(b"a")
        assert old.recv(1) == b"a"
        with relay.silent(), connect(relay) as new:
            for connection in (old, new):
                connection.sendall(b"b")
            assert is_silent(old)
            assert is_silent(new)
        assert old.recv(1) == b"b"


def test_cut_ends_all_connections_and_takes_new_ones(relay: Relay) -> None:
    with connect(relay) as old:
        old.sendall(b"a")
        assert old.recv(1) == b"a"
        relay.cut()
        with contextlib.suppress(ConnectionResetError):
            assert old.recv(1) == b""
    with connect(relay) as new:
        new.sendall(b"b")
        assert new.recv(1) == b"b"


def test_server_that_is_away_ends_the_connection() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
    with Relay(port) as relay, connect(relay) as connection:
        assert connection.recv(1) == b""
