"""The statements that group contracts and say the figures of each group, exact to the centavo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from contracts.questions.tables import COUNTED
from contracts.snapshot.expressions import CODES, Statement

# A second quantile a little above the half, because the lower and the upper one in the middle are two: exact
# for up to 50 million contracts (EXPORT_MAX_ROWS is 20).
_MIDDLE = "quantile_disc(contract_amount, [0.5, 0.50000001])"


def _count_names(column: str) -> str:
    missing = f"(SELECT code FROM labels WHERE field = '{column}' AND label IS NULL)"
    return f"count(DISTINCT nullif({CODES[column]}, {missing}))"


_FOUND: Mapping[str, Mapping[str, str]] = {
    "median_value": {"middle": _MIDDLE},
    "first_award": {"first_award": "min(award_date)"},
    "last_award": {"last_award": "max(award_date)"},
    **{measure: {measure: _count_names(column)} for measure, column in COUNTED.items()},
}
"""Measure -> what is asked of the contracts of a group for it, beside their count and value."""


def _centavos(pesos: str) -> str:
    # A sum is DECIMAL(38,2), which cannot be multiplied any more; 28 digits are left for the pesos.
    return f"({pesos}::DECIMAL(30,2) * 100)::HUGEINT"


def _pesos(centavos: str) -> str:
    return f"({centavos})::DECIMAL(36,0) * 0.01::DECIMAL(2,2)"


def _divide(part: str, whole: str) -> str:
    """Rounded half up, in whole numbers: DuckDB divides decimals as floating-point numbers."""
    return f"(2 * {part} + {whole}) // (2 * {whole})"


def _say(measure: str, whole: Decimal) -> str:
    total = _centavos("total_value")
    match measure:
        case "avg_value":
            return _pesos(_divide(total, "nullif(count, 0)"))
        case "median_value":
            return _pesos(f"({_centavos('middle[1]')} + {_centavos('middle[2]')} + 1) // 2")
        case "share":
            of = f"{int(whole * 100)}::HUGEINT"
            return f"{_divide(f'1000000 * {total}', of)} / 1000000" if whole else "0::DOUBLE"
        case _:
            return measure


def group(
    rows: Statement, keys: Mapping[str, str], measures: Sequence[str], *, whole: Decimal, joins: str = ""
) -> Statement:
    """A row for each group of ``rows`` (a tail ``FROM ... WHERE ...``): ``keys``, by name and expression, and
    then ``measures``. Shares are of ``whole`` pesos. ``joins`` may bring what keys stand for."""
    found = {"count": "count(*)", "total_value": "coalesce(sum(contract_amount), 0.00)"}
    for measure in measures:
        found |= _FOUND.get(measure, {})
    asked = ", ".join(f"{expression} AS {name}" for name, expression in (*keys.items(), *found.items()))
    said = ", ".join([*keys, *(f"{_say(measure, whole)} AS {measure}" for measure in measures)])
    by = f"GROUP BY {', '.join(keys)}" if keys else ""
    return Statement(
        f"SELECT {said} FROM (SELECT {asked} FROM (SELECT * {rows.sql}) {joins} {by})", rows.parameters
    )


def name_groups(groups: Statement, column: str) -> Statement:
    """``groups`` by the code ``key`` of a name, with its ``label``."""
    return Statement(
        f"""SELECT grouped.*, label
        FROM ({groups.sql}) grouped JOIN labels ON field = '{column}' AND code = key""",
        groups.parameters,
    )
