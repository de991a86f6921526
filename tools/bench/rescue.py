"""``python -m tools.bench.rescue``: how long a task stands still when its worker is killed or falls silent.

Two workers in the lane, Beat's sweeper, production's lease. The last line is one JSON object: the longest of
some rescues in seconds, from the stroke until another attempt has begun.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tools.bench.tasks import TASKS, Api
from tools.chaos.arena import Arena

REPEATS = 3
STEPS = 2000
"""A rehearsal that outlasts its rescue: 100 seconds."""
WITHIN_S = 60


def kill_child(arena: Arena, worker: str) -> None:
    """Both processes of the pool, because one of them is at the task."""
    for child in psutil.Process(arena.pid(worker)).children():
        child.kill()


def kill_worker(arena: Arena, worker: str) -> None:
    os.killpg(arena.pid(worker), signal.SIGKILL)


def silence_worker(arena: Arena, worker: str) -> None:
    """As if the network to its machine were cut: connections stay open, nothing comes any more."""
    os.killpg(arena.pid(worker), signal.SIGSTOP)


STROKES: dict[str, Callable[[Arena, str], None]] = {
    "child_killed_s": kill_child,
    "worker_killed_s": kill_worker,
    "worker_silent_s": silence_worker,
}


def time_rescue(arena: Arena, strike: Callable[[Arena, str], None], *, number: int) -> float:
    """Seconds from the stroke until the task is STARTED again. Raises TimeoutError."""
    api = Api(arena.ports[0])
    task_id = api.call("POST", f"{TASKS}/rehearsal/", {"number": number, "steps": STEPS})["task_id"]
    worker = _wait_for_attempt(arena, task_id, 1)
    time.sleep(2)
    group = arena.pid(worker)
    strike(arena, worker)
    began = time.monotonic()
    _wait_for_attempt(arena, task_id, 2)
    took = time.monotonic() - began
    if strike is silence_worker:
        os.killpg(group, signal.SIGCONT)
    api.rest()
    api.call("POST", f"{TASKS}/cancel/", {"task_id": task_id})
    return took


def _wait_for_attempt(arena: Arena, task_id: str, attempt: int) -> str:
    """The program that is at this attempt, once it is."""
    asked = "SELECT worker FROM data_processing_taskrun WHERE id = %s AND state = 'STARTED' AND attempt >= %s"
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        found = arena.ask(asked, task_id, attempt)
        if found:
            return str(found[0][0]).partition("@")[0]
        time.sleep(0.05)
    raise TimeoutError(f"attempt {attempt} of {task_id} has not begun within {WITHIN_S} s")


def main() -> None:
    longest: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="bench-rescue-") as folder, Arena(Path(folder)) as arena:
        arena.start_processes()
        for name, strike in STROKES.items():
            took = []
            for number in range(REPEATS):
                took.append(time_rescue(arena, strike, number=number))
                # The supervisor starts what was killed; the next stroke shall meet two workers.
                time.sleep(8)
            print(f"{name:18} {', '.join(f'{seconds:.1f}' for seconds in took)}")
            longest[name] = round(max(took), 1)
    print(json.dumps(longest))


if __name__ == "__main__":
    main()
