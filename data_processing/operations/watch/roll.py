"""Which workers there are: all are asked every few seconds, and one that has answered before is missed when
it does not any more.

Without this a worker that freezes while it has nothing to do would only vanish: the broker counts it as a
consumer until its heartbeat is overdue, and nobody waits for its answer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import Error as DatabaseError
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from data_processing import broker
from data_processing.database.release import release_connections
from data_processing.models import KnownWorker, Pulse
from data_processing.operations import pulses
from data_processing.operations.overview import DESCRIBE
from data_processing.operations.timer import Timer

logger = logging.getLogger(__name__)

CALL_EVERY_S = 5.0
# Less than CALL_EVERY_S, so that the only process that is left misses none of its turns.
TURN, TURN_EVERY = "roll-turn", timedelta(seconds=3)
CALLED = "roll"
"""The pulse of calls that the broker has passed on."""
ANSWER_WITHIN_S = 2.0
SILENT_AFTER = 2
"""Calls in a row without an answer. One is missed where a machine is busy, or the broker is just back."""
CURRENT_FOR_S = 20.0
"""A roll that nobody has called for so long says nothing of now."""
FORGET_AFTER = timedelta(hours=1)
"""Then a worker that does not answer is no news any more; a queue that nobody serves is told all the same."""
RESTARTED_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A worker that has not ended in order. ``silent_s``: for how long it has not answered, None while it
    does; ``restarts`` without an order to, each within an hour of the next, the last at ``restarted_at``."""

    name: str
    queues: tuple[str, ...]
    since: datetime
    silent_s: float | None
    restarts: int
    restarted_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Roll:
    """What the last calls have given. ``current``: they are of now; where they are not, as while the broker
    is away, the workers may be well or not."""

    current: bool
    workers: tuple[Seen, ...]

    @property
    def silent(self) -> list[Seen]:
        return [worker for worker in self.workers if worker.silent_s is not None]

    @property
    def restarted(self) -> list[Seen]:
        """Those that came back within the hour without having ended in order."""
        after = timezone.now() - RESTARTED_WITHIN
        return [one for one in self.workers if one.restarted_at is not None and one.restarted_at > after]

    def serves(self, queue: str) -> bool:
        """Whether a worker that answers takes from the queue."""
        return any(queue in worker.queues for worker in self.workers if worker.silent_s is None)


def make_timer() -> Timer:
    """The clock of a process that calls the roll; not started."""
    return Timer(call, every_s=CALL_EVERY_S, name="roll")


def call() -> None:
    """Ask all workers, unless another process has just done so, and note who has answered."""
    if not pulses.take_turn(TURN, every=TURN_EVERY):
        return
    # For the seconds in which workers may answer, others may have it.
    release_connections()
    try:
        answers = broker.ask_workers(DESCRIBE, within_s=ANSWER_WITHIN_S)
    except broker.ERRORS as error:
        # It says nothing of the workers, which therefore have missed nothing.
        logger.info("the roll cannot be called now: %s", error)
        return
    note(answers)


def note(answers: Mapping[str, Mapping[str, Any]]) -> None:
    """Note a call that the broker has passed on, and what each worker has said of itself."""
    known = KnownWorker.objects.in_bulk()
    for name, answer in answers.items():
        _note_answer(known.get(name), name, answer)
    KnownWorker.objects.filter(stopped_at=None).exclude(name__in=answers).update(missed=F("missed") + 1)
    KnownWorker.objects.filter(answered_at__lt=Now() - FORGET_AFTER).delete()
    pulses.beat(CALLED)


def note_stop(name: str) -> None:
    """The worker of this name ends because it was told to: nobody shall miss it. It ends all the same while
    the database is away."""
    try:
        KnownWorker.objects.filter(name=name).update(stopped_at=Now())
    except DatabaseError as error:
        logger.warning("nobody is told that %s ends: %s", name, error)


def read() -> Roll:
    """The roll as it was last called."""
    called = Pulse.objects.filter(name=CALLED, beaten_at__gt=Now() - timedelta(seconds=CURRENT_FOR_S))
    rows = KnownWorker.objects.filter(stopped_at=None).order_by("name")
    return Roll(current=called.exists(), workers=tuple(_see(row) for row in rows))


def _see(row: KnownWorker) -> Seen:
    silent = row.missed >= SILENT_AFTER
    age_s = max(0.0, (timezone.now() - row.answered_at).total_seconds())
    return Seen(
        name=row.name,
        queues=tuple(row.queues),
        since=row.since,
        silent_s=round(age_s, 1) if silent else None,
        restarts=row.restarts,
        restarted_at=row.restarted_at,
    )


def _note_answer(row: KnownWorker | None, name: str, answer: Mapping[str, Any]) -> None:
    # Workers of older versions say no more than their pid.
    process = str(answer.get("process") or answer.get("pid"))
    found = KnownWorker.objects.filter(name=name)
    said = {"queues": answer.get("queues", []), "process": process, "answered_at": Now(), "missed": 0}
    if row is None:
        KnownWorker.objects.bulk_create([KnownWorker(name=name, **said)], ignore_conflicts=True)
    elif row.process != process:
        died = {} if row.stopped_at else {"restarts": _count_restarts(row), "restarted_at": Now()}
        found.update(**said, **died, since=Now(), stopped_at=None)
    else:
        # One that ends may answer once more: it is not to come back by that.
        found.filter(stopped_at=None).update(**said)


def _count_restarts(row: KnownWorker) -> int:
    """With the one that has just happened."""
    lately = row.restarted_at is not None and row.restarted_at > timezone.now() - RESTARTED_WITHIN
    return row.restarts + 1 if lately else 1
