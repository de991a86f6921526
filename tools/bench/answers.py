"""``python -m tools.bench.answers``: a question asked before, over HTTP, from POST to its answer.

The last line is one JSON object. BENCH_ROWS sets the size of the dataset.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path

from tools.bench.dataset import prepare_snapshot
from tools.bench.serving import serve
from tools.bench.sizes import read_rows
from tools.bench.tasks import TASKS, Api

REPEATS = 200


def measure(rows: int) -> dict[str, float]:
    """Median milliseconds of the aggregates of all contracts, asked again and again by one visitor."""
    datasets = prepare_snapshot(rows).path.parents[1]
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        serve(Path(folder), datasets=datasets) as site,
    ):
        site.start_processes()
        return {"cached_http_ms": statistics.median(_time_answers(Api(site.port)))}


def _time_answers(api: Api) -> list[float]:
    api.call("POST", f"{TASKS}/aggregates/", {}, Prefer="wait=30")
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        answer = api.call("POST", f"{TASKS}/aggregates/", {})
        took.append((time.perf_counter() - began) * 1000)
        assert answer["status"] == "cached", answer
    return took


if __name__ == "__main__":
    print(json.dumps(measure(read_rows())))
