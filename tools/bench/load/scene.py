"""What must be there before the load, and what became of all tasks afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from tools.bench.load.tally import Tally
from tools.bench.load.visitors import Ledger, Visitor
from tools.stack.polling import poll

DRAIN_WITHIN_S = 300.0
CLAIM = (
    "UPDATE data_processing_taskrun SET state = 'STARTED', attempt = 1, worker = 'bench',"
    " claimed_at = now(), started_at = now(), lease_until = now() + interval '90 s' WHERE id = %s"
)
"""As a worker does it; the sweeper takes the task back and gives it to a real one."""
STATES = "SELECT state FROM data_processing_taskrun WHERE id = ANY(%s::uuid[])"
UNFINISHED = (
    "SELECT 1 FROM data_processing_taskrun WHERE state NOT IN ('SUCCESS', 'FAILURE', 'REVOKED') LIMIT 1"
)


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A visitor with an export of everything, a file that takes long to read slowly, and one of few rows."""

    visitor: Visitor
    export_id: str
    small_export_id: str

    @property
    def cookie(self) -> str:
        return self.visitor.connection.cookie


class Records:
    """The rows of the tasks, read past the API: what it answers must not be the only witness."""

    def __init__(self, url: str) -> None:
        self._url = url

    def claim(self, task_id: str) -> None:
        """Make a waiting task a running one, which it stays for a while."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            assert connection.execute(CLAIM, [task_id]).rowcount == 1

    def drain(self) -> None:
        """Return when every task has ended, or after DRAIN_WITHIN_S."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            poll(lambda: not connection.execute(UNFINISHED).fetchone(), within_s=DRAIN_WITHIN_S, every_s=0.5)

    def count_endings(self, ledger: Ledger) -> Counter[str]:
        """How many of the accepted tasks are in which state; LOST: there is no row."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            found = connection.execute(STATES, [list(ledger.accepted)]).fetchall()
        return Counter(str(state) for (state,) in found) + Counter(LOST=len(ledger.accepted) - len(found))


async def invite_owners(port: int, count: int, *, ledger: Ledger) -> list[Owner]:
    visitors = [Visitor(number, port, tally=Tally(), ledger=ledger) for number in range(count)]
    return [
        Owner(
            visitor=visitor,
            export_id=await _export(visitor, {}),
            small_export_id=await _export(visitor, visitor.draw_filters()),
        )
        for visitor in visitors
    ]


async def _export(visitor: Visitor, filters: Mapping[str, Any]) -> str:
    task_id = await visitor.start("export", {"format": "csv", "filters": filters})
    assert await visitor.poll(task_id), "an export failed"
    return task_id
