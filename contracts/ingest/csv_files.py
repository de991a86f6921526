"""Reading a raw CSV file: its encoding, its header and its rows in batches. Knows no field."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from io import BufferedReader
from itertools import count, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from contracts.errors import BadFile
from contracts.ingest.batches import (
    MAX_ROW_BYTES,
    RawBatch,
    find_filled,
    join_cells,
    make_empty_batch,
)
from contracts.ingest.headers import HEADER_WITHIN_ROWS, HeaderSearch, NoHeader, note_columns
from contracts.ingest.sources import Generation, Header

MAX_RAGGED = 100_000
"""So many rows that do not fit the header, if they are more than every second one, are no table."""
_CHUNK = 1 << 20
_BLANK_LINES = (b"\n\n", b"\n\r\n", b"\r\r")


@dataclass(frozen=True)
class _Start:
    """Where the data begins: ``cells`` stand in the header row, which is record ``number``, 0 where there is
    none."""

    header: Header
    cells: int
    number: int
    offset: int


def look_at_csv(path: Path, told: Generation | None = None) -> Header:
    """The header of a CSV file, of which no more than its beginning is read. Raises BadFile."""
    return _find_header(path, told).header


def read_csv(path: Path, told: Generation | None = None) -> Generator[RawBatch, None, None]:
    """The rows of a CSV file; ``told`` is the generation of one without a header.

    Raises BadFile for what is no CSV file of a known generation.
    """
    blank_lines = check_text(path)
    start = _find_header(path, told)
    _check_blank_lines(path, start, blank_lines)
    numbering = _Numbering(path, start)
    size = path.stat().st_size
    position = start.offset
    for raw in _stream(path, start, numbering):
        position = min(size, position + MAX_ROW_BYTES)
        yield _make_batch(path, start, raw=raw, numbering=numbering, position=position)
    late = numbering.take_ragged()
    notes = note_columns(start.header)
    yield make_empty_batch(start.header, label=path.name, ragged=late, position=size, notes=notes)


def check_text(path: Path) -> int:
    """Raise BadFile, naming the line, where a text file is empty, not UTF-8, or has an endless line.

    Returns about how many empty lines there are in that megabyte which has most.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, length, blank_lines = 1, 0, 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                raise BadFile(path.name, f"not UTF-8: {error.reason}", line=line) from None
            if not chunk:
                break
            first = chunk.find(b"\n")
            length += len(chunk) if first < 0 else first
            if length > MAX_ROW_BYTES:
                raise BadFile(path.name, f"a line of more than {MAX_ROW_BYTES:,} bytes", line=line)
            line += chunk.count(b"\n")
            blank_lines = max(blank_lines, 2 * sum(map(chunk.count, _BLANK_LINES)))
            length = length if first < 0 else len(chunk) - chunk.rfind(b"\n") - 1
    if path.stat().st_size == 0:
        raise BadFile(path.name, "the file is empty")
    return blank_lines


def _check_blank_lines(path: Path, start: _Start, blank_lines: int) -> None:
    """Raise BadFile for a file of next to nothing but line breaks.

    The parser keeps four bytes for each cell that an empty line does not have, gigabytes for a block of them.
    """
    if blank_lines * start.cells > 2 * _CHUNK:
        raise BadFile(path.name, f"{blank_lines:,} empty lines in a megabyte: remove the empty lines")


def _find_header(path: Path, told: Generation | None) -> _Start:
    if path.stat().st_size == 0:
        raise BadFile(path.name, "the file is empty")
    search = HeaderSearch(told)
    with path.open("rb") as file:
        lines = (_decode_line(path, line, first=start == 0) for start, line in _offset_lines(file))
        try:
            for number, cells in enumerate(islice(csv.reader(lines), HEADER_WITHIN_ROWS), start=1):
                if found := search.see(cells):
                    return _Start(found, len(cells), number, file.tell())
            header = search.conclude()
        except csv.Error as error:
            raise BadFile(path.name, f"not a table: {error}") from None
        except NoHeader as error:
            raise BadFile(path.name, error.message) from None
        file.seek(0)
        marked = file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    return _Start(header, header.width, 0, len(codecs.BOM_UTF8) if marked else 0)


def _decode_line(path: Path, line: bytes, *, first: bool) -> str:
    try:
        return line.decode("utf-8-sig" if first else "utf-8")
    except UnicodeDecodeError as error:
        raise BadFile(path.name, f"not UTF-8: {error.reason}") from None


def _offset_lines(file: BufferedReader) -> Iterator[tuple[int, bytes]]:
    """Lines with the offset where each begins; by ``readline``, which keeps ``tell`` exact."""
    while line := file.readline():
        yield file.tell() - len(line), line


