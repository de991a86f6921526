"""Free TCP ports on the loopback address; knows nothing of who will listen there."""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"

# Below the range from which Linux takes the ports of outgoing connections (32768 and up), so that a port
# chosen now is not taken by somebody's connection before the server listens on it.
_LOWEST, _HIGHEST = 20_000, 32_000

_handed_out: set[int] = set()


def pick_port() -> int:
    """A port nobody listens on now and that this process has not handed out before."""
    while True:
        port = random.randint(_LOWEST, _HIGHEST)
        if port not in _handed_out and _is_free(port):
            _handed_out.add(port)
            return port


def is_listening(port: int) -> bool:
    """Whether a connection to the port on the loopback address is accepted."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
