"""Reading a raw .xlsx file in flat memory: its sheets, their headers and rows in batches.

A workbook of 887,618 rows and 40 columns, as PhilGEPS has published, takes gigabytes where a library holds a
sheet as a whole.
"""

from __future__ import annotations

import contextlib
import re
from array import array
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, takewhile
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from contracts.errors import BadFile
from contracts.ingest.sources import Generation, Header
from contracts.ingest.tables.batches import (
    FORMULA,
    MAX_ROW_BYTES,
    RawBatch,
    make_empty_batch,
    mark_filled,
    trim_cells,
)
from contracts.ingest.tables.headers import HEADER_WITHIN_ROWS
from contracts.ingest.workbooks.cells import RowReader
from contracts.ingest.workbooks.elements import ElementStream
from contracts.ingest.workbooks.merges import MergedCells
from contracts.ingest.workbooks.package import BadWorkbook, Package, open_package
from contracts.ingest.workbooks.parts import Parts, SheetPart, read_parts
from contracts.ingest.workbooks.sheets import BadSheet, FirstRows, SheetPlan, plan_sheets
from contracts.ingest.workbooks.texts import SharedTexts, read_shared
from contracts.snapshot.versions import Note

BATCH_ROWS = 8_000
# A batch ends with the row that passes it: one of 8,000 long rows would be gigabytes.
BATCH_BYTES = MAX_ROW_BYTES
# Rows of a sheet (Excel's limit).
MAX_ROWS = 1_048_576
# A full sheet of 46 columns has 48 million cells, of some 100 bytes each where their texts are long.
MAX_SHEET_BYTES = 8 << 30
# Of the shared texts, what the look at a workbook reads: the names of the columns are among the first as a
# rule.
_FIRST_REGIONS = 1
_ROW_NUMBER = re.compile(rb"[0-9]{1,7}")
_NUMBER = re.compile(rb"(?:^|\s)r\s*=\s*[\"']([^\"']*)")

ADVICE = "get it from its source again, or open it in a spreadsheet program and save it as .xlsx"


Row = tuple[int, list[bytes], int]
"""Its number as the spreadsheet shows it, its texts, and how many bytes these are together."""


@dataclass
class _Block:
    """Rows for one batch: those that fit the header, and the numbers of those that do not."""

    numbers: list[int] = field(default_factory=list)
    rows: list[list[bytes]] = field(default_factory=list)
    ragged: list[int] = field(default_factory=list)
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.rows) + len(self.ragged) >= BATCH_ROWS or self.size > BATCH_BYTES


def read_workbook_header(path: Path, assumed: Generation | None = None) -> Header:
    """The header of the first sheet that is read, from the beginnings of all sheets. Raises BadFile."""
    with _open(path) as (package, _):
        parts = read_parts(package)
        for regions in (_FIRST_REGIONS, None):
            shared = read_shared(package, parts.shared_path, regions=regions)
            try:
                plans, _ = _plan(package, path, parts, shared, assumed)
            # A text that is not among the first: once more with all of them, which takes seconds.
            except BadWorkbook:
                if regions is None:
                    raise
            else:
                break
    return plans[0].header


def read_workbook(
    path: Path, scratch: Path | None = None, assumed: Generation | None = None
) -> Generator[RawBatch, None, None]:
    """The rows of the sheets that hold the table. ``assumed`` is the generation of one without a header;
    large tables of texts are kept in ``scratch``.

    Raises BadFile for what is no such workbook.
    """
    with _open(path) as (package, file):
        position = 0
        for batch in _read_sheets(package, path, scratch, assumed):
            position = max(position, file.tell())
            yield replace(batch, position=position)


@contextlib.contextmanager
def _open(path: Path) -> Iterator[tuple[Package, BinaryIO]]:
    if path.stat().st_size == 0:
        raise BadFile(path.name, "the file is empty")
    with _translate_faults(path), open_package(path) as opened:
        yield opened


@contextlib.contextmanager
def _translate_faults(path: Path, sheet: SheetPart | None = None) -> Iterator[None]:
    """Faults in the block as BadFile, with the place."""
    try:
        yield
    except BadSheet as fault:
        raise BadFile(path.name, str(fault), sheet=fault.sheet) from None
    except BadWorkbook as fault:
        raise BadFile(
            path.name,
            f"not a sound .xlsx file: {fault}; {ADVICE}",
            sheet=sheet.name if sheet else None,
            place=fault.place,
        ) from None


def _read_sheets(
    package: Package, path: Path, scratch: Path | None, assumed: Generation | None
) -> Iterator[RawBatch]:
    parts = read_parts(package)
    shared = read_shared(package, parts.shared_path, folder=scratch)
    plans, notes = _plan(package, path, parts, shared, assumed)
    first = plans[0].header
    yield make_empty_batch(first, label=path.name, ragged=(), position=0, notes=notes)
    for plan in plans:
        label = path.name if plan is plans[0] else f"{path.name} [{plan.part.name}]"
        with _translate_faults(path, plan.part):
            yield from _read_sheet(package, plan, parts, shared, label=label)


