"""Questions -> SQL with bound parameters. The one WHERE builder of search, count, aggregates and exports.

Executes nothing and knows no connection. Every value from outside travels as a parameter; only names from
the column table are written into SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contracts.fields import NAME_FILTERS, SEARCHED
from contracts.query import Filters, Page, Query, Sort, TimeRange, phrases_of

PHILGEPS, FLOOD_CONTROL = "philgeps", "flood_control"
"""The two values of ``source``."""

SEARCHED_NAMES: tuple[str, ...] = tuple(column for column in SEARCHED if column in NAME_FILTERS.values())
"""Searched columns whose words are found in ``labels``; the others are in ``search_text``."""

CODES: dict[str, str] = {column: f"{column}_code" for column in NAME_FILTERS.values()}
"""Name column -> the column that holds the number of its label in ``labels``."""

Bind = Callable[[Any, str], str]
"""Takes a value and its SQL type, gives the expression that stands for it."""


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


NamesFound = Mapping[tuple[str, str], str]
"""(filter or phrase, name column) -> a text of 0 and 1: whether the label with that code is meant.

Absent where no label is. Names are looked up in ``labels`` beforehand and reach the WHERE as bits. A join
in it, which a long IN becomes too, would cost the order of rows; and a copy of the names in every row's
``search_text`` the time to scan it.
"""


class _Parameters:
    """Collects values and hands out their places."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def bind(self, value: Any, sql_type: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{sql_type}"

    def complete(self, sql: str) -> Statement:
        return Statement(sql, tuple(self.values))


def find_names(filters: Filters) -> Statement | None:
    """Rows (filter or phrase, column, bits) as NamesFound takes them; None where no name is to be found."""
    parameters = _Parameters()
    bind = parameters.bind
    lookups = []
    for name, column in NAME_FILTERS.items():
        if wanted := getattr(filters, name):
            given = [bind(label, "VARCHAR") for label in wanted if label is not None]
            alternatives = [f"coalesce(label IN ({', '.join(given)}), false)"] if given else []
            alternatives += ["label IS NULL"] if None in wanted else []
            lookups.append(_lookup(f"'{name}'", f"'{column}'", _any_of(alternatives)))
    for phrase in sorted({phrase for keyword in filters.keywords for phrase in phrases_of(keyword)}):
        text = bind(phrase, "VARCHAR")
        found = f"coalesce(contains(folded, {fold_phrase(text)}), false)"
        lookups.append(_lookup(text, _quoted(SEARCHED_NAMES), found))
    return parameters.complete(" UNION ALL ".join(lookups)) if lookups else None


def _lookup(key: str, columns: str, condition: str) -> str:
    return f"""SELECT {key}, field, string_agg(CASE WHEN {condition} THEN '1' ELSE '0' END, '' ORDER BY code)
        FROM labels WHERE field IN ({columns}) GROUP BY field HAVING bool_or({condition})"""


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _where(filters: Filters, names: NamesFound, parameters: _Parameters) -> str:
    bind = parameters.bind
    parts = [
        _has_name((name, NAME_FILTERS[name]), names, bind) for name in NAME_FILTERS if getattr(filters, name)
    ]
    parts.append(_any_of([_all_phrases(keyword, names, bind) for keyword in filters.keywords]))
    parts.append(_any_of([_within(time_range, bind) for time_range in filters.time_ranges]))
    if filters.min_amount is not None:
        parts.append(f"contract_amount >= {bind(filters.min_amount, 'DECIMAL(18,2)')}")
    if filters.max_amount is not None:
        parts.append(f"contract_amount <= {bind(filters.max_amount, 'DECIMAL(18,2)')}")
    if not filters.include_flood_control:
        parts.append(f"source = '{PHILGEPS}'")
    return " AND ".join(part for part in parts if part) or "true"


def _any_of(alternatives: list[str]) -> str:
    return f"({' OR '.join(alternatives)})" if alternatives else ""


def _has_name(key: tuple[str, str], names: NamesFound, bind: Bind) -> str:
    return f"get_bit({bind(names[key], 'BIT')}, {CODES[key[1]]}) = 1" if key in names else "false"


def _all_phrases(keyword: str, names: NamesFound, bind: Bind) -> str:
    return f"({' AND '.join(_one_phrase(phrase, names, bind) for phrase in phrases_of(keyword))})"


def _one_phrase(phrase: str, names: NamesFound, bind: Bind) -> str:
    """Looked for anywhere first: contains() leaps to a needle's first byte, and the mark is everywhere."""
    keys = [(phrase, column) for column in SEARCHED_NAMES]
    in_names = [_has_name(key, names, bind) for key in keys if key in names]
    text = bind(phrase, "VARCHAR")
    anywhere, at_word = (f"contains(search_text, {folded})" for folded in (fold(text), fold_phrase(text)))
    return _any_of([*in_names, f"({anywhere} AND {at_word})"])


