"""Questions -> SQL with bound parameters. The one WHERE builder of search, count, aggregates and exports.

Every value from outside travels as a parameter; only names from the column table are written into SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from contracts.fields import FIELDS, FLOOD_CONTROL, PHILGEPS
from contracts.questions.filters import EXACT, EXCEPTIONS, Filters
from contracts.questions.periods import UNDATED, TimeRange
from contracts.questions.query import Query, Sort
from contracts.snapshot.expressions import CODES, Statement
from contracts.snapshot.implausible import MARK_BY_BUDGET
from contracts.snapshot.rows import IMPLAUSIBLE

_DAYS = ("award_date", "publish_date", "closing_date", "start_date", "completion_date")
_AS_PUBLISHED = (
    *("award_title", "notice_title", "awardee_name", "organization_name", "area_of_delivery"),
    *("latitude", "longitude", "business_category", "classification", "procurement_mode"),
    *("funding_source", "award_status"),
)
# The number of a notice is not enough: the system of 2025 gave them anew from 1 on, and one stands for a
# purchase of 2003 and another one of 2025.
_PROCESS_YEAR = "coalesce(year(publish_date), year(award_date), funding_year, year(start_date))"
_PROCESS = f"""coalesce(
    reference_id, 'project-' || project_id, 'award-' || award_number,
    'contract-' || left(md5(concat_ws('|', {", ".join(_AS_PUBLISHED)}, contract_number, contract_amount)), 12)
)"""
PROCESS_COLUMNS: Mapping[str, str] = {
    "process": _PROCESS,
    "year": f"{_PROCESS_YEAR}::INTEGER",
    **{name: name for name in ("reference_id", "award_number", "contract_number")},
    **{day: f"{day}::VARCHAR" for day in _DAYS},
    **{name: name for name in _AS_PUBLISHED},
    **{amount: f"{amount}::DOUBLE" for amount in ("approved_budget", "contract_amount")},
    "source": "source",
}
"""Columns of a contract among those of its process, and how each is made. A process bears the number of its
bid notice, and the year in which that was published; where a notice has none of them, what comes nearest."""

Bind = Callable[[object, str], str]
"""Takes a value and its SQL type, gives the expression that stands for it."""


FOUND = ("found", "id")
"""The key under which FilterBits holds the contracts that the indexes found (Filters.indexed)."""
AREA = "area_of_delivery"
PLACED = ("places", AREA)
"""The key of the texts that name one of the places (Filters.places)."""

# Bits and no lists of codes, because DuckDB makes a join of an IN of five values or more, and a join costs
# the order of rows.
FilterBits = Mapping[tuple[str, str], bytes]
"""(filter, column) -> a bit for each label of the column, by its code: whether the filter means it.

The first bit is the highest of its byte. A filter that means no label is absent. Under FOUND a bit stands
for the contract with that ``id`` - 1.
"""


class _Parameters:
    """Collects values and hands out their places."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def bind(self, value: object, sql_type: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{sql_type}"

    def complete(self, sql: str) -> Statement:
        return Statement(sql, tuple(self.values))


def _where(filters: Filters, found: FilterBits, parameters: _Parameters) -> str:
    bind = parameters.bind
    parts = [
        _is_found((name, exact.column), CODES[exact.column], found, bind)
        for name, exact in EXACT.items()
        if filters.names(name)
    ]
    parts += [
        f"NOT {_is_found((name, exact.column), CODES[exact.column], found, bind)}"
        for name, exact in EXCEPTIONS.items()
        if filters.names(name)
    ]
    if filters.indexed:
        parts.append(_is_found(FOUND, "(id - 1)::INTEGER", found, bind))
    if filters.places:
        parts.append(_is_found(PLACED, CODES[AREA], found, bind))
    if (days := filters.days) is not None:
        # Years and days that exclude each other leave none.
        parts.append(f"({' OR '.join(_within(one, bind) for one in days) or 'false'})")
    amounts = filters.value_range
    if amounts.min is not None:
        parts.append(f"contract_amount >= {bind(amounts.min, 'DECIMAL(18,2)')}")
    if amounts.max is not None:
        parts.append(f"contract_amount <= {bind(amounts.max, 'DECIMAL(18,2)')}")
    if filters.implausible != "include":
        parts.append(f"implausible IS {'NOT ' if filters.implausible == 'only' else ''}NULL")
    if filters.repaired_fields:
        wanted = bind(list(filters.repaired_fields), "VARCHAR[]")
        parts.append(f"list_has_any(string_split(repaired_fields, ', '), {wanted})")
    if not filters.include_flood_control:
        parts.append(f"source = '{PHILGEPS}'")
    if filters.flood_control_only:
        parts.append(f"source = '{FLOOD_CONTROL}'")
    return " AND ".join(part for part in parts if part) or "true"


def _is_found(key: tuple[str, str], number: str, found: FilterBits, bind: Bind) -> str:
    return f"get_bit({bind(found[key], 'BLOB')}::BIT, {number}) = 1" if key in found else "false"


