"""How long runs whose worker was killed waited until another had them or they had ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from chaos.arena import LEASE_S, Arena
from chaos.scene import Kill

SHORTEST_LEASE_LEFT_S = LEASE_S / 2
"""A lease is renewed long before it runs out, so a lost one ends at least this long after the kill."""


def measure_rescues(arena: Arena, kills: Sequence[Kill]) -> list[float]:
    """Seconds from each kill that cost an attempt until the next attempt began or the run had ended."""
    rows = arena.ask("SELECT id::text, attempts, finished_at FROM data_processing_taskrun")
    return sorted(
        seconds
        for run_id, attempts, finished_at in rows
        for seconds in _rescues_of(run_id, attempts, finished_at, kills)
    )


def _rescues_of(
    run_id: str, attempts: Sequence[dict[str, Any]], finished_at: datetime, kills: Sequence[Kill]
) -> Iterable[float]:
    for index, attempt in enumerate(attempts):
        if attempt.get("outcome") not in ("lost", "cancelled"):
            continue
        times = [kill.at for kill in kills if (run_id, attempt["number"]) in kill.attempts]
        killed_at = _find_cause(times, ended_at=_seconds(attempt["ended_at"]))
        if killed_at is None:
            continue
        later = attempts[index + 1 :]
        yield (_seconds(later[0]["started_at"]) if later else finished_at.timestamp()) - killed_at


def _find_cause(times: Sequence[float], *, ended_at: float) -> float | None:
    """Of the kills that may have cost the attempt, the last that left time for its lease to run out."""
    early = [at for at in times if at <= ended_at - SHORTEST_LEASE_LEFT_S]
    return max(early, default=None)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
