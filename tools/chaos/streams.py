"""Visitors' event streams: each follows a task to its end and comes back when the server has gone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from tools.chaos.browser import NoAnswer
from tools.chaos.ledger import Accepted, Ledger
from tools.chaos.visitors import TASKS, Visitor
from tools.chaos.wire import Reply, Wire

LONGEST_PAUSE_S = 5
BETWEEN_TASKS_S = (4.0, 12.0)
"""People look at one task for a while. Without a pause each task that ends would let dozens of streams ask at
once, and the storm would try little else than how fast streams are opened."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One server-sent event; `name` is "" for those without."""

    id: str
    name: str
    data: str


@dataclass(kw_only=True)
class Following:
    """A task as its stream has told it so far. `state` is that of the end event; `pause_s` what the server
    wants a client to wait for before it comes back."""

    task: Accepted
    pause_s: float
    seen: str = ""
    state: str | None = None
    resumed: bool = False


@dataclass
class EventParser:
    """Bytes of a stream to its events; comments are left out. `retry_s` is the time after which the server
    wants its clients back, if it has said so."""

    retry_s: float | None = None
    _rest: bytes = b""

    def feed(self, piece: bytes) -> Iterator[Event]:
        *blocks, self._rest = (self._rest + piece).split(b"\n\n")
        for block in blocks:
            fields = dict(_split(line) for line in block.decode().split("\n"))
            if "retry" in fields:
                self.retry_s = int(fields["retry"]) / 1000
            if "data" in fields:
                yield Event(id=fields.get("id", ""), name=fields.get("event", ""), data=fields["data"])


def _split(line: str) -> tuple[str, str]:
    name, _, text = line.partition(":")
    return name, text.removeprefix(" ")


class Stream:
    """Follows one of its visitor's unfinished tasks after the other, until told to stop."""

    def __init__(self, visitor: Visitor, *, ledger: Ledger, rng: random.Random) -> None:
        self._visitor = visitor
        self._wire = Wire(visitor.browser)
        self._ledger = ledger
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
            mine = [task for task in self._ledger.list_open(self._visitor.number) if not task.told]
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
        self._ledger.note_told(task, following.state, resumed=following.resumed)

    async def _listen(self, following: Following) -> None:
        """One connection. Raises NoAnswer."""
        task_id = following.task.task_id
        headers = {"Accept": "text/event-stream"}
        if following.seen:
            headers["Last-Event-ID"] = following.seen
        async with self._wire.get(f"{TASKS}/{task_id}/events/", headers=headers) as reply:
            if reply.status == 200:
                following.resumed = following.resumed or bool(following.seen)
                with self._ledger.open_stream():
                    await self._read(reply, following)
            elif reply.status in (204, 404):
                self._ledger.note_contradiction(
                    f"{task_id}: its stream answers {reply.status} before it has told an end"
                )
                following.state = "LOST"
            elif "retry-after" in reply.headers:
                following.pause_s = min(LONGEST_PAUSE_S, float(reply.headers["retry-after"]))

    async def _read(self, reply: Reply, following: Following) -> None:
        """Take in the events of one connection. Raises NoAnswer."""
        parser, resumed_at = EventParser(), following.seen
        while following.state is None and (piece := await reply.read()):
            for event in parser.feed(piece):
                if event.id == resumed_at:
                    self._ledger.note_contradiction(
                        f"{following.task.task_id}: its stream repeats {event.id} to a client that has it"
                    )
                following.seen, resumed_at = event.id, ""
                following.pause_s = parser.retry_s or following.pause_s
                if event.name == "end":
                    following.state = str(json.loads(event.data)["state"])
