"""Workbooks that no spreadsheet program writes: small files that unfold to gigabytes, endless cells.

Zip files are written byte by byte here, because no library writes a lying one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.contracts.ingest.raw_files import S3, make_inline_row, make_rows

SHEET, SHARED, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SPREADSHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_PIECE = 1 << 20
STORED, DEFLATED = 0, 8


@dataclass(frozen=True, kw_only=True)
class Member:
    """One entry of a zip file, as it is written and as the file claims that it is."""

    data: bytes
    size: int
    crc: int = 0
    method: int = DEFLATED
    flags: int = 0
    claimed: int | None = None
    """The packed bytes that it claims, where these are not those of ``data``."""

    @classmethod
    def pack(cls, content: bytes) -> Member:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return cls(data=packer.compress(content) + packer.flush(), size=len(content), crc=zlib.crc32(content))


def unfold(head: bytes, repeated: bytes, tail: bytes = b"", *, size: int, junk: int = 0) -> Member:
    """A member that unfolds to about ``size`` bytes: ``repeated`` again and again, packed a thousandfold.

    ``junk`` bytes follow the stream, so that the member looks less tightly packed than it is. One piece is
    packed and copied: gigabytes would take longer to pack than they ever take to be refused.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = repeated * max(1, _PIECE // len(repeated))
    start = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.compress(tail) + packer.flush()
    pieces = max(1, (size - len(head) - len(tail)) // len(block))
    return Member(
        data=start + piece * pieces + end + bytes(junk), size=len(head) + len(tail) + pieces * len(block)
    )


def write_package(path: Path, members: Mapping[str, bytes | Member]) -> Path:
    """A zip file of these members; plain bytes are packed."""
    written = {
        name: member if isinstance(member, Member) else Member.pack(member)
        for name, member in members.items()
    }
    directory, offset = bytearray(), 0
    with path.open("wb") as file:
        for name, member in written.items():
            head, entry = _describe(name, member, offset)
            file.write(head + member.data)
            directory += entry
            offset = file.tell()
        count = min(len(written), 0xFFFF)
        file.write(directory)
        file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), offset, 0))
    return path


def _describe(name: str, member: Member, offset: int) -> tuple[bytes, bytes]:
    """The header before a member and its line in the table of contents."""
    packed = len(member.data) if member.claimed is None else member.claimed
    facts = struct.pack(
        "<5H3L2H", 20, member.flags, member.method, 0, 33, member.crc, packed, member.size, len(name), 0
    )
    encoded = name.encode()
    return (
        b"PK\3\4" + facts + encoded,
        b"PK\1\2" + struct.pack("<H", 20) + facts + struct.pack("<3H2L", 0, 0, 0, 0, offset) + encoded,
    )


def workbook_xml(*sheets: str, more: str = "", above: str = "") -> bytes:
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(sheets, start=1)
    )
    return (
        f'<?xml version="1.0"?>{above}<workbook {_SPREADSHEET} xmlns:r="{_OFFICE}"><sheets>{listed}</sheets>'
        f"{more}</workbook>"
    ).encode()


def relations_xml(*targets: str, more: str = "") -> bytes:
    """The sheets' parts, then shared texts and styles."""
    kinds = [*[("worksheet", target) for target in targets]]
    kinds += [("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")]
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(kinds, start=1)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{listed}{more}</Relationships>'.encode()


def sheet_xml(rows: str) -> bytes:
    return f"<worksheet {_SPREADSHEET}><sheetData>{rows}</sheetData></worksheet>".encode()


@cache
def header_row() -> str:
    return make_inline_row(1, S3)


@cache
def award_row() -> str:
    return make_inline_row(2, make_rows(S3, [{}])[0])


def parts(**replaced: bytes | Member) -> dict[str, bytes | Member]:
    """The parts of a small sound workbook, but for those that are replaced: workbook, relations, sheet,
    shared, styles."""
    given: dict[str, bytes | Member] = {
        "workbook": workbook_xml("Awards"),
        "relations": relations_xml("worksheets/sheet1.xml"),
        "sheet": sheet_xml(header_row() + award_row()),
        "shared": f"<sst {_SPREADSHEET}></sst>".encode(),
        "styles": f'<styleSheet {_SPREADSHEET}><cellXfs><xf numFmtId="0"/></cellXfs></styleSheet>'.encode(),
        **replaced,
    }
    places = {
        "workbook": WORKBOOK,
        "relations": RELATIONS,
        "sheet": SHEET,
        "shared": SHARED,
        "styles": STYLES,
    }
    return {places[name]: content for name, content in given.items()}


def number_cell(value: str, attributes: str = 'r="A2"') -> str:
    return f"<c {attributes}><v>{value}</v></c>"


def with_row(cells: str, *, row: str = '<row r="2">') -> dict[str, bytes | Member]:
    """A workbook whose second row holds these cells."""
    return parts(sheet=sheet_xml(f"{header_row()}{row}{cells}</row>"))


def with_shared(texts: str) -> dict[str, bytes | Member]:
    """A workbook with these shared texts."""
    return parts(shared=f"<sst {_SPREADSHEET}>{texts}</sst>".encode())


def unfolding_sheet(repeated: str, *, size: int, junk: int = 0) -> dict[str, bytes | Member]:
    head = f"<worksheet {_SPREADSHEET}><sheetData>{header_row()}".encode()
    return parts(sheet=unfold(head, repeated.encode(), b"</sheetData></worksheet>", size=size, junk=junk))


def unfolding_shared(repeated: str, *, size: int, junk: int = 0) -> dict[str, bytes | Member]:
    start = f"<sst {_SPREADSHEET}>".encode()
    return parts(shared=unfold(start, repeated.encode(), b"</sst>", size=size, junk=junk))
