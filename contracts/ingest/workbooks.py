"""Reading a raw .xlsx file in flat memory: its sheets, their headers and rows in batches. Knows no field.

A workbook of 887,618 rows and 40 columns, as PhilGEPS has published, takes gigabytes where a library holds a
sheet as a whole.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from array import array
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, islice
from pathlib import Path

import pyarrow as pa

from contracts.errors import BadFile
from contracts.ingest.batches import (
    RawBatch,
    find_filled,
    join_cells,
    make_empty_batch,
)
from contracts.ingest.generations import HEADER_WITHIN_ROWS, Header, HeaderFault, match_header
from contracts.ingest.workbook_cells import RowReader
from contracts.ingest.workbook_parts import (
    BadWorkbook,
    Parts,
    SharedTexts,
    SheetPart,
    read_parts,
    read_shared,
    stream_elements,
)

BATCH_ROWS = 8_000
_ROW = re.compile(rb"<(?P<prefix>(?:\w+:)?)row(?=[\s>])(?P<attributes>[^>]*)(?<!/)>")
_NUMBER = re.compile(rb"\br=\"(\d+)\"")

Row = tuple[int, list[bytes]]


def read_workbook(path: Path) -> Generator[RawBatch, None, None]:
    """The rows of every sheet that has a known header. Raises BadFile for what is no such workbook."""
    if path.stat().st_size == 0:
        raise BadFile(path.name, "the file is empty")
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            position = 0
            for batch in _read_sheets(archive, path):
                position = max(position, file.tell())
                yield replace(batch, position=position)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadFile(path.name, f"not a whole .xlsx file: {error}") from None
    except BadWorkbook as error:
        raise BadFile(path.name, f"not a sound .xlsx file: {error}") from None


def _read_sheets(archive: zipfile.ZipFile, path: Path) -> Iterator[RawBatch]:
    parts = read_parts(archive)
    shared = read_shared(archive, parts.shared_path)
    fault = HeaderFault(f"no sheet has a known header in its first {HEADER_WITHIN_ROWS} rows")
    first: Header | None = None
    for place, sheet in enumerate(parts.sheets):
        rows = _read_rows(archive, sheet, parts, shared)
        header = _find_header(rows)
        if not isinstance(header, Header):
            fault = header or fault
            continue
        first = first or header
        if header.generation is not first.generation:
            raise BadFile(
                path.name, f"its sheets are of {first.generation.name} and {header.generation.name}"
            )
        label = path.name if header is first else f"{path.name} [{sheet.name}]"
        yield make_empty_batch(header, label=label, ragged=(), position=0)
        while block := list(islice(rows, BATCH_ROWS)):
            yield _make_batch(block, header, sheet=place, label=label)
    if first is None:
        raise BadFile(path.name, fault.message)


def _find_header(rows: Iterator[Row]) -> Header | HeaderFault | None:
    fault: HeaderFault | None = None
    for number, cells in rows:
        if number > HEADER_WITHIN_ROWS:
            break
        found = match_header([cell.decode("utf-8", "replace") for cell in cells])
        if isinstance(found, Header):
            return found
        fault = found or fault
    return fault


def _read_rows(
    archive: zipfile.ZipFile, sheet: SheetPart, parts: Parts, shared: SharedTexts
) -> Iterator[Row]:
    """Rows with their numbers as the spreadsheet shows them."""
    number, reader = 0, None
    for xml in stream_elements(archive, sheet.path, "row"):
        tag = _ROW.search(xml)
        if tag is None:
            raise BadWorkbook(f"{sheet.path} has a row that does not begin")
        reader = reader or RowReader(parts, shared, prefix=tag["prefix"])
        stated = _NUMBER.search(tag["attributes"])
        number = int(stated[1]) if stated else number + 1
        yield number, reader.read_row(xml[tag.end() :])


def _make_batch(block: Sequence[Row], header: Header, *, sheet: int, label: str) -> RawBatch:
    width = header.width
    ragged: list[int] = []
    numbers: list[int] = []
    rows: list[list[bytes]] = []
    for number, cells in block:
        if any(cell.strip() for cell in cells[width:]):
            ragged.append(number)
        elif cells:
            numbers.append(number)
            rows.append([*cells, *[b""] * (width - len(cells))] if len(cells) < width else cells[:width])
    columns = [_make_column(column) for column in zip(*rows, strict=True)] or [
        pa.array([], pa.string())
    ] * width
    joined = join_cells(columns)
    filled = find_filled(joined, width)
    return RawBatch(
        header=header,
        sheet=sheet,
        label=label,
        numbers=pa.array(numbers, pa.int64()).filter(filled),
        columns=[column.filter(filled) for column in columns],
        joined=joined.filter(filled),
        ragged=tuple(ragged),
        position=0,
    )


def _make_column(texts: Sequence[bytes]) -> pa.Array:
    """An Arrow column straight from its buffers: three times as quick as from Python objects."""
    offsets = array("i", accumulate(map(len, texts), initial=0))
    column = pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(b"".join(texts)))
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        raise BadWorkbook("its text is not UTF-8") from None
    return column
