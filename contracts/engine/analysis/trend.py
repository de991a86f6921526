"""What became of the pesos over the years, and how they lie in the year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from statistics import median

from contracts.engine.aggregates import Part
from contracts.engine.analysis.answers import Growth, Month, Season, Seasonality, Trend, Year
from contracts.engine.analysis.narrowing import (
    covers,
    narrow_to_days,
    narrow_to_period,
    narrow_to_whole,
    read_period,
    say,
)
from contracts.questions.filters import Filters
from contracts.questions.periods import TimeRange

LEAST_YEARS = 3
"""Of fewer, the median is one of them, and a season cannot be told from an accident."""
SEASON_FORMULA = (
    "Each month's share of the pesos of its year; of these shares the median over the whole years, and all "
    "twelve scaled so that they add up to 1. The index is that share times twelve."
)
SEASON_SOURCE = (
    "Classical decomposition takes the average of a month over the years (R. J. Hyndman, G. Athanasopoulos, "
    "Forecasting: Principles and Practice, 3rd ed., 3.4); the median instead, so that one large award makes "
    "no season."
)
GROWTH_FORMULA = "The median of the slopes between all pairs of whole years (Theil-Sen)."
GROWTH_SOURCE = (
    "P. K. Sen, Estimates of the Regression Coefficient Based on Kendall's Tau, Journal of the American "
    "Statistical Association 63 (1968), 1379-1389."
)

Pesos = Mapping[str, Decimal]
"""Label of a period -> what its contracts are worth."""


def describe_trend(filters: Filters, by_year: Sequence[Part], by_month: Sequence[Part]) -> Trend:
    """The trend of totals by year and by month."""
    months = _pesos_of(by_month)
    years = _pesos_of(by_year)
    whole = _list_whole_years(filters, months)
    return {
        "by_year": [_shape_year(part, filters, years, whole) for part in by_year],
        "by_month": [_shape_month(part, filters, months) for part in by_month],
        "seasonality": find_seasons(filters, months, whole),
        "growth": _find_growth({year: years[str(year)] for year in whole}, filters),
    }


def _pesos_of(parts: Sequence[Part]) -> Pesos:
    return {part["label"]: Decimal(part["total_value"]) for part in parts if part["label"] is not None}


def _list_whole_years(filters: Filters, months: Pesos) -> list[int]:
    """The years that can be compared: none of their months is left out by the filters, or lies before the
    first contract or after the last one."""
    if not months:
        return []
    first, last = min(months), max(months)
    return [
        year
        for year in range(int(first[:4]), int(last[:4]) + 1)
        if first <= f"{year}-01" and last >= f"{year}-12" and covers(filters, year)
        # A year without any contract has no shares.
        if any(label.startswith(f"{year}-") for label in months)
    ]


def _shape_year(part: Part, filters: Filters, years: Pesos, whole: Sequence[int]) -> Year:
    label = part["label"]
    year = None if label is None else int(label)
    change, both = None, None
    if year in whole and year is not None and year - 1 in whole:
        before = years[str(year - 1)]
        change = round(float((years[str(year)] - before) / before), 6)
        both = say(narrow_to_years(filters, [year - 1, year]))
    return {
        **part,
        "filters": say(narrow_to_period(filters, label)),
        "whole": year in whole,
        "change": change,
        "change_filters": both,
    }


def narrow_to_years(filters: Filters, years: Sequence[int]) -> Filters:
    """The contracts of ``years``, all of whose days ``filters`` means."""
    return narrow_to_whole(filters, [TimeRange.year(year) for year in years])


def _shape_month(part: Part, filters: Filters, months: Pesos) -> Month:
    label = part["label"]
    trailing = None if label is None else _sum_trailing(label, months)
    return {
        **part,
        "filters": say(narrow_to_period(filters, label)),
        "trailing_year": trailing,
        "trailing_filters": None if label is None or trailing is None else _say_trailing(label, filters),
    }


def _say_trailing(label: str, filters: Filters) -> Mapping[str, object]:
    first, last = read_period(_name(_number(label) - 11)), read_period(label)
    return say(narrow_to_days(filters, TimeRange(start=first.start, end=last.end)))


def _sum_trailing(label: str, months: Pesos) -> str | None:
    last = _number(label)
    if last - 11 < _number(min(months)):
        return None
    twelve = (months.get(_name(number), Decimal(0)) for number in range(last - 11, last + 1))
    return f"{sum(twelve, Decimal(0)):.2f}"


def _number(label: str) -> int:
    year, month = label.split("-")
    return 12 * int(year) + int(month) - 1


def _name(number: int) -> str:
    return f"{number // 12}-{number % 12 + 1:02}"


def find_seasons(filters: Filters, months: Pesos, years: Sequence[int]) -> Seasonality:
    """The share of each month of the calendar, over ``years``."""
    shares = [list(_share_out(year, months)) for year in years]
    middles = [median(of_month) for of_month in zip(*shares, strict=True)]
    found: Seasonality = {
        "years": list(years),
        "filters": say(narrow_to_years(filters, years)) if years else None,
        "months": [],
        "formula": SEASON_FORMULA,
        "source": SEASON_SOURCE,
        "why_none": None,
    }
    if len(years) < LEAST_YEARS:
        found["why_none"] = f"{len(years)} whole years are fewer than the {LEAST_YEARS} that a season needs."
    elif not sum(middles):
        found["why_none"] = "In most years, no month has any contract in which others have one too."
    else:
        found["months"] = [
            _shape_season(month, middle / sum(middles), [year[month - 1] for year in shares], filters, years)
            for month, middle in enumerate(middles, start=1)
        ]
    return found


def _share_out(year: int, months: Pesos) -> Iterator[float]:
    pesos = [months.get(f"{year}-{month:02}", Decimal(0)) for month in range(1, 13)]
    return (float(one / sum(pesos)) for one in pesos)


def _shape_season(
    month: int, share: float, of_years: Sequence[float], filters: Filters, years: Sequence[int]
) -> Season:
    days = [read_period(f"{year}-{month:02}") for year in years]
    return {
        "month": month,
        "share": round(share, 6),
        "index": round(12 * share, 4),
        "least": round(min(of_years), 6),
        "most": round(max(of_years), 6),
        "filters": say(narrow_to_whole(filters, days)),
    }


def _find_growth(years: Mapping[int, Decimal], filters: Filters) -> Growth | None:
    if len(years) < LEAST_YEARS:
        return None
    slopes = [(years[late] - years[early]) / (late - early) for early, late in combinations(years, 2)]
    slope = median(slopes)
    return {
        "years": len(years),
        "filters": say(narrow_to_years(filters, list(years))),
        "pesos_a_year": f"{slope:.2f}",
        "part_of_a_year": round(float(slope / median(years.values())), 6),
        "formula": GROWTH_FORMULA,
        "source": GROWTH_SOURCE,
    }
