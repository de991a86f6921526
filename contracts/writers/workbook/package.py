"""The workbook around the rows: every part of the package but the rows themselves, built by openpyxl."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.xml.functions import tostring

from contracts.fields import Field, FieldType
from contracts.writers.workbook.about import About
from contracts.writers.workbook.about_sheet import fill_about

NUMBER_FORMATS = {
    FieldType.INTEGER: "0",
    FieldType.MONEY: "#,##0.00",
    FieldType.DATE: "yyyy-mm-dd",
    FieldType.SHARE: "0.00%",
}
HEADER_FONT = Font("Calibri", 11, bold=True, color="FFFFFF")
HEADER_FILL = PatternFill("solid", start_color="1F3864")
HEADER_ALIGNMENT = Alignment(vertical="center", wrap_text=True)
CORE_PROPERTIES = "docProps/core.xml"
# Comes first in the archive, as programs expect that look only at the beginning of a file; openpyxl puts it
# last.
CONTENT_TYPES = "[Content_Types].xml"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands before and after the rows in the part ``name`` of one sheet."""

    name: str
    head: bytes
    tail: bytes


@dataclass(frozen=True, kw_only=True)
class Package:
    """``frames`` in the order of the sheets, ``parts`` without them, ``styles`` as numbers for cells."""

    frames: tuple[Frame, ...]
    parts: Mapping[str, bytes]
    styles: Mapping[FieldType, int]


def build_package(
    fields: Sequence[Field], about: About, *, sheets: Sequence[int], cut_texts: int = 0
) -> Package:
    """The package for sheets that hold so many rows each, with the header row already in their frames."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    for index, rows in enumerate(sheets, start=1):
        sheet = workbook.create_sheet(about.sheet if index == 1 else f"{about.sheet} {index}")
        _furnish_sheet(sheet, fields, rows=rows)
    fill_about(workbook.create_sheet("About"), about, fields=fields, cut_texts=cut_texts)
    styles = {type_: _style_number(workbook, code) for type_, code in NUMBER_FORMATS.items()}
    parts = save_parts(workbook, about.made_at)
    names = [f"xl/worksheets/sheet{index}.xml" for index in range(1, len(sheets) + 1)]
    frames = tuple(
        _split_sheet(name, parts.pop(name), fields, rows=rows)
        for name, rows in zip(names, sheets, strict=True)
    )
    return Package(frames=frames, parts=parts, styles=styles)


def _furnish_sheet(sheet: Any, fields: Sequence[Field], *, rows: int) -> None:
    for index, field in enumerate(fields, start=1):
        letter = get_column_letter(index)
        cell = sheet.cell(1, index, field.label)
        cell.font, cell.fill, cell.alignment = HEADER_FONT, HEADER_FILL, HEADER_ALIGNMENT
        sheet.column_dimensions[letter].width = field.width
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = _area(fields, rows=rows)
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"


def _area(fields: Sequence[Field], *, rows: int) -> str:
    return f"A1:{get_column_letter(len(fields))}{rows + 1}"


def _style_number(workbook: Workbook, number_format: str) -> int:
    # A cell that stands nowhere: a format gets a number once some cell has it.
    cell = WriteOnlyCell(workbook.worksheets[0])
    cell.number_format = number_format
    return int(cell.style_id)


def save_parts(workbook: Workbook, made_at: datetime) -> dict[str, bytes]:
    """The parts by name; ``made_at`` is an aware time."""
    buffer = io.BytesIO()
    workbook.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    properties = workbook.properties
    properties.creator = "PhilGEPS Data Explorer"
    # Only now, because saving stamps the clock on it: equal rows are to give equal bytes.
    properties.created = properties.modified = made_at.astimezone(UTC).replace(tzinfo=None)
    parts[CORE_PROPERTIES] = tostring(properties.to_tree())
    return parts


def _split_sheet(name: str, xml: bytes, fields: Sequence[Field], *, rows: int) -> Frame:
    """Open the sheet behind its header row and put right what openpyxl cannot know of it."""
    head, close, tail = xml.partition(b"</sheetData>")
    area = _area(fields, rows=rows)
    # openpyxl knows of the header row alone; programs make room for as many rows as the sheet says it has.
    head = re.sub(rb'<dimension ref="[^"]*"', f'<dimension ref="{area}"'.encode(), head, count=1)
    # Reference numbers are text; Excel would mark every one of them as a mistake.
    # At the end, because the elements of a sheet have an order (ECMA-376 part 1, 18.3.1.99).
    ignored = f'<ignoredErrors><ignoredError sqref="{area}" numberStoredAsText="1"/></ignoredErrors>'
    return Frame(
        name=name, head=head, tail=close + tail.replace(b"</worksheet>", ignored.encode() + b"</worksheet>")
    )
