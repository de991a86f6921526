"""Work that a process does again and again while it lives, in a thread, without the broker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections

logger = logging.getLogger(__name__)

STOP_WITHIN_S = 5.0


class Timer:
    """Calls ``act`` every ``every_s`` seconds, in a thread that has the timer's name."""

    def __init__(self, act: Callable[[], object], *, every_s: float, name: str) -> None:
        self._act, self._every_s, self._name = act, every_s, name
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let what it is at be finished, but not for long: everything it does may be cut off anywhere."""
        self._stopping.set()
        self._thread.join(STOP_WITHIN_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            close_old_connections()
            try:
                self._act()
            except Exception:
                # Whatever it was, the promises depend on the next time.
                logger.exception("a turn of the %s failed; the next one follows", self._name)
            # In a web process the connection is of the pool, and requests need it more than a pause does.
            close_old_connections()
            self._stopping.wait(self._every_s)
