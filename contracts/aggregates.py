"""Totals by dimension: the statements that find them and the shape of the answer.

Executes nothing. All dimensions come from one pass over the rows (GROUPING SETS), kept as the small
temporary table ``totals``; what is asked of them is then asked of that table.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from contracts.fields import LABEL_DIMENSIONS
from contracts.sql import BIN_BOUNDS, CODES, Statement

CENT = Decimal("0.01")
EXACT = Context(prec=60, rounding=ROUND_HALF_UP)

GROUPED: dict[str, str] = {
    "by_day": "award_date",
    **{dimension: CODES[column] for dimension, column in LABEL_DIMENSIONS.items()},
    "value_distribution": "value_bin",
}
"""Grouping -> the column it groups by. Years, quarters and months are sums of days."""

ALWAYS = ("by_contractor", "by_organization", "value_distribution")
"""Groupings that the summary needs: two to count names, one to find the median."""

PERIODS: dict[str, str] = {
    "by_year": "strftime(day, '%Y')",
    "by_quarter": "year(day) || '-Q' || quarter(day)",
    "by_month": "strftime(day, '%Y-%m')",
}
"""Dimension -> the SQL expression of its label, which sorts by time as text."""


@dataclass(frozen=True)
class Group:
    """Contracts that share a label, or a bin of amounts."""

    label: Any
    count: int
    total_value: Decimal


def groupings_for(dimensions: Sequence[str]) -> tuple[str, ...]:
    """The groupings that answer ``dimensions`` and the summary."""
    asked = {"by_day" if dimension in PERIODS else dimension for dimension in dimensions}
    return tuple(name for name in GROUPED if name in asked or name in ALWAYS)


def keep_matches(rows: Statement) -> Statement:
    """Keep what totals need of ``rows`` as ``matches``, so that text is searched once."""
    columns = ", ".join([*GROUPED.values(), "contract_amount"])
    return Statement(f"CREATE OR REPLACE TEMP TABLE matches AS SELECT {columns} {rows.sql}", rows.parameters)


MATCHES = Statement("FROM matches WHERE true")


def keep_totals(rows: Statement, groupings: Sequence[str]) -> Statement:
    """Keep the totals of ``rows`` (a tail ``FROM ... WHERE ...``) by every grouping as ``totals``."""
    columns = {name: GROUPED[name] for name in groupings}
    names = " ".join(f"WHEN grouping({column}) = 0 THEN '{name}'" for name, column in columns.items())
    keys = " ".join(f"WHEN grouping({column}) = 0 THEN {_as_number(column)}" for column in columns.values())
    return Statement(
        f"""CREATE OR REPLACE TEMP TABLE totals AS
        SELECT CASE {names} END AS name, CASE {keys} END AS key, count(*) AS count,
            sum(contract_amount) AS total_value
        {rows.sql} GROUP BY GROUPING SETS ({", ".join(f"({column})" for column in columns.values())})""",
        rows.parameters,
    )


def _as_number(column: str) -> str:
    return f"{column} - DATE '1970-01-01'" if column == GROUPED["by_day"] else f"{column}::BIGINT"


def count_names(dimension: str) -> Statement:
    """One row: how many labels there are, and how many of them are the missing one (0 or 1)."""
    return Statement(
        """SELECT count(*), (SELECT count(*) FROM totals JOIN labels ON code = key
            WHERE name = $2 AND field = $1 AND label IS NULL)
        FROM totals WHERE name = $2""",
        (LABEL_DIMENSIONS[dimension], dimension),
    )


def select_labels(dimension: str, top_n: int) -> Statement:
    """Rows (label, count, total value), greatest value first, at most ``top_n``."""
    return Statement(
        """SELECT label, count, total_value FROM totals JOIN labels ON field = $1 AND code = key
        WHERE name = $2 ORDER BY total_value DESC, label NULLS LAST LIMIT $3""",
        (LABEL_DIMENSIONS[dimension], dimension, top_n),
    )


def select_periods(dimension: str) -> Statement:
    """Rows (label, count, total value) in the order of time, undated last."""
    return Statement(
        f"""SELECT {PERIODS[dimension]} AS label, sum(count), sum(total_value)
        FROM (SELECT DATE '1970-01-01' + key::INTEGER AS day, * FROM totals WHERE name = 'by_day')
        GROUP BY label ORDER BY label NULLS LAST"""
    )


def select_bins() -> Statement:
    """Rows (bin, count, total value), smallest amounts first."""
    return Statement(
        "SELECT key, count, total_value FROM totals WHERE name = 'value_distribution' ORDER BY key"
    )


def select_middle(rows: Statement, bins: Sequence[Group]) -> Statement:
    """The one or two amounts in the middle of ``rows``; ``bins`` tell which bins have to be sorted for it."""
    count = whole_of(bins).count
    first, last = (count - 1) // 2, count // 2
    ends = list(itertools.accumulate(group.count for group in bins))
    low, high = bisect.bisect_right(ends, first), bisect.bisect_right(ends, last)
    values = (bins[low].label, bins[high].label, last - first + 1, first - ends[low] + bins[low].count)
    low_bin, high_bin, limit, offset = (f"${len(rows.parameters) + n}" for n in range(1, 5))
    return Statement(
        f"""SELECT contract_amount {rows.sql}
        AND value_bin BETWEEN {low_bin}::UTINYINT AND {high_bin}::UTINYINT
        ORDER BY contract_amount LIMIT {limit}::BIGINT OFFSET {offset}::BIGINT""",
        (*rows.parameters, *values),
    )


def shape_summary(
    bins: Sequence[Group], *, middle: Sequence[Decimal], contractors: int, organizations: int
) -> dict[str, Any]:
    """The summary as JSON; averages are null where there are no contracts."""
    whole = whole_of(bins)
    return {
        **_money(whole),
        "median_value": _average(sum(middle, Decimal(0)), len(middle)),
        "contractors": contractors,
        "organizations": organizations,
    }


def shape_groups(groups: Sequence[Group], whole: Group) -> list[dict[str, Any]]:
    """Rows (label, count, total_value, avg_value, share of the whole's value)."""
    return [_shape_group(group, whole) for group in groups]


def shape_labels(groups: Sequence[Group], whole: Group, *, labels: int) -> list[dict[str, Any]]:
    """As ``shape_groups``; of more ``labels`` than given, the rest is a last row with ``"others": true``."""
    shown = shape_groups(groups, whole)
    if labels > len(groups):
        value = sum((group.total_value for group in groups), Decimal(0))
        rest = Group(None, whole.count - sum(g.count for g in groups), whole.total_value - value)
        shown.append({**_shape_group(rest, whole), "others": True, "labels": labels - len(groups)})
    return shown


def shape_bins(bins: Sequence[Group]) -> list[dict[str, Any]]:
    """Bins (min, max exclusive, count, total_value) from the first to the last in use, gaps included."""
    if not bins:
        return []
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


def whole_of(bins: Sequence[Group]) -> Group:
    """All contracts as one group."""
    return Group(None, sum(g.count for g in bins), sum((g.total_value for g in bins), Decimal(0)))


def _shape_group(group: Group, whole: Group) -> dict[str, Any]:
    share = EXACT.divide(group.total_value, whole.total_value or Decimal(1))
    return {
        "label": group.label,
        **_money(group),
        "share": float(share.quantize(Decimal("0.000001"), context=EXACT)),
    }


def _money(group: Group) -> dict[str, Any]:
    return {
        "count": group.count,
        "total_value": f"{group.total_value:.2f}",
        "avg_value": _average(group.total_value, group.count),
    }


def _average(total: Decimal, count: int) -> str | None:
    if not count:
        return None
    return str(EXACT.divide(total, Decimal(count)).quantize(CENT, context=EXACT))
