"""Workbooks in the other formats, byte by byte: one sheet of texts, numbers and days."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

Value = str | float | date
SECTOR = 512


def count_days(day: date) -> float:
    return float((day - date(1899, 12, 30)).days)


def write_ods(path: Path, rows: Sequence[Sequence[Value]]) -> Path:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    table = "".join(f"<table:table-row>{''.join(map(make_ods_cell, row))}</table:table-row>" for row in rows)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
            f'<table:table table:name="Awards">{table}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def make_ods_cell(value: Value) -> str:
    if isinstance(value, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value}"/>'
    if isinstance(value, str):
        text = f"<text:p>{escape(value)}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def write_xlsb(path: Path, rows: Sequence[Sequence[Value]]) -> Path:
    """MS-XLSB, 2.1.4: each record is its number, its length and its data."""
    width = max(map(len, rows))
    sheet = make_record_12(0x94, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1)) + make_record_12(
        0x91, b""
    )
    for number, row in enumerate(rows):
        sheet += make_record_12(0, struct.pack("<IIHBBB", number, 0, 300, 0, 0, 0) + bytes(4))
        sheet += b"".join(make_cell_12(place, value) for place, value in enumerate(row))
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    bundle = struct.pack("<II", 0, 1) + make_text_12("rId1") + make_text_12("Awards")
    formats = struct.pack("<I", 2) + b"".join(
        make_record_12(0x2F, struct.pack("<HH", 0, format_) + bytes(12)) for format_ in (0, 14)
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "xl/workbook.bin",
            make_record_12(0x9C, bundle) + make_record_12(0x90, b"") + make_record_12(0x9D, b""),
        )
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{office}/worksheet"'
            ' Target="worksheets/sheet1.bin"/></Relationships>',
        )
        archive.writestr(
            "xl/styles.bin", make_record_12(0x269, formats[:4]) + formats[4:] + make_record_12(0x26A, b"")
        )
        archive.writestr("xl/worksheets/sheet1.bin", sheet + make_record_12(0x92, b""))
    return path


def make_cell_12(place: int, value: Value) -> bytes:
    if isinstance(value, str):
        return make_record_12(6, struct.pack("<II", place, 0) + make_text_12(value))
    style, number = (1, count_days(value)) if isinstance(value, date) else (0, value)
    return make_record_12(5, struct.pack("<IId", place, style, number))


def make_text_12(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def make_record_12(number: int, data: bytes) -> bytes:
    head = bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80, number >> 7])
    length, rest = b"", len(data)
    while True:
        length += bytes([rest & 0x7F | (0x80 if rest > 0x7F else 0)])
        rest >>= 7
        if not rest:
            return head + length + data


def write_xls(path: Path, rows: Sequence[Sequence[Value]], *, stream: str = "Workbook") -> Path:
    """MS-XLS, 2.4, in the only stream of a compound file (MS-CFB)."""
    begin = make_record_8(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    styles = b"".join(make_record_8(0xE0, struct.pack("<HH", 0, form) + bytes(16)) for form in (0, 14))
    end = make_record_8(0x0A, b"")
    at = len(begin) + len(styles) + 4 + 8 + len("Awards") + len(end)
    named = make_record_8(0x85, struct.pack("<IBBBB", at, 0, 0, len("Awards"), 0) + b"Awards")
    width = max(map(len, rows))
    sheet = make_record_8(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    sheet += make_record_8(0x200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for number, row in enumerate(rows):
        sheet += b"".join(make_cell_8(number, place, value) for place, value in enumerate(row))
    return write_compound(path, stream, begin + styles + named + end + sheet + end)


def make_cell_8(row: int, place: int, value: Value) -> bytes:
    if isinstance(value, str):
        text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
        return make_record_8(0x204, struct.pack("<HHH", row, place, 0) + text)
    style, number = (1, count_days(value)) if isinstance(value, date) else (0, value)
    return make_record_8(0x203, struct.pack("<HHHd", row, place, style, number))


def make_record_8(number: int, data: bytes) -> bytes:
    return struct.pack("<HH", number, len(data)) + data


def write_compound(path: Path, stream: str, content: bytes) -> Path:
    """The table of sectors in the first, the directory in the second, then the stream."""
    content = content.ljust(max(4096, -(-len(content) // SECTOR) * SECTOR), b"\0")
    sectors = len(content) // SECTOR
    assert sectors < SECTOR // 4 - 2, "more than one table of sectors"
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    table += [0xFFFFFFFF] * (SECTOR // 4 - len(table))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHHHIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, 1, 1, 0, 4096)
    head += struct.pack("<IIII", 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0) + b"\xff" * 432
    root = make_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)
    directory = root + make_entry(stream, 2, 2, len(content)) + bytes(256)
    path.write_bytes(head + struct.pack("<128I", *table) + directory + content)
    return path


def make_entry(name: str, kind: int, start: int, size: int, *, child: int = 0xFFFFFFFF) -> bytes:
    text = name.encode("utf-16-le")
    links = struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child)
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBB", len(text) + 2, kind, 1)
        + links
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
