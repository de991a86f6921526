"""Workbooks in other formats (.xls, .xlsb, .ods) -> .xlsx, which is what the readers know. Run as a program
of its own: ``other_workbooks.py SOURCE TARGET``.

The library holds a sheet as a whole, so that the memory and the time that it takes can be bounded from
outside only.
"""

from __future__ import annotations

import errno
import resource
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
)

PROTECTED, UNREADABLE, TOO_LARGE, FULL = 3, 4, 5, 6
"""Exit codes; why it is unreadable stands on standard error."""
FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Bytes: a sheet of 300,000 rows and 46 columns takes half of it.
MAX_MEMORY = 2 << 30
MAX_SECONDS = 600

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001

Value = int | float | str | bool | time | date | datetime | timedelta


def main(source: str, target: str) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    try:
        # Not by its path: the library would believe the name, and an .xls may be called .xlsx.
        with (
            open(source, "rb") as file,
            CalamineWorkbook.from_filelike(file) as book,
            zipfile.ZipFile(target, "w") as archive,
        ):
            _write_book(book, archive)
    except PasswordError:
        return PROTECTED
    except MemoryError:
        return TOO_LARGE
    except OSError as error:
        if error.errno in FULL_DISK:
            return FULL
        return _report(error)
    except (CalamineError, ValueError) as error:
        return _report(error)
    return 0


def _report(error: Exception) -> int:
    sys.stderr.write(str(error))
    return UNREADABLE


def _write_book(book: CalamineWorkbook, archive: zipfile.ZipFile) -> None:
    names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    for number, name in enumerate(names, start=1):
        with archive.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as part:
            _write_sheet(book.get_sheet_by_name(name), part)
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
        for number, name in zip(numbers, names, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    archive.writestr(
        "xl/workbook.xml",
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
    )
    archive.writestr(
        "xl/_rels/workbook.xml.rels",
        f'<Relationships xmlns="{_PACKAGE}">{relations}'
        f'<Relationship Id="rId0" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    )
    archive.writestr(
        "xl/styles.xml",
        f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
    )


def _write_sheet(sheet: CalamineSheet, part: IO[bytes]) -> None:
    part.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
    # calamine leaves out the rows and columns before the first cell that is filled.
    first, left = sheet.start or (0, 0)
    for number, row in enumerate(sheet.iter_rows(), start=first + 1):
        cells = "".join(_write_cell(value) for value in row)
        part.write(f'<row r="{number}">{"<c/>" * left}{cells}</row>'.encode())
    part.write(f"</sheetData>{''.join(_write_merged(sheet.merged_cell_ranges or ()))}</worksheet>".encode())


def _write_cell(value: Value) -> str:
    """As the reader of .xlsx knows them: texts, numbers, and days in a style that shows a date."""
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{_escape(value)}</t></is></c>' if value else "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{value:d}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{_show_number(value)}</v></c>"
    return f'<c s="1"><v>{_count_days(value)!r}</v></c>'


def _escape(text: str) -> str:
    # Also the _x000D_ that Excel, and our reader, take for a character.
    return escape(text.replace("_x", "_x005F_x"))


def _show_number(value: float) -> str:
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text.removesuffix(".0")


def _count_days(value: time | date | datetime | timedelta) -> float:
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    if isinstance(value, time):
        return (datetime.combine(_EPOCH, value) - _EPOCH) / timedelta(days=1)
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return (moment.replace(tzinfo=None) - _EPOCH) / timedelta(days=1)


def _write_merged(ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> Iterator[str]:
    if ranges:
        yield f'<mergeCells count="{len(ranges)}">'
        for (top, left), (bottom, right) in ranges:
            yield f'<mergeCell ref="{_name_cell(top, left)}:{_name_cell(bottom, right)}"/>'
        yield "</mergeCells>"


def _name_cell(row: int, column: int) -> str:
    """(0, 0) -> ``A1``."""
    # Not by openpyxl, which imports numpy: both would count against MAX_MEMORY.
    name, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        name = chr(65 + letter) + name
    return f"{name}{row + 1}"


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.exit(code)
