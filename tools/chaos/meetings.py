"""Which kinds of task met which faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.chaos.arena import Arena
from tools.chaos.chronicle import Chronicle

KINDS = ("search", "aggregates", "export", "rehearsal")
LIVES = """
    SELECT kind, EXTRACT(EPOCH FROM created_at)::float, EXTRACT(EPOCH FROM finished_at)::float
    FROM data_processing_taskrun WHERE finished_at IS NOT NULL
"""

Pair = tuple[str, str]
"""A fault and a kind of task."""


@dataclass(frozen=True, kw_only=True)
class Life:
    """When a task was accepted and when it had ended, in Unix seconds."""

    kind: str
    accepted: float
    ended: float


def read_lives(arena: Arena) -> list[Life]:
    """Of all tasks that have ended."""
    return [Life(kind=kind, accepted=accepted, ended=ended) for kind, accepted, ended in arena.ask(LIVES)]


def count_pairs(chronicle: Chronicle, lives: Iterable[Life]) -> Counter[Pair]:
    """How many tasks of each kind were accepted and unfinished at a moment when each fault was on."""
    struck = [spell for spell in chronicle.faults if spell.hit]
    return Counter(
        (spell.what, life.kind)
        for life in lives
        if life.kind in KINDS
        for spell in struck
        if spell.overlaps(life.accepted, life.ended)
    )


def list_missing(pairs: Counter[Pair], faults: Sequence[str]) -> list[str]:
    """The pairs that have not been tried, in words."""
    return [f"{fault} / {kind}" for fault in faults for kind in KINDS if not pairs[fault, kind]]
