"""Visitors who use the product as its pages and scripts do: ask, wait or poll or listen, export, download."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from tools.bench.load.tally import Tally
from tools.stack.client import EXPORTS, TASKS
from tools.stack.connection import Answer, Connection, NoAnswer

POLL_S = 0.25
GIVE_UP_S = 60.0
TRIES = 60


class Visitor:
    """One visitor, with a cookie, a connection and a random course of their own. Adds the ids of its tasks to
    those that were ``accepted``: each must end."""

    def __init__(self, url: str, *, tally: Tally, accepted: set[str]) -> None:
        self._accepted, self._note = accepted, tally.note
        self._rng = random.Random()
        self.connection = Connection(url, note=tally.note)

    async def live(self, until: float) -> None:
        """One act after the other, without a pause, until ``until`` of time.monotonic."""
        acts = {
            self.search_and_wait: 4,
            self.search_and_poll: 4,
            self.add_up_and_listen: 2,
            self.export_and_download: 1,
            self.look_around: 3,
        }
        while time.monotonic() < until:
            (act,) = self._rng.choices(list(acts), list(acts.values()))
            # It is counted, and visitors come back.
            with contextlib.suppress(NoAnswer):
                await act()
        self.connection.close()

    async def search_and_wait(self) -> None:
        """As the explorer's page does."""
        body = {"filters": self.draw_filters(), "page": 1, "page_size": 50}
        answer = await self.submit("search", body, wait_s=10)
        if answer.status == 202:
            await self.poll(answer.data["task_id"])

    async def search_and_poll(self) -> None:
        answer = await self.submit("search", {"filters": self.draw_filters()})
        if answer.status == 202 and await self.poll(answer.data["task_id"]):
            await self.ask("result", f"{TASKS}/result/?task_id={answer.data['task_id']}")

    async def add_up_and_listen(self) -> None:
        answer = await self.submit("aggregates", {"filters": self.draw_filters(), "top_n": 5})
        if answer.status == 202:
            await self.listen(answer.data["task_id"])

    async def export_and_download(self) -> None:
        filters = {**self.draw_filters(), "time_ranges": [{"type": "quarterly", "year": 2024, "quarter": 2}]}
        answer = await self.submit("export", {"filters": filters, "format": "csv"})
        if answer.status == 202 and await self.poll(answer.data["task_id"]):
            await self.ask("download", f"{EXPORTS}/{answer.data['task_id']}/download/")

    async def look_around(self) -> None:
        await self.ask("page", "/")
        word = self._rng.choice(("con", "sup", "buil", "dep", "city"))
        await self.ask("suggest", f"/api/v1/contracts/suggest/?field=contractors&q={word}")
        await self.ask("history", f"{TASKS}/")
        await self.ask("active", f"{TASKS}/active/")

    async def submit(self, kind: str, body: Mapping[str, Any], *, wait_s: int = 0) -> Answer:
        """Start a task. Raises NoAnswer."""
        route = f"{kind}, wait" if wait_s else kind
        answer = await self.connection.call("POST", f"{TASKS}/{kind}/", body, route=route, wait_s=wait_s)
        if answer.status in (200, 202) and answer.data["task_id"] is not None:
            self._accepted.add(answer.data["task_id"])
        return answer

    async def poll(self, task_id: str) -> bool:
        """Whether the task has succeeded, once it has ended. Raises NoAnswer."""
        deadline = time.monotonic() + GIVE_UP_S
        while time.monotonic() < deadline:
            answer = await self.ask("status", f"{TASKS}/status/?task_id={task_id}")
            if answer.status == 200 and answer.data["ready"]:
                return bool(answer.data["successful"])
            await asyncio.sleep(POLL_S)
        return False

    async def listen(self, task_id: str) -> None:
        """Follow the task to its last event; timed until the first one. Raises NoAnswer."""
        mine = self.connection
        with contextlib.closing(Connection(mine.url, cookie=mine.cookie, note=self._note)) as followed:
            answer = await followed.call("GET", f"{TASKS}/{task_id}/events/", route="events", whole=False)
            async for event in answer.read_events():
                if event.name == "end":
                    break

    async def cancel(self, task_id: str) -> Answer:
        """Raises NoAnswer."""
        return await self.connection.call("POST", f"{TASKS}/cancel/", {"task_id": task_id}, route="cancel")

    async def introduce(self) -> None:
        """Get a cookie, by which tasks are found whose answers never came. Raises AssertionError."""
        await _insist(lambda: self.ask("history", f"{TASKS}/"))

    async def start(self, kind: str, body: Mapping[str, Any]) -> str:
        """The id of a new task. Raises AssertionError."""
        accepted = await _insist(lambda: self.submit(kind, body))
        return str(accepted.data["task_id"])

    async def cancel_all(self) -> None:
        """Cancel what is unfinished, also what this client hung up on. Raises AssertionError."""
        answer = await _insist(lambda: self.ask("active", f"{TASKS}/active/"))
        for sort in ("active", "reserved", "scheduled"):
            for task in answer.data[sort]:
                self._accepted.add(task["task_id"])
                await _insist(partial(self.cancel, task["task_id"]))

    async def ask(self, route: str, path: str) -> Answer:
        """A GET, counted. Raises NoAnswer."""
        return await self.connection.call("GET", path, route=route)

    def draw_filters(self) -> dict[str, Any]:
        """A question that nobody has asked before, of a few thousand rows."""
        year = self._rng.randint(2013, 2025)
        return {
            "time_ranges": [{"type": "yearly", "year": year}],
            "value_range": {"min": str(self._rng.randrange(10**9)), "max": None},
        }


async def _insist(ask: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
    """The answer that the server gives once it can: what is set up or cleared away must be."""
    for _ in range(TRIES):
        with contextlib.suppress(NoAnswer):
            answer = await ask()
            if answer.status < 500:
                return answer
        await asyncio.sleep(1)
    raise AssertionError(f"no answer after {TRIES} tries")
