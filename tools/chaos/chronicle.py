"""What was done to the product and when: kills, faults, alarms of the broker. All times are Unix seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

CARRIERS = ("broker", "database", "lines")
"""Without these no run can be rescued."""

POOL_PATIENCE_S = 5.0
"""How long a call may wait for a connection of the pool before it says 503 (docs/reference/settings.md).

A call may be refused for the database from the moment the fault begins until PostgreSQL answers again, and
that long after it: a pool that lost its connections pauses between its tries to have new ones."""

AFTERMATH_S = 10.0
"""So long after a fault it is still named beside what goes wrong: what it killed has to start."""


@dataclass(frozen=True, kw_only=True)
class Kill:
    """A moment at which processes were killed, and the attempts they may have been at."""

    at: float
    attempts: frozenset[tuple[str, int]]


@dataclass(kw_only=True)
class Spell:
    """A time during which something was on. `target` is what a fault had for itself; `hit` is False for one
    that could not be done."""

    what: str
    target: str | None = None
    began: float = field(default_factory=time.time)
    ended: float = math.inf
    hit: bool = False

    def overlaps(self, began: float, ended: float, *, grace_s: float = 0) -> bool:
        return self.began <= ended and began <= self.ended + grace_s


@dataclass
class Chronicle:
    """Everything that was done in a storm; may be used from any thread."""

    kills: list[Kill] = field(default_factory=list)
    faults: list[Spell] = field(default_factory=list)
    alarms: list[Spell] = field(default_factory=list)

    def add_kill(self, attempts: frozenset[tuple[str, int]]) -> None:
        self.kills.append(Kill(at=time.time(), attempts=attempts))

    def strike(self, fault: str, target: str | None) -> AbstractContextManager[None]:
        """A context in which a fault is on; it leaves when its target works again."""
        return self._during(self.faults, Spell(what=fault, target=target))

    def alarm(self, what: str) -> AbstractContextManager[None]:
        """A context in which the broker takes no messages."""
        return self._during(self.alarms, Spell(what=what, target="broker"))

    def was_calm(self, began: float, ended: float) -> bool:
        """Whether broker, database and the lines to them were there between the two moments."""
        return not any(spell.target in CARRIERS and spell.overlaps(began, ended) for spell in self.faults)

    def was_database_away(self, began: float, ended: float) -> bool:
        """Whether PostgreSQL was away at a moment between the two, or just before."""
        return any(
            spell.target == "database" and spell.overlaps(began, ended, grace_s=POOL_PATIENCE_S)
            for spell in self.faults
        )

    def was_in_alarm(self, began: float, ended: float) -> bool:
        """Whether the broker was in alarm at a moment between the two."""
        return any(alarm.overlaps(began, ended) for alarm in self.alarms)

    def name_faults(self, began: float, ended: float) -> list[str]:
        """Faults that were on at a moment between the two, or over not long before, with when they began."""
        return [
            f"{spell.what} ({began - spell.began:+.1f} s)"
            for spell in self.faults
            if spell.overlaps(began, ended, grace_s=AFTERMATH_S)
        ]

    @contextmanager
    def _during(self, spells: list[Spell], spell: Spell) -> Iterator[None]:
        spells.append(spell)
        try:
            yield
        finally:
            spell.ended = time.time()
        spell.hit = True
