"""What a fault is given to act on."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import psycopg

from tools.chaos.arena import Arena
from tools.chaos.chronicle import Chronicle
from tools.chaos.ledger import Ledger
from tools.chaos.visitors import Visitor


class Missed(Exception):
    """The fault could not be done now. It does not count."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The arena, the promises and deeds so far, a visitor whose web server may be killed while it asks, this
    fault's own randomness, and the event loop in which visitors live; faults have threads."""

    arena: Arena
    loop: asyncio.AbstractEventLoop
    victim: Visitor
    ledger: Ledger
    chronicle: Chronicle
    rng: random.Random

    def ask_for(self, act: Coroutine[Any, Any, None]) -> Future[None]:
        """Let a visitor do something."""
        return asyncio.run_coroutine_threadsafe(act, self.loop)

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