def _read_sheet(
    package: Package, plan: SheetPlan, parts: Parts, shared: SharedTexts, *, label: str
) -> Iterator[RawBatch]:
    merged = MergedCells()
    rows = _read_rows(package, plan.part, parts, shared, merged)
    below = (row for row in rows if row[0] > plan.above)
    for block in _gather(below, plan.header.width):
        yield _make_batch(block, plan.header, sheet=plan.place, label=label)
    if spread := merged.spread(plan.header, after=plan.above):
        last = make_empty_batch(plan.header, label=label, ragged=(), position=0)
        yield replace(last, sheet=plan.place, merged=spread)


def _plan(
    package: Package, path: Path, parts: Parts, shared: SharedTexts, assumed: Generation | None
) -> tuple[list[SheetPlan], tuple[Note, ...]]:
    sheets = []
    for part in parts.sheets:
        with _translate_faults(path, part):
            sheets.append((part, _read_first_rows(package, part, parts, shared)))
    return plan_sheets(sheets, assumed)


def _read_first_rows(package: Package, sheet: SheetPart, parts: Parts, shared: SharedTexts) -> FirstRows:
    rows = _read_rows(package, sheet, parts, shared)
    first = takewhile(lambda row: row[0] <= HEADER_WITHIN_ROWS, rows)
    return [(number, [cell.decode("utf-8", "replace") for cell in cells]) for number, cells, _ in first]


def _read_rows(
    package: Package, sheet: SheetPart, parts: Parts, shared: SharedTexts, merged: MergedCells | None = None
) -> Iterator[Row]:
    """The rows that have cells; ``merged`` takes up what the sheet says after its rows."""
    if package.measure_part(sheet.path) > MAX_SHEET_BYTES:
        raise BadWorkbook(f"it is larger than {MAX_SHEET_BYTES:,} bytes")
    number = 0
    chunks = package.read_chunks(sheet.path)
    try:
        stream = ElementStream(
            chunks, path=sheet.path, within="sheetData", name="row", watch=merged.watch if merged else None
        )
        reader = RowReader(parts, shared, prefix=stream.prefix)
        for attributes, xml in stream:
            number = _read_number(attributes, after=number)
            # A row of formats only: it has a number, and no cells.
            if not xml:
                continue
            cells = reader.read_row(xml, number)
            size = sum(map(len, cells))
            if size > len(xml):
                _check_texts(package, size - len(xml), number)
            yield number, cells, size
    except BadWorkbook as fault:
        place = fault.place or (f"after row {number}" if number else None)
        raise BadWorkbook(str(fault), place=place) from None


def _read_number(attributes: bytes, *, after: int) -> int:
    stated = _NUMBER.search(attributes)
    if stated is None:
        number = after + 1
    elif _ROW_NUMBER.fullmatch(stated[1]):
        number = int(stated[1])
    else:
        raise BadWorkbook(f"a row has the number {stated[1][:40].decode('utf-8', 'replace')!r}")
    if number > MAX_ROWS:
        raise BadWorkbook(f"a sheet has no more than {MAX_ROWS:,} rows")
    if number <= after:
        raise BadWorkbook(f"row {number} comes after row {after}")
    return number


def _check_texts(package: Package, surplus: int, number: int) -> None:
    # Shared texts may make a row longer than its XML.
    if surplus > MAX_ROW_BYTES:
        raise BadWorkbook(f"its texts are longer than {MAX_ROW_BYTES:,} bytes", place=f"row {number}")
    package.note_repeated(surplus)


def _gather(rows: Iterator[Row], width: int) -> Iterator[_Block]:
    """The rows under a header of ``width`` columns."""
    # What stands beside it is let go at once: a row may have 16,384 cells.
    block = _Block()
    for number, cells, size in rows:
        if any(cell.strip() for cell in cells[width:]):
            block.ragged.append(number)
        else:
            block.numbers.append(number)
            block.rows.append(
                [*cells, *[b""] * (width - len(cells))] if len(cells) < width else cells[:width]
            )
        block.size += size
        if block.is_full:
            yield block
            block = _Block()
    yield block


def _make_batch(block: _Block, header: Header, *, sheet: int, label: str) -> RawBatch:
    width = header.width
    columns = [_make_column(column) for column in zip(*block.rows, strict=True)] or [
        pa.array([], pa.string())
    ] * width
    trimmed = trim_cells(columns)
    batch = RawBatch(
        header=header,
        sheet=sheet,
        label=label,
        numbers=pa.array(block.numbers, pa.int64()),
        columns=columns,
        trimmed=trimmed,
        ragged=tuple(block.ragged),
        position=0,
        has_formulas=any(map(_has_formulas, columns)),
    )
    return batch.keep_rows(mark_filled(trimmed))


def _has_formulas(column: pa.Array) -> bool:
    return pc.any(pc.starts_with(column, FORMULA.decode())).as_py() or False


def _make_column(texts: Sequence[bytes]) -> pa.Array:
    # Straight from its buffers, which is three times as quick as from Python objects.
    offsets = array("i", accumulate(map(len, texts), initial=0))
    column = pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(b"".join(texts)))
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        raise BadWorkbook("its text is not UTF-8") from None
    return column
