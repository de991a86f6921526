"""How far the writing of sample files has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Progress:
    """``current`` of ``total`` ``unit`` are done in this ``phase``."""

    phase: str
    current: int
    total: int
    unit: str
