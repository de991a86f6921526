"""What is kept of every contract as plain arrays: counting, adding up and paging then read no table.

Rows are counted from 0 (``id`` - 1), amounts are centavos. The files:

    amounts, days, main       amount; days since 1970, undated ones last; whether of the main source
    by-<sort>                 the rows in the order of SORTS
    <column>-rows, -ends      for LISTED columns: the rows by the codes of their names, and per code where its
                              rows end
    <column>                  for NUMBERS: what totals are grouped by
    implausible               the rows whose amount is hardly right, in order
    keys                      what contracts are known by in every version (engine.records.identities)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from contracts.fields import PHILGEPS
from contracts.questions.numbers import ValueRange
from contracts.questions.periods import UNDATED as UNDATED_RANGE
from contracts.questions.periods import TimeRange
from contracts.questions.query import Sort
from contracts.snapshot.arrays import list_bits, map_array, save_array, take_lists
from contracts.snapshot.expressions import CODES

Mask = NDArray[np.bool_]
"""One truth value per contract."""

LISTED = ("area_of_delivery", "business_category")
"""Columns that typed words are looked for in beside those of the word index."""
# Later than every day, so that the undated come last as they do by NULLS LAST.
UNDATED = np.iinfo(np.int32).max
NUMBERS = (*CODES.values(), "value_bin", "funding_year")
"""Columns of small whole numbers, by which contracts are grouped; a missing one is NONE."""
NONE = 0
TAKEN = f"""(SELECT id, {", ".join(CODES.values())}, value_bin, nullif(funding_year, {NONE}) AS funding_year,
    CASE WHEN days < {UNDATED} THEN DATE '1970-01-01' + days END AS award_date,
    (amounts::DECIMAL(18,0) * 0.01::DECIMAL(2,2))::DECIMAL(18,2) AS contract_amount
    FROM taken)"""
"""What ``RowArrays.take_columns`` gives, registered as ``taken``, as columns of ``contracts``."""
# Of another rule to make them, they need another name: those of two versions are compared.
KEYS = "keys"
IMPLAUSIBLE = "implausible"
EPOCH = date(1970, 1, 1)
SORTS: dict[Sort, str] = {
    Sort(field="contract_amount", descending=True): "by-amount-descending",
    Sort(field="contract_amount", descending=False): "by-amount",
    Sort(field="award_date", descending=False): "by-date",
}
"""The orders that are kept beside the default one, which is that of the rows themselves."""
# Up to so many rows are sorted quicker than found by walking through an order of five million.
FEW = 50_000
# From one row of so many on, adding up all amounts, those left out as zeros, is quicker than picking some.
MANY_OF = 8
# An order is walked through in steps, because a page near its beginning should not look at all of it.
_STEP = 1 << 18
# Amounts that are multiplied by a mask in one go: their product stays in the processor's cache.
_CACHED = 1 << 15


def write_arrays(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the arrays of the connection's ``contracts`` into ``folder``."""
    folder.mkdir()
    # Without ORDER BY: DuckDB gives the rows of one table in the order in which they were inserted.
    # DECIMAL(20,2), because the greatest amount of DECIMAL(18,2) times 100 overflows.
    columns = con.execute(
        f"""SELECT (contract_amount::DECIMAL(20,2) * 100)::BIGINT AS amounts, source = '{PHILGEPS}' AS main,
            coalesce(award_date - DATE '1970-01-01', {UNDATED})::INTEGER AS days
        FROM contracts"""
    ).fetchnumpy()
    for name in ("amounts", "days", "main"):
        save_array(folder, name, np.asarray(columns[name]))
    for name in NUMBERS:
        # One after the other: all at once would take some 250 MB of five million contracts.
        [numbers] = con.execute(f"SELECT coalesce({name}, {NONE}) FROM contracts").fetchnumpy().values()
        save_array(folder, name, numbers.astype(np.min_scalar_type(numbers.max(initial=0))))
    marked = con.execute("SELECT id - 1 AS row FROM contracts WHERE implausible IS NOT NULL ORDER BY id")
    save_array(folder, IMPLAUSIBLE, marked.fetchnumpy()["row"].astype(np.uint32))
    for sort, name in SORTS.items():
        keys = np.asarray(_sort_keys(columns["amounts"], columns["days"], sort))
        # Stable, because ties are broken by id, the order in which the rows come.
        save_array(folder, name, np.argsort(keys, kind="stable").astype(np.uint32))
    for column in LISTED:
        rows, ends = list_bearers(con, column)
        save_array(folder, f"{column}-rows", rows)
        save_array(folder, f"{column}-ends", ends)


