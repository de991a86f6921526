"""Rows -> the XML of a sheet, as SQL that DuckDB evaluates.

Form: ECMA-376 part 1, 18.3.1.4 (c), 18.3.1.73 (row), 22.9.2.19 (_xHHHH_ escapes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from openpyxl.utils import get_column_letter

from contracts.fields import Field, FieldType
from contracts.writers.excel import CELL_UNITS
from contracts.writers.outfile import quote_literal, quote_name, view_text

ILLEGAL = bytes(code for code in range(0x20) if code not in b"\t\n\r")
# U+FFFE and U+FFFF in UTF-8, which XML 1.0 forbids beside the control characters.
NONCHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
ESCAPE_LOOKALIKE = re.compile(rb"_(?=x[0-9A-Fa-f]{4}_)")
# Above it begin the lead bytes of U+F000 and later, the noncharacters among them.
LAST_PLAIN_BYTE = 0xEE


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Consecutive rows of one sheet (from 0), before ``clean_xml``. ``cut_texts`` cells lost their end."""

    sheet: int
    rows: int
    xml: memoryview
    cut_texts: int
    lookalike: bool


def select_xml(
    fields: Sequence[Field], *, styles: Mapping[FieldType, int], sheet_rows: int
) -> tuple[str, str, str]:
    """The select lists that ``split_sheets`` reads: ``xml`` of the row, ``cut`` cells, ``lookalike``."""
    # A list of its own for what the cells of a row share: inside a CASE, DuckDB looks for no common parts and
    # would make it again for every cell.
    number = f"CAST((row_number() OVER () - 1) % {sheet_rows} + 2 AS VARCHAR) AS number"
    openings = ", ".join(
        f"concat(number, {quote_literal(_opening(type_, styles))}) AS {_opening_column(type_)}"
        for type_ in FieldType
    )
    cells = ", ".join(_cell(field, get_column_letter(index)) for index, field in enumerate(fields, start=1))
    texts = [quote_name(field.name) for field in fields if field.type is FieldType.TEXT]
    lookalike = _any(f"contains({text}, '_x')" for text in texts)
    row = f"""concat('<row r="', number, '">', {cells}, '</row>')"""
    return (
        f"{number}, *",
        f"{openings}, *",
        f"{row} AS xml, {_count_cut(texts)} AS cut, {lookalike} AS lookalike",
    )


def split_sheets(batches: Iterator[Any], *, sheet_rows: int) -> Iterator[Piece]:
    """Cut Arrow batches of ``select_xml`` where a sheet is full."""
    done = 0
    for batch in batches:
        start = 0
        while start < batch.num_rows:
            room = sheet_rows - done % sheet_rows
            stop = min(batch.num_rows, start + room)
            yield _piece(batch, start, stop, sheet=done // sheet_rows)
            done += stop - start
            start = stop


def clean_xml(piece: Piece) -> bytes | memoryview:
    """The XML without what XML 1.0 forbids, and with an escape for what Excel would take for one."""
    # Almost no piece holds such a thing, which the least and the greatest byte of all its rows tell at once.
    data = pa.Array.from_buffers(pa.uint8(), len(piece.xml), [None, pa.py_buffer(piece.xml)])
    extremes = pc.min_max(data).as_py()
    if extremes["min"] >= 0x20 and extremes["max"] <= LAST_PLAIN_BYTE and not piece.lookalike:
        return piece.xml
    legal = bytes(piece.xml).translate(None, ILLEGAL)
    for character in NONCHARACTERS:
        legal = legal.replace(character, b"")
    # A parser would read a plain carriage return as a line feed.
    return ESCAPE_LOOKALIKE.sub(b"_x005F_", legal.replace(b"\r", b"&#13;"))


def _piece(batch: Any, start: int, stop: int, *, sheet: int) -> Piece:
    xml, cut, lookalike = (batch.column(index) for index in range(3))
    return Piece(
        sheet=sheet,
        rows=stop - start,
        xml=view_text(xml, start, stop),
        cut_texts=pc.sum(cut.slice(start, stop - start)).as_py(),
        lookalike=bool(pc.any(lookalike.slice(start, stop - start)).as_py()),
    )


def _opening_column(type_: FieldType) -> str:
    """The column with what stands between the letter and the content of a cell: alike in all of a type."""
    return f"opening_{type_.name.lower()}"


def _opening(type_: FieldType, styles: Mapping[FieldType, int]) -> str:
    if type_ is FieldType.TEXT:
        # In the cell: a table of shared texts would have to be held in memory up to the last row.
        return '" t="inlineStr"><is><t xml:space="preserve">'
    return f'" s="{styles[type_]}"><v>'


def _cell(field: Field, letter: str) -> str:
    """The arguments to concat for one cell: nothing where the value is missing."""
    # Each piece is chosen by itself, because a string that is passed on costs less than one that is built.
    column = quote_name(field.name)
    closing = "</t></is></c>" if field.type is FieldType.TEXT else "</v></c>"
    pieces = (quote_literal(f'<c r="{letter}'), _opening_column(field.type), quote_literal(closing))
    before, opening, after = (f"CASE WHEN {column} IS NULL THEN '' ELSE {piece} END" for piece in pieces)
    return f"{before}, {opening}, {_content(column, field.type)}, {after}"


def _content(column: str, type_: FieldType) -> str:
    if type_ is FieldType.TEXT:
        return _text(column)
    if type_ is FieldType.DATE:
        # Serial numbers count from here for days after February 1900; imported days are later than 1999.
        return f"CAST({column} - DATE '1899-12-30' AS VARCHAR)"
    return f"CAST({column} AS VARCHAR)"


def _text(column: str) -> str:
    """The text escaped."""
    # The looks ahead cost a tenth of the replacements, which few cells need. strlen counts bytes, of which no
    # text has fewer than units.
    special = " OR ".join(f"contains({column}, '{char}')" for char in "&<>")
    return (
        f"CASE WHEN strlen({column}) > {CELL_UNITS} THEN {_escape(_fit(column))} "
        f"WHEN {special} THEN {_escape(column)} ELSE {column} END"
    )


def _escape(text: str) -> str:
    return f"replace(replace(replace({text}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')"


def _fit(text: str) -> str:
    """The text cut to what a cell holds."""
    # Counted with their marks, characters beyond U+FFFF are two long, as Excel counts them. A cut between
    # mark and character leaves the mark, which goes, so that no half of a surrogate pair stays.
    return f"replace(left({_units(text)}, {CELL_UNITS}), chr(1), '')"


def _units(text: str) -> str:
    """The legal characters of the text, with a mark before each that takes two UTF-16 units."""
    legal = f"regexp_replace({text}, '[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x{{FFFE}}\\x{{FFFF}}]', '', 'g')"
    return f"regexp_replace({legal}, '([\\x{{10000}}-\\x{{10FFFF}}])', chr(1) || '\\1', 'g')"


def _count_cut(texts: Sequence[str]) -> str:
    if not texts:
        return "0"
    counts = " + ".join(f"coalesce(length({_units(text)}) > {CELL_UNITS}, false)::INTEGER" for text in texts)
    return f"CASE WHEN {_any(f'strlen({text}) > {CELL_UNITS}' for text in texts)} THEN {counts} ELSE 0 END"


def _any(conditions: Iterator[str]) -> str:
    return f"({' OR '.join(conditions) or 'false'})"
