"""Keeps a server running: one that dies is started again on the same port and data, and that is said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Self

from tools.stack.children import describe_status
from tools.stack.errors import StackError
from tools.stack.polling import EVERY_S
from tools.stack.servers.server import Server

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
STEADY_AFTER_S = 60.0


class Keeper:
    """A context in which the server, which runs already, is started again after a death. `write` takes its
    name and what is to be said."""

    def __init__(self, server: Server, *, write: Callable[[str, str], None]) -> None:
        self._server, self._write = server, write
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name=f"keeper of {server.name}", daemon=True)
        self._pause_s = FIRST_PAUSE_S
        self._started_at = time.monotonic()

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Before anybody ends the server: an end that is wanted is no death.
        self._stopping.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._stopping.wait(EVERY_S):
            if not self._server.is_running:
                self._revive()

    def _revive(self) -> None:
        if time.monotonic() - self._started_at > STEADY_AFTER_S:
            self._pause_s = FIRST_PAUSE_S
        self._say(f"ended with {describe_status(self._server.status)}; starting again in {self._pause_s:g} s")
        if self._stopping.wait(self._pause_s):
            return
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        self._started_at = time.monotonic()
        try:
            self._server.start()
        except StackError as error:
            self._say(f"could not be started again: {error}")
        else:
            self._say(f"started again as process {self._server.pid}")

    def _say(self, words: str) -> None:
        self._write(self._server.name, words)
