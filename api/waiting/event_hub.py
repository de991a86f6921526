"""The hub of a web process: one loop looks at all watched runs and tells their watchers what changed, and
those who wait for a run's end that it has come.

Owns no truth: it reads rows and live progress. Knows no HTTP; who watches decides what to send.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.db import Error as DatabaseError
from django.db import connection, reset_queries
from django.db.models import Case, F, When, Window
from django.db.models.functions import Rank
from rest_framework.renderers import JSONRenderer

from api.representation import task_status
from api.waiting.ends import Ends
from contracts.questions.query import digest
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
POSITIONS_EVERY_S = 1.0
# How many runs a look describes; those left out come with the next looks, changes of state first.
DESCRIBED_AT_A_TIME = 50

Call = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Update:
    """What a run looks like now, as a server-sent event. ``event_id`` says all that a stream is about, so
    that any web process can tell whether a client has seen it; rate and ETA alone make no event."""

    event_id: str
    final: bool
    encoded: bytes

    @classmethod
    def of(cls, run: TaskRun) -> Update:
        body = task_status(run)
        meta = body["meta"]
        shown = [meta[name] for name in ("phase", "current", "total", "unit", "queue_position")]
        facts = [shown, body["cancel_requested"], body["error"], body["next_attempt_at"]]
        event_id = f"{meta['attempt']}-{body['state']}-{meta['current']}-{digest(facts)[:12]}"
        kind = b"event: end\n" if run.finished else b""
        encoded = b"%sid: %s\ndata: %s\n\n" % (kind, event_id.encode(), JSONRenderer().render(body))
        return cls(event_id=event_id, final=run.finished, encoded=encoded)


class Row(NamedTuple):
    """The columns whose change is looked for."""

    id: uuid.UUID
    state: str
    attempt: int
    cancel_requested_at: Any
    next_attempt_at: Any
    phase: str
    current: int
    total: int

    @property
    def standing(self) -> tuple[str, int, bool]:
        return self.state, self.attempt, self.cancel_requested_at is not None

    @property
    def counted(self) -> tuple[int, str, int, int]:
        return self.attempt, self.phase, self.current, self.total


class Sight(NamedTuple):
    """What the reader saw of a run when it last described it."""

    row: Row
    live: LiveProgress | None
    position: int | None


class Look(NamedTuple):
    """What a look at all watched runs found: updates, with None for a run that is gone; runs that changed
    and will be described later; the awaited runs that have ended; the processor time that it took."""

    updates: Mapping[uuid.UUID, Update | None]
    late: Collection[uuid.UUID]
    ended: Collection[uuid.UUID]
    cost_s: float


class Reader:
    """Looks at runs and describes those that have changed since it last looked. For one thread, whose
    database connection it uses."""

    def __init__(self) -> None:
        self._sights: dict[uuid.UUID, Sight] = {}
        self._described_at: dict[uuid.UUID, float] = {}
        self._positions: dict[uuid.UUID, int | None] = {}
        self._positions_due = 0.0

    def read(self, wanted: Collection[uuid.UUID], *, awaited: Collection[uuid.UUID] = ()) -> Look:
        """Describe those of the wanted runs that changed or are new here, and find those of the awaited that
        have ended. Raises django.db.Error; the next call tells what this one would have told."""
        began = time.thread_time()
        try:
            updates, late = self._read(wanted)
            ended = TaskRun.objects.filter(id__in=awaited, state__in=FINISHED).values_list("id", flat=True)
            return Look(updates, late, list(ended), time.thread_time() - began)
        except DatabaseError:
            self.close()
            raise

    def close(self) -> None:
        """Give the connection back; the next look takes another."""
        connection.close()

    def _read(
        self, wanted: Collection[uuid.UUID]
    ) -> tuple[dict[uuid.UUID, Update | None], Collection[uuid.UUID]]:
        found = TaskRun.objects.filter(id__in=wanted).values_list(*Row._fields)
        rows = {row.id: row for row in map(Row._make, found)}
        lives = self._find_lives(rows)
        positions = self._find_positions([row.id for row in rows.values() if row.state == State.PENDING])
        sights = {key: Sight(row, lives.get(key), positions.get(key)) for key, row in rows.items()}
        changed = [key for key, sight in sights.items() if self._sights.get(key) != sight]
        changed.sort(key=lambda key: self._urgency(key, sights[key]))
        chosen, late = changed[:DESCRIBED_AT_A_TIME], changed[DESCRIBED_AT_A_TIME:]
        updates = self._describe(chosen, lives)
        self._remember(sights, chosen, late)
        return updates | dict.fromkeys(key for key in wanted if key not in rows), late

    def _urgency(self, key: uuid.UUID, sight: Sight) -> tuple[int, float]:
        """Sorts new states before progress before positions, and each by how long nothing was said."""
        before, said_at = self._sights.get(key), self._described_at.get(key, 0.0)
        if before is None or before.row.standing != sight.row.standing:
            return 0, said_at
        return (1 if before.position == sight.position else 2), said_at

    def _remember(
        self, sights: dict[uuid.UUID, Sight], chosen: Collection[uuid.UUID], late: Collection[uuid.UUID]
    ) -> None:
        said_at = {key: self._described_at.get(key, 0.0) for key in sights}
        self._described_at = said_at | dict.fromkeys(chosen, time.monotonic())
        # The late ones stay as they were told, or unknown.
        told_before = {key: self._sights[key] for key in late if key in self._sights}
        for key in late:
            del sights[key]
        self._sights = sights | told_before

    def _describe(
        self, changed: Collection[uuid.UUID], lives: Mapping[uuid.UUID, LiveProgress]
    ) -> dict[uuid.UUID, Update | None]:
        if not changed:
            return {}
        with results.progress_at_hand(lives):
            found = TaskRun.objects.filter(id__in=changed).defer("traceback")
            return {run.id: Update.of(run) for run in found}

    def _find_lives(self, rows: Mapping[uuid.UUID, Row]) -> dict[uuid.UUID, LiveProgress]:
        running = [row for row in rows.values() if row.state == State.STARTED]
        found = results.find_progress_of([row.id for row in running])
        chosen = ((row.id, self._choose_live(row, found.get(row.id))) for row in running)
        return {key: live for key, live in chosen if live is not None}

    def _choose_live(self, row: Row, live: LiveProgress | None) -> LiveProgress | None:
        """The progress to show, never behind what was shown: Redis may lose it, and the row, which is
        written less often, may be behind it."""
        if live is None or live.attempt != row.attempt:
            before = self._sights.get(row.id)
            unchanged = before is not None and before.row.counted == row.counted
            live = before.live if before is not None and unchanged else None
        behind = live is not None and live.phase == row.phase and live.current < row.current
        return None if behind else live

    def _find_positions(self, waiting: Collection[uuid.UUID]) -> dict[uuid.UUID, int | None]:
        known = {key: self._positions[key] for key in waiting if key in self._positions}
        asked: Collection[uuid.UUID] = [key for key in waiting if key not in known]
        if time.monotonic() >= self._positions_due:
            self._positions_due = time.monotonic() + POSITIONS_EVERY_S
            asked = waiting
        if asked:
            # The CASE stands around the window, so that the whole line is ranked, not the asked ones alone.
            rank = Window(Rank(), partition_by=F("queue"), order_by="created_at")
            line = TaskRun.objects.filter(state=State.PENDING)
            ranked = line.annotate(position=Case(When(id__in=asked, then=rank)))
            known |= dict(ranked.filter(position__isnull=False).values_list("id", "position"))
        self._positions = known
        return known


class Watcher:
    """One who follows a run. ``update`` is the newest one: who is slow skips those between."""

    def __init__(self, run_id: uuid.UUID) -> None:
        self.run_id = run_id
        self.update: Update | None = None
        self.over = False
        self.changed = asyncio.Event()

    def show(self, update: Update | None) -> None:
        """Take a newer update; None ends the watch, because the run is gone."""
        self.update = update or self.update
        self.over = self.over or update is None
        self.changed.set()


class Hub:
    """All watchers of an event loop, and all who wait for an end. Its one task and one thread live while
    there are any; the task that listens for ends stays, so that the next one hears of its end at once."""

    def __init__(self) -> None:
        self._ends = Ends()
        self._listener: asyncio.Task[None] | None = None
        self._members: set[Watcher] = set()
        self._newcomers: list[Watcher] = []
        self._watchers: dict[uuid.UUID, set[Watcher]] = {}
        self._latest: dict[uuid.UUID, Update] = {}
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._reader = Reader()

    def join(self, run_id: uuid.UUID) -> Watcher:
        """Follow a run. The first update comes from a look that begins after this call, so that nobody who
        comes back is shown something older than what another process told him."""
        watcher = Watcher(run_id)
        self._members.add(watcher)
        self._newcomers.append(watcher)
        self._wake.set()
        self._start()
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Stop following; repeatable."""
        self._members.discard(watcher)
        following = self._watchers.get(watcher.run_id, set())
        following.discard(watcher)
        if not following:
            self._watchers.pop(watcher.run_id, None)
        self._end_if_unneeded()

    async def wait_for_end(self, run_id: uuid.UUID, *, within_s: float) -> None:
        """Return when the run has ended, or when the time is over: what the row says then is what counts."""
        if self._listener is None:
            self._listener = _create_task(self._listen(), name="ends")
        with self._ends.waiting(run_id) as end:
            self._start()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await end
        self._end_if_unneeded()

    @property
    def _needed(self) -> bool:
        return bool(self._members or self._ends.awaited)

    def _start(self) -> None:
        if self._task is None:
            self._task = _create_task(self._run(), name="event-hub")

    def _end_if_unneeded(self) -> None:
        if not self._needed:
            self._wake.set()

    async def _listen(self) -> None:
        try:
            # What was said before listening began is found by the look that follows.
            await results.hear_ends(listening=self._wake.set, ended=self._ends.tell)
        finally:
            self._listener = None

    async def _run(self) -> None:
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="event-hub")
        call = functools.partial(asyncio.get_running_loop().run_in_executor, executor)
        # Watchers wake it at once. Who waits for an end has mostly heard of it before this is over, and has
        # cost neither thread nor connection then.
        due, looked = time.monotonic() + POLL_S, False
        try:
            while await self._pause(until=due):
                looked = True
                due = await self._look(call)
        finally:
            if looked:
                executor.submit(self._reader.close)
            executor.shutdown(wait=False)
            self._task, self._reader = None, Reader()
            self._wake.clear()
            # Whoever is still here lost the hub to an error: the stream ends and its client comes back.
            for watcher in self._members:
                watcher.show(None)

    async def _look(self, call: Call) -> float:
        """Look, tell, and rest for as long as must be; returns when the next look is due."""
        began = time.monotonic()
        self._wake.clear()
        arrived = [watcher for watcher in self._newcomers if watcher in self._members]
        self._newcomers = []
        for watcher in arrived:
            self._watchers.setdefault(watcher.run_id, set()).add(watcher)
        wanted = list(self._watchers)
        try:
            look: Look = await call(_look_anew, self._reader, wanted, list(self._ends.awaited))
        except DatabaseError as error:
            logger.warning("streams and waits go without the database: %s", error)
            self._newcomers = [*arrived, *self._newcomers]
            await asyncio.sleep(OUTAGE_PAUSE_S)
            return time.monotonic()
        self._publish(look, arrived, wanted)
        for run_id in look.ended:
            self._ends.tell(run_id)
        await asyncio.sleep(max(LEAST_PAUSE_S, look.cost_s))
        return began + max(POLL_S, look.cost_s / HUB_SHARE)

    def _publish(self, look: Look, arrived: Collection[Watcher], wanted: Collection[uuid.UUID]) -> None:
        self._latest = {key: self._latest[key] for key in wanted if key in self._latest}
        for run_id, update in look.updates.items():
            known = self._latest.get(run_id)
            if update is not None and known is not None and update.event_id == known.event_id:
                continue
            if update is not None:
                self._latest[run_id] = update
            for watcher in self._watchers.get(run_id, ()):
                watcher.show(update)
        late = set(look.late)
        for watcher in arrived:
            if watcher.run_id in self._latest and watcher.run_id not in late:
                watcher.show(self._latest[watcher.run_id])

    async def _pause(self, *, until: float) -> bool:
        """Wait until then, or until somebody joins; False when there is nobody to look for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                await self._wake.wait()
        return self._needed


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current_hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def _look_anew(reader: Reader, wanted: Collection[uuid.UUID], awaited: Collection[uuid.UUID]) -> Look:
    # With DEBUG on, Django keeps the text of every query until a request ends; here none ever does.
    reset_queries()
    return reader.read(wanted, awaited=awaited)


def _create_task(work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
    # In a context of its own: it outlives the request that happened to start it.
    task = asyncio.get_running_loop().create_task(work, name=name, context=contextvars.Context())
    task.add_done_callback(_log_end)
    return task


def _log_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("the task %s of the event hub broke", task.get_name(), exc_info=task.exception())
