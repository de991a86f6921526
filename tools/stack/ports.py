"""Free TCP ports on the loopback address; knows nothing of who will listen there."""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"

# Below the range from which Linux takes the ports of outgoing connections (32768 and up), so that a port
# chosen now is not taken by somebody's connection before the server listens on it.
_LOWEST, _HIGHEST = 20_000, 32_000

_reservations: list[socket.socket] = []


def pick_port() -> int:
    """A port that nobody listens on and that no living process has been given by this function."""
    while True:
        port = random.randint(_LOWEST, _HIGHEST)
        if _is_free(port) and _reserve(port):
            return port


def is_listening(port: int) -> bool:
    """Whether a connection to the port on the loopback address is accepted."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def _reserve(port: int) -> bool:
    """Take a name that ends with this process; False when another one has it. The port itself must stay free
    for the server, which may take seconds to listen there."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0explorer-port-{port}")
    except OSError:
        name.close()
        return False
    _reservations.append(name)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
