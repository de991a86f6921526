"""What each peer is asked, turn by turn, and what makes two answers equal.

Every turn asks something else: what we remember of an answer must not be what is measured.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from contracts.fields import DEFAULT_COLUMNS, FIELD_BY_NAME, PHILGEPS, FieldType
from contracts.snapshot.versions import Snapshot

COLUMNS = ("id", *DEFAULT_COLUMNS)
"""Of the contracts, for every peer."""
ALIKE = tuple(name for name in COLUMNS if FIELD_BY_NAME[name].type is not FieldType.MONEY)
"""Columns that every peer writes with the same letters."""
SHOWN = 50
FILE_SHARE = 5
"""A fifth of the contracts is written into the file: 1 million of 5."""
KEYWORDS = ("flood control", "revetment", "office supplies", "medicines", "multi-purpose", "road concreting")
"""Phrases, frequent and rare; the first is for the turn that is not timed."""

Row = tuple[Any, ...]
Answer = Sequence[Row]
"""Rows that can be compared: those of tables in the order of their labels, of a search in that of amounts."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One of KINDS: ``keyword`` is that of a search, ``start`` and ``stop`` are the first and the last day of
    the contracts for totals and files. ``turn`` tells tables apart, which are all of the same contracts."""

    kind: str
    turn: int
    keyword: str = ""
    start: date = date.min
    stop: date = date.max


KINDS = {
    "search": "keyword: count and first 50",
    "totals": "totals by organization in a year",
    "table": "table of all contractors, as a file",
    "file": "CSV of a fifth of the contracts",
}
"""Kind of question -> what it is in words."""


def list_questions(snapshot: Snapshot, *, turns: int) -> list[list[Question]]:
    """The questions of each turn, one of each kind."""
    days = _list_days(snapshot)
    years = _list_years(days)
    return [
        [
            Question(kind="search", turn=turn, keyword=KEYWORDS[turn % len(KEYWORDS)]),
            Question(kind="totals", turn=turn, start=date(year, 1, 1), stop=date(year, 12, 31)),
            Question(kind="table", turn=turn),
            _ask_for_file(days, turn=turn),
        ]
        for turn in range(turns)
        for year in [years[turn % len(years)]]
    ]


def _list_days(snapshot: Snapshot) -> list[tuple[date, int]]:
    """Days of award in order, with their contracts."""
    with duckdb.connect(str(snapshot.database), read_only=True) as con:
        return con.execute(
            "SELECT award_date, count(*) FROM contracts WHERE source = ? AND award_date IS NOT NULL"
            " GROUP BY award_date ORDER BY award_date",
            [PHILGEPS],
        ).fetchall()


def _list_years(days: Sequence[tuple[date, int]]) -> list[int]:
    """The years, that with most contracts first."""
    count: dict[int, int] = {}
    for day, contracts in days:
        count[day.year] = count.get(day.year, 0) + contracts
    return sorted(count, key=lambda year: -count[year])


def _ask_for_file(days: Sequence[tuple[date, int]], *, turn: int) -> Question:
    """The contracts of the last days before another one, which are a fifth of all."""
    last = len(days) - 1 - 7 * turn
    first, missing = last, sum(contracts for _, contracts in days) // FILE_SHARE
    while (missing := missing - days[first][1]) > 0:
        first -= 1
    return Question(kind="file", turn=turn, start=days[first][0], stop=days[last][0])


def read_table(path: Path) -> Answer:
    """Label, count and total of each line of a CSV with a header."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        _, *lines = csv.reader(file)
    return sort_groups((label or None, int(count), float(total)) for label, count, total in lines)


def sort_groups(groups: Any) -> Answer:
    return sorted(groups, key=lambda group: (group[0] is not None, group[0]))


def read_contracts(path: Path) -> Answer:
    """What a CSV of contracts holds, in one row: how many there are, their total, and a digest of all that
    is no amount, whatever their order."""
    names = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    letters = ", ".join(f"coalesce({name}, '')" for name in ALIKE)
    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        return con.execute(
            f"""SELECT count(*), sum(contract_amount::DOUBLE), sum(hash([{letters}])::HUGEINT)
                FROM read_csv(?, auto_detect = false, header = true, columns = {{{names}}}, delim = ',',
                    quote = '"', escape = '"', parallel = false)""",
            [str(path)],
        ).fetchall()


def are_equal(one: Answer, other: Answer) -> bool:
    return len(one) == len(other) and all(map(_is_same_row, one, other))


def _is_same_row(one: Row, other: Row) -> bool:
    return len(one) == len(other) and all(map(_is_same, one, other))


def _is_same(one: object, other: object) -> bool:
    # The peers add up doubles, whose sums differ in the last digits by the order of the terms.
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other
