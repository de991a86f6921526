"""Totals by dimension: the statements that find them and the shape of the answer.

All dimensions come from one pass over the rows, kept as the small temporary table ``totals``; what is asked
is then asked of that table. For all contracts the totals stand in the snapshot as ``cube``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Generic, NamedTuple, NotRequired, TypedDict, TypeVar

from contracts.fields import Pesos
from contracts.questions import dimensions
from contracts.questions.filters import Filters
from contracts.questions.query import LABEL_DIMENSIONS
from contracts.snapshot.expressions import BIN_BOUNDS, CODES, Statement

L = TypeVar("L", covariant=True)

CENT = Decimal("0.01")
# Not the thread's context: that has 28 digits, and rounds half to even.
EXACT = Context(prec=60, rounding=ROUND_HALF_UP)

GROUPED: dict[str, str] = {
    "by_day": "award_date",
    "by_funding_year": "funding_year",
    **{dimension: CODES[column] for dimension, column in LABEL_DIMENSIONS.items()},
    "value_distribution": "value_bin",
}
"""Grouping -> the column it groups by. Years, quarters and months of award are sums of days."""

ALWAYS = ("by_contractor", "by_organization", "value_distribution")
"""Groupings that the summary needs: two to count names, one for the whole."""

PERIODS: dict[str, Callable[[date], str]] = {
    period.total: period.say for period in dimensions.PERIODS.values()
}
"""Dimension -> the label of a day's period, which sorts by time as text."""


class Money(TypedDict):
    """How many contracts, and what they are worth; the average is null where there are none."""

    count: int
    total_value: Pesos
    avg_value: Pesos | None


class Summary(Money):
    """All contracts that the filters mean. The missing name is none of the contractors or organizations."""

    median_value: Pesos | None
    contractors: int
    organizations: int


class Part(Money):
    """The contracts that share a label, null where it is missing; or all ``others``, of so many labels.
    ``implausible_value`` is what those make whose amount is hardly right, where there are such."""

    label: str | None
    share: float
    implausible_value: NotRequired[Pesos]
    others: NotRequired[bool]
    labels: NotRequired[int]


class Bin(TypedDict):
    """The contracts of amounts from ``min`` to before ``max``; of ``implausible_count`` the amount is hardly
    right, where there are such."""

    min: Pesos
    max: Pesos
    count: int
    total_value: Pesos
    implausible_count: NotRequired[int]


class Answer(TypedDict):
    """The summary and the dimensions that were asked for."""

    summary: Summary
    by_year: NotRequired[list[Part]]
    by_quarter: NotRequired[list[Part]]
    by_month: NotRequired[list[Part]]
    by_funding_year: NotRequired[list[Part]]
    value_distribution: NotRequired[list[Bin]]


# Dimensions of names are declared with their filters. mypy does not see these members; whoever describes the
# answer does.
Answer.__annotations__.update(dict.fromkeys(LABEL_DIMENSIONS, NotRequired[list[Part]]))


@dataclass(frozen=True)
class Group(Generic[L]):
    """Contracts that share a label, a period or a bin of amounts: a row of a statement of groups."""

    label: L
    count: int
    total_value: Decimal


class Marked(NamedTuple):
    """Contracts of a grouping whose amounts are hardly right: those of one ``key``, and its label where it
    stands for a name."""

    grouping: str
    key: int | None
    label: str | None
    # Not "count", which a tuple has already.
    contracts: int
    total_value: Decimal


class Labels(NamedTuple):
    """``every`` label of a dimension, counted; of them ``missing`` (0 or 1) is the missing name."""

    dimension: str
    every: int
    missing: int


def groupings_for(dimensions: Sequence[str]) -> tuple[str, ...]:
    """The groupings that answer ``dimensions`` and the summary."""
    asked = {"by_day" if dimension in PERIODS else dimension for dimension in dimensions}
    return tuple(name for name in GROUPED if name in asked or name in ALWAYS)


TOTALS, MARKED = "totals", "marked_totals"
"""The relations that ``keep_totals`` makes, as the statements that read totals take them: of all contracts
that were found, and of those whose amount is hardly right."""


def get_cube(filters: Filters) -> str | None:
    """The relation with the totals of ``filters`` in the snapshot; None where it holds none."""
    # Of everything only: that is what everybody sees first, and what takes longest.
    if filters not in (Filters(), Filters(include_flood_control=True)):
        return None
    return f"(FROM cube WHERE include_flood_control = {filters.include_flood_control})"


def build_cube(main_rows: Statement, all_rows: Statement) -> Statement:
    """Make the table ``cube``: totals by every grouping, without and with the second source."""
    groupings = tuple(GROUPED)
    return Statement(
        f"""CREATE TABLE cube AS
        SELECT false AS include_flood_control, * FROM ({_group_totals(main_rows, groupings)})
        UNION ALL SELECT true, * FROM ({_group_totals(all_rows, groupings)})""",
        (*main_rows.parameters, *all_rows.parameters),
    )


