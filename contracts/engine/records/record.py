"""One contract by its address: all that is known of it, and what stands around it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from contracts.engine.cursor import Cursor
from contracts.engine.matching import Matcher
from contracts.engine.records.addresses import AWARDS, REFERENCES, Address, make_address
from contracts.engine.records.rows import JsonRow, read_rows
from contracts.fields import FIELDS
from contracts.snapshot.expressions import CODES, Statement
from contracts.snapshot.lines import RawRows
from contracts.snapshot.numbers import NumberIndex, make_key
from contracts.snapshot.versions import Snapshot

ALL_COLUMNS = tuple(field.name for field in FIELDS)
TOLD = (
    *("id", "reference_id", "project_id", "award_number", "contract_number", "award_title", "notice_title"),
    *("awardee_name", "organization_name", "award_date", "contract_amount", "source"),
    "source_file",
)
"""What is told of the contracts around one: enough to know them by, and to find them."""
_DISTINCT = (
    "contract_number",
    "awardee_name",
    "award_title",
    "notice_title",
    "award_date",
    "contract_amount",
)
# Of the lots of one notice; some have hundreds.
MOST_SIBLINGS = 100
_PAIR = (CODES["organization_name"], CODES["awardee_name"])


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A contract and where it stands. ``key`` tells those apart that share the address; None where it is
    known that nothing else stands there. ``row`` holds TOLD."""

    row: JsonRow
    address: Address | None
    key: str | None


@dataclass(frozen=True, kw_only=True)
class Record:
    """``row`` holds all columns. ``origins`` are the raw rows that were read as it, None in a snapshot of an
    older program; ``siblings`` the first others of its notice, of ``all_siblings``; ``before`` and ``after``
    those of the same organization and contractor, by day of award."""

    row: JsonRow
    standing: Standing
    origins: list[RawRows] | None
    siblings: list[Standing]
    all_siblings: int
    before: Standing | None
    after: Standing | None


def may_hold(snapshot: Snapshot, address: Address) -> bool:
    """Whether a snapshot may have a contract at ``address``, told by its index of numbers alone: nobody opens
    old versions for numbers that were never given out."""
    try:
        index = NumberIndex(snapshot.numbers)
    except FileNotFoundError:  # of an older program, or pruned meanwhile
        return False
    if not (address.reference + address.award).isascii():
        return True
    notices, awards, contracts = (
        index.list_rows([make_key(number)] if number else [], columns)
        for number, columns in (
            (address.reference, ["reference_id"]),
            (address.award, AWARDS),
            (address.award, ["contract_number"]),
        )
    )
    if address.reference and address.award:
        # A project's number has no index.
        return bool(np.intersect1d(notices, awards).size or contracts.size)
    return bool(notices.size or awards.size)


def find_standings(address: Address, matcher: Matcher, cursor: Cursor) -> list[Standing]:
    """The contracts at ``address``: none, one, or several that bear the same numbers."""
    rows = _list_candidates(address, matcher, cursor)
    told = read_rows(cursor, TOLD, (rows + 1).tolist())
    found = _place([row for row in told if make_address(row) == address])
    return [replace(one, key=None) for one in found] if len(found) == 1 else found


def describe_record(standing: Standing, matcher: Matcher, cursor: Cursor) -> Record:
    """All about one of ``find_standings``."""
    number = int(standing.row["id"] or 0)
    [row] = read_rows(cursor, ALL_COLUMNS, [number])
    siblings = _list_siblings(row, matcher)
    before, after = _list_neighbours(number, row, cursor)
    shown = [int(one) + 1 for one in siblings[:MOST_SIBLINGS]]
    around = _place([standing.row, *read_rows(cursor, TOLD, [*shown, *before, *after])])
    by_id = {one.row["id"]: one for one in around}
    return Record(
        row=row,
        standing=standing,
        origins=matcher.list_origins(number),
        siblings=[by_id[one] for one in shown],
        all_siblings=len(siblings),
        before=next((by_id[one] for one in before), None),
        after=next((by_id[one] for one in after), None),
    )


def _list_candidates(address: Address, matcher: Matcher, cursor: Cursor) -> NDArray[np.int64]:
    """The rows (``id`` - 1) that bear the numbers of an address; some stand at another one."""
    notices, awards = (
        np.unique(matcher.list_numbered([number] if number else [], columns)).astype(np.int64)
        for number, columns in ((address.reference, ["reference_id"]), (address.award, AWARDS))
    )
    if not address.reference:
        return _keep_without(awards, REFERENCES, cursor)
    if not address.award:
        return _keep_without(notices, AWARDS, cursor)
    # Numbers of projects have no index: only the second source has them, whose contracts are few.
    projects = np.intersect1d(awards, matcher.rows.second_source, assume_unique=True)
    return np.union1d(np.intersect1d(awards, notices, assume_unique=True), projects)


def _keep_without(rows: NDArray[np.int64], columns: Sequence[str], cursor: Cursor) -> NDArray[np.int64]:
    """Those of ``rows`` that have none of ``columns``."""
    # Before they are read: thousands have the contract number 1.
    missing = " AND ".join(f"{column} IS NULL" for column in columns)
    sql = f"SELECT id FROM contracts WHERE id IN (SELECT unnest($1::BIGINT[])) AND {missing}"
    return np.sort(cursor.fetch_numbers(Statement(sql, ((rows + 1).tolist(),)))["id"]) - 1


def _list_siblings(row: JsonRow, matcher: Matcher) -> NDArray[np.uint32]:
    """The other rows of the same notice."""
    if row["reference_id"] is None:
        return np.zeros(0, np.uint32)
    rows = np.unique(matcher.list_numbered([str(row["reference_id"])], ["reference_id"]))
    return np.setdiff1d(rows, [int(row["id"] or 0) - 1], assume_unique=True)


def _list_neighbours(number: int, row: JsonRow, cursor: Cursor) -> tuple[list[int], list[int]]:
    """The ids of the contract before and of the one after, of the same pair; each none or one."""
    if None in (row["awardee_name"], row["organization_name"], row["award_date"]):
        return [], []
    # Contracts lie by day of award, newest first, and undated ones last.
    same = " AND ".join(f"contracts.{code} = own.{code}" for code in _PAIR)
    sql = f"""SELECT min(id) FILTER (id > $1), max(id) FILTER (id < $1)
        FROM contracts, (SELECT {", ".join(_PAIR)} FROM contracts WHERE id = $1) own
        WHERE {same} AND award_date IS NOT NULL"""
    [(before, after)] = cursor.fetch(Statement(sql, (number,)), _pair)
    return [] if before is None else [before], [] if after is None else [after]


def _pair(first: int | None, second: int | None) -> tuple[int | None, int | None]:
    return first, second


def _place(rows: Sequence[JsonRow]) -> list[Standing]:
    """Each with its address, and with a key where others may stand at the same."""
    addresses = [make_address(row) for row in rows]
    sharing = Counter(addresses)
    return [
        Standing(
            row=row, address=address, key=_make_key(row) if sharing[address] > 1 or _may_share(row) else None
        )
        for row, address in zip(rows, addresses, strict=True)
    ]


def _may_share(row: JsonRow) -> bool:
    """Whether others that are not seen here may stand at the same address."""
    return row["award_number"] is None and row["source"] != "flood_control"


def _make_key(row: JsonRow) -> str:
    """The same for the same contract in every version, as far as what it says stays the same."""
    told = json.dumps([row[column] for column in _DISTINCT], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:8]
