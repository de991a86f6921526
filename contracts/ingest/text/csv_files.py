"""Reading a raw CSV file: its encoding, its header and its rows in batches."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BufferedReader
from itertools import islice
from operator import itemgetter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from contracts.errors import BadFile
from contracts.ingest.sources import Generation, Header
from contracts.ingest.tables.batches import (
    MAX_ROW_BYTES,
    RawBatch,
    make_empty_batch,
    mark_filled,
    trim_cells,
)
from contracts.ingest.tables.headers import HEADER_WITHIN_ROWS, HeaderSearch, NoHeader, note_columns
from contracts.ingest.text.encodings import open_beginning, open_text
from contracts.ingest.text.quotes import CheckedLines

# So many rows that do not fit the header, if they are more than every second one, are no table.
MAX_RAGGED = 100_000
DELIMITERS = (",", ";", "\t", "|")
_CHUNK = 1 << 20
# Of the first rows, which say how many cells all have. Lines are bounded too: a quote that is never closed
# would make one row of the whole file.
_SAMPLE_ROWS, _SAMPLE_LINES = 100, 500
_AGREEING = 0.9
_AMOUNT = re.compile(r"[0-9]")
_NO_AMOUNT = re.compile(r"[0-9]\s*[-/:]\s*[0-9]|[A-Za-z]{4}")


@dataclass(frozen=True, kw_only=True)
class _Start:
    """Where the data begins: ``cells`` stand in each of its rows, the header is record ``number``,
    0 where there is none. ``name`` is that of the file as it was given, ``path`` where its bytes lie in
    UTF-8."""

    name: str
    path: Path
    header: Header
    header_cells: int
    cells: int
    delimiter: str
    number: int
    offset: int
    lines: int
    """Lines of the text up to the data."""


def read_csv_header(path: Path, assumed: Generation | None = None, *, encoding: str | None = None) -> Header:
    """The header of a text file, of which no more than its beginning is read. Raises BadFile."""
    with open_beginning(path, encoding=encoding) as beginning:
        return _locate_start(beginning, path.name, assumed).header


def read_csv(
    path: Path, assumed: Generation | None = None, *, scratch: Path | None = None, encoding: str | None = None
) -> Generator[RawBatch, None, None]:
    """The rows of a text file. ``assumed`` is the generation of one without a header, ``encoding`` its
    encoding where its bytes do not say it. A copy in UTF-8, where one is needed, lies in ``scratch``.

    Raises BadFile for what is no table of a known generation.
    """
    with open_text(path, encoding=encoding, scratch=scratch) as text:
        start = _locate_start(text.path, path.name, assumed)
        _check_blank_lines(start, text.blank_lines)
        for batch in _read_rows(start, path.stat().st_size):
            yield replace(batch, decoding=text.decoding)


def _read_rows(start: _Start, size: int) -> Iterator[RawBatch]:
    numbering = _Numbering(start)
    position = start.offset
    for raw in _stream(start, numbering):
        position = min(size, position + MAX_ROW_BYTES)
        yield _make_batch(start, raw, numbering=numbering, position=position)
    late = numbering.take_ragged()
    notes = note_columns(start.header)
    yield make_empty_batch(start.header, label=start.name, ragged=late, position=size, notes=notes)


def _check_blank_lines(start: _Start, blank_lines: int) -> None:
    """Raise BadFile for a file of next to nothing but line breaks."""
    # Arrow's parser keeps four bytes for each cell that an empty line does not have: gigabytes for a block of
    # them.
    if blank_lines * start.cells > 2 * _CHUNK:
        raise BadFile(start.name, f"{blank_lines:,} empty lines in a megabyte: remove the empty lines")


def _locate_start(path: Path, name: str, assumed: Generation | None) -> _Start:
    """Where the data begins, by whichever delimiter the beginning of the file is that of a table."""
    searches = [_Search(path, name, delimiter, assumed) for delimiter in DELIMITERS]
    for search in searches:
        if start := search.locate_header():
            return start
    faults = [fault for search in searches if (fault := search.describe_fault())]
    starts: list[tuple[int, _Start]] = []
    for search in () if faults else searches:
        try:
            starts.append(search.assume_start())
        except NoHeader as fault:
            faults.append(str(fault))
    if not starts:
        raise BadFile(name, faults[0])
    return max(starts, key=itemgetter(0))[1]


class _Search:
    """The look for the header of a text, in cells cut by ``delimiter``."""

    def __init__(self, path: Path, name: str, delimiter: str, assumed: Generation | None) -> None:
        self._path, self._name, self._delimiter = path, name, delimiter
        self._search = HeaderSearch(assumed)
        self._fault: str | None = None

    def locate_header(self) -> _Start | None:
        with self._path.open("rb") as file:
            reader = csv.reader(_decode_lines(file), delimiter=self._delimiter)
            try:
                for number, cells in enumerate(islice(reader, HEADER_WITHIN_ROWS), start=1):
                    if header := self._search.see(cells):
                        return self._start(
                            file, header, header_cells=len(cells), number=number, lines=reader.line_num
                        )
            # Such as a cell of more than 131,072 characters (csv.field_size_limit).
            except csv.Error as error:
                self._fault = f"not a table: {error}"
        return None

    def describe_fault(self) -> str | None:
        """What is wrong with a row that is meant to be the header."""
        return self._search.describe_fault()

    def assume_start(self) -> tuple[int, _Start]:
        """That of a table without a header, and how well it fits. Raises NoHeader."""
        if self._fault:
            raise NoHeader(self._fault)
        header = self._search.conclude()
        with self._path.open("rb") as file:
            if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
                file.seek(0)
            start = self._start(file, header, header_cells=header.width, number=0, lines=0)
        return self._search.count_fitting(header), start

    def _start(
        self, file: BufferedReader, header: Header, *, header_cells: int, number: int, lines: int
    ) -> _Start:
        return _Start(
            name=self._name,
            path=self._path,
            header=header,
            header_cells=header_cells,
            offset=file.tell(),
            cells=_count_cells(file, self._delimiter, header, header_cells),
            delimiter=self._delimiter,
            number=number,
            lines=lines,
        )


def _decode_lines(file: BufferedReader) -> Iterator[str]:
    # Line by line, because a text layer above the file reads ahead, and does not tell where the data begin.
    while line := file.readline():
        yield line.decode("utf-8-sig" if file.tell() == len(line) else "utf-8", "replace")


def _count_cells(file: BufferedReader, delimiter: str, header: Header, cells: int) -> int:
    """How many cells the rows have that follow: where nearly all of the first ones agree on another number
    than the header's and have nothing beyond it, that is it.

    Their amounts must be amounts: a comma too many in each row moves all cells behind it.
    """
    lines = islice(_decode_lines(file), _SAMPLE_LINES)
    try:
        rows = list(islice(csv.reader(lines, delimiter=delimiter), _SAMPLE_ROWS))
    except csv.Error:
        return cells
    # Excel writes all rows as wide as the widest, so that a stray cell far below makes all lines longer.
    [(found, frequency)] = Counter(len(row) for row in rows if row).most_common(1) or [(cells, 0)]
    if found < header.width or frequency < _AGREEING * sum(map(bool, rows)):
        return cells
    agreeing = [row for row in rows if len(row) == found]
    amounts = [row[header.positions["contract_amount"][0]].strip() for row in agreeing]
    is_beside = sum(_is_blank(row[header.width :]) for row in agreeing) >= _AGREEING * len(agreeing)
    others = sum(bool(_NO_AMOUNT.search(amount)) for amount in amounts)
    is_whole = any(map(_AMOUNT.search, amounts)) and others <= (1 - _AGREEING) * len(agreeing)
    return found if is_beside and is_whole else cells


def _is_blank(cells: Sequence[str]) -> bool:
    return not "".join(cells).strip()


class _Numbering:
    """Gives rows their record numbers: the parser tells those of ragged rows, the others are in sequence."""

    def __init__(self, start: _Start) -> None:
        self._start = start
        self._ragged: list[int] = []
        self._skipped: set[int] = set()
        self._next = 1
        self._ragged_rows = 0
        self.stopped_at: int | None = None
        """The record at which there were too many ragged ones to go on."""
        self.last = start.number
        """The last record that was given a number."""

    def note_ragged(self, row: pa_csv.InvalidRow) -> str:
        """Called by the parser; "error" makes it stop."""
        # From C++, where nothing may be raised: ``_explain`` says later what was wrong.
        number = self._start.number + row.number
        self._skipped.add(row.number)
        self._ragged.append(number)
        self._ragged_rows += 1
        if self._ragged_rows > MAX_RAGGED and 2 * self._ragged_rows > row.number:
            self.stopped_at = number
            return "error"
        return "skip"

    def number_rows(self, rows: int) -> pa.Array:
        numbers = np.arange(self._next, self._next + rows + len(self._skipped), dtype=np.int64)
        if self._skipped:
            numbers = np.setdiff1d(numbers, list(self._skipped), assume_unique=True)
        numbers = numbers[:rows]
        if rows:
            self._next = int(numbers[-1]) + 1
            self._skipped = {number for number in self._skipped if number >= self._next}
            self.last = self._start.number + self._next - 1
        return pa.array(numbers + self._start.number)

    def take_ragged(self) -> tuple[int, ...]:
        """The numbers of ragged rows since the last call."""
        taken = tuple(self._ragged)
        self._ragged.clear()
        return taken


def _stream(start: _Start, numbering: _Numbering) -> Iterator[pa.RecordBatch]:
    """The records after the header as text, empty lines included."""
    # Arrow takes an empty file for an error.
    if start.offset >= start.path.stat().st_size:
        return
    names = [f"c{place}" for place in range(start.cells)]
    counts = frozenset({start.header.width, start.header_cells, start.cells})
    with start.path.open("rb") as file:
        file.seek(start.offset)
        lines = CheckedLines(
            file, name=start.name, delimiter=start.delimiter, counts=counts, line=start.lines + 1
        )
        try:
            with pa_csv.open_csv(
                lines,
                # One thread: only then does the parser know the numbers of the records that it turns away. A
                # record must fit into one block.
                read_options=pa_csv.ReadOptions(
                    use_threads=False, block_size=MAX_ROW_BYTES, column_names=names
                ),
                parse_options=pa_csv.ParseOptions(
                    delimiter=start.delimiter,
                    newlines_in_values=True,
                    # Counted, so that every record keeps the number that a spreadsheet shows.
                    ignore_empty_lines=False,
                    invalid_row_handler=numbering.note_ragged,
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    # The survey of the text has checked it.
                    check_utf8=False,
                    strings_can_be_null=False,
                ),
            ) as reader:
                yield from reader
        except pa.ArrowInvalid as error:
            raise _explain(start, numbering, error) from None


def _explain(start: _Start, numbering: _Numbering, error: pa.ArrowInvalid) -> BadFile:
    if numbering.stopped_at is not None:
        return BadFile(
            start.name,
            f"most records up to {numbering.stopped_at:,} have more or fewer cells than the header in record"
            f" {start.number}: it is cut up wrongly, or no table",
        )
    return BadFile(
        start.name,
        f"after record {numbering.last:,} comes one of more than {MAX_ROW_BYTES:,} bytes ({error})",
    )


def _make_batch(start: _Start, raw: pa.RecordBatch, *, numbering: _Numbering, position: int) -> RawBatch:
    width, trimmed = start.header.width, trim_cells(raw.columns)
    numbers, filled = numbering.number_rows(raw.num_rows), mark_filled(trimmed)
    surplus = _mark_surplus(trimmed[width:], raw.num_rows)
    batch = RawBatch(
        header=start.header,
        sheet=0,
        label=start.name,
        numbers=numbers,
        columns=raw.columns[:width],
        trimmed=trimmed[:width],
        ragged=(*numbering.take_ragged(), *numbers.filter(surplus).to_pylist()),
        position=position,
    )
    return batch.keep_rows(pc.and_not(filled, surplus))


def _mark_surplus(trimmed: Sequence[pa.Array], rows: int) -> pa.Array:
    """Unnamed columns at the right end of a header are nothing; a row that fills one is ragged."""
    return mark_filled(trimmed) if trimmed else pa.repeat(False, rows)