def keep_totals(rows: Statement, groupings: Sequence[str], *, name: str = TOTALS) -> Statement:
    """Keep the totals of ``rows`` (a tail ``FROM ... WHERE ...``) by every grouping as ``name``."""
    # TEMP: a table of this cursor, so that readers who share a store do not meet in it.
    return Statement(
        f"CREATE OR REPLACE TEMP TABLE {name} AS {_group_totals(rows, groupings)}", rows.parameters
    )


def keep_rest(cube: str) -> Statement:
    """Keep the totals of ``cube`` without those that are kept as MARKED as TOTALS."""
    # A key may be null, for undated contracts.
    return Statement(
        f"""CREATE OR REPLACE TEMP TABLE {TOTALS} AS
        SELECT c.name, c.key, c.count - coalesce(m.count, 0) AS count,
            c.total_value - coalesce(m.total_value, 0) AS total_value
        FROM {cube} c LEFT JOIN {MARKED} m ON m.name = c.name AND m.key IS NOT DISTINCT FROM c.key
        WHERE c.count > coalesce(m.count, 0)"""
    )


def _group_totals(rows: Statement, groupings: Sequence[str]) -> str:
    columns = {name: GROUPED[name] for name in groupings}
    names = " ".join(f"WHEN grouping({column}) = 0 THEN '{name}'" for name, column in columns.items())
    keys = " ".join(f"WHEN grouping({column}) = 0 THEN {_as_number(column)}" for column in columns.values())
    # Sets and not a query for each grouping: the rows are read once, whatever is asked. All keys share one
    # column, so that each is a number. The sum is exact: DuckDB adds DECIMAL(18,2) up as DECIMAL(38,2).
    return f"""SELECT CASE {names} END AS name, CASE {keys} END AS key, count(*) AS count,
            sum(contract_amount) AS total_value
        {rows.sql} GROUP BY GROUPING SETS ({", ".join(f"({column})" for column in columns.values())})"""


def _as_number(column: str) -> str:
    return f"{column} - DATE '1970-01-01'" if column == GROUPED["by_day"] else f"{column}::BIGINT"


def count_names(totals: str) -> Statement:
    """Rows of Labels."""
    names = " ".join(f"WHEN '{column}' THEN '{name}'" for name, column in LABEL_DIMENSIONS.items())
    missing = f"SELECT CASE field {names} END AS name, code AS key FROM labels WHERE label IS NULL"
    return Statement(
        f"""SELECT t.name, count(*), count(missing.key)
        FROM {totals} t LEFT JOIN ({missing}) missing ON missing.name = t.name AND missing.key = t.key
        GROUP BY t.name"""
    )


def select_labels(totals: str, dimension: str, *, top_n: int) -> Statement:
    """Rows of Group by name, greatest value first, at most ``top_n``."""
    of_dimension = f"FROM {totals} WHERE name = $2"
    # Only the values at the top meet their labels, of which there are more than a hundred thousand.
    least = f"SELECT min(total_value) FROM (SELECT total_value {of_dimension} ORDER BY 1 DESC LIMIT $3)"
    return Statement(
        f"""SELECT label, count, total_value
        FROM (SELECT * {of_dimension} AND total_value >= ({least})) JOIN labels ON field = $1 AND code = key
        ORDER BY total_value DESC, label NULLS LAST LIMIT $3""",
        (LABEL_DIMENSIONS[dimension], dimension, top_n),
    )


def select_months(totals: str) -> Statement:
    """Rows of Group by the first day of a month, in the order of time, undated last."""
    return Statement(
        f"""SELECT date_trunc('month', DATE '1970-01-01' + key::INTEGER)::DATE AS month,
            sum(count), sum(total_value)
        FROM {totals} WHERE name = 'by_day' GROUP BY month ORDER BY month NULLS LAST"""
    )


def select_funding_years(totals: str) -> Statement:
    """Rows of Group by year, as text, in the order of time, those of no known year last."""
    return Statement(
        f"""SELECT key::VARCHAR, count, total_value
        FROM {totals} WHERE name = 'by_funding_year' ORDER BY key NULLS LAST"""
    )


def select_marked() -> Statement:
    """Rows of Marked: all that is kept as MARKED."""
    # One statement for all dimensions, as each look for labels goes through a hundred thousand.
    fields = " ".join(f"WHEN '{name}' THEN '{column}'" for name, column in LABEL_DIMENSIONS.items())
    return Statement(
        f"""SELECT m.name, m.key, l.label, m.count, m.total_value
        FROM {MARKED} m LEFT JOIN labels l ON l.code = m.key AND l.field = CASE m.name {fields} END"""
    )


def sum_periods(months: Sequence[Group[date | None]], dimension: str) -> list[Group[str | None]]:
    """Months, by their first days, added up to the periods of ``dimension``."""
    # groupby joins neighbours only: months come in the order of time.
    return [
        Group(label, *_add_up(list(groups)))
        for label, groups in itertools.groupby(
            months, lambda group: PERIODS[dimension](group.label) if group.label else None
        )
    ]


def _add_up(groups: Sequence[Group[object]]) -> tuple[int, Decimal]:
    return sum(g.count for g in groups), sum((g.total_value for g in groups), Decimal("0.00"))


