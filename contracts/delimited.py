"""Rows -> .csv in flat memory. Knows no task run and no place where files are published."""

from __future__ import annotations

import codecs
from collections.abc import Generator, Sequence
from pathlib import Path

from contracts.errors import ReconciliationFailed
from contracts.fields import FIELD_BY_NAME, FieldType
from contracts.outfile import open_whole, quote_literal, view_text
from contracts.progress import Progress
from contracts.query import Query
from contracts.store import Reader

FORMULA_STARTS = "=+-@\t\r"
"""A spreadsheet takes a cell for a formula, or for what hides one, that begins with one of these."""
NEWLINE = "\r\n"


def write_csv(
    reader: Reader,
    query: Query,
    path: Path,
    *,
    total_rows: int,
    guard_formulas: bool = True,
    batch_rows: int = 20_000,
) -> Generator[Progress, None, None]:
    """Write the contracts that ``query`` means to ``path``, yielding rows done of ``total_rows``.

    RFC 4180 in UTF-8 with a byte order mark; the header holds the names of the columns. Text is quoted, so
    that a missing value (nothing) differs from an empty one (``""``). With ``guard_formulas``, text that a
    spreadsheet would run gets a leading apostrophe. Errors and early closing: as ``write_xlsx``.
    """
    select = select_lines(query.columns, guard_formulas=guard_formulas)
    done = 0
    with open_whole(path) as file:
        file.write(codecs.BOM_UTF8 + (",".join(query.columns) + NEWLINE).encode())
        yield Progress(phase="writing rows", current=0, total=total_rows)
        for batch in reader.stream(query, select=select, batch_rows=batch_rows):
            file.write(view_text(batch.column(0), 0, batch.num_rows))
            done += batch.num_rows
            yield Progress(phase="writing rows", current=done, total=total_rows)
        if done != total_rows:
            raise ReconciliationFailed(f"{total_rows} rows were counted and {done} came")


def select_lines(columns: Sequence[str], *, guard_formulas: bool) -> str:
    """The select list that gives one line of CSV per row."""
    cells = ", ',', ".join(_cell(name, guard_formulas=guard_formulas) for name in columns)
    return f"concat({cells}, {quote_literal(NEWLINE)}) AS line"


def _cell(name: str, *, guard_formulas: bool) -> str:
    """The arguments to concat for one cell: nothing where the value is missing."""
    column = f'"{name}"'
    if FIELD_BY_NAME[name].type is not FieldType.TEXT:
        return f"CAST({column} AS VARCHAR)"
    starts = ", ".join(str(ord(char)) for char in FORMULA_STARTS)
    guard = f"""WHEN ascii({column}) IN ({starts}) THEN '"''' """ if guard_formulas else ""
    opening = f"""CASE WHEN {column} IS NULL THEN '' {guard}ELSE '"' END"""
    content = f"""CASE WHEN contains({column}, '"') THEN replace({column}, '"', '""') ELSE {column} END"""
    return f"""{opening}, {content}, CASE WHEN {column} IS NULL THEN '' ELSE '"' END"""
