"""Those who hold something open and do little: they wait, read slowly, listen, or never finish their request.

Each opens it again whenever the server has ended it, until its task is cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from tools.bench.load.tally import Tally
from tools.bench.load.visitors import Visitor
from tools.stack.client import EXPORTS, TASKS
from tools.stack.connection import Connection, NoAnswer

WAIT_S = 30
SLOW_BYTES_PER_S = 100_000
PAUSE_S = 1.0
AT_THE_DOOR = 20
"""How many open something at the same time: a crowd comes over some seconds."""
HALF_A_REQUEST = f"POST {TASKS}/search/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".encode()


class Crowd:
    """All of them at one web server. ``open_now``: how many of each sort hold something at this moment."""

    def __init__(self, url: str, *, tally: Tally) -> None:
        self.open_now: Counter[str] = Counter()
        self._url, self._tally = url, tally
        self._door = asyncio.Semaphore(AT_THE_DOOR)

    async def wait_for_exports(self, visitor: Visitor) -> None:
        """Exports of everything, each waited for as long as the server waits and then cancelled."""
        for number in itertools.count():
            body = {"format": "xlsx", "filters": {"value_range": {"min": str(number), "max": None}}}
            with contextlib.suppress(NoAnswer), self._counted("waiters"):
                answer = await visitor.submit("export", body, wait_s=WAIT_S)
                if answer.status == 202:
                    await visitor.cancel(answer.data["task_id"])
                else:
                    await asyncio.sleep(PAUSE_S)

    async def read_slowly(self, cookie: str, export_id: str) -> None:
        """A download at SLOW_BYTES_PER_S; timed until its head."""
        path = f"{EXPORTS}/{export_id}/download/"
        await self._hold("slow_readers", path, cookie, route="slow download", bytes_per_s=SLOW_BYTES_PER_S)

    async def listen(self, cookie: str, task_id: str) -> None:
        """An event stream; timed until its head."""
        await self._hold("streams", f"{TASKS}/{task_id}/events/", cookie, route="stream")

    async def send_slowly(self) -> None:
        """A request whose headers come a byte a second and never end. The server ends each after seconds, and
        the next one is opened at once."""
        while True:
            try:
                address = urlsplit(self._url)
                reader, writer = await asyncio.open_connection(address.hostname, address.port)
                with contextlib.closing(writer), self._counted("half_open"):
                    writer.write(HALF_A_REQUEST)
                    while not await _has_ended(reader):
                        writer.write(b"x")
            except OSError:
                await asyncio.sleep(PAUSE_S)

    async def _hold(
        self, sort: str, path: str, cookie: str, *, route: str, bytes_per_s: float = math.inf
    ) -> None:
        """Read an answer to its end, again and again."""
        while True:
            connection = Connection(
                self._url, cookie=cookie, narrow=bytes_per_s < math.inf, note=self._tally.note
            )
            with contextlib.suppress(NoAnswer), contextlib.closing(connection):
                async with self._door:
                    answer = await connection.call("GET", path, route=route, whole=False)
                if answer.status == 200:
                    with self._counted(sort):
                        while piece := await answer.read():
                            await asyncio.sleep(len(piece) / bytes_per_s)
            await asyncio.sleep(PAUSE_S)

    @contextlib.contextmanager
    def _counted(self, sort: str) -> Iterator[None]:
        self.open_now[sort] += 1
        try:
            yield
        finally:
            self.open_now[sort] -= 1


async def _has_ended(reader: asyncio.StreamReader) -> bool:
    """Whether the server ends the connection within a second. Raises OSError where it breaks."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PAUSE_S):
            await reader.read()
            return True
    return False
