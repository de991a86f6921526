"""Two filters side by side: the figures of both, a less b, and a divided by b.

Rows are those of both tables, joined whole by their groups, so that every order and page is exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NotRequired, TypedDict, cast

import pyarrow as pa

from contracts.engine.aggregates import EXACT, Answer, Part, Summary
from contracts.engine.cursor import Cursor
from contracts.engine.tables.answers import shape_band
from contracts.engine.tables.groups import KEY, Groups, sort_groups
from contracts.engine.tables.statements import divide, to_centavos
from contracts.fields import Pesos
from contracts.questions.comparisons import COMPARED, COMPARED_PARTS, PARTS, Comparison
from contracts.questions.query import Page
from contracts.questions.tables import LABEL
from contracts.snapshot.expressions import Statement

_A, _B = "groups_of_a", "groups_of_b"
PLACES = Decimal("0.000001")


class ComparedCount(TypedDict):
    """``difference`` is a less b; ``ratio`` is a divided by b to six places, null where b is 0."""

    a: int
    b: int
    difference: int
    ratio: float | None


class ComparedPesos(TypedDict):
    """As of counts; null of a side without contracts that could have the figure."""

    a: Pesos | None
    b: Pesos | None
    difference: Pesos | None
    ratio: float | None


class ComparedSummary(TypedDict):
    """All contracts of both sides."""

    count: ComparedCount
    total_value: ComparedPesos
    avg_value: ComparedPesos
    median_value: ComparedPesos
    contractors: ComparedCount
    organizations: ComparedCount


class ComparedRow(TypedDict):
    """The contracts of both sides that share a ``label``, null where it is missing; of a band of amounts
    ``min`` and ``max``, both included, null where it is open."""

    label: str | None
    min: NotRequired[Pesos | None]
    max: NotRequired[Pesos | None]
    count: ComparedCount
    total_value: ComparedPesos


class ComparisonAnswer(TypedDict):
    """The whole, periods in the order of time, and a page of ``rows``, of ``total_rows``."""

    summary: ComparedSummary
    by_year: list[ComparedRow]
    by_quarter: list[ComparedRow]
    by_month: list[ComparedRow]
    rows: list[ComparedRow]
    total_rows: int


@dataclass(frozen=True, kw_only=True)
class Sides:
    """What is known of ``a`` and of ``b``: their totals by period, and their groups, of one axis."""

    totals: tuple[Answer, Answer]
    groups: tuple[Groups, Groups]


def answer_comparison(comparison: Comparison, page: Page, sides: Sides, cursor: Cursor) -> ComparisonAnswer:
    """A page of the rows with all that stands above them, JSON-ready."""
    a, b = sides.totals
    joined = _join(sides.groups, cursor)
    places = sort_groups(joined, comparison.sort, named=sides.groups[0].axis.is_named)
    shown = joined.take(pa.array(places[page.offset : page.offset + page.size]))
    bands = sides.groups[0].axis.list_bands()
    return {
        "summary": compare_summaries(a["summary"], b["summary"]),
        "by_year": compare_periods(a["by_year"], b["by_year"]),
        "by_quarter": compare_periods(a["by_quarter"], b["by_quarter"]),
        "by_month": compare_periods(a["by_month"], b["by_month"]),
        "rows": [
            cast(ComparedRow, {**_shape_row(row), **shape_band(row[KEY], bands)}) for row in shown.to_pylist()
        ],
        "total_rows": joined.num_rows,
    }


def compare_summaries(a: Summary, b: Summary) -> ComparedSummary:
    """Each figure of the whole."""
    return {
        "count": compare_counts(a["count"], b["count"]),
        "total_value": compare_pesos(a["total_value"], b["total_value"]),
        "avg_value": compare_pesos(a["avg_value"], b["avg_value"]),
        "median_value": compare_pesos(a["median_value"], b["median_value"]),
        "contractors": compare_counts(a["contractors"], b["contractors"]),
        "organizations": compare_counts(a["organizations"], b["organizations"]),
    }


def compare_periods(a: Sequence[Part], b: Sequence[Part]) -> list[ComparedRow]:
    """A row for each period that either side has, in the order of time, undated last."""
    of_a, of_b = ({part["label"]: part for part in side} for side in (a, b))
    # Labels of periods sort by time as text.
    labels = sorted(of_a.keys() | of_b.keys(), key=lambda label: (label is None, label or ""))
    return [
        {
            "label": label,
            "count": compare_counts(_count(of_a.get(label)), _count(of_b.get(label))),
            "total_value": compare_pesos(_value(of_a.get(label)), _value(of_b.get(label))),
        }
        for label in labels
    ]


def _count(part: Part | None) -> int:
    return part["count"] if part else 0


def _value(part: Part | None) -> str:
    return part["total_value"] if part else "0.00"


def compare_counts(a: int, b: int) -> ComparedCount:
    return {"a": a, "b": b, "difference": a - b, "ratio": _divide(Decimal(a), Decimal(b))}


def compare_pesos(a: str | None, b: str | None) -> ComparedPesos:
    if a is None or b is None:
        return {"a": a, "b": b, "difference": None, "ratio": None}
    one, other = Decimal(a), Decimal(b)
    return {"a": a, "b": b, "difference": f"{EXACT.subtract(one, other):.2f}", "ratio": _divide(one, other)}


def _divide(a: Decimal, b: Decimal) -> float | None:
    return float(EXACT.divide(a, b).quantize(PLACES, context=EXACT)) if b else None


def _join(groups: tuple[Groups, Groups], cursor: Cursor) -> pa.Table:
    """KEY, LABEL and each of COMPARED_PARTS of every group that a side has, in no order."""
    for name, side in zip((_A, _B), groups, strict=True):
        cursor.register_table(name, side.table.select([KEY, LABEL, *COMPARED]))
    both = ", ".join(
        f"coalesce({side}.{measure}, 0) AS {measure}_{part}"
        for measure in COMPARED
        for side, part in ((_A, "a"), (_B, "b"))
    )
    said = ", ".join(f"{_say(measure, part)} AS {name}" for name, (measure, part) in COMPARED_PARTS.items())
    # The missing name has no key, and is a group all the same.
    return cursor.fetch_table(
        Statement(
            f"""SELECT {KEY}, {LABEL}, {said} FROM (
                SELECT coalesce({_A}.{KEY}, {_B}.{KEY}) AS {KEY},
                    coalesce({_A}.{LABEL}, {_B}.{LABEL}) AS {LABEL}, {both}
                FROM {_A} FULL JOIN {_B} ON {_A}.{KEY} IS NOT DISTINCT FROM {_B}.{KEY}
            )"""
        )
    )


def _say(measure: str, part: str) -> str:
    a, b = f"{measure}_a", f"{measure}_b"
    if part == "difference":
        return f"{a} - {b}"
    if part == "ratio":
        # In whole numbers, as DuckDB divides decimals as floating-point numbers.
        one, other = (f"{side}::HUGEINT" if measure == "count" else to_centavos(side) for side in (a, b))
        return f"CASE WHEN {b} = 0 THEN NULL ELSE {divide(f'1000000 * {one}', other)} / 1000000 END"
    return f"{measure}_{part}"


def _shape_row(row: Mapping[str, object]) -> dict[str, object]:
    figures = {measure: {part: _to_json(row[f"{measure}_{part}"]) for part in PARTS} for measure in COMPARED}
    return {"label": row[LABEL], **figures}


def _to_json(value: object) -> object:
    return f"{value:.2f}" if isinstance(value, Decimal) else value
