"""The statements that group contracts and say the figures of each group, exact to the centavo."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from contracts.snapshot.expressions import CODES, Statement

GROUP, MEMBER, PAIR = "group_number", "row_number", "pair"
UNKNOWN = -(1 << 31)
"""The number of the group whose key is null."""

_FOUND = {"first_award": "min(award_date)", "last_award": "max(award_date)"}
"""Measure -> what is asked of the contracts of a group for it, beside their count and value."""
GROUPED = ("count", "total_value", "share", "avg_value", *_FOUND)
"""The measures that a group's statement says; others take its members."""


def to_centavos(pesos: str) -> str:
    """A sum of amounts as a whole number."""
    # A sum is DECIMAL(38,2), which cannot be multiplied any more; 28 digits are left for the pesos.
    return f"({pesos}::DECIMAL(30,2) * 100)::HUGEINT"


def _pesos(centavos: str) -> str:
    return f"({centavos})::DECIMAL(36,0) * 0.01::DECIMAL(2,2)"


def divide(part: str, whole: str) -> str:
    """Rounded half up, in whole numbers: DuckDB divides decimals as floating-point numbers."""
    return f"(2 * {part} + {whole}) // (2 * {whole})"


def _say(measure: str, whole: Decimal) -> str:
    total = to_centavos("total_value")
    if measure == "avg_value":
        return _pesos(divide(total, "count"))
    if measure == "share":
        return f"{divide(f'1000000 * {total}', f'{int(whole * 100)}::HUGEINT')} / 1000000"
    return measure


def group(
    rows: Statement, key: str, measures: Sequence[str], *, whole: Decimal, joins: str = ""
) -> Statement:
    """A row for each group of ``rows`` (a tail ``FROM ... WHERE ...``): GROUP, the number that the expression
    ``key`` gives, and those of ``measures`` that are in GROUPED. Shares are of ``whole`` pesos. ``joins`` may
    bring what the key stands for."""
    wanted = [measure for measure in measures if measure in GROUPED]
    found = {"count": "count(*)", "total_value": "sum(contract_amount)"}
    found |= {measure: _FOUND[measure] for measure in wanted if measure in _FOUND}
    asked = ", ".join(f"{expression} AS {name}" for name, expression in found.items())
    said = ", ".join([GROUP, *(f"{_say(measure, whole)} AS {measure}" for measure in wanted)])
    return Statement(
        f"""SELECT {said} FROM (
            SELECT {_number(key)} AS {GROUP}, {asked} FROM (SELECT * {rows.sql}) {joins} GROUP BY {GROUP}
        )""",
        rows.parameters,
    )


def list_members(rows: Statement, key: str, *, joins: str = "") -> Statement:
    """The contracts of the groups: MEMBER from 0 and GROUP."""
    return Statement(
        f"""SELECT (id - 1)::INTEGER AS {MEMBER}, {_number(key)}::INTEGER AS {GROUP}
        FROM (SELECT * {rows.sql}) {joins}""",
        rows.parameters,
    )


def list_names(rows: Statement, key: str, column: str, *, joins: str = "") -> Statement:
    """The number of each contract's group times 2 to the power of 32, and the code of its name, as one PAIR;
    a missing name is none."""
    missing = f"(SELECT code FROM labels WHERE field = '{column}' AND label IS NULL)"
    return Statement(
        f"""SELECT {_number(key)}::BIGINT * {1 << 32} + {CODES[column]} AS {PAIR}
        FROM (SELECT * {rows.sql}) {joins} WHERE {CODES[column]} IS DISTINCT FROM {missing}""",
        rows.parameters,
    )


def _number(key: str) -> str:
    return f"coalesce({key}, {UNKNOWN})"


def count_different(rows: Statement, column: str) -> Statement:
    """One row: how many different names all ``rows`` have; a missing one is none."""
    missing = f"(SELECT code FROM labels WHERE field = '{column}' AND label IS NULL)"
    return Statement(f"SELECT count(DISTINCT nullif({CODES[column]}, {missing})) {rows.sql}", rows.parameters)


def list_labels(column: str) -> Statement:
    """Rows (label) of all names of a column, in the order of their codes, which count from 0."""
    return Statement("SELECT label FROM labels WHERE field = $1 ORDER BY code", (column,))
