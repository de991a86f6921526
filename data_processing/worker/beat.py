"""Beat's scheduler: what it sends is confirmed by the broker, and sent again soon when it was not."""

from __future__ import annotations

import logging
from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from data_processing import broker
from data_processing.lifecycle.publisher import publisher

logger = logging.getLogger(__name__)


class ConfirmedScheduler(DatabaseScheduler):  # type: ignore[misc]
    """Entries of Beat's table, sent within deadlines: a broker that is away delays them, and nothing else."""

    # Celery's own would wait for the broker without end.
    producer = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._unsent: dict[str, ModelEntry] = {}
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; returns the seconds until the next call."""
        self._send_again()
        delay_s: float = super().tick(*args, **kwargs)
        return delay_s

    def apply_async(self, entry: ModelEntry, *_: Any, **__: Any) -> None:
        """Send one entry, which counts as run already; where that fails, undo the count and keep it."""
        # Celery leaves it at that, so that an entry of a broker's outage is never sent.
        try:
            self._send(entry)
        except broker.ERRORS as error:
            logger.warning("%r is not sent yet, the broker is away: %s", entry.name, error)
            self._unsent[entry.name] = entry
            # As the table says then, a Beat that starts anew sends it too.
            entry.model.last_run_at = entry.last_run_at
            entry.model.total_run_count -= 1
        else:
            self._unsent.pop(entry.name, None)
        finally:
            # At once: what the table does not know yet, a Beat that takes over would send again.
            self._do_sync()

    def _send_again(self) -> None:
        for name, entry in list(self._unsent.items()):
            if not publisher.willing:
                return
            current = self.schedule.get(name)
            if current is None or current.model is not entry.model:
                # Removed, or read from the table again, which says that it is due.
                del self._unsent[name]
            else:
                self.reserve(entry)
                self.apply_async(entry)

    def _send(self, entry: ModelEntry) -> None:
        # With confirms, without which Celery's own went on for minutes into a channel that led nowhere, when
        # a node of a cluster had died.
        options = {**entry.options, "headers": {**entry.options.get("headers", {}), "celery_beat_task": True}}
        publisher.send_by_options(entry.task, entry.args, kwargs=entry.kwargs, **options)
