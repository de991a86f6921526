"""What clients were promised and told: accepted tasks, and the first end of each that somebody saw."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Order:
    """A request to start a task. `key` is its Idempotency-Key; without one it is not sent twice."""

    kind: str
    body: Mapping[str, Any]
    key: str | None


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a task ended, as HTTP told it; `digest` is that of the result ("" without one)."""

    state: str
    digest: str


@dataclass(kw_only=True)
class Accepted:
    """One accepted task. `must_stop`: its cancel was accepted and nobody else waits for it."""

    task_id: str
    visitor: int
    order: Order
    ending: Ending | None = None
    must_stop: bool = False


@dataclass
class Ledger:
    """Shared by all visitors; every method may be called from any thread."""

    tasks: dict[str, Accepted] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    unanswered: int = 0
    _keys: dict[tuple[int, str], str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def accept(self, task_id: str, *, visitor: int, order: Order) -> None:
        """Note a 2xx answer; one key that gives two tasks is a contradiction."""
        with self._lock:
            self.tasks.setdefault(task_id, Accepted(task_id=task_id, visitor=visitor, order=order))
            if order.key is not None:
                first = self._keys.setdefault((visitor, order.key), task_id)
                if first != task_id:
                    self.contradictions.append(f"one Idempotency-Key started {first} and {task_id}")

    def expect(self, task_id: str, *, visitor: int, order: Order) -> None:
        """Note what a request without an answer committed: asking again with its key must give this task."""
        self.accept(task_id, visitor=visitor, order=order)

    def note_ending(self, task: Accepted, ending: Ending) -> None:
        """Keep the first ending; another one later is a contradiction."""
        with self._lock:
            if task.ending is None:
                task.ending = ending
            elif task.ending != ending:
                self.contradictions.append(f"{task.task_id} was {task.ending} and is {ending}")

    def note_cancel(self, task: Accepted) -> None:
        with self._lock:
            task.must_stop = True

    def note_unanswered(self) -> None:
        with self._lock:
            self.unanswered += 1

    def list_open(self, visitor: int) -> list[Accepted]:
        """The visitor's tasks whose end nobody has seen."""
        with self._lock:
            return [task for task in self.tasks.values() if task.visitor == visitor and task.ending is None]
