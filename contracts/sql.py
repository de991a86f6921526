"""Questions -> SQL with bound parameters. The one WHERE builder of search, count, aggregates and exports.

Executes nothing and knows no connection. Every value from outside travels as a parameter; only names from
the column table are written into SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contracts.fields import NAME_FILTERS
from contracts.query import Filters, Page, Query, Sort, TimeRange, phrases_of

PHILGEPS, FLOOD_CONTROL = "philgeps", "flood_control"
"""The two values of ``source``."""

CODES: dict[str, str] = {column: f"{column}_code" for column in NAME_FILTERS.values()}
"""Name column -> the column that holds the number of its label in ``labels``."""


@dataclass(frozen=True)
class Statement:
    """SQL and the values of its ``$1``, ``$2``..."""

    sql: str
    parameters: tuple[Any, ...] = ()


def fold(text: str) -> str:
    """The SQL expression in which keyword search compares ``text``, itself an expression of cleaned text.

    Case and accents go. Every character that ends a word is followed by the mark U+0001, and a space is
    replaced by it, so "word start" becomes "after a mark" and one ``contains`` answers a search. The form is
    the same for rows and phrases; how a text begins is the affair of ``fold_field`` and ``fold_phrase``.
    """
    plain = f"lower(strip_accents({text}))"
    return rf"replace(regexp_replace({plain}, '([^\p{{L}}\p{{N}} ])', '\1' || chr(1), 'g'), ' ', chr(1))"


def fold_field(text: str) -> str:
    """``text`` as a row stores it: its beginning is the start of a word."""
    return f"chr(1) || {fold(text)}"


def fold_phrase(text: str) -> str:
    """``text`` as it is looked for: at a word start if it begins with a letter or digit, else anywhere."""
    start = rf"CASE WHEN regexp_matches({text}, '^[\p{{L}}\p{{N}}]') THEN chr(1) ELSE '' END"
    return f"({start} || {fold(text)})"


BIN_BOUNDS: tuple[Decimal, ...] = (
    Decimal(0),
    *(Decimal(step) * 10**exponent for exponent in range(16) for step in (1, 2, 5)),
    Decimal(10) ** 16,
)
"""Bin n of the value distribution holds amounts from BIN_BOUNDS[n] up to, not including, the next bound."""


def value_bin(amount: str) -> str:
    """The SQL expression for the bin of a positive ``amount``, by its digits, because logarithms round."""
    digits = f"floor({amount})::BIGINT::VARCHAR"
    step = f"CASE WHEN {digits} >= '5' THEN 2 WHEN {digits} >= '2' THEN 1 ELSE 0 END"
    return f"(CASE WHEN {amount} < 1 THEN 0 ELSE 3 * length({digits}) - 2 + {step} END)::UTINYINT"


class _Parameters:
    """Collects values and hands out their places."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def bind(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


def _where(filters: Filters, parameters: _Parameters) -> str:
    bind = parameters.bind
    parts = [_any_name(column, getattr(filters, name), bind) for name, column in NAME_FILTERS.items()]
    parts.append(_any_of([_all_phrases(keyword, bind) for keyword in filters.keywords]))
    parts.append(_any_of([_within(time_range, bind) for time_range in filters.time_ranges]))
    if filters.min_amount is not None:
        parts.append(f"contract_amount >= {bind(filters.min_amount)}::DECIMAL(18,2)")
    if filters.max_amount is not None:
        parts.append(f"contract_amount <= {bind(filters.max_amount)}::DECIMAL(18,2)")
    if not filters.include_flood_control:
        parts.append(f"source = '{PHILGEPS}'")
    return " AND ".join(part for part in parts if part) or "true"


def _any_of(alternatives: list[str]) -> str:
    return f"({' OR '.join(alternatives)})" if alternatives else ""


def _any_name(column: str, names: tuple[str | None, ...], bind: Callable[[Any], str]) -> str:
    given = [name for name in names if name is not None]
    alternatives = [f"{column} IN ({', '.join(f'{bind(name)}::VARCHAR' for name in given)})"] if given else []
    if None in names:
        alternatives.append(f"{column} IS NULL")
    return _any_of(alternatives)


def _all_phrases(keyword: str, bind: Callable[[Any], str]) -> str:
    found = [f"contains(search_text, {fold_phrase(f'{bind(p)}::VARCHAR')})" for p in phrases_of(keyword)]
    return f"({' AND '.join(found)})"


def _within(time_range: TimeRange, bind: Callable[[Any], str]) -> str:
    ends = []
    if time_range.start is not None:
        ends.append(f"award_date >= {bind(time_range.start)}::DATE")
    if time_range.end is not None:
        ends.append(f"award_date <= {bind(time_range.end)}::DATE")
    return f"({' AND '.join(ends)})"


def _order(sort: Sort) -> str:
    if sort == Sort():
        return "id"
    direction = "DESC" if sort.descending else "ASC"
    return f"{sort.field} {direction} NULLS LAST, id"


def count_rows(filters: Filters) -> Statement:
    """One row: number of contracts, sum of their amounts."""
    parameters = _Parameters()
    where = _where(filters, parameters)
    return Statement(
        f"SELECT count(*), coalesce(sum(contract_amount), 0) FROM contracts WHERE {where}",
        tuple(parameters.values),
    )


def select_page(query: Query, page: Page) -> Statement:
    """The rows of one page, as the query's columns."""
    parameters = _Parameters()
    where = _where(query.filters, parameters)
    columns = ", ".join(query.columns)
    limits = f"LIMIT {parameters.bind(page.size)} OFFSET {parameters.bind(page.offset)}"
    return Statement(
        f"SELECT {columns} FROM contracts WHERE {where} ORDER BY {_order(query.sort)} {limits}",
        tuple(parameters.values),
    )


def select_rows(query: Query, select: str | None = None) -> Statement:
    """All rows in order; ``select`` is a select list over the query's columns, by default the columns."""
    parameters = _Parameters()
    where = _where(query.filters, parameters)
    wanted = select or ", ".join(query.columns)
    return Statement(
        f"SELECT {wanted} FROM contracts WHERE {where} ORDER BY {_order(query.sort)}",
        tuple(parameters.values),
    )
