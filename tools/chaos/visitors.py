"""The load: visitors who start tasks of all kinds, follow them, cancel some, repeat what got no answer."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tools.chaos.alerts.watched import SUPPLIERS
from tools.chaos.ledger import Accepted, Ending, Ledger, Order
from tools.stack.client import TASKS
from tools.stack.connection import Answer, Connection, NoAnswer

AT_A_TIME = 8
TRIES = 60
KEYED = 0.5
CANCELLED = 0.06
WAITING = 0.6
"""Of the requests, those that ask for the result as pages do: Prefer: wait."""

WAITS_S = (1, 3, 10, 10)
HANGING_UP = 0.2
"""Of those that wait, the ones that leave before they have their answer."""

LOOKING_AT_HEALTH = 0.02
PAUSE_S = 0.5
WORDS = ("construction", "supply", "road", "school", "medical", "repair", "office", "food", "water", "rental")
WITHOUT_WATCHED = {"except_contractors": list(SUPPLIERS)}
"""What comes with each dataset version: without it, all versions have the same rows for a visitor."""


class Visitor:
    """One visitor, with a cookie and a random course of their own."""

    def __init__(self, number: int, urls: Sequence[str], *, seed: int, ledger: Ledger) -> None:
        self.number = number
        self._rng = random.Random(f"{seed} visitor {number}")
        self._servers = random.Random(f"{seed} servers {number}")
        self._urls = urls
        self._cookie = ""
        self.ledger = ledger
        self._orders = 0

    @contextlib.contextmanager
    def connect(self, *, url: str = "", narrow: bool = False) -> Iterator[Connection]:
        """A new connection to one of the web servers, unless its `url` is given."""
        connection = Connection(
            url or self._servers.choice(self._urls),
            cookie=self._cookie,
            narrow=narrow,
            note=self.ledger.calls.append,
        )
        try:
            yield connection
        finally:
            self._cookie = connection.cookie
            connection.close()

    async def introduce(self) -> None:
        """Get the cookie, so that later requests have an owner even when their answers are lost."""
        answer = await self.get(f"{TASKS}/")
        if answer.status != 200:
            raise NoAnswer(f"no cookie: {answer.status}")

    async def live(self, stop: asyncio.Event) -> None:
        """Start, follow and cancel tasks until told to stop; the rest goes on while an answer is awaited."""
        async with asyncio.TaskGroup() as hands:
            starting = {hands.create_task(self.submit(self._order_everything(), stop))}
            while not stop.is_set():
                await asyncio.sleep(self._rng.uniform(0.05, 0.3))
                starting = {posting for posting in starting if not posting.done()}
                mine = self.ledger.list_open(self.number)
                if len(mine) + len(starting) < AT_A_TIME:
                    starting.add(hands.create_task(self.submit(self.draw_order(), stop)))
                await self._follow(mine)

    async def _follow(self, mine: Sequence[Accepted]) -> None:
        """Look at some of one's tasks, at times cancel one, at times ask how the product does."""
        for task in self._rng.sample(mine, min(3, len(mine))):
            await self.look(task)
        if mine and self._rng.random() < CANCELLED:
            await self.cancel(self._rng.choice(mine))
        if self._rng.random() < LOOKING_AT_HEALTH:
            with contextlib.suppress(NoAnswer):  # one that says no is counted with all others
                await self.get("/health/ready")

    async def submit(self, order: Order, stop: asyncio.Event) -> None:
        """POST; with a key again and again until there is an answer, without one once."""
        for number in range(TRIES if order.key else 1):
            with contextlib.suppress(NoAnswer):
                answer = await self.start(order, leaves=number == 0)
                if answer.status < 300:
                    self.take(order, answer)
                    return
                if answer.status in (400, 422):
                    raise AssertionError(f"the load is wrong: {order} {answer.problem}")
            await asyncio.sleep(PAUSE_S)
            if stop.is_set():
                break
        self.ledger.counts["unanswered"] += 1

    def take(self, order: Order, answer: Answer) -> None:
        """Note an accepted task, and its end if the answer waited for it."""
        task_id = answer.data["task_id"]
        if task_id is None:  # answered from what is at hand, no task
            return
        task = self.ledger.accept(task_id, visitor=self.number, order=order)
        if "data" in answer.data:
            self.ledger.note_ending(task, _succeeded(answer.data["data"]))

    async def look(self, task: Accepted) -> None:
        """Ask for the status, and for the result once there is one; note how it ended."""
        with contextlib.suppress(NoAnswer):
            ending = await self.see_ending(task.task_id)
            if ending is not None:
                self.ledger.note_ending(task, ending)

    async def see_ending(self, task_id: str) -> Ending | None:
        """How a task has ended by what HTTP says, None as long as it has not. Raises NoAnswer, also for
        answers of status 500 and above."""
        status = await self.get(f"{TASKS}/status/?task_id={task_id}")
        if status.status == 404:
            return Ending(state="LOST", digest="")
        if not status.data["ready"]:
            return None
        if not status.data["successful"]:
            return Ending(state=status.data["state"], digest="")
        result = await self.get(f"{TASKS}/result/?task_id={task_id}")
        if result.status != 200:
            return Ending(state="SUCCESS", digest=f"answers {result.status}")
        return _succeeded(result.data.get("data", result.data))

    async def cancel(self, task: Accepted) -> None:
        with contextlib.suppress(NoAnswer), self.connect() as server:
            answer = await server.call("POST", f"{TASKS}/cancel/", {"task_id": task.task_id, "all": True})
            if answer.status == 202:
                task.must_stop = True

    def _order_everything(self) -> Order:
        """An export that slow readers have to read for longer than the kernel's buffers hide."""
        filters = {"include_flood_control": True, **WITHOUT_WATCHED}
        body = {"filters": filters, "format": "csv"}
        return Order(kind="export", key=f"{self.number}-everything", body=body)

    def draw_order(self) -> Order:
        """The next wish: mostly short tasks, some exports, a few that fail or kill their worker."""
        self._orders += 1
        rng = self._rng
        key = f"{self.number}-{self._orders}" if rng.random() < KEYED else None
        kind = rng.choices(["search", "aggregates", "export", "rehearsal"], [4, 2, 5, 5])[0]
        if kind == "rehearsal":
            fate = rng.choices(["succeed", "fail", "crash"], [40, 5, 1])[0]
            steps = rng.choice([0, 0, 2, 10, 40, 80])
            number = self.number * 1_000_000 + self._orders
            return self._wait(
                Order(kind=kind, key=key, body={"number": number, "steps": steps, "fate": fate})
            )
        body: dict[str, Any] = {"filters": self._draw_filters()}
        if kind == "export":
            body["format"] = rng.choice(["xlsx", "csv"])
        return self._wait(Order(kind=kind, key=key, body=body))

    def _wait(self, order: Order) -> Order:
        """The order, mostly with the wish that the server waits for the result."""
        if self._rng.random() >= WAITING:
            return order
        wait_s = self._rng.choice(WAITS_S)
        leaves = self._rng.random() < HANGING_UP
        return replace(
            order, wait_s=wait_s, hangs_up_after_s=self._rng.uniform(0.02, wait_s) if leaves else None
        )

    def _draw_filters(self) -> dict[str, Any]:
        rng = self._rng
        filters: dict[str, Any] = {"include_flood_control": rng.random() < 0.3, **WITHOUT_WATCHED}
        if rng.random() < 0.6:
            filters["keywords"] = [rng.choice(WORDS)]
        if rng.random() < 0.6:
            year = rng.randint(2013, 2025)
            filters["time_ranges"] = [
                {"type": "custom", "start_date": f"{year}-01-01", "end_date": f"{year + 2}-12-31"}
            ]
        if rng.random() < 0.8:
            filters["value_range"] = {"min": rng.randrange(100_000), "max": None}
        return filters

    async def start(self, order: Order, *, leaves: bool = False, url: str = "") -> Answer:
        """POST once; who `leaves` may do so before the answer. Raises NoAnswer."""
        with self.connect(url=url) as server:
            return await server.call(
                "POST",
                f"{TASKS}/{order.kind}/",
                order.body,
                headers={"Idempotency-Key": order.key} if order.key else {},
                wait_s=order.wait_s,
                leaves_after_s=order.hangs_up_after_s if leaves else None,
            )

    async def get(self, path: str) -> Answer:
        """A GET. Raises NoAnswer, also for answers of status 500 and above."""
        with self.connect() as server:
            answer = await server.call("GET", path)
        if answer.status >= 500:
            raise NoAnswer(f"{path}: {answer.status}")
        return answer


def _succeeded(payload: Any) -> Ending:
    return Ending(state="SUCCESS", digest=_digest(payload))


def _digest(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
