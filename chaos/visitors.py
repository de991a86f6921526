"""The load: visitors who start tasks of all kinds, follow them, cancel some, repeat what got no answer."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections.abc import Sequence
from typing import Any

from chaos.browser import Answer, Browser, NoAnswer
from chaos.ledger import Accepted, Ending, Ledger, Order

TASKS = "/api/v1/data-processing/tasks"
AT_A_TIME = 5
TRIES = 60
KEYED = 0.5
CANCELLED = 0.06
WORDS = ("construction", "supply", "road", "school", "medical", "repair", "office", "food", "water", "rental")


class Visitor:
    """One visitor, with cookies and a random course of their own."""

    def __init__(self, number: int, urls: Sequence[str], *, seed: int, ledger: Ledger) -> None:
        self.number = number
        self._rng = random.Random(f"{seed} visitor {number}")
        self.browser = Browser(urls, random.Random(f"{seed} browser {number}"))
        self._ledger = ledger
        self._orders = 0

    def introduce(self) -> None:
        """Get the cookie, so that later requests have an owner even when their answers are lost."""
        answer = self.browser.call("GET", f"{TASKS}/")
        if answer.status != 200:
            raise NoAnswer(f"no cookie: {answer}")

    def live(self, stop: threading.Event) -> None:
        """Start, follow and cancel tasks until told to stop."""
        while not stop.wait(self._rng.uniform(0.05, 0.3)):
            mine = self._ledger.list_open(self.number)
            if len(mine) < AT_A_TIME:
                self.submit(self.draw_order(), stop)
            for task in self._rng.sample(mine, min(3, len(mine))):
                self.look(task)
            if mine and self._rng.random() < CANCELLED:
                self.cancel(self._rng.choice(mine))

    def submit(self, order: Order, stop: threading.Event) -> None:
        """POST; with a key again and again until there is an answer, without one once."""
        for _ in range(TRIES if order.key else 1):
            answer = self._try(order)
            if answer is not None and answer.is_accepted:
                if answer.body["task_id"] is not None:  # None: answered from what is at hand, no task
                    self._ledger.accept(answer.body["task_id"], visitor=self.number, order=order)
                return
            if answer is not None and answer.status in (400, 422):
                raise AssertionError(f"the load is wrong: {order} {answer}")
            if stop.is_set():
                break
            time.sleep(self._rng.uniform(0.2, 0.8))
        self._ledger.note_unanswered()

    def look(self, task: Accepted) -> None:
        """Ask for the status, and for the result once there is one; note how it ended."""
        try:
            ending = self.see_ending(task.task_id)
        except NoAnswer:
            return
        if ending is not None:
            self._ledger.note_ending(task, ending)

    def see_ending(self, task_id: str) -> Ending | None:
        """How a task has ended by what HTTP says, None as long as it has not. Raises NoAnswer, also for
        answers of status 500 and above."""
        status = self._get(f"{TASKS}/status/?task_id={task_id}")
        if status.status == 404:
            return Ending(state="LOST", digest="")
        if not status.body["ready"]:
            return None
        if not status.body["successful"]:
            return Ending(state=status.body["state"], digest="")
        result = self._get(f"{TASKS}/result/?task_id={task_id}")
        return Ending(state="SUCCESS", digest=f"{result.status} {_digest(result.body)}")

    def cancel(self, task: Accepted) -> None:
        try:
            answer = self.browser.call("POST", f"{TASKS}/cancel/", {"task_id": task.task_id, "all": True})
        except NoAnswer:
            return
        if answer.status == 202:
            self._ledger.note_cancel(task)

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
            return Order(kind=kind, key=key, body={"number": number, "steps": steps, "fate": fate})
        body: dict[str, Any] = {"filters": self._draw_filters()}
        if kind == "export":
            body["format"] = rng.choice(["xlsx", "csv"])
        return Order(kind=kind, key=key, body=body)

    def _draw_filters(self) -> dict[str, Any]:
        rng = self._rng
        filters: dict[str, Any] = {"include_flood_control": rng.random() < 0.3}
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

    def _try(self, order: Order) -> Answer | None:
        headers = {"Idempotency-Key": order.key} if order.key else {}
        try:
            return self.browser.call("POST", f"{TASKS}/{order.kind}/", order.body, headers=headers)
        except NoAnswer:
            return None

    def _get(self, path: str) -> Answer:
        answer = self.browser.call("GET", path)
        if answer.status >= 500:
            raise NoAnswer(f"{path}: {answer.status}")
        return answer


def _digest(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
