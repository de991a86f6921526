"""Strikes the planned faults in time, some beside one another, and counts those that hit."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psutil
import psycopg
import redis

from tools.chaos.plan import LIGHT, Fault
from tools.chaos.scene import Missed, Scene

AT_ONCE = 24
TURN_WITHIN_S = 20.0
"""How long a fault waits until the one before it has left its target. Of a cluster's faults most would be
missed otherwise: each holds the broker until all nodes are members again."""

AWAY = (Missed, psycopg.Error, redis.RedisError, ProcessLookupError, psutil.NoSuchProcess)
"""What a fault raises that did not hit, because what it is to hit is away or busy with another fault."""


async def rage(
    plan: Sequence[tuple[float, Fault]], scene: Scene, *, seed: int, say: Callable[[str], None]
) -> Counter[str]:
    """Strike all faults of the plan; returns how often each kind hit, when all are lifted. `say` is told of
    each."""
    began, strikes = time.monotonic(), []
    loop, hands = asyncio.get_running_loop(), ThreadPoolExecutor(AT_ONCE)
    for number, (at, fault) in enumerate(plan):
        await asyncio.sleep(began + at - time.monotonic())
        own = replace(scene, rng=random.Random(f"{seed} fault {number}"))
        strikes.append(loop.run_in_executor(hands, _strike_or_replace, fault, own, say))
    return Counter(name for name in await asyncio.gather(*strikes) if name is not None)


def _strike_or_replace(fault: Fault, scene: Scene, say: Callable[[str], None]) -> str | None:
    """The name of the fault that hit: the given one, a light one in its place, or none."""
    for candidate in (fault, LIGHT):
        with contextlib.suppress(*AWAY):
            _strike(candidate, scene)
            say(candidate.name)
            return candidate.name
    return None


def _strike(fault: Fault, scene: Scene) -> None:
    """Strike while no other fault has the target. Missed when one has it for long."""
    lock = scene.arena.locks[fault.target] if fault.target else threading.Lock()
    if not lock.acquire(timeout=TURN_WITHIN_S):
        raise Missed
    try:
        with scene.chronicle.strike(fault.name, fault.target):
            fault.strike(scene)
    finally:
        lock.release()