def _within(time_range: TimeRange, bind: Bind) -> str:
    if time_range == UNDATED:
        return "award_date IS NULL"
    ends = []
    if time_range.start is not None:
        ends.append(f"award_date >= {bind(time_range.start, 'DATE')}")
    if time_range.end is not None:
        ends.append(f"award_date <= {bind(time_range.end, 'DATE')}")
    return f"({' AND '.join(ends)})"


def _order_by(sort: Sort) -> str:
    # The rows lie in the default order, and DuckDB keeps it for one table and a WHERE without a join: an
    # export of all contracts then sorts nothing.
    if sort == Sort():
        return ""
    direction = "DESC" if sort.descending else "ASC"
    return f" ORDER BY {sort.field} {direction} NULLS LAST, id"


def select_ids(filters: Filters, found: FilterBits) -> Statement:
    """The ids of all matching rows, in no order."""
    parameters = _Parameters()
    return parameters.complete(f"SELECT id FROM contracts WHERE {_where(filters, found, parameters)}")


def select_bearers(column: str, names: bytes) -> Statement:
    """The ids of the rows that bear one of the names of a column, given as a bit for each of its codes."""
    return Statement(f"SELECT id FROM contracts WHERE get_bit($1::BLOB::BIT, {CODES[column]}) = 1", (names,))


def select_ordered_ids(query: Query, places: range, found: FilterBits) -> Statement:
    """The ids of the rows at ``places`` (from 0), in order. Rows are read by them, so that sorting moves no
    text."""
    parameters = _Parameters()
    where = _where(query.filters, found, parameters)
    limit, offset = parameters.bind(len(places), "BIGINT"), parameters.bind(places.start, "BIGINT")
    return parameters.complete(
        f"SELECT id FROM contracts WHERE {where}{_order_by(query.sort)} LIMIT {limit} OFFSET {offset}"
    )


def select_by_id(columns: Sequence[str], ids: Sequence[int]) -> Statement:
    """The rows of ``ids``: their id and then ``columns``, in no order."""
    return Statement(f"SELECT id, {', '.join(columns)} {matching_ids(ids).sql}")


def matching_ids(ids: Sequence[int]) -> Statement:
    """As ``matching_rows``, for the rows of ``ids``."""
    # Numbers in the SQL, because a parameter for each of a thousand ids takes longer; int() lets nothing else
    # in, and -1 is none.
    return Statement(f"FROM contracts WHERE id IN ({', '.join(map(str, map(int, ids or [-1])))})")


@dataclass(frozen=True, kw_only=True)
class RowSubset:
    """Contracts given one by one: a bit for each ``id`` - 1 as in FilterBits, and the first and last id."""

    bits: bytes
    first: int
    last: int


def select_rows(
    query: Query, found: FilterBits, select: Sequence[str] = (), *, subset: RowSubset | None = None
) -> Statement:
    """All rows in order, as the query's columns, or as ``select``: select lists, each over the one before.
    ``subset`` takes the place of the filters.
    """
    parameters = _Parameters()
    where = _where(query.filters, found, parameters) if subset is None else _within_subset(subset, parameters)
    rows = f"SELECT {', '.join(query.columns)} FROM contracts WHERE {where}{_order_by(query.sort)}"
    return parameters.complete(pick(rows, select))


def list_younger_columns(stored: Container[str]) -> str:
    """The columns that a snapshot of an older program lacks, as nulls where they cannot be computed."""
    computed = {IMPLAUSIBLE: MARK_BY_BUDGET}
    return ", ".join(
        f"{computed.get(field.name, f'NULL::{field.type.sql_type}')} AS {field.name}"
        for field in FIELDS
        if field.name not in stored
    )


def pick(rows: str, select: Sequence[str], places: range | None = None) -> str:
    """Of ordered ``rows``, a SELECT, those at ``places`` (from 0), as the select lists say, each over the one
    before."""
    if places is not None:
        rows += f" LIMIT {len(places)} OFFSET {places.start}"
    # Around the ordered rows, so that ``row_number() OVER ()`` counts in the order asked for.
    for columns in select:
        rows = f"SELECT {columns} FROM ({rows})"
    return rows


def select_processes(filters: Filters, found: FilterBits) -> Statement:
    """The matching contracts by contracting process, those of a year together: PROCESS_COLUMNS."""
    parameters = _Parameters()
    where = _where(filters, found, parameters)
    columns = ", ".join(f"{expression} AS {name}" for name, expression in PROCESS_COLUMNS.items())
    return parameters.complete(
        f"SELECT {columns} FROM contracts WHERE {where} ORDER BY year DESC NULLS LAST, process, id"
    )


def _within_subset(subset: RowSubset, parameters: _Parameters) -> str:
    bind = parameters.bind
    # The bits alone would do; by the bounds a scan leaves out the row groups that hold none of the rows.
    bounds = f"id BETWEEN {bind(subset.first, 'BIGINT')} AND {bind(subset.last, 'BIGINT')}"
    return f"{bounds} AND get_bit({bind(subset.bits, 'BLOB')}::BIT, (id - 1)::INTEGER) = 1"


def matching_rows(filters: Filters, found: FilterBits) -> Statement:
    """The tail ``FROM contracts WHERE ...`` of a statement; more conditions may follow with AND."""
    parameters = _Parameters()
    where = _where(filters, found, parameters)
    return parameters.complete(f"FROM contracts WHERE {where}")
