"""Writing rows of text as .csv or as .xlsx with text cells, streaming. Knows no columns and no awards."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol

Row = Sequence[str]


class Sheet(Protocol):
    """Something that takes rows until it is closed by leaving its ``with`` block."""

    def write(self, rows: Iterable[Row]) -> None: ...

    def __enter__(self) -> Sheet: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_sheet(path: Path, *, bom: bool = False, quoted: bool = False) -> Sheet:
    """The sheet that the file's extension asks for; ``quoted``: every field of a .csv, needed or not."""
    if path.suffix == ".xlsx":
        return WorkbookSheet(path)
    return QuotedSheet(path, bom=bom) if quoted else DelimitedSheet(path, bom=bom)


class DelimitedSheet:
    """A .csv in UTF-8, quoted where needed."""

    def __init__(self, path: Path, *, bom: bool = False) -> None:
        self._file = path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="", buffering=1 << 20)
        self._writer = csv.writer(self._file)

    def write(self, rows: Iterable[Row]) -> None:
        self._writer.writerows(rows)

    def __enter__(self) -> DelimitedSheet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


class QuotedSheet(DelimitedSheet):
    """A .csv in UTF-8 with every field in quotes, as some exports are; three times as quick to write."""

    def write(self, rows: Iterable[Row]) -> None:
        lines = []
        for row in rows:
            fields = _GAP.join(row).replace('"', '""').replace(_GAP, '","')
            lines.append(f'"{fields}"\r\n')
        self._file.write("".join(lines))


_GAP = "\x01"
"""Stands between cells while a whole row is escaped at once; no text holds it."""

_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{_XML}<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
_CELL, _BETWEEN, _END = '<c t="inlineStr"><is><t>', '</t></is></c><c t="inlineStr"><is><t>', "</t></is></c>"


class WorkbookSheet:
    """An .xlsx of one sheet whose cells are all text (ECMA-376: inline strings, cells without reference)."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        for name, text in _PARTS.items():
            self._zip.writestr(_entry(name), text, compress_type=zipfile.ZIP_DEFLATED, compresslevel=1)
        entry = _entry("xl/worksheets/sheet1.xml")
        self._sheet = io.TextIOWrapper(
            self._zip.open(entry, "w", force_zip64=True), encoding="utf-8", newline=""
        )
        self._sheet.write(f'{_XML}<worksheet xmlns="{_SPREADSHEET}"><sheetData>')
        self._row = 0

    def write(self, rows: Iterable[Row]) -> None:
        parts = []
        for row in rows:
            self._row += 1
            cells = _GAP.join(row).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            filled = f"{_CELL}{cells.replace(_GAP, _BETWEEN)}{_END}" if any(row) else ""
            parts.append(f'<row r="{self._row}">{filled}</row>')
        self._sheet.write("".join(parts))

    def __enter__(self) -> WorkbookSheet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sheet.write("</sheetData></worksheet>")
        self._sheet.close()
        self._zip.close()


def _entry(name: str) -> zipfile.ZipInfo:
    """A member whose bytes do not depend on the clock."""
    entry = zipfile.ZipInfo(name, date_time=(2025, 12, 31, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry._compresslevel = 1  # type: ignore[attr-defined]  # ZipInfo takes the level by no other way for streams
    return entry
