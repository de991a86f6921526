"""What one request costs the web process: each route alone, from a few connections, nothing beside."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psutil

from tools.bench.load.client import Connection
from tools.bench.load.visitors import EXPORTS, TASKS

AT_ONCE = 4
SECONDS = 4.0
WARM_UP = 20

Call = tuple[str, str, Mapping[str, Any] | None]
"""Method, path and body of a request."""


def read_cpu_s(pid: int) -> float:
    """Seconds of processor time that a process and its children have used."""
    process = psutil.Process(pid)
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(used.user + used.system for used in times)


def list_routes(*, running: str, finished: str) -> dict[str, Callable[[int], Call]]:
    """Route -> its n-th request, about a task that runs and an export that is finished."""

    def get(path: str) -> Callable[[int], Call]:
        return lambda number: ("GET", path, None)

    def search(number: int) -> Call:
        return "POST", f"{TASKS}/search/", {"filters": {"value_range": {"min": str(10**9 + number)}}}

    return {
        "status": get(f"{TASKS}/status/?task_id={running}"),
        "status, finished": get(f"{TASKS}/status/?task_id={finished}"),
        "result": get(f"{TASKS}/result/?task_id={finished}"),
        "history": get(f"{TASKS}/"),
        "active": get(f"{TASKS}/active/"),
        "suggest": get("/api/v1/contracts/suggest/?field=contractors&q=con"),
        "download": get(f"{EXPORTS}/{finished}/download/"),
        "page": get("/"),
        "live": get("/health/live"),
        # Last, because what it leaves behind makes lists longer.
        "search": search,
    }


async def measure_costs(
    pid: int, port: int, cookies: Sequence[str], routes: Mapping[str, Callable[[int], Call]]
) -> dict[str, float]:
    """Milliseconds of the web process's CPU per request of each route. The first cookie is that of the tasks'
    owner; submissions are spread over all, because each may have so many tasks."""
    return {route: await _measure(pid, port, cookies, request_of) for route, request_of in routes.items()}


async def _measure(pid: int, port: int, cookies: Sequence[str], request_of: Callable[[int], Call]) -> float:
    numbers = itertools.count()
    connections = [Connection(port) for _ in range(AT_ONCE)]

    async def ask(connection: Connection) -> None:
        number = next(numbers)
        method, path, body = request_of(number)
        connection.cookie = cookies[number % len(cookies)] if method == "POST" else cookies[0]
        answer = await connection.call(method, path, body)
        assert answer.status in (200, 202), (path, answer.status, answer.body[:300])

    async def repeat(connection: Connection, until: float) -> None:
        while time.monotonic() < until:
            await ask(connection)

    for _ in range(WARM_UP):
        await ask(connections[0])
    before, first = read_cpu_s(pid), next(numbers)
    until = time.monotonic() + SECONDS
    await asyncio.gather(*(repeat(connection, until) for connection in connections))
    for connection in connections:
        connection.close()
    return (read_cpu_s(pid) - before) * 1000 / (next(numbers) - first - 1)
