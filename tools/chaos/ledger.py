"""What clients were promised and told: accepted tasks, the first end of each that somebody saw, all calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tools.stack.connection import Call


@dataclass(frozen=True, kw_only=True)
class Order:
    """A request to start a task. `key` is its Idempotency-Key; without one it is not sent twice.

    The server is asked to wait `wait_s` for the result (0: not to); `hangs_up_after_s`: the client leaves.
    """

    kind: str
    body: Mapping[str, Any]
    key: str | None
    wait_s: int = 0
    hangs_up_after_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a task ended, as HTTP told it; `digest` is that of the result ("" without one)."""

    state: str
    digest: str


@dataclass(kw_only=True)
class Accepted:
    """One accepted task. `must_stop`: its cancel was accepted and nobody else waits for it. `told`: the
    states in which event streams said that it ended."""

    task_id: str
    visitor: int
    order: Order
    ending: Ending | None = None
    must_stop: bool = False
    told: set[str] = field(default_factory=set)

    @property
    def has_file(self) -> bool:
        """Whether it is an export that was seen to have succeeded."""
        return self.order.kind == "export" and self.ending is not None and self.ending.state == "SUCCESS"


@dataclass
class Ledger:
    """Shared by all visitors, in one event loop."""

    tasks: dict[str, Accepted] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    tears: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _keys: dict[tuple[int, str], str] = field(default_factory=dict)

    def accept(self, task_id: str, *, visitor: int, order: Order) -> Accepted:
        """Note a 2xx answer; one key that gives two tasks is a contradiction."""
        task = self.tasks.setdefault(task_id, Accepted(task_id=task_id, visitor=visitor, order=order))
        if order.key is not None:
            first = self._keys.setdefault((visitor, order.key), task_id)
            if first != task_id:
                self.contradictions.append(f"one Idempotency-Key started {first} and {task_id}")
        return task

    def note_ending(self, task: Accepted, ending: Ending) -> None:
        """Keep the first ending; another one later is a contradiction."""
        if task.ending is None:
            task.ending = ending
        elif task.ending != ending:
            self.contradictions.append(f"{task.task_id} was {task.ending} and is {ending}")

    def note_told(self, task: Accepted, state: str, *, resumed: bool) -> None:
        """Note the end that an event stream told, and whether it had to come back for it."""
        task.told.add(state)
        self.counts.update({"streams": 1, "resumed streams": resumed})

    @contextmanager
    def open_stream(self) -> Iterator[None]:
        """A context in which a stream is open."""
        self.counts["open streams"] += 1
        self.counts["most streams"] = max(self.counts["most streams"], self.counts["open streams"])
        try:
            yield
        finally:
            self.counts["open streams"] -= 1

    def list_open(self, visitor: int) -> list[Accepted]:
        """The visitor's tasks whose end nobody has seen."""
        return [task for task in self.tasks.values() if task.visitor == visitor and task.ending is None]

    def list_exports(self, visitor: int) -> list[Accepted]:
        """The visitor's exports that were seen to have succeeded."""
        return [task for task in self.tasks.values() if task.visitor == visitor and task.has_file]
