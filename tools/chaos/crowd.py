"""All event streams and slow readers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Iterable, Iterator
from typing import TypeAlias

from tools.chaos.readers import SlowReader
from tools.chaos.streams import Stream
from tools.chaos.visitors import Visitor

STREAMS_EACH = 48
"""One web server has all of them while the other is away, and lets each owner have 50."""

READERS_EACH = 7
"""With six visitors more than two web servers have database connections: 16 each."""

ARRIVE_WITHIN_S = 12.0


Member: TypeAlias = Stream | SlowReader


def list_members(visitors: Collection[Visitor], *, seed: int) -> Iterator[Member]:
    """What the visitors leave open beside their calls."""
    for visitor in visitors:
        for number in range(STREAMS_EACH):
            yield Stream(visitor, random.Random(f"{seed} stream {visitor.number} {number}"))
        for number in range(READERS_EACH):
            yield SlowReader(visitor, random.Random(f"{seed} reader {visitor.number} {number}"))


class Crowd:
    """Members who begin to live in this event loop, one after the other within `arrive_within_s`."""

    def __init__(self, members: Iterable[Member], *, arrive_within_s: float = ARRIVE_WITHIN_S) -> None:
        self.stop = asyncio.Event()
        """Once it is set nobody takes up anything new; what is open goes on to its end."""
        self._members = list(members)
        pause_s = arrive_within_s / len(self._members)
        self._lives = [
            asyncio.create_task(self._arrive(member, after_s=number * pause_s))
            for number, member in enumerate(self._members)
        ]

    async def end(self, *, within_s: float) -> list[str]:
        """Return when all has ended, or when time is up: what has not, one line each."""
        ended, late = await asyncio.wait(self._lives, timeout=within_s)
        open_ends = [what for member in self._members if (what := member.unended) is not None]
        for life in late:
            life.cancel()
        await asyncio.gather(*ended)
        return open_ends

    async def _arrive(self, member: Member, *, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await member.live(self.stop)
