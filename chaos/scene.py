"""What a fault is given to act on, and the record of the kills from which runs must be rescued."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field

import psycopg

from chaos.arena import Arena
from chaos.ledger import Ledger
from chaos.visitors import Visitor


class Missed(Exception):
    """The fault could not be done now: its target is away or busy with another fault. It does not count."""


@dataclass(frozen=True, kw_only=True)
class Kill:
    """A moment (Unix seconds) at which processes were killed, and the attempts they may have been at."""

    at: float
    attempts: frozenset[tuple[str, int]]


@dataclass
class Chronicle:
    """All kills of a storm, and when (Unix seconds) the broker or the database was away; may be used from any
    thread."""

    kills: list[Kill] = field(default_factory=list)
    outages: list[tuple[float, float]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_kill(self, attempts: frozenset[tuple[str, int]]) -> None:
        with self._lock:
            self.kills.append(Kill(at=time.time(), attempts=attempts))

    def add_outage(self, began: float) -> None:
        with self._lock:
            self.outages.append((began, time.time()))

    def was_calm(self, began: float, ended: float) -> bool:
        """Whether neither the broker nor the database was away between the two moments."""
        return all(end < began or start > ended for start, end in self.outages)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The arena, the promises and kills so far, a visitor whose web server may be killed while it asks, and
    this fault's own randomness."""

    arena: Arena
    victim: Visitor
    ledger: Ledger
    chronicle: Chronicle
    rng: random.Random

    def attempts_of(self, worker: str) -> frozenset[tuple[str, int]]:
        """The attempts (run, number) that a worker holds now; none when the database is away."""
        held = (
            "SELECT id::text, attempt FROM data_processing_taskrun WHERE state = 'STARTED' AND worker LIKE %s"
        )
        try:
            return frozenset((run, number) for run, number in self.arena.ask(held, f"{worker}@%"))
        except psycopg.Error:
            return frozenset()

    def choose_worker(self) -> str:
        """A worker, preferably one that has something to do."""
        names = self.rng.sample(self.arena.worker_names, len(self.arena.worker_names))
        return next((name for name in names if self.attempts_of(name)), names[0])
