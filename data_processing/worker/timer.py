"""The farewell of each worker, and the clocks of the one that does the housekeeping: one sweeps, one calls
the roll of the workers, one watches for operators.

The clocks belong to the worker and not to its consumer, which starts again with each connection to the
broker: what heals a broken broker must not need the broker. Several may run at once; conditional updates
decide.
"""

from __future__ import annotations

import logging
from typing import Any

from celery import bootsteps
from celery.concurrency.prefork import TaskPool as ForkingPool
from django.conf import settings
from django.db import connection

from data_processing.kinds.registry import HOUSEKEEPING_QUEUE
from data_processing.operations import maintenance, watch
from data_processing.operations.timer import Timer
from data_processing.operations.watch import roll
from data_processing.worker.control import keeps_house

logger = logging.getLogger(__name__)


class Farewell(bootsteps.StartStopStep):
    """Has a worker that is told to end missed by nobody. By a step, because Celery's signal for it comes only
    where tasks are waited for."""

    requires = ("celery.worker.components:Pool",)

    def stop(self, parent: Any) -> None:
        roll.note_stop(parent.hostname)
        connection.close()

    terminate = stop


class HousekeepingStep(bootsteps.StartStopStep):
    """A step of a worker that consumes the housekeeping queue."""

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


class SweepTimer(HousekeepingStep):
    """Sweeps while the worker lives, whether or not it reaches the broker."""

    def create(self, worker: Any) -> Timer:  # type: ignore[override]
        return Timer(maintenance.sweep, every_s=settings.SWEEP_EVERY_S, name="sweeper")


class RollTimer(HousekeepingStep):
    """Calls the roll while the worker lives. The web processes do so, too."""

    def create(self, worker: Any) -> Timer:  # type: ignore[override]
        return roll.make_timer()


class WatchTimer(HousekeepingStep):
    """Watches for operators while the worker lives. The web processes do so, too."""

    def include_if(self, worker: Any) -> bool:
        return watch.is_wanted() and super().include_if(worker)

    def create(self, worker: Any) -> Timer:  # type: ignore[override]
        return watch.make_timer()