class _Numbering:
    """Gives rows their record numbers: the parser tells those of ragged rows, the others are in sequence."""

    def __init__(self, path: Path, start: _Start) -> None:
        self._path, self._start = path, start
        self._ragged: list[int] = []
        self._swallowing: list[int] = []
        self._skipped: set[int] = set()
        self._sequence = self._count_rows()
        self._ragged_rows = 0
        self.stopped_at: int | None = None
        """The record at which there were too many ragged ones to go on."""
        self.last = start.number
        """The last record that was given a number."""

    def note_ragged(self, row: pa_csv.InvalidRow) -> str:
        """Called by the parser, in whose thread nothing may be raised; "error" makes it stop."""
        number = self._start.number + row.number
        self._ragged.append(number)
        self._skipped.add(row.number)
        self._ragged_rows += 1
        if self._ragged_rows > MAX_RAGGED and 2 * self._ragged_rows > row.number:
            self.stopped_at = number
            return "error"
        if "\n" in row.text and any(holds_row(cell, self._start.cells) for cell in _split_cells(row.text)):
            self._swallowing.append(number)
        return "skip"

    def number_rows(self, rows: int) -> pa.Array:
        numbers = pa.array(list(islice(self._sequence, rows)), pa.int64())
        self.last = numbers[-1].as_py() if rows else self.last
        return numbers

    def _count_rows(self) -> Iterator[int]:
        for number in count(1):
            if number in self._skipped:
                self._skipped.remove(number)
            else:
                yield self._start.number + number

    def take_ragged(self) -> tuple[int, ...]:
        """The numbers of ragged rows since the last call. Raises BadFile where one has swallowed others."""
        if self._swallowing:
            raise _report_swallowing(self._path, self._swallowing[0])
        taken = tuple(self._ragged)
        self._ragged.clear()
        return taken


def _stream(path: Path, start: _Start, numbering: _Numbering) -> Iterator[pa.RecordBatch]:
    """The records after the header as text, empty lines included, so that every record keeps its number.

    One thread: only then does the parser know the numbers of the records that it turns away.
    """
    if start.offset >= path.stat().st_size:
        return
    names = [f"c{place}" for place in range(start.cells)]
    with pa.OSFile(str(path)) as file:
        file.seek(start.offset)
        try:
            with pa_csv.open_csv(
                file,
                read_options=pa_csv.ReadOptions(
                    use_threads=False, block_size=MAX_ROW_BYTES, column_names=names
                ),
                parse_options=pa_csv.ParseOptions(
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=numbering.note_ragged,
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    check_utf8=False,
                    strings_can_be_null=False,
                ),
            ) as reader:
                yield from reader
        except pa.ArrowInvalid as error:
            raise _explain(path, start, numbering, error) from None


def _explain(path: Path, start: _Start, numbering: _Numbering, error: pa.ArrowInvalid) -> BadFile:
    if numbering.stopped_at is not None:
        return BadFile(
            path.name,
            f"most records up to {numbering.stopped_at:,} have more or fewer cells than the header in record"
            f" {start.number}: it is cut up wrongly, or no table",
        )
    return BadFile(
        path.name,
        f"after record {numbering.last:,} comes one of more than {MAX_ROW_BYTES:,} bytes, or a quote that is"
        f" never closed ({error})",
    )


def _make_batch(
    path: Path, start: _Start, *, raw: pa.RecordBatch, numbering: _Numbering, position: int
) -> RawBatch:
    numbers = numbering.number_rows(raw.num_rows)
    table = raw.append_column("number", numbers).append_column("joined", join_cells(raw.columns))
    table = table.filter(find_filled(table.column("joined"), start.cells))
    _check_swallowed(path, start, table)
    table, surplus = _split_surplus(start, table)
    return RawBatch(
        header=start.header,
        sheet=0,
        label=path.name,
        numbers=table.column("number"),
        columns=table.columns[: start.header.width],
        joined=table.column("joined"),
        ragged=(*numbering.take_ragged(), *surplus),
        position=position,
    )


def _check_swallowed(path: Path, start: _Start, table: pa.RecordBatch) -> None:
    suspects = table.filter(pc.match_substring(table.column("joined"), "\n")).drop_columns(["joined"])
    for row in suspects.to_pylist():
        number = row.pop("number")
        if any(holds_row(cell, start.cells) for cell in row.values()):
            raise _report_swallowing(path, number)


def holds_row(cell: str, cells: int) -> bool:
    """Whether a whole row follows a line break in ``cell``: then its quote is closed by that of a later row.

    Such rows would be lost without a trace.
    """
    return any(line.count(",") == cells - 1 for line in cell.split("\n")[1:])


def _split_cells(record: str) -> list[str]:
    """The cells of one record; where one is endless, the record as it is."""
    try:
        return next(csv.reader(io.StringIO(record, newline="\n")))
    except csv.Error:
        return [record]


def _report_swallowing(path: Path, number: int) -> BadFile:
    return BadFile(path.name, f"record {number} swallows the rows after it: a quote is never closed")


def _split_surplus(start: _Start, table: pa.RecordBatch) -> tuple[pa.RecordBatch, list[int]]:
    """Unnamed columns at the right end of a header are nothing; a row that fills one is ragged."""
    surplus = table.columns[start.header.width : start.cells]
    if not surplus:
        return table, []
    filled = find_filled(join_cells(surplus), len(surplus))
    return table.filter(pc.invert(filled)), table.filter(filled).column("number").to_pylist()
