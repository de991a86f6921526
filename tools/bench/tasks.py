"""``python -m tools.bench.tasks``: what the task machine costs over bare Celery, on the same servers.

Prints a table; the last line is one JSON object: median of a no-op's way from POST to SUCCESS seen, and the
machine's throughput as a share of bare Celery's with Redis results and started state.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import redis

from tools.bench.bare_celery import nothing
from tools.bench.serving import serve
from tools.stack.children import spawn, stop_child
from tools.stack.client import TASKS, Client
from tools.stack.polling import poll
from tools.stack.servers import ask
from tools.stack.system import CHECKOUT, System

CONCURRENCY = "2"
WITHIN_S = 300
LATEST = """
    SELECT finished_at FROM data_processing_taskrun WHERE state = 'SUCCESS' ORDER BY created_at DESC LIMIT %s
"""
DONE = "SELECT id FROM data_processing_taskrun WHERE id = %s AND state = 'SUCCESS'"
LOOK_EVERY_S = 0.5
"""Seldom, so that looking costs neither side anything."""


async def measure_roundtrip(client: Client, *, count: int) -> list[float]:
    """Milliseconds from POST until the client has seen SUCCESS by polling."""
    took = []
    for number in range(count):
        began = time.perf_counter()
        task = await client.post(f"{TASKS}/rehearsal/", {"number": number})
        while not (await client.status(task["task_id"]))["successful"]:
            pass
        took.append((time.perf_counter() - began) * 1000)
    return took


async def measure_machine(client: Client, environment: Mapping[str, str], *, first: int, count: int) -> float:
    """Tasks per second of a worker that finds ``count`` accepted no-ops waiting."""
    rows = environment["DATABASE_URL"]
    for number in range(first, first + count):
        last = (await client.post(f"{TASKS}/rehearsal/", {"number": number}))["task_id"]
    with worker(environment, "backend", "high"):
        poll(lambda: ask(rows, DONE, last), within_s=WITHIN_S, every_s=LOOK_EVERY_S)
        time.sleep(LOOK_EVERY_S)
    times = [finished_at for (finished_at,) in ask(rows, LATEST, count)]
    assert len(times) == count, f"{len(times)} of {count} tasks were done"
    return _rate(times)


def measure_bare(environment: Mapping[str, str], *, count: int) -> float:
    """Tasks per second of a worker that finds ``count`` plain Celery no-ops waiting."""
    keys = [f"celery-task-meta-{nothing.delay(number).id}" for number in range(count)]
    results = redis.Redis.from_url(environment["CELERY_RESULT_BACKEND"])
    with worker(environment, "tools.bench.bare_celery", "bare"):
        poll(lambda: _is_stored(results, keys[-1]), within_s=WITHIN_S, every_s=LOOK_EVERY_S)
        time.sleep(LOOK_EVERY_S)
    metas = [json.loads(text) for text in results.mget(keys) if text]
    times = [datetime.fromisoformat(meta["date_done"]) for meta in metas if meta["status"] == "SUCCESS"]
    assert len(times) == count, f"{len(times)} of {count} tasks were done"
    return _rate(times)


def _is_stored(results: redis.Redis, key: str) -> bool:
    text = results.get(key)
    return text is not None and json.loads(text)["status"] == "SUCCESS"


@contextmanager
def worker(environment: Mapping[str, str], app: str, queue: str) -> Iterator[None]:
    """A worker with two children on one queue."""
    argv = [sys.executable, "-m", "celery", "-A", app, "worker", "-Q", queue, "-c", CONCURRENCY]
    options = ["--without-gossip", "--without-mingle", "--loglevel", "warning"]
    child = spawn(
        [*argv, *options],
        environment={**environment, "DATABASE_POOL_SIZE": "0"},
        folder=CHECKOUT,
        output=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        stop_child(child, within_s=20)


def _rate(finished_at: Sequence[datetime]) -> float:
    """Tasks per second between the first and the last finish."""
    return (len(finished_at) - 1) / (max(finished_at) - min(finished_at)).total_seconds()


async def report(site: System, *, count: int, rounds: int) -> None:
    client, environment = Client(site.url), site.environment
    with site.running("housekeeping", "interactive", "beat"):
        await measure_roundtrip(client, count=20)
        roundtrip = await measure_roundtrip(client, count=200)
    # This process is a client of Celery's too.
    os.environ.update(environment)
    machine: list[float] = []
    bare: list[float] = []
    for number in range(rounds):
        bare.append(measure_bare(environment, count=count))
        first = 1000 + number * count
        machine.append(await measure_machine(client, environment, first=first, count=count))
    ratio = statistics.median(m / b for m, b in zip(machine, bare, strict=True))
    quantiles = statistics.quantiles(roundtrip, n=20)
    print(f"POST to SUCCESS seen, ms: median {statistics.median(roundtrip):.1f}, p95 {quantiles[18]:.1f}")
    for name, rates in (("task machine, tasks/s", machine), ("bare Celery, tasks/s", bare)):
        print(f"{name:36} median {statistics.median(rates):6.0f}  runs {[round(rate) for rate in rates]}")
    print(
        json.dumps(
            {
                "api_roundtrip_ms": round(statistics.median(roundtrip), 1),
                "throughput_vs_bare_celery": round(ratio, 2),
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with serve(REHEARSALS="1", OWNER_MAX_UNFINISHED="1000000") as site, site.running("web"):
        asyncio.run(report(site, count=options.count, rounds=options.rounds))


if __name__ == "__main__":
    main()
