"""The phases of a load: visitors alone, visitors beside those who wait, one visitor beside a crowd."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass

from tools.bench.load.crowd import Crowd
from tools.bench.load.scene import Owner
from tools.bench.load.tally import Tally
from tools.bench.load.visitors import Visitor
from tools.stack.client import TASKS
from tools.stack.connection import NoAnswer

GATHER_WITHIN_S = 90.0
PAUSE_S = 0.1
STREAMS_PER_OWNER = 10


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many of each sort a crowd has."""

    waiters: int = 0
    slow_readers: int = 0
    streams: int = 0
    half_open: int = 0

    def list_missing(self, open_now: Counter[str]) -> list[str]:
        return [
            f"{open_now[s]} of {wanted} {s}" for s, wanted in asdict(self).items() if open_now[s] < wanted
        ]


NOBODY = Size()


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What one visitor saw beside a crowd, what the crowd saw, and which part of it never came together."""

    visitor: Tally
    crowd: Tally
    missing: Sequence[str]


async def visit(
    url: str,
    *,
    visitors: int,
    seconds: float,
    accepted: set[str],
    beside: Size = NOBODY,
    owners: Sequence[Owner] = (),
) -> Tally:
    """So many visitors who never pause; ``beside`` a crowd, which reads the files of ``owners``."""
    tally = Tally()
    async with gathered(url, beside, owners, tally=tally, accepted=accepted):
        until = time.monotonic() + seconds
        guests = [Visitor(url, tally=tally, accepted=accepted) for _ in range(visitors)]
        await asyncio.gather(*(guest.live(until) for guest in guests))
        tally.end()
    return tally


async def look_beside(
    url: str, size: Size, owners: Sequence[Owner], *, seconds: float, accepted: set[str]
) -> Beside:
    """One visitor, who pauses, beside a crowd that has come together."""
    crowd_tally = Tally()
    async with gathered(url, size, owners, tally=crowd_tally, accepted=accepted) as crowd:
        deadline = time.monotonic() + GATHER_WITHIN_S
        while (missing := size.list_missing(crowd.open_now)) and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
        tally = Tally()
        await _look_around(Visitor(url, tally=tally, accepted=accepted), time.monotonic() + seconds)
        tally.end()
        crowd_tally.end()
    return Beside(visitor=tally, crowd=crowd_tally, missing=missing)


@contextlib.asynccontextmanager
async def gathered(
    url: str, size: Size, owners: Sequence[Owner], *, tally: Tally, accepted: set[str]
) -> AsyncIterator[Crowd]:
    """A crowd that comes together inside, and at the end hangs up and cancels what it started."""
    crowd = Crowd(url, tally=tally)
    waiters = [Visitor(url, tally=Tally(), accepted=accepted) for _ in range(size.waiters)]
    listeners = [
        Visitor(url, tally=Tally(), accepted=accepted) for _ in range(-(-size.streams // STREAMS_PER_OWNER))
    ]
    for guest in (*waiters, *listeners):
        await guest.introduce()
    followed = [await guest.start("export", {"format": "csv"}) for guest in listeners]
    streams = itertools.islice(itertools.cycle(zip(listeners, followed, strict=True)), size.streams)
    slow_readers = itertools.islice(itertools.cycle(owners), size.slow_readers)
    members = [
        *(crowd.wait_for_exports(guest) for guest in waiters),
        *(crowd.read_slowly(owner.cookie, owner.export_id) for owner in slow_readers),
        *(crowd.listen(guest.connection.cookie, task_id) for guest, task_id in streams),
        *(crowd.send_slowly() for _ in range(size.half_open)),
    ]
    tasks = [asyncio.create_task(member) for member in members]
    try:
        yield crowd
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for guest in (*waiters, *listeners):
            guest.connection.close()
            await guest.cancel_all()


async def _look_around(visitor: Visitor, until: float) -> None:
    while time.monotonic() < until:
        with contextlib.suppress(NoAnswer):
            answer = await visitor.submit("search", {"filters": visitor.draw_filters()})
            await visitor.ask("status", f"{TASKS}/status/?task_id={answer.data['task_id']}")
            await visitor.look_around()
        await asyncio.sleep(PAUSE_S)
