"""What must be there before the load, and what became of all tasks afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.bench.load.tally import Tally
from tools.bench.load.visitors import Visitor
from tools.stack.polling import poll
from tools.stack.servers import ask

DRAIN_WITHIN_S = 300.0
CLAIM = (
    "UPDATE data_processing_taskrun SET state = 'STARTED', attempt = 1, worker = 'bench',"
    " claimed_at = now(), started_at = now(), lease_until = now() + interval '90 s'"
    " WHERE id = %s RETURNING id"
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


@dataclass(frozen=True)
class Records:
    """The rows of the tasks, read past the API: what it answers must not be the only witness."""

    url: str

    def claim(self, task_id: str) -> None:
        """Make a waiting task a running one, which it stays for a while."""
        assert ask(self.url, CLAIM, task_id)

    def drain(self) -> None:
        """Return when every task has ended, or after DRAIN_WITHIN_S."""
        poll(lambda: not ask(self.url, UNFINISHED), within_s=DRAIN_WITHIN_S, every_s=0.5)

    def count_endings(self, accepted: set[str]) -> Counter[str]:
        """How many of the accepted tasks are in which state; LOST: there is no row."""
        found = ask(self.url, STATES, list(accepted))
        return Counter(str(state) for (state,) in found) + Counter(LOST=len(accepted) - len(found))


async def invite_owners(url: str, count: int, *, accepted: set[str]) -> list[Owner]:
    visitors = [Visitor(url, tally=Tally(), accepted=accepted) for _ in range(count)]
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
