"""Raw rows on their way from a file into the staging table: text only, exactly as the file has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from contracts.ingest.cells.nulls import NULL_WORDS
from contracts.ingest.sources import Header
from contracts.snapshot.versions import Note

# A longer line (or record) is no row of a table: a quote that is never closed, or another kind of file.
MAX_ROW_BYTES = 8 << 20
# Stands before the text of a formula whose result is not in the file: a character that Unicode leaves to
# programs, which no text should hold.
FORMULA = "\ufdd0".encode()
# Begins the text of a date cell of a workbook, and not that of a text cell that looks the same: a locale may
# have changed day and month of the former over.
DATE_CELL = "\x1d"
_SPACE = " \t\r\n\v\f"


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """How the bytes of a text file were read. ``mixed`` characters were of another encoding than the rest of
    the file, ``replaced`` ones of none: each is U+FFFD now."""

    encoding: str
    mixed: int = 0
    replaced: int = 0


@dataclass(frozen=True, kw_only=True)
class RawBatch:
    """Consecutive rows of one table. ``sheet`` counts the tables of a file from 0.

    ``numbers`` are record numbers counted from 1, ``columns`` the texts of the header's columns,
    ``trimmed`` the same without white space around them. ``ragged`` are the numbers of records with more or
    fewer cells than the header. ``has_formulas``: some texts begin with FORMULA. ``position`` bytes of the
    file are read. ``notes`` are what the reader has found out meanwhile. ``merged``: field -> ``row`` and
    ``top``; where the field of a row of this sheet is empty, it is that of ``top``.
    """

    header: Header
    sheet: int
    label: str
    numbers: pa.Array
    columns: list[pa.Array]
    trimmed: list[pa.Array]
    ragged: tuple[int, ...]
    position: int
    has_formulas: bool = False
    notes: tuple[Note, ...] = ()
    merged: dict[str, pa.Table] = field(default_factory=dict)
    decoding: Decoding | None = None
    """None for workbooks."""

    @property
    def read(self) -> int:
        """How many rows this is, counted here and nowhere else: what the fates must add up to."""
        return len(self.numbers) + len(self.ragged)

    def keep_rows(self, kept: pa.Array) -> RawBatch:
        """The batch of the rows for which ``kept`` is true."""
        if pc.all(kept).as_py():  # as nearly always: a filter copies all columns
            return self
        return replace(
            self,
            numbers=self.numbers.filter(kept),
            columns=[column.filter(kept) for column in self.columns],
            trimmed=[column.filter(kept) for column in self.trimmed],
        )

    def gather_fields(self, fields: Iterable[str]) -> dict[str, pa.Array]:
        """The texts of those of ``fields`` that the table has, or that its source has told once for all
        rows."""
        places, constants = self.header.positions, self.header.generation.constants
        gathered: dict[str, pa.Array] = {}
        for name in fields:
            if name in places:
                gathered[name] = _join_texts([self.columns[place] for place in places[name]])
            elif name in constants:
                gathered[name] = pa.repeat(constants[name], len(self.numbers))
        return gathered


def _join_texts(columns: Sequence[pa.Array]) -> pa.Array:
    """One text of several columns, with commas between them; what stands for nothing is left out."""
    if len(columns) == 1:
        return columns[0]
    trimmed = [pc.utf8_trim_whitespace(column) for column in columns]
    nothing = pa.array(NULL_WORDS)
    told = [
        pc.if_else(pc.is_in(pc.utf8_lower(column), value_set=nothing), pa.scalar(None, pa.string()), column)
        for column in trimmed
    ]
    # Two at a time: where all texts of a row are missing, Arrow's join of many (26.0) leaves the row out.
    joined = told[0]
    for column in told[1:]:
        both = pc.binary_join_element_wise(joined, column, ", ")
        joined = pc.coalesce(both, joined, column)
    return pc.fill_null(joined, "")


def make_empty_batch(
    header: Header, *, label: str, ragged: tuple[int, ...], position: int, notes: tuple[Note, ...] = ()
) -> RawBatch:
    """No rows but perhaps ragged ones: every file yields a batch, because the batch names its generation."""
    empty = pa.array([], pa.string())
    return RawBatch(
        header=header,
        sheet=0,
        label=label,
        numbers=pa.array([], pa.int64()),
        columns=[empty] * header.width,
        trimmed=[empty] * header.width,
        ragged=ragged,
        position=position,
        notes=notes,
    )


def trim_cells(columns: Sequence[pa.Array]) -> list[pa.Array]:
    """The same texts without white space around them."""
    return [pc.ascii_trim(column, characters=_SPACE) for column in columns]


def mark_filled(trimmed: Sequence[pa.Array]) -> pa.Array:
    """True for the rows that hold anything: wholly empty ones are no rows."""
    # Column by column, because after the first of them there is as a rule no row left to look at.
    filled = pa.repeat(False, len(trimmed[0]))
    for column in trimmed:
        filled = pc.or_(filled, pc.greater(pc.binary_length(column), 0))
        if pc.all(filled).as_py():
            break
    return filled
