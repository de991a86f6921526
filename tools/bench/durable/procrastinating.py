"""procrastinate, with the periodic job that its guide gives for those whose worker died."""

from __future__ import annotations

import logging
import os
from functools import cache

import procrastinate

from tools.bench.durable.work import work

# It would write two lines for each task, and no other peer does.
logging.getLogger("procrastinate").setLevel(logging.WARNING)
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["DATABASE_URL"]))
nothing = app.task(name="peer.nothing", queue="peer")(work)


async def rescue(timestamp: int) -> None:
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)


# Its guide says every ten minutes; as often as a timetable can is its best here.
app.periodic(cron="* * * * *")(app.task(name="peer.rescue", queue="rescue")(rescue))


@cache
def _open() -> None:
    app.open()


def enqueue(number: int, asked_at: float, takes_s: float) -> None:
    _open()
    nothing.defer(number=number, asked_at=asked_at, takes_s=takes_s)
