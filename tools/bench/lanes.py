"""``python -m tools.bench.lanes``: how much ten long exports delay a search, through the whole API.

The last line is one JSON object: medians of a search that no cache can answer, alone and beside the exports,
and their difference. BENCH_ROWS sets the size of the dataset.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.bench.dataset import prepare_snapshot
from tools.bench.serving import PRODUCTION, serve
from tools.bench.sizes import read_rows
from tools.bench.tasks import TASKS, Api

EXPORTS = 10
SEARCHES = 40


@contextmanager
def serving(rows: int) -> Iterator[int]:
    """The whole product, as in production, on servers of its own and a dataset of ``rows``; its port."""
    datasets = prepare_snapshot(rows).path.parents[1]
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        serve(Path(name), PRODUCTION, datasets=datasets) as site,
        site.running(),
    ):
        yield site.port


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
