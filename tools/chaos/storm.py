"""Strikes the planned faults in time, some beside one another, and counts those that hit."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import psutil
import psycopg
import redis

from tools.chaos.plan import LIGHT, Fault
from tools.chaos.scene import Missed, Scene

AT_ONCE = 8
AWAY = (Missed, psycopg.Error, redis.RedisError, ProcessLookupError, psutil.NoSuchProcess)
"""What a fault raises that did not hit, because what it is to hit is away or busy with another fault."""


@dataclass(frozen=True, kw_only=True)
class Storm:
    """A plan and what it strikes. `say` is told of each fault."""

    plan: list[tuple[float, Fault]]
    scene: Scene
    seed: int
    say: Callable[[str], None]

    def rage(self) -> Counter[str]:
        """Strike all faults of the plan; returns how often each kind hit, when all are lifted."""
        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as hands:
            strikes = []
            for number, (at, fault) in enumerate(self.plan):
                time.sleep(max(0.0, began + at - time.monotonic()))
                scene = replace(self.scene, rng=random.Random(f"{self.seed} fault {number}"))
                strikes.append(hands.submit(self._strike_or_replace, fault, scene))
        return Counter(name for strike in strikes if (name := strike.result()) is not None)

    def _strike_or_replace(self, fault: Fault, scene: Scene) -> str | None:
        """The name of the fault that hit: the given one, a light one in its place, or none."""
        for candidate in (fault, LIGHT):
            with contextlib.suppress(*AWAY):
                self._strike(candidate, scene)
                self.say(candidate.name)
                return candidate.name
        return None

    def _strike(self, fault: Fault, scene: Scene) -> None:
        with self._hold(fault.target), scene.chronicle.strike(fault.name, fault.target):
            fault.strike(scene)

    @contextlib.contextmanager
    def _hold(self, target: str | None) -> Iterator[None]:
        """Keep other faults off the server. Missed when one has it."""
        lock = self.scene.arena.locks[target] if target else threading.Lock()
        if not lock.acquire(blocking=False):
            raise Missed
        try:
            yield
        finally:
            lock.release()
