"""What the sheet About says of an export."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Year:
    """What was awarded in a year, in pesos; ``label`` is None where the day of the award is missing."""

    label: str | None
    rows: int
    value: Decimal


@dataclass(frozen=True, kw_only=True)
class About:
    """What people must know of an export. ``sheet`` is what its rows are called, ``counted`` what ``rows``
    counts, ``sample`` the warning where contracts are invented. Values are pesos, ``made_at`` is an aware
    time."""

    title: str
    sheet: str = "Contracts"
    counted: str = "Rows"
    filters_in_words: str
    dataset_version: str
    as_of: str = ""
    citation: str = ""
    sample: str = ""
    sources: tuple[str, ...]
    rows: int
    total_value: Decimal
    average_value: Decimal | None = None
    median_value: Decimal | None = None
    contractors: int = 0
    organizations: int = 0
    years: tuple[Year, ...] = ()
    made_at: datetime
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.made_at.tzinfo is None:
            raise ValueError("made_at needs a time zone")
