"""The sweeper's clock: a thread in the worker that does the housekeeping.

It belongs to the worker and not to its consumer, which starts again with each connection to the broker: what
heals a broken broker must not need the broker. Several may run at once; conditional updates decide.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from celery import bootsteps
from celery.concurrency.prefork import TaskPool as ForkingPool
from django.conf import settings
from django.db import close_old_connections

from data_processing.kinds.registry import HOUSEKEEPING_QUEUE
from data_processing.operations import maintenance
from data_processing.worker.control import keeps_house

logger = logging.getLogger(__name__)

STOP_WITHIN_S = 5.0


class Timer:
    """Calls ``act`` every ``every_s`` seconds, in a thread."""

    def __init__(self, act: Callable[[], object], *, every_s: float) -> None:
        self._act, self._every_s = act, every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

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
                # Whatever it was, the promises depend on the next time. That it fails is seen by its pulse.
                logger.exception("a sweep failed; the next one follows")
            self._stopping.wait(self._every_s)


class SweepTimer(bootsteps.StartStopStep):
    """A worker's step: sweeps while the worker lives, whether or not it reaches the broker."""

    requires = ("celery.worker.components:Pool",)

    def include_if(self, worker: Any) -> bool:
        if not keeps_house(worker.app):
            return False
        # A child that is forked while the thread holds a lock, or talks to the database, inherits that.
        if issubclass(worker.pool_cls, ForkingPool):
            logger.error(
                "this worker does not sweep, because its pool forks; consume %r with --pool threads",
                HOUSEKEEPING_QUEUE,
            )
            return False
        return True

    def create(self, worker: Any) -> Timer:  # type: ignore[override]
        return Timer(maintenance.sweep, every_s=settings.SWEEP_EVERY_S)