def select_bins(totals: str) -> Statement:
    """Rows of Group by bin, smallest amounts first."""
    return Statement(
        f"SELECT key, count, total_value FROM {totals} WHERE name = 'value_distribution' ORDER BY key"
    )


def shape_summary(
    bins: Sequence[Group[int]], *, middle: Sequence[Decimal], contractors: int, organizations: int
) -> Summary:
    """The summary as JSON; averages are null where there are no contracts."""
    whole = whole_of(bins)
    return {
        **_money(whole),
        "median_value": _average(sum(middle, Decimal(0)), len(middle)),
        "contractors": contractors,
        "organizations": organizations,
    }


def shape_groups(groups: Sequence[Group[str | None]], whole: Group[None]) -> list[Part]:
    """Rows (label, count, total_value, avg_value, share of the whole's value)."""
    return [_shape_group(group, whole) for group in groups]


def shape_labels(groups: Sequence[Group[str | None]], whole: Group[None], *, labels: int) -> list[Part]:
    """As ``shape_groups``; of more ``labels`` than given, the rest is a last row with ``"others": true``."""
    shown = shape_groups(groups, whole)
    if labels > len(groups):
        count, value = _add_up(groups)
        rest = Group(None, whole.count - count, whole.total_value - value)
        shown.append({**_shape_group(rest, whole), "others": True, "labels": labels - len(groups)})
    return shown


def shape_bins(bins: Sequence[Group[int]]) -> list[Bin]:
    """Bins (min, max exclusive, count, total_value) from the first to the last in use, gaps included."""
    if not bins:
        return []
    # With the gaps, as the chart has an axis on which empty bins have their place.
    found = {group.label: group for group in bins}
    groups = [found.get(n, Group(n, 0, Decimal(0))) for n in range(bins[0].label, bins[-1].label + 1)]
    return [
        {
            "min": f"{BIN_BOUNDS[group.label]:.2f}",
            "max": f"{BIN_BOUNDS[group.label + 1]:.2f}",
            "count": group.count,
            "total_value": f"{group.total_value:.2f}",
        }
        for group in groups
    ]


def sum_marked(marked: Sequence[Marked], dimension: str) -> dict[str | None, Decimal]:
    """What marked contracts are worth, by label of a dimension."""
    grouping = "by_day" if dimension in PERIODS else dimension
    worth: dict[str | None, Decimal] = {}
    for one in marked:
        if one.grouping == grouping:
            label = _name_marked(one, dimension)
            worth[label] = worth.get(label, Decimal(0)) + one.total_value
    return worth


def _name_marked(one: Marked, dimension: str) -> str | None:
    if one.key is None or dimension in LABEL_DIMENSIONS:
        return one.label
    if dimension in PERIODS:
        return PERIODS[dimension](date(1970, 1, 1) + timedelta(days=one.key))
    return str(one.key)


def mark_parts(parts: Sequence[Part], worth: dict[str | None, Decimal]) -> None:
    """Say in each part what its marked contracts are ``worth``, which is used up."""
    for part in parts:
        # The others come last, when all that is left is theirs.
        others = part.get("others")
        value = sum(worth.values(), Decimal(0)) if others else worth.pop(part["label"], Decimal(0))
        if value:
            part["implausible_value"] = f"{value:.2f}"


def mark_bins(bins: Sequence[Bin], marked: Sequence[Marked]) -> None:
    """Say in each bin how many marked contracts it has."""
    counts = {
        f"{BIN_BOUNDS[one.key]:.2f}": one.contracts
        for one in marked
        if one.grouping == "value_distribution" and one.key is not None
    }
    for bin_ in bins:
        if count := counts.get(bin_["min"]):
            bin_["implausible_count"] = count


def whole_of(bins: Sequence[Group[int]]) -> Group[None]:
    """All contracts as one group."""
    return Group(None, *_add_up(bins))


def _shape_group(group: Group[str | None], whole: Group[None]) -> Part:
    money = _money(group)
    return {
        "label": group.label,
        "count": money["count"],
        "total_value": money["total_value"],
        "avg_value": money["avg_value"],
        "share": divide_shares(group.total_value, whole.total_value),
    }


def _money(group: Group[object]) -> Money:
    return {
        "count": group.count,
        "total_value": f"{group.total_value:.2f}",
        "avg_value": _average(group.total_value, group.count),
    }


def _average(total: Decimal, count: int) -> str | None:
    return str(divide_pesos(total, count)) if count else None


def divide_shares(part: Decimal, whole: Decimal) -> float:
    """Which part of the whole it is, to six places."""
    # Amounts are positive, so that only no rows at all are worth nothing.
    share = EXACT.divide(part, whole or Decimal(1))
    return float(share.quantize(Decimal("0.000001"), context=EXACT))


def divide_pesos(total: Decimal, count: int) -> Decimal:
    """The average of so many amounts, rounded half up to the centavo."""
    return EXACT.divide(total, Decimal(count)).quantize(CENT, context=EXACT)
