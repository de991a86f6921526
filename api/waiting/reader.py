"""Reads watched runs: one look at all of them, then a description of each that has changed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rest_framework.renderers import JSONRenderer

from api.document.shapes import TaskStatus
from api.representation import describe_task, task_status
from contracts.questions.query import digest
from data_processing.database.release import release_connections
from data_processing.lifecycle.runs import reads
from data_processing.models import FINISHED, State, TaskRun
from data_processing.outputs import results
from data_processing.outputs.results import LiveProgress

# Finding places ranks the whole line, which takes the database 40 ms where 20,000 wait.
PLACES_EVERY_S = 1.0
# How many runs a look describes; those left out come with the next looks, changes of state first. Describing
# one takes 0.24 ms of the interpreter: 2,000 would keep requests from it for half a second.
DESCRIBED_AT_A_TIME = 50


@dataclass(frozen=True, kw_only=True)
class Update:
    """What a run looks like now, as a server-sent event. ``event_id`` says all that a stream is about, so
    that any web process can tell whether a client has seen it; rate and ETA alone make no event."""

    event_id: str
    final: bool
    encoded: bytes

    @classmethod
    def of(cls, run: TaskRun, status: TaskStatus | None = None) -> Update:
        """``status`` is what the run is described by, where that is known."""
        body = status or task_status(run)
        meta = body["meta"]
        shown = [meta[name] for name in ("phase", "current", "total", "unit", "queue_position")]
        facts = [shown, body["cancel_requested"], body["error"], body["next_attempt_at"]]
        event_id = f"{meta['attempt']}-{body['state']}-{meta['current']}-{digest(facts)[:12]}"
        kind = b"event: end\n" if run.finished else b""
        encoded = b"%sid: %s\ndata: %s\n\n" % (kind, event_id.encode(), JSONRenderer().render(body))
        return cls(event_id=event_id, final=run.finished, encoded=encoded)


class Sight(NamedTuple):
    """What is compared from look to look: columns of the row, and what an update needs beside the row."""

    # No counter of versions, which every statement that changes a run would have to raise, also in an older
    # release that runs beside this one.

    standing: tuple[object, ...]
    counted: tuple[object, ...]
    live: LiveProgress | None
    place: int | None


COLUMNS = ("id", "state", "cancel_requested_at", "next_attempt_at", "attempt", "phase", "current", "total")
STANDING, COUNTED = slice(1, 5), slice(4, None)


class Told(NamedTuple):
    """The newest update of a run, what it was made from, and when."""

    update: Update | None
    sight: Sight
    at: float


NOTHING = Told(None, Sight((), (), None, None), 0.0)


class Look(NamedTuple):
    """What a look at all watched runs found: the newest update of each, None for a run that is gone, nothing
    for one that will be described later; the awaited runs that have ended; the processor time it took."""

    updates: Mapping[uuid.UUID, Update | None]
    ended: Collection[uuid.UUID]
    cost_s: float


class Reader:
    """Looks at runs and describes those that have changed since it last looked. For one look at a time."""

    def __init__(self) -> None:
        self._told: dict[uuid.UUID, Told] = {}
        self._places: dict[uuid.UUID, int] = {}
        self._places_due = 0.0

    def read(self, wanted: Collection[uuid.UUID], *, awaited: Collection[uuid.UUID] = ()) -> Look:
        """Look at the wanted runs, and find those of the awaited that have ended. Raises django.db.Error; the
        next call tells what this one would have told."""
        began = time.thread_time()
        try:
            sights = self._see(wanted)
            late = self._describe(sights)
            ended = TaskRun.objects.filter(id__in=awaited, state__in=FINISHED).values_list("id", flat=True)
            # Of those that are still watched: it would grow with every run that ever was.
            self._told = {key: self._told[key] for key in sights if key in self._told}
            updates = {key: self._told.get(key, NOTHING).update for key in wanted if key not in late}
            return Look(updates, list(ended), time.thread_time() - began)
        finally:
            release_connections()

    def _see(self, wanted: Collection[uuid.UUID]) -> dict[uuid.UUID, Sight]:
        rows = {row[0]: row for row in TaskRun.objects.filter(id__in=wanted).values_list(*COLUMNS)}
        lives = results.get_progress_of([key for key, row in rows.items() if row[1] == State.STARTED])
        places = self._locate_waiting([key for key, row in rows.items() if row[1] == State.PENDING])
        sights = {}
        for key, row in rows.items():
            before, live = self._told.get(key, NOTHING).sight, lives.get(key)
            # What Redis has forgotten stays until the row, which is written less often, counts further.
            if live is None and before.counted == row[COUNTED]:
                live = before.live
            sights[key] = Sight(row[STANDING], row[COUNTED], live, places.get(key))
        return sights

    def _locate_waiting(self, waiting: Collection[uuid.UUID]) -> Mapping[uuid.UUID, int]:
        if time.monotonic() >= self._places_due or not self._places.keys() >= set(waiting):
            self._places = reads.locate_in_line(waiting)
            self._places_due = time.monotonic() + PLACES_EVERY_S
        return self._places

    def _describe(self, sights: Mapping[uuid.UUID, Sight]) -> Collection[uuid.UUID]:
        """Make updates of those most in need of one; returns the others that have changed."""
        changed = {key for key, sight in sights.items() if self._told.get(key, NOTHING).sight != sight}
        chosen = sorted(changed, key=lambda key: self._urgency(key, sights[key]))[:DESCRIBED_AT_A_TIME]
        for run in TaskRun.objects.filter(id__in=chosen).defer("traceback"):
            sight = sights[run.id]
            # One that has moved since the first statement is looked at again.
            if run.state == sight.standing[0]:
                update = Update.of(run, describe_task(run, place=sight.place, live=sight.live))
                self._told[run.id] = Told(update, sight, time.monotonic())
                changed.discard(run.id)
        return changed

    def _urgency(self, key: uuid.UUID, sight: Sight) -> tuple[bool, bool, float]:
        """Sorts new states before progress before places, and each by how long nothing was said."""
        told = self._told.get(key, NOTHING)
        return told.sight.standing == sight.standing, told.sight.place != sight.place, told.at
