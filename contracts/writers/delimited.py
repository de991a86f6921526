"""Rows -> .csv or .csv.gz in flat memory: the lines are built by a SELECT and written as they come."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from shutil import copyfileobj

import pyarrow as pa
from isal import igzip

from contracts.fields import Field, FieldType
from contracts.progress import Progress
from contracts.writers.outfile import (
    Blocks,
    Digested,
    Rows,
    Writing,
    Written,
    open_whole,
    quote_literal,
    quote_name,
    view_text,
    write_behind,
)

# With these begins what a spreadsheet takes for a formula, or what hides one (OWASP, CSV Injection).
FORMULA_STARTS = "=+-@\t\r"
# Their values look like numbers to a spreadsheet even within quotes: it shows 2.1E+51 for the contract
# 21E00050.
NUMBER_COLUMNS = frozenset({"reference_id", "award_number", "contract_number", "project_id"})
EATEN = "^[0-9]+[Ee][0-9]+$"
# As RFC 4180 says, also on systems that end lines otherwise.
NEWLINE = "\r\n"
COPIED_AT_ONCE = 1 << 20


def write_csv(
    source: Rows,
    path: Path,
    *,
    total_rows: int,
    guard_formulas: bool = True,
    packed: bool = False,
    batch_rows: int = 20_000,
) -> Writing:
    """Write the rows of ``source`` to ``path``, yielding rows done of ``total_rows``.

    RFC 4180 in UTF-8 with a byte order mark; the header holds the names of the columns. Text is quoted, so
    that a missing value (nothing) differs from an empty one (``""``). With ``guard_formulas``, text that a
    spreadsheet would run, or take for a number that it is not, gets a leading apostrophe. ``packed``
    makes it a gzip file (RFC 1952) without a time, so that equal rows give equal bytes. Errors and early
    closing: as ``write_xlsx``.
    """
    with open_whole(path) as file:
        digested = Digested(file)
        with _packing(digested) if packed else nullcontext(digested.write) as write:
            write(_begin(source.fields))
            batches = source.stream(
                select=select_lines(source.fields, guard_formulas=guard_formulas), batch_rows=batch_rows
            )
            yield from write_behind(_cut(batches, write), total_rows=total_rows)
    return Written(sha256=digested.sha256)


def write_csv_part(
    source: Rows, path: Path, *, places: range, guard_formulas: bool = True, batch_rows: int = 20_000
) -> Writing:
    """As ``write_csv`` the rows of ``source`` at ``places`` (from 0). Such files, joined in order, are the
    whole one, because only the first begins with the header."""
    select = select_lines(source.fields, guard_formulas=guard_formulas)
    with open_whole(path) as file:
        if places.start == 0:
            file.write(_begin(source.fields))
        batches = source.stream(select=select, batch_rows=batch_rows, places=places)
        yield from write_behind(_cut(batches, file.write), total_rows=len(places))
    return Written()


def join_csv(path: Path, parts: Sequence[Path], *, total_rows: int) -> Writing:
    """Write ``parts`` one after the other to ``path``."""
    with open_whole(path) as file:
        digested = Digested(file)
        for part in parts:
            with part.open("rb") as source:
                copyfileobj(source, digested, COPIED_AT_ONCE)
            yield Progress(phase="writing rows", current=total_rows, total=total_rows)
    return Written(sha256=digested.sha256)


def _begin(fields: Sequence[Field]) -> bytes:
    """The header, after a mark: Excel takes text without it for the code page of its system, and Ñ for two
    other characters."""
    return codecs.BOM_UTF8 + (",".join(_head(one.name) for one in fields) + NEWLINE).encode()


def _cut(
    batches: Iterable[pa.RecordBatch], write: Callable[[memoryview], object]
) -> Iterator[tuple[int, Callable[[], object]]]:
    """What ``write_behind`` takes, of batches of lines."""
    for batch in batches:
        yield batch.num_rows, partial(write, view_text(batch.column(0), 0, batch.num_rows))


@contextmanager
def _packing(file: Digested) -> Iterator[Callable[[bytes | memoryview], object]]:
    """Gives what writes to ``file`` by way of gzip, level 1."""
    # Neither name nor time in the header, so that equal rows give equal bytes.
    with igzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=file, mtime=0) as packed:  # type: ignore[no-untyped-call]
        blocks = Blocks(packed.write)
        yield blocks.append
        blocks.flush()


def _head(name: str) -> str:
    # Names of columns of contracts are words; those of a cross table hold names from the data.
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'


def select_lines(fields: Sequence[Field], *, guard_formulas: bool) -> tuple[str]:
    """The select list that gives one line of CSV per row."""
    # Not DuckDB's COPY, which ends lines its own way and does not say how many rows it has written.
    cells = ", ',', ".join(_cell(field, guard_formulas=guard_formulas) for field in fields)
    return (f"concat({cells}, {quote_literal(NEWLINE)}) AS line",)


def _cell(field: Field, *, guard_formulas: bool) -> str:
    """The arguments to concat for one cell: nothing where the value is missing."""
    column = quote_name(field.name)
    if field.type is not FieldType.TEXT:
        return f"CAST({column} AS VARCHAR)"
    closing = f"""CASE WHEN {column} IS NULL THEN '' ELSE '"' END"""
    # One after the other: DuckDB makes a join of a list of five or more, and a join costs the order of rows.
    risky = " ".join(f"""WHEN {ord(char)} THEN '"'''""" for char in FORMULA_STARTS)
    opening = f"CASE ascii({column}) {risky} ELSE {closing} END" if guard_formulas else closing
    if guard_formulas and field.name in NUMBER_COLUMNS:
        opening = f"""CASE WHEN regexp_matches({column}, '{EATEN}') THEN '"''' ELSE {opening} END"""
    # Few texts hold a quote, and to look for one costs less than to replace none.
    content = f"""CASE WHEN contains({column}, '"') THEN replace({column}, '"', '""') ELSE {column} END"""
    return f"{opening}, {content}, {closing}"
