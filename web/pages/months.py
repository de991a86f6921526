"""Pesos by month as bars that the server draws, for pages without scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.engine.aggregates import Part

HEIGHT = 100


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A month of the chart, whose ``x`` counts months and whose ``y`` and ``height`` are of HEIGHT."""

    x: int
    y: float
    height: float
    month: str
    count: int
    total_value: str


@dataclass(frozen=True, kw_only=True)
class MonthChart:
    """Bars from the first month with a contract to the last, those without any left out."""

    bars: Sequence[Bar]
    width: int
    highest: Bar

    @property
    def first(self) -> str:
        return self.bars[0].month

    @property
    def last(self) -> str:
        return self.bars[-1].month


def draw_months(parts: Sequence[Part]) -> MonthChart | None:
    """The chart of totals by month; None where no day of award is known."""
    months = [part for part in parts if part["label"] is not None]
    if not months:
        return None
    bars = list(_draw(months, max(Decimal(month["total_value"]) for month in months)))
    highest = max(bars, key=lambda bar: Decimal(bar.total_value))
    return MonthChart(bars=bars, width=bars[-1].x + 1, highest=highest)


def _draw(months: Sequence[Part], most: Decimal) -> Iterator[Bar]:
    start = _number(months[0]["label"] or "")
    for month in months:
        label = month["label"] or ""
        # What is there is seen, however little it is beside the highest.
        height = max(1.0, round(float(Decimal(month["total_value"]) / most * HEIGHT), 1))
        yield Bar(
            x=_number(label) - start,
            y=round(HEIGHT - height, 1),
            height=height,
            month=label,
            count=month["count"],
            total_value=month["total_value"],
        )


def _number(label: str) -> int:
    """The months since year 0 of "2024-05"."""
    year, month = label.split("-")
    return 12 * int(year) + int(month)
