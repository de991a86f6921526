"""All event streams and slow readers, in one thread."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from tools.chaos.ledger import Ledger
from tools.chaos.readers import SlowReader
from tools.chaos.streams import Stream
from tools.chaos.visitors import Visitor
from tools.stack.polling import poll

STREAMS_EACH = 48
"""One web server has all of them while the other is away, and lets each owner have 50."""

READERS_EACH = 7
"""With six visitors more than two web servers have database connections: 16 each."""

ARRIVE_WITHIN_S = 12.0


class Crowd:
    """What the visitors leave open beside their calls. A context manager: members live in its block."""

    def __init__(
        self,
        visitors: Collection[Visitor],
        *,
        seed: int,
        ledger: Ledger,
        streams_each: int = STREAMS_EACH,
        readers_each: int = READERS_EACH,
        arrive_within_s: float = ARRIVE_WITHIN_S,
    ) -> None:
        self._arrive_within_s = arrive_within_s
        self._members: list[Stream | SlowReader] = []
        for visitor in visitors:
            for number in range(streams_each):
                rng = random.Random(f"{seed} stream {visitor.number} {number}")
                self._members.append(Stream(visitor, ledger=ledger, rng=rng))
            for number in range(readers_each):
                rng = random.Random(f"{seed} reader {visitor.number} {number}")
                self._members.append(SlowReader(visitor, ledger=ledger, rng=rng))
        self._loop = asyncio.new_event_loop()
        self._stop, self._over = asyncio.Event(), asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="crowd")
        self._life: Future[None] | None = None

    def stop(self) -> None:
        """Take up nothing new; what is open goes on to its end."""
        self._loop.call_soon_threadsafe(self._stop.set)

    def wait(self, *, within_s: float) -> list[str]:
        """Return when all has ended, or when time is up: what has not, one line each."""
        poll(lambda: not self._list_open_ends(), within_s=within_s, every_s=0.1)
        return self._list_open_ends()

    def _list_open_ends(self) -> list[str]:
        return [what for member in self._members if (what := member.unended) is not None]

    async def _live(self) -> None:
        pause_s = self._arrive_within_s / len(self._members)
        lives = [
            asyncio.create_task(self._arrive(member, after_s=number * pause_s))
            for number, member in enumerate(self._members)
        ]
        await self._over.wait()
        for life in lives:
            life.cancel()
        for outcome in await asyncio.gather(*lives, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _arrive(self, member: Stream | SlowReader, *, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await member.live(self._stop)

    def __enter__(self) -> Self:
        self._life = self._thread.submit(self._loop.run_until_complete, self._live())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.shutdown()
        self._loop.close()
        if self._life is not None:
            self._life.result()
