"""``python -m tools.bench.split``: one export of BENCH_ROWS rows, by one worker process and shared by two.

On RabbitMQ, Redis and PostgreSQL of its own. Each process is kept on one core, as if it were a machine: alone
it would else use part of a second core, to pack what it has read. Prints a table; the last line is one JSON
object: seconds and CPU seconds of each, and the speed-up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from contracts.writers.excel import SHEET_ROWS
from tools.bench.dataset import prepare_snapshot
from tools.bench.serving import serve
from tools.bench.sizes import read_rows
from tools.bench.tasks import TASKS, Api
from tools.stack.children import spawn, stop_child
from tools.stack.system import CHECKOUT

FORMATS = ("xlsx", "csv")
PARTS = 8
LOOK_EVERY_S = 0.1
WITHIN_S = 1800


@contextmanager
def working(environment: Mapping[str, str], *, workers: int) -> Iterator[list[psutil.Process]]:
    """So many bulk workers of one process each, on a core of its own."""
    argv = [sys.executable, "-m", "celery", "-A", "backend", "worker", "-Q", "normal,low", "-c", "1"]
    options = ["--without-gossip", "--without-mingle", "--loglevel", "warning"]
    with ExitStack() as stopping:
        children = []
        for number in range(workers):
            child = spawn(
                [*argv, *options, "-n", f"bulk{number}@%h"],
                environment={**environment, "DATABASE_POOL_SIZE": "0"},
                folder=CHECKOUT,
                output=subprocess.DEVNULL,
            )
            stopping.callback(stop_child, child, within_s=20)
            process = psutil.Process(child.pid)
            process.cpu_affinity([number % (os.cpu_count() or 1)])
            children.append(process)
        yield children


def time_export(api: Api, body: Mapping[str, Any]) -> float:
    """Seconds from POST to the finished file."""
    began = time.monotonic()
    task_id = api.call("POST", f"{TASKS}/export/", body)["task_id"]
    while not api.call("GET", f"{TASKS}/status/?task_id={task_id}")["ready"]:
        assert time.monotonic() - began < WITHIN_S, "the export does not end"
        time.sleep(LOOK_EVERY_S)
    status = api.call("GET", f"{TASKS}/status/?task_id={task_id}")
    assert status["successful"], status
    return time.monotonic() - began


def read_cpu_s(workers: list[psutil.Process]) -> list[float]:
    """What each worker's one child has used."""
    return [sum(child.cpu_times()[:2]) for worker in workers for child in worker.children()]


def measure(api: Api, environment: Mapping[str, str], *, workers: int) -> dict[str, float]:
    """Of each format: seconds, CPU seconds, and those of the busiest process, which tell the gain even where
    others load the machine."""
    figures = {}
    with working(environment, workers=workers) as processes:
        # The first export finds everything cold: the modules, the store, the pages of its file.
        for number, format_ in enumerate(("csv", *FORMATS)):
            # No two ask the same: a finished file would be reused.
            body = {
                "format": format_,
                "filters": {"value_range": {"max": str(10**15 + workers * 10 + number)}},
            }
            before = read_cpu_s(processes)
            took = time_export(api, body)
            api.rest()
            if number:
                figures[f"{format_}_{workers}_s"] = round(took, 2)
                used = [after - b for b, after in zip(before, read_cpu_s(processes), strict=True)]
                figures[f"{format_}_{workers}_cpu_s"] = round(sum(used), 2)
                figures[f"{format_}_{workers}_busiest_cpu_s"] = round(max(used), 2)
    return figures


def main() -> None:
    rows = read_rows()
    datasets = prepare_snapshot(rows).path.parent.parent
    part_rows = min(SHEET_ROWS, -(-rows // PARTS))
    with tempfile.TemporaryDirectory(prefix="bench-split-") as name:
        settings = {"ENGINE_THREADS": "1", "EXPORT_SPLIT_ROWS": str(part_rows)}
        with serve(Path(name), settings, datasets=datasets) as site, site.running("web"):
            api = Api(site.port)
            figures = {
                **measure(api, site.environment, workers=1),
                **measure(api, site.environment, workers=2),
            }
    for format_ in FORMATS:
        one, two = figures[f"{format_}_1_s"], figures[f"{format_}_2_s"]
        figures[f"{format_}_speed_up"] = round(one / two, 2)
        alone, shared = figures[f"{format_}_1_cpu_s"], figures[f"{format_}_2_busiest_cpu_s"]
        figures[f"{format_}_cpu_speed_up"] = round(alone / shared, 2)
        figures[f"{format_}_cpu_s_per_million"] = round(figures[f"{format_}_1_cpu_s"] / rows * 1e6, 2)
        print(f"{format_:5} {rows:,} rows: {one:.1f} s by one process, {two:.1f} s by two")
    load = round(os.getloadavg()[0], 1)
    print(json.dumps({"rows": rows, "part_rows": part_rows, **figures, "load": load}))


if __name__ == "__main__":
    main()