def list_bearers(con: duckdb.DuckDBPyConnection, column: str) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The rows of ``contracts`` by the codes of their names in ``column``, and per code where its rows
    end."""
    codes = con.execute(f"SELECT {CODES[column]} AS code FROM contracts").fetchnumpy()["code"]
    [(labels,)] = con.execute(f"SELECT count(*) FROM labels WHERE field = '{column}'").fetchall()
    # Codes count from 0 without gaps, so that sorting by them lines up the contracts of each name.
    rows = np.argsort(codes, kind="stable").astype(np.uint32)
    return rows, np.cumsum(np.bincount(codes, minlength=labels), dtype=np.int64)


def _count_days(day: date) -> int:
    return (day - EPOCH).days


def _sort_keys(amounts: NDArray[Any], days: NDArray[Any], sort: Sort) -> NDArray[Any]:
    keys = amounts if sort.field == "contract_amount" else days
    return -keys if sort.descending else keys


def _add_up(amounts: NDArray[np.int64]) -> Decimal:
    """Pesos of centavos, exactly."""
    # The sum may pass 64 bits, and numpy wraps around in silence: then the upper and the lower half of each
    # amount are added up apart.
    if int(amounts.max(initial=0)) * len(amounts) < 1 << 63:
        return Decimal(int(amounts.sum())).scaleb(-2)
    return Decimal((int((amounts >> 32).sum()) << 32) + int((amounts & 0xFFFFFFFF).sum())).scaleb(-2)


@dataclass(frozen=True)
class MatchedRows:
    """Some of the contracts: ``bits`` holds one bit per contract, the first one the highest of its byte."""

    # Bytes, because answers are shared by threads and DuckDB takes them for a BLOB as they are.
    bits: bytes
    size: int
    count: int
    total_value: Decimal

    @classmethod
    def pack(cls, mask: Mask, *, count: int, total_value: Decimal) -> MatchedRows:
        return cls(np.packbits(mask).tobytes(), len(mask), count, total_value)

    def mask(self) -> Mask:
        return np.unpackbits(self._packed, count=self.size).view(np.bool_)

    def rows(self) -> NDArray[np.int64]:
        return list_bits(self._packed)

    def holds(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each of ``rows`` is one of them, without a look at the others."""
        # The first bit of a byte is its highest.
        held = self._packed[rows >> 3] >> (7 - (rows & 7)).astype(np.uint8) & 1
        return np.asarray(held == 1)

    @property
    def _packed(self) -> NDArray[np.uint8]:
        return np.frombuffer(self.bits, np.uint8)


