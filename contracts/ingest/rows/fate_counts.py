"""How many rows of a file came to which fate for which reason, with one example each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from contracts.ingest.rows.accounts import SELECT_REJECTS, SELECT_REPAIRS, locate_faults
from contracts.ingest.rows.fates import COLLAPSED, DUPLICATE, REJECTED, UNAWARDED

REPAIRED = "repaired"
_LONGEST = 60
"""Characters of a value that a sentence shows."""


@dataclass(frozen=True, kw_only=True)
class FateCount:
    """So many rows (of repairs: cells) of one file with one fate and reason; the first is the example.

    ``file`` and ``row`` are as in the reports. Where there is no fault, ``reason``, ``column`` and ``value``
    are None.
    """

    fate: str
    reason: str | None = None
    count: int
    file: str
    row: int
    column: str | None = None
    value: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        where = f"{self.file}, row {self.row:,}"
        cell = f", {self.column}: {shorten(self.value)}" if self.column else ""
        reason = f" {self.reason}" if self.reason else ""
        return f"{self.fate}: {self.count:,}{reason}, such as {where}{cell}"


def shorten(value: str | None) -> str:
    """A cell as a sentence shows it: quoted, and not longer than a line."""
    if not value:
        return "empty"
    return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")


def count_rejects(con: duckdb.DuckDBPyConnection) -> tuple[FateCount, ...]:
    """Rejected rows by file and reason."""
    return tuple(_count_faults(con, REJECTED, SELECT_REJECTS))


def count_repairs(con: duckdb.DuckDBPyConnection) -> tuple[FateCount, ...]:
    """Cells that became missing values, by file and reason."""
    return tuple(_count_faults(con, REPAIRED, SELECT_REPAIRS))


def _count_faults(con: duckdb.DuckDBPyConnection, fate: str, faults: str) -> Iterator[FateCount]:
    firsts = f"""SELECT file, count(*) AS found, min(seq) AS seq, arg_min(fault, seq) AS fault
        FROM ({faults}) GROUP BY file, fault.reason"""
    # Only the examples meet their raw rows, which are all that was read.
    rows = con.execute(
        f"""SELECT fault.reason, found, label, "row", fault."column", "value"
        FROM ({locate_faults(firsts)}) ORDER BY file, found DESC, fault.reason"""
    ).fetchall()
    for reason, count, file, row, column, value in rows:
        yield FateCount(
            fate=fate, reason=reason, count=count, file=file, row=row, column=column or None, value=value
        )


def count_left_out(con: duckdb.DuckDBPyConnection) -> tuple[FateCount, ...]:
    """Rows that are no contract of their own and no fault either, by file and fate."""
    rows = con.execute(
        f"""SELECT fate, found, label, "row" FROM (
            SELECT file, fate, count(*) AS found, min(seq) AS seq FROM staging.fates
            WHERE fate IN ('{UNAWARDED}', '{DUPLICATE}', '{COLLAPSED}') GROUP BY ALL
        ) firsts JOIN staging.raw USING (seq) ORDER BY seq"""
    ).fetchall()
    return tuple(FateCount(fate=fate, count=count, file=file, row=row) for fate, count, file, row in rows)
