"""What a file is, by its content: names lie.

Pages that a download has brought instead of the file, documents and pointers are called what they are.
"""

from __future__ import annotations

import codecs
import mmap
import re
from enum import Enum
from pathlib import Path

from contracts.errors import BadFile
from contracts.ingest.workbooks.package import BadWorkbook, Package, open_package

_HEAD = 1 << 16


class Kind(Enum):
    """What can be read, or unpacked and then read."""

    TEXT = "text"
    XLSX = "Excel workbook"
    OTHER_WORKBOOK = "workbook in another format"
    ZIP = "zip archive"
    GZIP = "packed file"


_ZIP, _OLE, _GZIP = b"PK\3\4", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1f\x8b"
_AGAIN = "download the file itself and import that"
_SAVE = "open it in a spreadsheet program and save it as .xlsx"
_UNPACK = "unpack it and import the files in it"
_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document, which holds no table; get the data as .xlsx or .csv"),
    (b"PAR1", "a Parquet file; save its table as .csv"),
    (b"SQLite format 3\0", "an SQLite database; save its table as .csv"),
    (b"7z\xbc\xaf\x27\x1c", f"a 7z archive; {_UNPACK}"),
    (b"Rar!\x1a\x07", f"a RAR archive; {_UNPACK}"),
    (b"\xfd7zXZ\0", f"a file packed by xz; {_UNPACK}"),
    (b"BZh", f"a file packed by bzip2; {_UNPACK}"),
    (b"\x28\xb5\x2f\xfd", f"a file packed by zstd; {_UNPACK}"),
    (b"{\\rtf", f"a text document (RTF); {_AGAIN}"),
    (b"\x89PNG", f"an image; {_AGAIN}"),
    (b"\xff\xd8\xff", f"an image; {_AGAIN}"),
    (b"GIF8", f"an image; {_AGAIN}"),
    (
        b"version https://git-lfs",
        "a pointer of Git LFS, which stands for the file where that was not fetched; run `git lfs pull`, or"
        f" {_AGAIN}",
    ),
)
_DRIVE = re.compile(
    rb"google drive|drive\.google\.com|docs\.google\.com|drive\.usercontent|accounts\.google\.com",
    re.IGNORECASE,
)
_SIGN_IN = re.compile(rb"accounts\.google\.com|sign[ -]?in|log[ -]?in|password", re.IGNORECASE)
_PAGE = re.compile(
    rb"\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body|meta|table|title|script|style|div)\b",
    re.IGNORECASE | re.DOTALL,
)
_TABLE = re.compile(rb"<table\b", re.IGNORECASE)
_XML = re.compile(rb"\s*<(?:\?xml|[A-Za-z][\w:.-]*[\s>/])")
_JSON = re.compile(rb'\s*(?:\{\s*(?:"|\})|\[\s*[\[{\]])')
_TEXTS = re.compile(rb"[\x00-\x08\x0e-\x19]")
_OLE_NAMES = (
    (
        "EncryptedPackage",
        "protected by a password; open it in a spreadsheet program and save it without the password",
    ),
    ("WordDocument", f"a Word document; {_AGAIN}"),
    ("PowerPoint Document", f"a PowerPoint document; {_AGAIN}"),
    ("__substg1.0_", "an e-mail; save the file that is attached to it and import that"),
)


def recognise(path: Path) -> Kind:
    """What the file is. Raises BadFile, saying so and what to do, for what holds no table."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise BadFile(path.name, f"the file is empty: its download may have failed; {_AGAIN}")
    if head.startswith(_OLE):
        return _recognise_ole(path)
    # Also an empty archive, and one that begins with the mark of several volumes.
    if head.startswith((_ZIP, b"PK\5\6", b"PK\7\10")):
        return _recognise_zip(path)
    if head.startswith(_GZIP):
        return Kind.GZIP
    if fault := _describe_other(head):
        raise BadFile(path.name, f"it is {fault}")
    return Kind.TEXT


def _recognise_ole(path: Path) -> Kind:
    """A container of older Microsoft programs, which names its parts in UTF-16."""
    # Anywhere in the file, because the directory of a compound file may stand anywhere.
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for name, fault in _OLE_NAMES:
            if content.find(name.encode("utf-16-le")) >= 0:
                raise BadFile(path.name, f"it is {fault}")
    return Kind.OTHER_WORKBOOK


def _recognise_zip(path: Path) -> Kind:
    """A workbook, or an archive; whoever reads it says what is wrong with a damaged one."""
    # The name decides only where the content cannot: a damaged .xlsx is to be called that, and no archive.
    named_xlsx = path.suffix.lower() in (".xlsx", ".xlsm")
    try:
        with open_package(path) as (package, _):
            return _recognise_parts(package, path, named_xlsx)
    except BadWorkbook:
        return Kind.XLSX if named_xlsx else Kind.ZIP


def _recognise_parts(package: Package, path: Path, named_xlsx: bool) -> Kind:
    if "xl/workbook.bin" in package or ("mimetype" in package and "content.xml" in package):
        return Kind.OTHER_WORKBOOK
    if "xl/workbook.xml" in package or named_xlsx:
        return Kind.XLSX
    for part, what in (("word/document.xml", "a Word"), ("ppt/presentation.xml", "a PowerPoint")):
        if part in package:
            raise BadFile(path.name, f"it is {what} document; {_AGAIN}")
    return Kind.ZIP


def _describe_other(head: bytes) -> str | None:
    """What a file is that is no table, and what to do."""
    for sign, fault in _SIGNS:
        if head.startswith(sign):
            return fault
    text = _drop_encoding(head)
    if _PAGE.match(text):
        return _name_page(text)
    if _XML.match(text):
        if b"schemas-microsoft-com:office:spreadsheet" in text:
            return f"a workbook in the XML of Excel 2003; {_SAVE}"
        return f"an XML document, perhaps the message of a server; {_AGAIN}"
    if _JSON.match(text):
        return f"a JSON document, perhaps the message of a server; {_AGAIN}"
    if len(_TEXTS.findall(text)) * 20 > len(text):
        return f"neither text nor a workbook; {_AGAIN}, as .xlsx or .csv"
    return None


def _name_page(text: bytes) -> str:
    if _DRIVE.search(text):
        asks = "that asks to sign in" if _asks_to_sign_in(text) else "(a virus scan warning or a quota)"
        return (
            f"a page of Google Drive {asks}, not the file; open its link in a browser, confirm the download"
            " there and import what that brings"
        )
    if _TABLE.search(text):
        return f"a web page (HTML) with a table, whatever its name; {_SAVE}"
    if _asks_to_sign_in(text):
        return f"a web page (HTML) that asks to sign in, not the file; sign in with a browser, {_AGAIN}"
    return f"a web page (HTML), perhaps the message of a server, not the file; {_AGAIN}"


def _asks_to_sign_in(text: bytes) -> bool:
    # Google's warning that a file is too large for its virus scan offers to sign in as well.
    return bool(_SIGN_IN.search(text)) and b"virus" not in text.lower()


def _drop_encoding(head: bytes) -> bytes:
    """Latin text of any encoding as ASCII, near enough to be recognised."""
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if head.startswith(mark):
            head = head[len(mark) :]
            return head if mark == codecs.BOM_UTF8 else head.replace(b"\0", b"")
    # UTF-16 without a mark: every second byte of Latin text is 0.
    is_wide = head[1::2].count(0) * 5 > len(head) or head[::2].count(0) * 5 > len(head)
    return head.replace(b"\0", b"") if is_wide else head
