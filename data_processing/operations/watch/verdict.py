"""How the machine is, in one sentence: whether all is well, or what is wrong first and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from data_processing.operations.watch.conditions import Condition

Level = Literal["good", "notice", "bad"]
WELL = "All is well: each queue has a worker, the sweeper and Beat are at work, nothing waits for you."


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``bad``: work stands still, or soon will; ``notice``: something waits for an operator. ``sentence`` is
    the first of ``conditions``, and how many more there are."""

    level: Level
    sentence: str
    conditions: list[Condition]


def judge(conditions: Sequence[Condition]) -> Verdict:
    """The verdict on what ``list_conditions`` has found."""
    if not conditions:
        return Verdict(level="good", sentence=WELL, conditions=[])
    worst, *others = conditions
    more = (
        ""
        if not others
        else f" {len(others):,} more {'thing needs' if len(others) == 1 else 'things need'} a look."
    )
    return Verdict(
        level="bad" if worst.serious else "notice",
        sentence=worst.text + more,
        conditions=list(conditions),
    )


def name_conditions(conditions: Sequence[Condition]) -> str:
    """The same for programs: ``ok``, or the names of what holds, the serious ones first."""
    return ", ".join(condition.name for condition in conditions) or "ok"
