"""What contracts are grouped by, for totals and tables. Each dimension is declared once: those of names with
their filters, the others here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from contracts.questions.filters import EXACT


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """A property that contracts share. ``name`` is its word in questions and links, ``by_<name>`` its name in
    totals; ``label`` and ``plural`` are for people. ``column`` is where contracts have it."""

    name: str
    label: str
    plural: str
    column: str

    @property
    def total(self) -> str:
        return f"by_{self.name}"


@dataclass(frozen=True, kw_only=True)
class Period(Dimension):
    """Days of award that lie in one ``unit`` of DuckDB's date_trunc. ``say`` labels the period of a day, so
    that labels sort by time as text."""

    column: str = "award_date"
    unit: str
    say: Callable[[date], str]


PERIODS: Mapping[str, Period] = {
    period.name: period
    for period in (
        Period(name="year", label="Year", plural="years", unit="year", say=lambda day: f"{day.year}"),
        Period(
            name="quarter",
            label="Quarter",
            plural="quarters",
            unit="quarter",
            say=lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
        ),
        Period(
            name="month",
            label="Month",
            plural="months",
            unit="month",
            say=lambda day: f"{day.year}-{day.month:02}",
        ),
    )
}

NAMES: Mapping[str, Dimension] = {
    exact.word: Dimension(name=exact.word, label=exact.label, plural=exact.plural, column=exact.column)
    for exact in EXACT.values()
}
"""One for each exact filter."""

FUNDING_YEAR = Dimension(
    name="funding_year", label="Funding year", plural="funding years", column="funding_year"
)
VALUE_BAND = Dimension(
    name="value_band", label="Amount of the contract", plural="bands of amounts", column="contract_amount"
)

DIMENSIONS: Mapping[str, Dimension] = {
    **NAMES,
    **PERIODS,
    **{one.name: one for one in (FUNDING_YEAR, VALUE_BAND)},
}
"""All of them, by name."""
