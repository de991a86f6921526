"""How long runs whose worker was killed waited until another had them or they had ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tools.chaos.arena import LEASE_S, Arena
from tools.chaos.chronicle import Kill

SHORTEST_LEASE_LEFT_S = LEASE_S / 2
"""A lease is renewed long before it runs out, so a lost one ends at least this long after the kill."""


@dataclass(frozen=True, kw_only=True)
class Rescue:
    """A run after a kill (times are Unix seconds): when its lease was found to have run out, and when the
    next attempt began or the run had ended."""

    run_id: str
    queue: str
    killed_at: float
    noticed_at: float
    rescued_at: float

    @property
    def seconds(self) -> float:
        return self.rescued_at - self.killed_at

    def __str__(self) -> str:
        at = datetime.fromtimestamp(self.killed_at).astimezone()
        return (
            f"{self.run_id} ({self.queue}), killed {at:%H:%M:%S}: noticed after "
            f"{self.noticed_at - self.killed_at:.1f} s, rescued after {self.seconds:.1f} s"
        )


def list_rescues(arena: Arena, kills: Sequence[Kill]) -> list[Rescue]:
    """One for each kill that cost a run its attempt."""
    rows = arena.ask("SELECT id::text, queue, attempts, finished_at FROM data_processing_taskrun")
    return [
        rescue
        for run_id, queue, attempts, finished_at in rows
        for rescue in find_rescues(run_id, queue, attempts, finished_at=finished_at, kills=kills)
    ]


def find_rescues(
    run_id: str,
    queue: str,
    attempts: Sequence[Mapping[str, Any]],
    *,
    finished_at: datetime,
    kills: Sequence[Kill],
) -> Iterator[Rescue]:
    """The rescues of one run; an attempt that a pause or a crash of its own cost has none."""
    for index, attempt in enumerate(attempts):
        if attempt.get("outcome") != "lost":
            continue
        times = [kill.at for kill in kills if (run_id, attempt["number"]) in kill.attempts]
        noticed_at = _seconds(attempt["ended_at"])
        killed_at = _find_cause(times, ended_at=noticed_at)
        if killed_at is None:
            continue
        later = attempts[index + 1 :]
        yield Rescue(
            run_id=run_id,
            queue=queue,
            killed_at=killed_at,
            noticed_at=noticed_at,
            rescued_at=_seconds(later[0]["started_at"]) if later else finished_at.timestamp(),
        )


def _find_cause(times: Sequence[float], *, ended_at: float) -> float | None:
    """Of the kills that may have cost the attempt, the last that left time for its lease to run out."""
    early = [at for at in times if at <= ended_at - SHORTEST_LEASE_LEFT_S]
    return max(early, default=None)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
