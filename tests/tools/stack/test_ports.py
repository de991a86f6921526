"""Ports for private servers of several sessions at a time."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from tools.stack import ports
from tools.stack.ports import LOOPBACK, pick_port

PICK_AND_WAIT = "from tools.stack.ports import pick_port; print(pick_port(), flush=True); input()"


def test_a_port_that_another_process_was_given_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", PICK_AND_WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout
    given = int(other.stdout.readline())
    # Two ports to choose from: what chance would give half of the time must never be given.
    monkeypatch.setattr(ports, "_LOWEST", given)
    monkeypatch.setattr(ports, "_HIGHEST", given + 1)
    assert pick_port() == given + 1
    other.communicate("\n")
    assert pick_port() == given


def test_a_port_that_somebody_listens_on_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((LOOPBACK, pick_port())) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(ports, "_LOWEST", port)
        monkeypatch.setattr(ports, "_HIGHEST", port + 1)
        assert pick_port() == port + 1