class RowArrays:
    """The arrays of one snapshot."""

    def __init__(self, folder: Path) -> None:
        self._amounts = map_array(folder, "amounts")
        self._days = map_array(folder, "days")
        self.main: Mask = map_array(folder, "main")
        """Whether a contract is of the main source."""
        self._orders = {sort: map_array(folder, name) for sort, name in SORTS.items()}
        # Snapshots of older programs have none.
        listed = [column for column in LISTED if (folder / f"{column}-rows.npy").exists()]
        self._bearers = {
            column: (map_array(folder, f"{column}-rows"), map_array(folder, f"{column}-ends"))
            for column in listed
        }
        kept = all((folder / f"{name}.npy").exists() for name in NUMBERS)
        self._numbers = {name: map_array(folder, name) for name in NUMBERS} if kept else None
        self.keys: NDArray[np.uint64] | None = (
            map_array(folder, KEYS) if (folder / f"{KEYS}.npy").exists() else None
        )
        """What contracts are known by; None in a snapshot of an older program."""
        self.implausible: NDArray[np.uint32] | None = (
            map_array(folder, IMPLAUSIBLE) if (folder / f"{IMPLAUSIBLE}.npy").exists() else None
        )
        """The rows whose amount is hardly right; None in a snapshot of an older program."""

    @property
    def size(self) -> int:
        return len(self._amounts)

    @cached_property
    def second_source(self) -> NDArray[np.int64]:
        """The rows that are not of the main source; they are few."""
        return np.flatnonzero(~self.main)

    def find_bearers(self, column: str, names: NDArray[np.bool_]) -> NDArray[np.uint32] | None:
        """The rows of the names in a column, or None where they are not kept."""
        if column not in self._bearers:
            return None
        rows, ends = self._bearers[column]
        return take_lists(rows, ends, np.flatnonzero(names))

    def sum_up(self, mask: Mask) -> MatchedRows:
        """Count and pesos of the contracts in ``mask``."""
        found = MatchedRows.pack(mask, count=int(np.count_nonzero(mask)), total_value=Decimal())
        if found.count <= len(mask) // MANY_OF:
            total = _add_up(self._amounts[found.rows()])
        else:
            steps = (slice(start, start + _CACHED) for start in range(0, len(mask), _CACHED))
            total = sum((_add_up(self._amounts[step] * mask[step]) for step in steps), Decimal())
        return replace(found, total_value=total)

    def add_up(self, rows: NDArray[np.int64]) -> Decimal:
        """Pesos of some rows."""
        return _add_up(self._amounts[rows])

    def narrow_amounts(self, mask: Mask, wanted: ValueRange) -> None:
        """Leave in ``mask`` the contracts with an amount in the range."""
        if wanted.min is not None:
            mask &= self._amounts >= int(wanted.min * 100)
        if wanted.max is not None:
            mask &= self._amounts <= int(wanted.max * 100)

    def narrow_days(self, mask: Mask, wanted: Sequence[TimeRange]) -> None:
        """Leave in ``mask`` the contracts with a day of award in one of the ranges."""
        inside = np.zeros(len(mask), np.bool_)
        for one in wanted:
            first = _count_days(one.start) if one.start else 0
            last = _count_days(one.end) if one.end else UNDATED - 1
            if one == UNDATED_RANGE:
                first = last = UNDATED
            inside |= (self._days >= first) & (self._days <= last)
        mask &= inside

    def take_ids(self, found: MatchedRows, sort: Sort, places: range) -> NDArray[np.int64] | None:
        """The ids of the rows at ``places`` (from 0) in the order of ``sort``, or None where that order
        is not kept."""
        if sort != Sort() and sort not in SORTS:
            return None
        return self._take(found, sort, offset=places.start, size=len(places)) + 1

    def median_amounts(self, found: MatchedRows) -> list[Decimal]:
        """The one or two amounts in the middle; none where there are no contracts."""
        if not found.count:
            return []
        first, last = (found.count - 1) // 2, found.count // 2
        by_amount = Sort(field="contract_amount", descending=False)
        rows = self._take(found, by_amount, offset=first, size=last - first + 1)
        return [Decimal(int(self._amounts[row])).scaleb(-2) for row in rows]

    def span_days(self, found: MatchedRows) -> tuple[date, date] | None:
        """The first and the last known day of award; None where none is known."""
        days = self._days[found.rows()]
        known = days[days != UNDATED]
        if not len(known):
            return None
        return EPOCH + timedelta(days=int(known.min())), EPOCH + timedelta(days=int(known.max()))

    def sort_by_amount(self, mask: Mask) -> NDArray[np.uint32]:
        """The contracts in ``mask`` in the order of their amounts, where they are not few among others."""
        if np.count_nonzero(mask) <= FEW:
            rows = np.flatnonzero(mask)
            return rows[np.argsort(self._amounts[rows], kind="stable")].astype(np.uint32)
        return self._orders[Sort(field="contract_amount", descending=False)]

    def take_amounts(self, rows: NDArray[np.uint32]) -> NDArray[np.int64]:
        """The amounts of ``rows``, in centavos."""
        return self._amounts[rows]

    def take_columns(self, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]] | None:
        """What TAKEN reads of ``rows``; None in a snapshot of an older program."""
        if self._numbers is None:
            return None
        numbers = {name: values[rows] for name, values in self._numbers.items()}
        return {"id": rows + 1, "days": self._days[rows], "amounts": self._amounts[rows], **numbers}

    def _take(self, found: MatchedRows, sort: Sort, *, offset: int, size: int) -> NDArray[np.int64]:
        taken: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
        if offset >= found.count:
            return taken[0]
        if sort != Sort() and found.count <= FEW:
            return self._sort_few(found.rows(), sort, most=offset + size)[offset : offset + size]
        mask = found.mask()
        missing = size
        for start in range(0, found.size, _STEP):
            rows = self._read_order(sort, start)
            hits = mask[rows]
            count = int(np.count_nonzero(hits))
            if count > offset:
                inside = np.flatnonzero(hits)[offset : offset + missing]
                taken.append(inside + start if isinstance(rows, slice) else rows[inside].astype(np.int64))
                missing -= len(inside)
                if not missing:
                    break
            offset = max(0, offset - count)
        return np.concatenate(taken)

    def _read_order(self, sort: Sort, start: int) -> slice | NDArray[np.uint32]:
        # A slice is a view; the numbers of the default order would be made for every page.
        if sort == Sort():
            return slice(start, start + _STEP)
        return self._orders[sort][start : start + _STEP]

    def _sort_few(self, rows: NDArray[np.int64], sort: Sort, *, most: int) -> NDArray[np.int64]:
        """The first ``most`` of ``rows`` in the order of ``sort``, and those that equal the last of them."""
        keys = _sort_keys(self._amounts[rows], self._days[rows], sort)
        # Most pages asked for are first ones, and partition takes a fraction of a sort. It knows nothing of
        # ids, which break ties: so all that equal the last one are kept.
        if most < len(rows):
            first = np.flatnonzero(keys <= np.partition(keys, most - 1)[most - 1])
            rows, keys = rows[first], keys[first]
        return rows[np.argsort(keys, kind="stable")]
