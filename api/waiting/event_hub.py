"""The hub of a web process: one loop looks at all watched runs, tells their watchers what changed, and tells
those who wait for a run's end that it has come.

What it tells it reads from rows and live progress. Who watches decides what to send.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import time
import uuid
from collections.abc import Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any
from weakref import WeakKeyDictionary

from django.db import Error as DatabaseError
from django.db import reset_queries

from api.waiting.ends import Ends
from api.waiting.reader import Look, Reader, Update
from data_processing.outputs import results

logger = logging.getLogger(__name__)

# As often as a worker tells how far it is: a look in between would find nothing new.
POLL_S = 0.25
LEAST_PAUSE_S = 0.05
# Of a core, the part that looking may take: when much changes at once, streams get fewer events and the API
# keeps its pace.
HUB_SHARE = 0.25
OUTAGE_PAUSE_S = 1.0


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
        # A thread of its own: requests that wait for the database may have taken all the others.
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
        # Who joins during the look waits for the next one: this one may have read his row already.
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
