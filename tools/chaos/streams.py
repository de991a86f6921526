"""Visitors' event streams: each follows a task to its end and comes back when the server has gone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from dataclasses import dataclass

from tools.chaos.ledger import Accepted
from tools.chaos.visitors import Visitor
from tools.stack.client import TASKS
from tools.stack.connection import Answer, NoAnswer

LONGEST_PAUSE_S = 5
BETWEEN_TASKS_S = (4.0, 12.0)
"""People look at one task for a while. Without a pause each task that ends would let dozens of streams ask at
once, and the storm would try little else than how fast streams are opened."""


@dataclass(kw_only=True)
class Following:
    """A task as its stream has told it so far. `state` is that of the end event; `pause_s` what the server
    wants a client to wait for before it comes back."""

    task: Accepted
    pause_s: float
    seen: str = ""
    state: str | None = None
    resumed: bool = False


class Stream:
    """Follows one of its visitor's unfinished tasks after the other, until told to stop."""

    def __init__(self, visitor: Visitor, rng: random.Random) -> None:
        self._visitor = visitor
        self._rng = rng
        self._following: Following | None = None

    @property
    def unended(self) -> str | None:
        """What is wrong as long as the end of a task has not been told."""
        if self._following is None or self._following.state is not None:
            return None
        task = self._following.task
        return f"the stream of {task.task_id} ({task.order.kind}) never told its end"

    async def live(self, stop: asyncio.Event) -> None:
        """Follow tasks; the last one to its end, however long that takes."""
        while not stop.is_set():
            mine = [task for task in self._visitor.ledger.list_open(self._visitor.number) if not task.told]
            if mine:
                await self.follow(self._rng.choice(mine))
            await asyncio.sleep(self._rng.uniform(*BETWEEN_TASKS_S) if mine else self._rng.uniform(0.1, 0.5))

    async def follow(self, task: Accepted) -> None:
        """Listen until the end event, again and again from where a lost stream had come to."""
        following = self._following = Following(task=task, pause_s=self._rng.uniform(0.2, 1))
        while following.state is None:
            with contextlib.suppress(NoAnswer):
                await self._listen(following)
            if following.state is None:
                await asyncio.sleep(following.pause_s)
        self._visitor.ledger.note_told(task, following.state, resumed=following.resumed)

    async def _listen(self, following: Following) -> None:
        """One connection. Raises NoAnswer."""
        task_id = following.task.task_id
        headers = {"Accept": "text/event-stream"}
        if following.seen:
            headers["Last-Event-ID"] = following.seen
        with self._visitor.connect() as server:
            answer = await server.call("GET", f"{TASKS}/{task_id}/events/", headers=headers, whole=False)
            if answer.status == 200:
                following.resumed = following.resumed or bool(following.seen)
                with self._visitor.ledger.open_stream():
                    await self._read(answer, following)
            elif answer.status in (204, 404):
                self._visitor.ledger.contradictions.append(
                    f"{task_id}: its stream answers {answer.status} before it has told an end"
                )
                following.state = "LOST"
            elif "retry-after" in answer.headers:
                following.pause_s = min(LONGEST_PAUSE_S, float(answer.headers["retry-after"]))

    async def _read(self, answer: Answer, following: Following) -> None:
        """Take in the events of one connection. Raises NoAnswer."""
        resumed_at = following.seen
        async for event in answer.read_events():
            if event.id == resumed_at:
                self._visitor.ledger.contradictions.append(
                    f"{following.task.task_id}: its stream repeats {event.id} to a client that has it"
                )
            following.seen, resumed_at = event.id, ""
            following.pause_s = answer.retry_s or following.pause_s
            if event.name == "end":
                following.state = str(json.loads(event.data)["state"])
                return
