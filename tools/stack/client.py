"""A client of the product's HTTP API: JSON, one visitor's cookie, tasks followed to their end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from tools.stack.connection import Answer, Connection
from tools.stack.errors import ApiError

TASKS = "/api/v1/data-processing/tasks"
EXPORTS = "/api/v1/data-processing/exports"
FIRST_POLL_S, LONGEST_POLL_S = 0.02, 0.25


class Client(Connection):
    """One visitor. Answers of status 400 and above raise ApiError."""

    async def get(self, path: str) -> Any:
        """The JSON of a GET."""
        return (await self._ask("GET", path)).data

    async def post(self, path: str, body: Mapping[str, Any], *, wait_s: int = 0) -> Any:
        """The JSON of a POST of JSON."""
        return (await self._ask("POST", path, body, wait_s=wait_s)).data

    async def status(self, task_id: str) -> Any:
        """The status of a task."""
        return await self.get(f"{TASKS}/status/?task_id={task_id}")

    async def follow(self, task_id: str, *, within_s: float) -> AsyncIterator[Mapping[str, Any]]:
        """The status of a task again and again until it has succeeded; ApiError when it ends otherwise."""
        deadline, pause_s = time.monotonic() + within_s, FIRST_POLL_S
        while not (status := await self.status(task_id))["ready"]:
            yield status
            if time.monotonic() > deadline:
                raise ApiError(f"task {task_id} is {status['state']} after {within_s:.0f} s")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.3, LONGEST_POLL_S)
        yield status
        if not status["successful"]:
            raise ApiError(f"task {task_id} ended as {status['state']}: {status['error']}")

    async def answer(self, kind: str, body: Mapping[str, Any], *, within_s: float) -> Any:
        """The result of a search or of aggregates, whether it was at hand or had to be computed."""
        accepted = await self.post(f"{TASKS}/{kind}/", body)
        if accepted["status"] == "cached":
            return accepted["data"]
        async for _status in self.follow(accepted["task_id"], within_s=within_s):
            pass
        return await self.get(f"{TASKS}/result/?task_id={accepted['task_id']}")

    async def get_file(self, path: str) -> bytes:
        """The bytes of a GET."""
        return (await self._ask("GET", path)).body

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, wait_s: int = 0
    ) -> Answer:
        answer = await self.call(method, path, body, wait_s=wait_s)
        if answer.status >= 400:
            where = f"{method} {self.url}{path}"
            raise ApiError(f"{where}: {answer.status} {answer.problem}", status=answer.status)
        return answer
