"""Rows among the data that are no data: the header once more, and lines that add up the others.

Who joins files by hand keeps the header of each, and who works with a sheet writes a total under it, which
would be one more contract worth as much as all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from contracts.errors import BadFile
from contracts.ingest.cells.nulls import NULL_WORDS
from contracts.ingest.sources import Header
from contracts.ingest.tables.batches import RawBatch
from contracts.ingest.tables.headers import match_header
from contracts.snapshot.versions import Note

_IDENTIFYING = ("reference_id", "award_number", "contract_number", "project_id")
_TOTAL = re.compile(r"(?:grand |sub ?-? ?|over ?all )?totals?\b.{0,40}", re.IGNORECASE)
# A number, however it is written; also a cell for nothing.
_FIGURE = re.compile(r"[^A-Za-z]*(?:php|pesos?|p)?[^A-Za-z]*", re.IGNORECASE)


class RowSieve:
    """Takes such rows out of the batches of one file, and tells how many there were."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._headers: list[int] = []
        self._totals: list[int] = []

    def sift(self, batch: RawBatch) -> RawBatch:
        """The batch without them. Raises BadFile where another header begins another table."""
        if not len(batch.numbers):
            return batch
        headers = self._list_headers(batch)
        totals = self._list_totals(batch)
        self._headers += headers
        self._totals += totals
        return _drop_rows(batch, {*headers, *totals})

    def list_notes(self) -> Iterator[Note]:
        for kind, rows, what in (
            ("repeated_header", self._headers, "the header once more"),
            ("totals_row", self._totals, "totals of others"),
        ):
            if rows:
                text = (
                    f"{len(rows):,} not read as rows, because they are {what}; the first is row {rows[0]:,}"
                )
                yield Note(kind=kind, subject=f"{rows[0]}", text=text)

    def _list_headers(self, batch: RawBatch) -> list[int]:
        header = batch.header
        place = header.positions["contract_amount"][0]
        # A row is compared with all generations only where its amount is the name of the amount: that look at
        # one column leaves next to none.
        written = {*header.generation.columns_of("contract_amount"), *header.names[place : place + 1]}
        suspects = pc.is_in(batch.columns[place], value_set=pa.array(sorted(written)))
        return [
            number
            for number, cells in _list_rows(batch, suspects)
            if (found := match_header(cells)) and self._is_same(found, header, number)
        ]

    def _is_same(self, found: object, header: Header, number: int) -> bool:
        if isinstance(found, Header) and found.positions != header.positions:
            raise BadFile(
                self._file,
                f"row {number:,} is a header of generation {found.generation.name}, under which other columns"
                " follow: make two files of it",
            )
        return True

    def _list_totals(self, batch: RawBatch) -> list[int]:
        places = [batch.header.positions[f][0] for f in _IDENTIFYING if f in batch.header.positions]
        suspects = pa.repeat(True, len(batch.numbers))
        for place in places:
            suspects = pc.and_(suspects, pc.equal(pc.binary_length(batch.columns[place]), 0))
        return [number for number, cells in _list_rows(batch, suspects) if _adds_up(cells)]


def _adds_up(cells: Sequence[str]) -> bool:
    """Whether a row holds nothing but figures and the word for them."""
    # Nothing else: an award without numbers that is called Total Station is an award.
    words = [text for cell in cells if not _FIGURE.fullmatch(text := cell.strip(" :*"))]
    words = [text for text in words if text.lower() not in NULL_WORDS]
    return bool(words) and all(map(_TOTAL.fullmatch, words))


def _list_rows(batch: RawBatch, suspects: pa.Array) -> Iterator[tuple[int, Sequence[str]]]:
    if not pc.any(suspects).as_py():
        return
    numbers = batch.numbers.filter(suspects).to_pylist()
    columns = [column.filter(suspects).to_pylist() for column in batch.columns]
    yield from zip(numbers, zip(*columns, strict=True), strict=True)


def _drop_rows(batch: RawBatch, numbers: set[int]) -> RawBatch:
    if not numbers:
        return batch
    kept = pc.invert(pc.is_in(batch.numbers, value_set=pa.array(sorted(numbers), pa.int64())))
    return batch.keep_rows(kept)
