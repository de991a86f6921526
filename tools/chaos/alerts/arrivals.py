"""What arrives of alerts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One message: the id by which its receiver knows a second try, and the alerts that it tells."""

    channel: str
    id: str
    alerts: frozenset[str]
