"""``python -m bench.lanes``: how much ten long exports delay a search, through the whole API.

The last line is one JSON object: medians of a search that no cache can answer, alone and beside the exports,
and their difference. BENCH_ROWS sets the size of the dataset.
"""

from __future__ import annotations

import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.dataset import prepare_snapshot
from bench.sizes import read_rows
from bench.tasks import TASKS, Api
from stack.logs import FileLog
from stack.ports import pick_port
from stack.processes import Supervisor
from stack.servers import PostgreSQL, RabbitMQ, Redis
from stack.system import CHECKOUT, list_programs

EXPORTS = 10
SEARCHES = 40


@contextmanager
def serving(rows: int) -> Iterator[int]:
    """The whole product, as in production, on servers of its own and a dataset of ``rows``; its port."""
    dataset = prepare_snapshot(rows)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        # PostgreSQL runs as another user.
        folder.chmod(0o711)
        (folder / "data").mkdir()
        (folder / "data" / "datasets").symlink_to(dataset.path.parents[1].resolve())
        with _running(folder) as port:
            yield port


@contextmanager
def _running(folder: Path) -> Iterator[int]:
    port = pick_port()
    with (
        PostgreSQL(folder / "pg") as database,
        RabbitMQ(folder / "mq") as broker,
        Redis(folder / "r") as cache,
    ):
        environment = {
            **os.environ,
            "DATABASE_URL": database.url,
            "CELERY_BROKER_URL": broker.url,
            "CELERY_RESULT_BACKEND": cache.database_url(1),
            "DATA_DIR": str(folder / "data"),
            "DEBUG": "0",
            "SECRET_KEY": secrets.token_urlsafe(40),
            "ANONYMOUS_ACCESS": "1",
            "SECURE_COOKIES": "0",
            "LOG_LEVEL": "WARNING",
        }
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, env=environment, cwd=CHECKOUT, check=True)
        programs = Supervisor(
            list_programs(port), environment=environment, folder=CHECKOUT, write=FileLog(folder / "logs")
        )
        programs.start()
        try:
            programs.wait_ready(within_s=120)
            yield port
        finally:
            programs.stop()


def time_searches(api: Api, *, first: int) -> list[float]:
    """Milliseconds from POST to the rows, of searches that were never asked before."""
    took = []
    for number in range(first, first + SEARCHES):
        body = {"page": 1, "page_size": 50, "filters": {"value_range": {"min": str(1_000_000 + number)}}}
        began = time.perf_counter()
        answer = api.call("POST", f"{TASKS}/search/", body, Prefer="wait=30")
        took.append((time.perf_counter() - began) * 1000)
        assert answer["data"]["rows"], answer
    return took


def start_exports(port: int) -> list[Api]:
    """Ten visitors, each with an export of everything."""
    visitors = [Api(port) for _ in range(EXPORTS)]
    for visitor in visitors:
        visitor.call("POST", f"{TASKS}/export/", {"format": "xlsx"})
        visitor.rest()
    return visitors


def count_unfinished(visitors: list[Api]) -> int:
    total = 0
    for visitor in visitors:
        active: Mapping[str, int] = visitor.call("GET", f"{TASKS}/active/")
        total += active["total_active"] + active["total_reserved"]
        visitor.rest()
    return total


def measure_delay(port: int) -> dict[str, float]:
    """Medians in milliseconds. Raises AssertionError when the exports did not outlast the searches."""
    api = Api(port)
    time_searches(api, first=0)
    alone = time_searches(api, first=1000)
    visitors = start_exports(port)
    time.sleep(2)
    beside = time_searches(api, first=2000)
    left = count_unfinished(visitors)
    assert left, "the exports were over before the searches; use a larger dataset"
    print(f"{left} of {EXPORTS} exports were still unfinished after the last search")
    for name, took in (("alone", alone), ("beside ten exports", beside)):
        quantiles = statistics.quantiles(took, n=20)
        print(f"search {name:20} median {statistics.median(took):6.1f} ms, p95 {quantiles[18]:6.1f} ms")
    idle, busy = statistics.median(alone), statistics.median(beside)
    return {
        "search_ms": round(idle, 1),
        "search_beside_exports_ms": round(busy, 1),
        "delay_ms": round(busy - idle, 1),
    }


def main() -> None:
    with serving(read_rows()) as port:
        print(json.dumps(measure_delay(port)))


if __name__ == "__main__":
    main()
