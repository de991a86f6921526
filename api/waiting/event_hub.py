"""The hub of a web process: one loop looks at all watched runs, tells their watchers what changed, and tells
those who wait for a run's end that it has come.

It owns no truth: it reads rows and live progress. Who watches decides what to send.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import time
import uuid
from collections.abc import Collection, Coroutine, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.db import Error as DatabaseError
from django.db import reset_queries
from rest_framework.renderers import JSONRenderer

from api.document.shapes import TaskStatus
from api.representation import describe_task, task_status
from api.waiting.ends import Ends
from api.waiting.release import release_connections
from contracts.questions.query import digest
from data_processing.lifecycle.runs import reads
from data_processing.models import FINISHED, State, TaskRun
from data_processing.outputs import results
from data_processing.outputs.results import LiveProgress

logger = logging.getLogger(__name__)

POLL_S = 0.25
LEAST_PAUSE_S = 0.05
# Of a core, the part that looking may take: when much changes at once, streams get fewer events and the API
# keeps its pace.
HUB_SHARE = 0.25
OUTAGE_PAUSE_S = 1.0
# Finding places ranks the whole line, which takes the database 40 ms where 20,000 wait.
PLACES_EVERY_S = 1.0
# How many runs a look describes; those left out come with the next looks, changes of state first.
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
    """What is compared from look to look: columns of the row, and what an update needs beside the row. No
    counter of versions, which every statement that changes a run would have to raise, also in an older
    release that runs beside this one."""

    standing: tuple[Any, ...]
    counted: tuple[Any, ...]
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
            self._told = {key: self._told[key] for key in sights if key in self._told}
            updates = {key: self._told.get(key, NOTHING).update for key in wanted if key not in late}
            return Look(updates, list(ended), time.thread_time() - began)
        finally:
            release_connections()

    def _see(self, wanted: Collection[uuid.UUID]) -> dict[uuid.UUID, Sight]:
        rows = {row[0]: row for row in TaskRun.objects.filter(id__in=wanted).values_list(*COLUMNS)}
        lives = results.find_progress_of([key for key, row in rows.items() if row[1] == State.STARTED])
        places = self._find_places([key for key, row in rows.items() if row[1] == State.PENDING])
        sights = {}
        for key, row in rows.items():
            before, live = self._told.get(key, NOTHING).sight, lives.get(key)
            # What Redis has forgotten stays until the row, which is written less often, counts further.
            if live is None and before.counted == row[COUNTED]:
                live = before.live
            sights[key] = Sight(row[STANDING], row[COUNTED], live, places.get(key))
        return sights

    def _find_places(self, waiting: Collection[uuid.UUID]) -> Mapping[uuid.UUID, int]:
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


class Watcher:
    """One who follows a run. ``update`` is the newest one: who is slow skips those between."""

    def __init__(self, run_id: uuid.UUID) -> None:
        self.run_id = run_id
        self.update: Update | None = None
        self.over = False
        self.changed = asyncio.Event()

    def show(self, update: Update | None) -> None:
        """Take the newest update; None ends the watch, because the run is gone."""
        if update is None or update is not self.update:
            self.update, self.over = update or self.update, update is None
            self.changed.set()


class Hub:
    """All watchers of an event loop, and all who wait for an end. Its one task and one thread live while
    there are any; the task that listens for ends stays, so that the next one hears of its end at once."""

    def __init__(self) -> None:
        self._ends = Ends()
        self._watchers: set[Watcher] = set()
        self._listener: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    def join(self, run_id: uuid.UUID) -> Watcher:
        """Follow a run. The first update comes from a look that begins after this call, so that nobody who
        comes back is shown something older than what another process told him."""
        watcher = Watcher(run_id)
        self._watchers.add(watcher)
        self._wake.set()
        self._start()
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Stop following; repeatable."""
        self._watchers.discard(watcher)
        self._end_if_unneeded()

    async def wait_for_end(self, run_id: uuid.UUID, *, within_s: float) -> None:
        """Return when the run has ended, or when the time is over: what the row says then is what counts."""
        if self._listener is None or self._listener.done():
            # What was said before listening began is found by the look that follows.
            hearing = results.hear_ends(listening=self._wake.set, ended=self._ends.tell)
            self._listener = _create_task(hearing, name="ends")
        with self._ends.waiting(run_id) as end:
            self._start()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), within_s)
        self._end_if_unneeded()

    @property
    def _needed(self) -> bool:
        return bool(self._watchers or self._ends.awaited)

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = _create_task(self._run(), name="event-hub")

    def _end_if_unneeded(self) -> None:
        if not self._needed:
            self._wake.set()

    async def _run(self) -> None:
        reader, executor = Reader(), ThreadPoolExecutor(max_workers=1, thread_name_prefix="event-hub")
        # Watchers wake it at once. Who waits for an end has mostly heard of it before this is over, and has
        # cost neither thread nor connection then.
        pause_s = POLL_S
        try:
            while await self._pause(pause_s):
                pause_s = await self._look(reader, executor)
        finally:
            executor.shutdown(wait=False)
            # Whoever is still here lost the hub to an error: the stream ends and its client comes back.
            for watcher in self._watchers:
                watcher.show(None)

    async def _look(self, reader: Reader, executor: Executor) -> float:
        """Look, tell, and rest for as long as must be; returns in how many seconds the next look is due."""
        began = time.monotonic()
        self._wake.clear()
        present, awaited = list(self._watchers), list(self._ends.awaited)
        wanted = {watcher.run_id for watcher in present}

        def read() -> Look:
            # With DEBUG on, Django keeps the text of every query until a request ends; here none ever does.
            reset_queries()
            return reader.read(wanted, awaited=awaited)

        try:
            look = await asyncio.get_running_loop().run_in_executor(executor, read)
        except DatabaseError as error:
            logger.warning("streams and waits go without the database: %s", error)
            await asyncio.sleep(OUTAGE_PAUSE_S)
            return 0.0
        for watcher in present:
            if watcher.run_id in look.updates:
                watcher.show(look.updates[watcher.run_id])
        for run_id in look.ended:
            self._ends.tell(run_id)
        # Newcomers in a crowd come together; without this, each would make a look of its own.
        await asyncio.sleep(max(LEAST_PAUSE_S, look.cost_s))
        return began + max(POLL_S, look.cost_s / HUB_SHARE) - time.monotonic()

    async def _pause(self, pause_s: float) -> bool:
        """Wait so long, or until somebody joins; False when there is nobody to look for."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), max(0.0, pause_s))
        return self._needed


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current_hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def _create_task(work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
    # In a context of its own: it outlives the request that happened to start it.
    task = asyncio.get_running_loop().create_task(work, name=name, context=contextvars.Context())
    task.add_done_callback(_log_end)
    return task


def _log_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("the task %s of the event hub broke", task.get_name(), exc_info=task.exception())
