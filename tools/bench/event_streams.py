"""``python -m tools.bench.event_streams``: what 500 open event streams cost a web process and the API.

A second web process without streams is asked in turns with the first: what else the machine does meanwhile
slows both. Prints a table; the last line is one JSON object with the memory and threads that the streams
added and the API's latencies, each as [with streams, control].
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import psutil
import redis

from tools.stack.logs import FileLog
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.processes import Supervisor
from tools.stack.servers import PostgreSQL, Redis
from tools.stack.system import CHECKOUT, list_programs

TASKS = "/api/v1/data-processing/tasks"
MEASURE_S = 10.0
EVERY_S = 0.25
WITHIN_S = 120
SETUP = """
import sys, uuid, django
django.setup()
from data_processing.lifecycle.runs import claims, insertion, window
from api.access.owners import VISITOR_COOKIE, sign_visitor
from data_processing.kinds.registry import KINDS
print(f"{VISITOR_COOKIE}={sign_visitor('bench')}")
limits = window.OwnerLimits(unfinished=10**6, window=10**6, window_queues=frozenset())
for number in range(int(sys.argv[1])):
    run, _ = insertion.submit(
        kind="search", owner="visitor:bench",
        request=KINDS["search"].request().to_json(), request_key=uuid.uuid4().hex,
        dataset_version="v", queue="high", publish_in_s=0, limits=limits,
    )
    claims.claim(run.id, worker="bench", lease_s=36000)
    print(run.id)