def _within(time_range: TimeRange, bind: Bind) -> str:
    ends = []
    if time_range.start is not None:
        ends.append(f"award_date >= {bind(time_range.start, 'DATE')}")
    if time_range.end is not None:
        ends.append(f"award_date <= {bind(time_range.end, 'DATE')}")
    return f"({' AND '.join(ends)})"


def _order_by(sort: Sort) -> str:
    """The default order is the physical one, which DuckDB keeps for one table and WHERE without a join."""
    if sort == Sort():
        return ""
    direction = "DESC" if sort.descending else "ASC"
    return f" ORDER BY {sort.field} {direction} NULLS LAST, id"


def count_rows(filters: Filters, names: NamesFound) -> Statement:
    """One row: number of contracts, sum of their amounts."""
    parameters = _Parameters()
    where = _where(filters, names, parameters)
    return parameters.complete(
        f"SELECT count(*), coalesce(sum(contract_amount), 0) FROM contracts WHERE {where}"
    )


def select_page_ids(query: Query, page: Page, names: NamesFound) -> Statement:
    """The ids of the rows of one page, in order. Rows are read by them, so that sorting moves no text."""
    parameters = _Parameters()
    where = _where(query.filters, names, parameters)
    limit, offset = parameters.bind(page.size, "BIGINT"), parameters.bind(page.offset, "BIGINT")
    return parameters.complete(
        f"SELECT id FROM contracts WHERE {where}{_order_by(query.sort)} LIMIT {limit} OFFSET {offset}"
    )


def keep_found(query: Query, names: NamesFound) -> Statement:
    """Keep what counting and paging need of the matching rows as ``found``, so that text is searched once."""
    parameters = _Parameters()
    where = _where(query.filters, names, parameters)
    return parameters.complete(
        f"""CREATE OR REPLACE TEMP TABLE found AS
        SELECT id, contract_amount, {query.sort.field} AS sort_key FROM contracts WHERE {where}"""
    )


COUNT_FOUND = Statement("SELECT count(*), coalesce(sum(contract_amount), 0) FROM found")


def select_found_ids(sort: Sort, page: Page) -> Statement:
    """The ids of the rows of one page of ``found``, in order."""
    direction = "DESC" if sort.descending else "ASC"
    return Statement(
        f"SELECT id FROM found ORDER BY sort_key {direction} NULLS LAST, id LIMIT $1 OFFSET $2",
        (page.size, page.offset),
    )


def select_by_id(columns: Sequence[str], ids: Sequence[int]) -> Statement:
    """The rows of ``ids``: their id and then ``columns``, in no order.

    A list of constants would be compared with every row; the subquery becomes a filter that skips blocks.
    """
    return Statement(
        f"SELECT id, {', '.join(columns)} FROM contracts WHERE id IN (SELECT unnest($1::BIGINT[]))",
        (list(ids),),
    )


def select_rows(query: Query, names: NamesFound, select: str | None = None) -> Statement:
    """All rows in order, as the query's columns, or as ``select``: a select list over these columns.

    It is evaluated over the ordered rows, so that ``row_number() OVER ()`` counts in the order asked for.
    """
    parameters = _Parameters()
    where = _where(query.filters, names, parameters)
    rows = f"SELECT {', '.join(query.columns)} FROM contracts WHERE {where}{_order_by(query.sort)}"
    return parameters.complete(rows if select is None else f"SELECT {select} FROM ({rows})")


def matching_rows(filters: Filters, names: NamesFound) -> Statement:
    """The tail ``FROM contracts WHERE ...`` of a statement; more conditions may follow with AND."""
    parameters = _Parameters()
    where = _where(filters, names, parameters)
    return parameters.complete(f"FROM contracts WHERE {where}")


def suggest_names(column: str, typed: str, *, limit: int, include_flood_control: bool) -> Statement:
    """Rows (label, count, total value) of labels that hold ``typed`` at a word start, best first.

    Best are those that begin with it, then those with most contracts; nothing typed means all.
    """
    parameters = _Parameters()
    phrase = fold_phrase(parameters.bind(" ".join(phrases_of(typed.replace("&&", " "))), "VARCHAR"))
    counted = "all" if include_flood_control else "main"
    field, most = parameters.bind(column, "VARCHAR"), parameters.bind(limit, "BIGINT")
    return parameters.complete(
        f"""SELECT label, {counted}_rows, {counted}_value FROM labels
        WHERE field = {field} AND label IS NOT NULL AND {counted}_rows > 0 AND contains(folded, {phrase})
        ORDER BY starts_with(ltrim(folded, chr(1)), ltrim({phrase}, chr(1))) DESC, {counted}_rows DESC, label
        LIMIT {most}"""
    )
