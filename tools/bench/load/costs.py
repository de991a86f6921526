"""What one request costs the web process: each route alone, from a few connections, nothing beside."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence

import psutil

from tools.stack.client import EXPORTS, TASKS
from tools.stack.connection import Connection

AT_ONCE = 4
SECONDS = 4.0
WARM_UP = 20


def read_cpu_s(pid: int) -> float:
    """Seconds of processor time that a process and its children have used."""
    process = psutil.Process(pid)
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(used.user + used.system for used in times)


def list_routes(*, running: str, finished: str) -> dict[str, str]:
    """Route -> the path of its GET, about a task that runs and an export that is finished."""
    return {
        "status": f"{TASKS}/status/?task_id={running}",
        "status, finished": f"{TASKS}/status/?task_id={finished}",
        "result": f"{TASKS}/result/?task_id={finished}",
        "history": f"{TASKS}/",
        "active": f"{TASKS}/active/",
        "suggest": "/api/v1/contracts/suggest/?field=contractors&q=con",
        "download": f"{EXPORTS}/{finished}/download/",
        "page": "/",
        "live": "/health/live",
    }


async def measure_costs(
    pid: int, url: str, cookies: Sequence[str], routes: Mapping[str, str]
) -> dict[str, float]:
    """Milliseconds of the web process's CPU per request of each route, and of starting a search. The first
    cookie is that of the tasks' owner; searches are spread over all, because each may have so many tasks."""
    costs = {route: await _measure(pid, url, "GET", path, cookies[:1]) for route, path in routes.items()}
    # Last, because what it leaves behind makes lists longer.
    return {**costs, "search": await _measure(pid, url, "POST", f"{TASKS}/search/", cookies)}


async def _measure(pid: int, url: str, method: str, path: str, cookies: Sequence[str]) -> float:
    numbers = itertools.count()
    connections = [Connection(url) for _ in range(AT_ONCE)]

    async def ask(connection: Connection) -> None:
        number = next(numbers)
        connection.cookie = cookies[number % len(cookies)]
        search = {"filters": {"value_range": {"min": str(10**9 + number)}}}
        answer = await connection.call(method, path, search if method == "POST" else None)
        assert answer.status in (200, 202), (path, answer.status, answer.problem)

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