"""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """What was measured in one phase; latencies in milliseconds as (subject, control), memory in MB, CPU in
    percent of a core."""

    name: str
    rss_mb: float
    threads: int
    cpu_percent: float
    events_per_s: float
    p50_ms: tuple[float, float]
    p95_ms: tuple[float, float]

    def format(self) -> str:
        latencies = "".join(f"{ours:>8.1f} /{control:>7.1f}" for ours, control in (self.p50_ms, self.p95_ms))
        costs = f"{self.rss_mb:>8.1f}{self.threads:>9}{self.cpu_percent:>8.0f}{self.events_per_s:>10.0f}"
        return f"{self.name:<26}{costs}{latencies}"


HEADLINE = "phase                       RSS MB  threads   CPU %  events/s  p50 ms / control  p95 ms / control"


class Probe:
    """One web process, measured from outside."""

    def __init__(self, pid: int, port: int, *, cookie: str, task: str) -> None:
        self.port = port
        self.process = psutil.Process(pid)
        self._http = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
        self._path, self._headers = f"{TASKS}/status/?task_id={task}", {"Cookie": cookie}

    def reconnect(self) -> None:
        """The server closes idle connections; the next request opens another."""
        self._http.close()

    def ask(self) -> float:
        """Milliseconds that a request for the status of a task takes."""
        began = time.perf_counter()
        self._http.request("GET", self._path, headers=self._headers)
        answer = self._http.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        return (time.perf_counter() - began) * 1000


def measure(name: str, subject: Probe, control: Probe, *, events: Synchronized[int]) -> Phase:
    """Latencies of both processes and the costs of the subject during MEASURE_S seconds."""
    subject.reconnect()
    control.reconnect()
    subject.process.cpu_percent()
    before, began, took = events.value, time.perf_counter(), []
    while time.perf_counter() - began < MEASURE_S:
        took.append((subject.ask(), control.ask()))
        time.sleep(0.02)
    elapsed_s = time.perf_counter() - began
    ours, theirs = zip(*took, strict=True)
    return Phase(
        name=name,
        rss_mb=subject.process.memory_info().rss / 2**20,
        threads=subject.process.num_threads(),
        cpu_percent=subject.process.cpu_percent(),
        events_per_s=(events.value - before) / elapsed_s,
        p50_ms=(statistics.median(ours), statistics.median(theirs)),
        p95_ms=(statistics.quantiles(ours, n=20)[18], statistics.quantiles(theirs, n=20)[18]),
    )


def follow(
    port: int, cookie: str, tasks: Sequence[str], opened: Synchronized[int], events: Synchronized[int]
) -> None:
    """Open a stream for each task and read until the end; for a process of its own."""
    asyncio.run(_follow_all(port, cookie, tasks, opened, events))


async def _follow_all(
    port: int, cookie: str, tasks: Sequence[str], opened: Synchronized[int], events: Synchronized[int]
) -> None:
    async def follow_one(task: str) -> None:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        head = f"GET {TASKS}/{task}/events/ HTTP/1.1\r\nHost: {LOOPBACK}\r\nCookie: {cookie}\r\n\r\n"
        writer.write(head.encode())
        status = await reader.readline()
        assert b" 200 " in status, status
        first = True
        while line := await reader.readline():
            if line.startswith(b"data: "):
                events.value += 1
                opened.value += first
                first = False

    await asyncio.gather(*map(follow_one, tasks))


@contextmanager
def open_streams(port: int, cookie: str, tasks: Sequence[str], events: Synchronized[int]) -> Iterator[float]:
    """Streams that have all had their first event; gives the seconds that it took."""
    context = multiprocessing.get_context("spawn")
    opened = context.Value("i", 0)
    client = context.Process(target=follow, args=(port, cookie, tasks, opened, events), daemon=True)
    client.start()
    began = time.monotonic()
    try:
        while opened.value < len(tasks):
            assert client.is_alive(), "a stream was refused"
            assert time.monotonic() - began < WITHIN_S, f"{opened.value} streams opened"
            time.sleep(0.01)
        yield time.monotonic() - began
    finally:
        client.kill()
        client.join()


@contextmanager
def progress(cache: redis.Redis, tasks: Sequence[str]) -> Iterator[None]:
    """Meanwhile each of the tasks counts rows, four times a second."""
    stop = threading.Event()

    def count() -> None:
        began, current = time.time(), 0
        while not stop.wait(EVERY_S):
            current += 100
            told = {"attempt": 1, "phase": "writing", "current": current, "total": 10**6, "unit": "rows"}
            text = json.dumps({**told, "began": began, "at": time.time()})
            cache.mset({f"progress:{task}": text for task in tasks})

    counter = threading.Thread(target=count, daemon=True)
    counter.start()
    try:
        yield
    finally:
        stop.set()
        counter.join()


def run_python(arguments: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """The lines that a Python command prints; its errors go to the terminal."""
    run = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE
    )
    return run.stdout.decode().split()


def run_bench(folder: Path, *, streams: int) -> None:
    with PostgreSQL(folder / "pg") as database, Redis(folder / "redis") as cache:
        port = pick_port()
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "backend.settings",
            "DATABASE_URL": database.url,
            "CELERY_BROKER_URL": f"amqp://{LOOPBACK}:1//",
            "CELERY_RESULT_BACKEND": cache.database_url(1),
            "DATA_DIR": str(folder / "data"),
            "DEBUG": "0",
            "SECRET_KEY": "bench" * 12,
            "ANONYMOUS_ACCESS": "1",
            "LOG_LEVEL": "WARNING",
            "OWNER_MAX_STREAMS": str(streams),
        }
        run_python(["manage.py", "migrate", "--verbosity", "0"], environment)
        cookie, *tasks = run_python(["-c", SETUP, str(streams)], environment)
        ports = [port, pick_port()]
        webs = [
            replace(program, name=f"web-{number}")
            for number in ports
            for program in list_programs(number)
            if program.name == "web"
        ]
        running = Supervisor(webs, environment=environment, folder=CHECKOUT, write=FileLog(folder / "logs"))
        running.start()
        try:
            running.wait_ready(within_s=60)
            subject, control = (
                Probe(running.pid(f"web-{number}"), number, cookie=cookie, task=tasks[0]) for number in ports
            )
            with redis.Redis.from_url(cache.database_url(1)) as client:
                report(subject, control, client, cookie=cookie, tasks=tasks)
        finally:
            running.stop()


def report(subject: Probe, control: Probe, cache: redis.Redis, *, cookie: str, tasks: Sequence[str]) -> None:
    events = multiprocessing.get_context("spawn").Value("i", 0)
    look = partial(measure, subject=subject, control=control, events=events)
    for _ in range(300):
        subject.ask()
        control.ask()
    before = look("no streams")
    with open_streams(subject.port, cookie, tasks, events) as opening_s:
        silent = look(f"{len(tasks)} silent")
        with progress(cache, tasks[:20]):
            some = look(f"{len(tasks)}, 20 of them busy")
        with progress(cache, tasks):
            busy = look(f"{len(tasks)}, all busy")
    time.sleep(2)
    after = look("closed again")
    print(HEADLINE)
    for phase in (before, silent, some, busy, after):
        print(phase.format())
    print(f"{len(tasks)} streams had their first event after {opening_s:.1f} s")
    figures: dict[str, float | tuple[float, float]] = {
        "streams": len(tasks),
        "added_mb": max(phase.rss_mb for phase in (silent, some, busy)) - before.rss_mb,
        "added_threads": silent.threads - before.threads,
        "silent_cpu_percent": silent.cpu_percent,
        "silent_api_p50_ms": silent.p50_ms,
        "silent_api_p95_ms": silent.p95_ms,
        "busy_api_p50_ms": busy.p50_ms,
        "busy_api_p95_ms": busy.p95_ms,
        "busy_events_per_s": busy.events_per_s,
    }
    print(json.dumps({name: round_all(figure) for name, figure in figures.items()}))


def round_all(figure: float | tuple[float, float]) -> float | list[float]:
    """To one decimal place."""
    return [round(part, 1) for part in figure] if isinstance(figure, tuple) else round(figure, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=500)
    with tempfile.TemporaryDirectory(prefix="bench-events-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL runs as another user under root
        run_bench(Path(folder), streams=parser.parse_args().streams)


if __name__ == "__main__":
    main()
