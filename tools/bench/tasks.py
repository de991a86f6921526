"""``python -m tools.bench.tasks``: what the task machine costs over bare Celery, on the same servers.

Prints a table; the last line is one JSON object: median of a no-op's way from POST to SUCCESS seen, and the
machine's throughput as a share of bare Celery's with Redis results and started state.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import redis

from tools.bench.serving import serve
from tools.stack.children import spawn, stop_child
from tools.stack.ports import LOOPBACK
from tools.stack.system import CHECKOUT, System

TASKS = "/api/v1/data-processing/tasks"
CONCURRENCY = "2"
WITHIN_S = 300
LOOK_EVERY_S = 0.5
"""Seldom, so that looking costs neither side anything."""


class Api:
    """One kept-alive connection of one visitor; ``rest`` before a pause, the server closes idle ones."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
        self._cookie = ""

    def rest(self) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Any:
        sent = {"Content-Type": "application/json", "Cookie": self._cookie, **headers}
        self._connection.request(method, path, json.dumps(body) if body is not None else None, sent)
        answer = self._connection.getresponse()
        self._cookie = (answer.getheader("Set-Cookie") or self._cookie).partition(";")[0]
        return json.loads(answer.read())


def measure_roundtrip(api: Api, *, count: int) -> list[float]:
    """Milliseconds from POST until the client has seen SUCCESS by polling."""
    took = []
    for number in range(count):
        began = time.perf_counter()
        task = api.call("POST", f"{TASKS}/rehearsal/", {"number": number})
        while not api.call("GET", f"{TASKS}/status/?task_id={task['task_id']}")["successful"]:
            pass
        took.append((time.perf_counter() - began) * 1000)
    return took


def measure_machine(api: Api, environment: Mapping[str, str], *, first: int, count: int) -> float:
    """Tasks per second of a worker that finds ``count`` accepted no-ops waiting."""
    for number in range(first, first + count):
        last = api.call("POST", f"{TASKS}/rehearsal/", {"number": number})["task_id"]
    with worker(environment, "backend", "high"):
        deadline = time.monotonic() + WITHIN_S
        while not _has_succeeded(api, last) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
        time.sleep(LOOK_EVERY_S)
    api.rest()
    times = _machine_times(environment)
    assert len(times) >= count, f"{len(times)} of {count} tasks were done"
    return _rate(times[:count])


def measure_bare(environment: Mapping[str, str], *, count: int) -> float:
    """Tasks per second of a worker that finds ``count`` plain Celery no-ops waiting."""
    script = (
        f"from tools.bench.bare_celery import nothing\nprint(*[nothing.delay(n).id for n in range({count})])"
    )
    sent = subprocess.run(
        [sys.executable, "-c", script], env={**environment}, cwd=CHECKOUT, check=True, capture_output=True
    )
    keys = [f"celery-task-meta-{task_id}" for task_id in sent.stdout.decode().split()]
    results = redis.Redis.from_url(environment["CELERY_RESULT_BACKEND"])
    with worker(environment, "tools.bench.bare_celery", "bare"):
        deadline = time.monotonic() + WITHIN_S
        while not _is_stored(results, keys[-1]) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
        time.sleep(LOOK_EVERY_S)
    metas = [json.loads(text) for text in results.mget(keys) if text]
    times = [meta["date_done"] for meta in metas if meta["status"] == "SUCCESS"]
    assert len(times) == count, f"{len(times)} of {count} tasks were done"
    return _rate(times)


def _has_succeeded(api: Api, task_id: str) -> bool:
    api.rest()
    return bool(api.call("GET", f"{TASKS}/status/?task_id={task_id}")["successful"])


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


def _machine_times(environment: Mapping[str, str]) -> list[str]:
    """When tasks succeeded, of the latest task first."""
    script = (
        "import django; django.setup()\n"
        "from data_processing.models import TaskRun\n"
        "for run in TaskRun.objects.filter(state='SUCCESS').order_by('-created_at'):\n"
        "    print(run.finished_at.isoformat())"
    )
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={**environment, "DJANGO_SETTINGS_MODULE": "backend.settings"},
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    return told.stdout.decode().split()


def _rate(finished_at: list[str]) -> float:
    """Tasks per second between the first and the last finish."""
    times = [datetime.fromisoformat(text).timestamp() for text in finished_at]
    return (len(times) - 1) / (max(times) - min(times))


def run_bench(folder: Path, *, count: int, rounds: int) -> None:
    with serve(folder, REHEARSALS="1", OWNER_MAX_UNFINISHED="1000000") as site, site.running("web"):
        report(site, count=count, rounds=rounds)


def report(site: System, *, count: int, rounds: int) -> None:
    api, environment = Api(site.port), site.environment
    with site.running("housekeeping", "interactive", "beat"):
        measure_roundtrip(api, count=20)
        roundtrip = measure_roundtrip(api, count=200)
    machine: list[float] = []
    bare: list[float] = []
    for number in range(rounds):
        api.rest()
        bare.append(measure_bare(environment, count=count))
        machine.append(measure_machine(api, environment, first=1000 + number * count, count=count))
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
    with tempfile.TemporaryDirectory(prefix="bench-tasks-") as folder:
        run_bench(Path(folder), count=options.count, rounds=options.rounds)


if __name__ == "__main__":
    main()
