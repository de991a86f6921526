"""Which limits held: of a day, a mode, a kind of buyer, a class. What is not known is said, never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.law.limits import LIMITS, UNKNOWN, Limit

CAUTION = (
    "A limit is compared with the approved budget, on the day of the notice. A figure near a limit is a "
    "reason to look, never a verdict."
)

MODE_PHRASES: Mapping[str, tuple[str, ...]] = {
    "small value": ("small_value",),
    # The data does not say under which of its two paragraphs somebody shopped.
    "shopping": ("shopping_unforeseen", "shopping_regular"),
    "direct acquisition": ("direct_acquisition",),
}
"""What the published name of a procurement mode holds, folded -> the limits that it may be under."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What held: the ``rows`` that may, and the amounts ``possible`` by them, the least first. ``unknown``:
    a limit held, or may have, whose amount nobody has found."""

    rows: Sequence[Limit]
    possible: Sequence[Decimal]
    unknown: bool


def find_limits(
    *,
    day: date | None = None,
    buyer: str | None = None,
    income_class: int | None = None,
    mode: str | None = None,
) -> Held:
    """The rows that agree with all that is given. Without a class, those of every class may hold."""
    rows = [
        row
        for row in LIMITS
        if (day is None or row.holds_on(day))
        and (buyer is None or row.buyer in (None, buyer))
        and (income_class is None or row.income_class in (None, income_class))
        and (mode is None or row.mode == mode)
    ]
    return Held(
        rows=rows,
        possible=sorted({row.amount for row in rows if row.amount is not None}),
        # No row at all: nothing was found of that time, which does not say that there was no limit.
        unknown=not rows or any(row.certainty == UNKNOWN for row in rows),
    )


def tell_modes(procurement_mode: str) -> tuple[str, ...]:
    """The limits that a contract of this published mode may be under; none for modes without any."""
    folded = procurement_mode.lower()
    return next((modes for phrase, modes in MODE_PHRASES.items() if phrase in folded), ())
