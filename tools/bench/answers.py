"""A question asked before, over HTTP, from POST to its answer."""

from __future__ import annotations

import asyncio
import statistics
import time

from tools.bench.serving import serve
from tools.stack.client import TASKS, Client

REPEATS = 200


def measure(rows: int) -> dict[str, float]:
    """Median milliseconds of the aggregates of all contracts, asked again and again by one visitor."""
    with serve(rows=rows) as site:
        site.start_processes()
        return {"cached_http_ms": statistics.median(asyncio.run(_time_answers(Client(site.url))))}


async def _time_answers(client: Client) -> list[float]:
    await client.post(f"{TASKS}/aggregates/", {}, wait_s=30)
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        answer = await client.post(f"{TASKS}/aggregates/", {})
        took.append((time.perf_counter() - began) * 1000)
        assert answer["status"] == "cached", answer
    return took
