"""How long work tells where it is: the engine yields these, the caller decides what to do with them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Progress:
    """``current`` of ``total`` ``unit`` done in ``phase``; ``current`` never falls within one phase."""

    phase: str
    current: int
    total: int
    unit: str = "rows"
