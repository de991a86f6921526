"""Rows in memory -> lines of CSV, for answers that are small.

The same format as ``contracts.writers.delimited`` writes of what DuckDB streams; a test holds them together.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from contracts.fields import Field, FieldType
from contracts.writers.delimited import EATEN, FORMULA_STARTS, NEWLINE, NUMBER_COLUMNS

Cell = str | int | float | None
BYTE_ORDER_MARK = codecs.BOM_UTF8.decode()


def write_lines(fields: Sequence[Field], rows: Iterable[Mapping[str, Cell]]) -> Iterator[str]:
    """The header with the byte order mark, and a line for each row. Text that a spreadsheet would run, or
    take for a number that it is not, gets a leading apostrophe."""
    yield BYTE_ORDER_MARK + ",".join(field.name for field in fields) + NEWLINE
    for row in rows:
        yield ",".join(_write(field, row[field.name]) for field in fields) + NEWLINE


def _write(field: Field, value: Cell) -> str:
    if value is None:
        return ""
    text = str(value)
    if field.type is not FieldType.TEXT:
        return text
    eaten = field.name in NUMBER_COLUMNS and re.match(EATEN, text)
    guard = "'" if eaten or text[:1] in tuple(FORMULA_STARTS) else ""
    return f'"{guard}{text.replace(chr(34), chr(34) * 2)}"'
