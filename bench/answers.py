"""``python -m bench.answers --data DIR``: a question asked before, over HTTP, from POST to its answer.

DIR is a DATA_DIR with a dataset. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from bench.lanes import serving
from bench.tasks import TASKS, Api

REPEATS = 200


def measure_cached_http(data: Path) -> dict[str, float]:
    """Median milliseconds of the aggregates of all contracts, asked again and again by one visitor."""
    with tempfile.TemporaryDirectory(prefix="bench-answers-") as folder:
        path = Path(folder)
        path.chmod(0o711)
        with serving(path, data) as port:
            return {"cached_http_ms": round(statistics.median(_time_answers(Api(port))), 1)}


def _time_answers(api: Api) -> list[float]:
    api.call("POST", f"{TASKS}/aggregates/", {}, Prefer="wait=30")
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        answer = api.call("POST", f"{TASKS}/aggregates/", {})
        took.append((time.perf_counter() - began) * 1000)
        assert answer["status"] == "cached", answer
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    print(json.dumps(measure_cached_http(parser.parse_args().data.resolve())))


if __name__ == "__main__":
    main()
