"""The progress of long work: the engine yields it, the caller decides what to do with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Progress:
    """``current`` of ``total`` ``unit`` done in ``phase``; ``current`` never falls within one phase."""

    phase: str
    current: int
    total: int
    unit: str = "rows"
