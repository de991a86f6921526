"""Those who hold something open and do little: they wait, read slowly, listen, or never finish their request.

Each opens it again whenever the server has ended it, until its task is cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import Iterator

from tools.bench.load.client import Answer, Connection, NoAnswer, read_events
from tools.bench.load.tally import Tally
from tools.bench.load.visitors import EXPORTS, TASKS, Visitor
from tools.stack.ports import LOOPBACK

WAIT_S = 30
SLOW_BYTES_PER_S = 100_000
PIECE = 8 << 10
PAUSE_S = 1.0
AT_THE_DOOR = 20
"""How many open something at the same time: a crowd comes over some seconds."""
HALF_A_REQUEST = f"POST {TASKS}/search/ HTTP/1.1\r\nHost: {LOOPBACK}\r\nX-Slow: ".encode()


class Crowd:
    """All of them at one web server. ``open_now``: how many of each sort hold something at this moment."""

    def __init__(self, port: int, *, tally: Tally) -> None:
        self.open_now: Counter[str] = Counter()
        self._port, self._tally = port, tally
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
        """A download at SLOW_BYTES_PER_S; timed until its first bytes."""
        while True:
            connection = Connection(self._port, cookie=cookie, narrow=True)
            with contextlib.suppress(NoAnswer, OSError), contextlib.closing(connection):
                reader = await self._open("slow download", connection, f"{EXPORTS}/{export_id}/download/")
                with self._counted("slow_readers"):
                    while await reader.read(PIECE):
                        await asyncio.sleep(PIECE / SLOW_BYTES_PER_S)
            await asyncio.sleep(PAUSE_S)

    async def listen(self, cookie: str, task_id: str) -> None:
        """An event stream; timed until its head."""
        while True:
            connection = Connection(self._port, cookie=cookie)
            with contextlib.suppress(NoAnswer, OSError), contextlib.closing(connection):
                reader = await self._open("stream", connection, f"{TASKS}/{task_id}/events/")
                with self._counted("streams"):
                    async for _ in read_events(reader):
                        pass
            await asyncio.sleep(PAUSE_S)

    async def send_slowly(self) -> None:
        """A request whose headers come a byte a second and never end. The server ends each after seconds, and
        the next one is opened at once."""
        while True:
            try:
                reader, writer = await asyncio.open_connection(LOOPBACK, self._port)
                with contextlib.closing(writer), self._counted("half_open"):
                    writer.write(HALF_A_REQUEST)
                    await _add_bytes_until_end(reader, writer)
            except OSError:
                await asyncio.sleep(PAUSE_S)

    async def _open(self, route: str, connection: Connection, path: str) -> asyncio.StreamReader:
        """The body of an answer of status 200. Raises NoAnswer for any other."""
        reader = asyncio.StreamReader()

        async def open_it() -> Answer:
            nonlocal reader
            answer, reader = await connection.open(path)
            return answer

        async with self._door:
            answer = await self._tally.time(route, open_it)
        if answer.status != 200:
            raise NoAnswer(f"{path}: {answer.status}")
        return reader

    @contextlib.contextmanager
    def _counted(self, sort: str) -> Iterator[None]:
        self.open_now[sort] += 1
        try:
            yield
        finally:
            self.open_now[sort] -= 1


async def _add_bytes_until_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    ended = asyncio.create_task(reader.read())
    try:
        while not ended.done():
            writer.write(b"x")
            await writer.drain()
            await asyncio.wait((ended,), timeout=PAUSE_S)
        ended.result()
    finally:
        ended.cancel()
