"""The small parts of an .xlsx: which sheets there are, the table of shared texts, which styles are dates.

ECMA-376 part 1, 18.2 (workbook), 18.4 (shared strings), 18.8 (styles). Reads no rows.
"""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from xml.etree import ElementTree

from contracts.ingest.batches import MAX_ROW_BYTES

_CHUNK = 1 << 20
MAX_PART_BYTES = 64 << 20
"""No list of sheets or styles is longer; a zip bomb is."""

_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_TEXT = re.compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)</(?:\w+:)?t>")
_PHONETIC = re.compile(rb"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh>", re.DOTALL)
_ROOT = re.compile(rb"<(?P<prefix>(?:\w+:)?)(?P<name>worksheet|sst)\b")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class BadWorkbook(Exception):
    """A part is missing or is not what it should be. Translated at the door of ``workbooks``."""


@dataclass(frozen=True)
class SheetPart:
    """One worksheet: the name people see and the path of its XML in the zip."""

    name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the workbook says outside its rows. ``date_styles`` are the cell styles that show dates."""

    sheets: tuple[SheetPart, ...]
    shared_path: str | None
    date_styles: frozenset[int]
    counts_from_1904: bool


def read_parts(archive: zipfile.ZipFile) -> Parts:
    """The table of contents of a workbook. Raises BadWorkbook."""
    workbook = _parse(archive, "xl/workbook.xml")
    targets = _read_targets(archive)
    sheets = tuple(
        SheetPart(sheet.get("name", ""), path)
        for sheet in _find(workbook, "sheet")
        for key, identity in sheet.attrib.items()
        if key.endswith("}id") and (path := targets.get(identity, ("", ""))[1])
        if targets[identity][0].endswith("/worksheet")
    )
    paths = {kind.rpartition("/")[2]: path for kind, path in targets.values()}
    properties = next(_find(workbook, "workbookPr"), None)
    return Parts(
        sheets=sheets,
        shared_path=paths.get("sharedStrings"),
        date_styles=_read_date_styles(archive, paths.get("styles")),
        counts_from_1904=properties is not None and properties.get("date1904") in ("1", "true"),
    )


def _read_targets(archive: zipfile.ZipFile) -> dict[str, tuple[str, str]]:
    """Relation id -> (type, path in the zip)."""
    relations = _find(_parse(archive, "xl/_rels/workbook.xml.rels"), "Relationship")
    return {
        relation.get("Id", ""): (
            relation.get("Type", ""),
            posixpath.normpath(posixpath.join("/xl", relation.get("Target", ""))).lstrip("/"),
        )
        for relation in relations
    }


def _read_date_styles(archive: zipfile.ZipFile, path: str | None) -> frozenset[int]:
    if path is None:
        return frozenset()
    styles = _parse(archive, path)
    custom = {
        int(entry.get("numFmtId", "0"))
        for entry in _find(styles, "numFmt")
        if re.search("[dmyhs]", _LITERALS.sub("", entry.get("formatCode", "")), re.IGNORECASE)
    }
    formats = [
        int(entry.get("numFmtId", "0")) for group in _find(styles, "cellXfs") for entry in _find(group, "xf")
    ]
    return frozenset(
        place for place, number in enumerate(formats) if number in _BUILT_IN_DATES or number in custom
    )


def _parse(archive: zipfile.ZipFile, path: str) -> ElementTree.Element:
    try:
        if archive.getinfo(path).file_size > MAX_PART_BYTES:
            raise BadWorkbook(f"{path} is too large")
        return ElementTree.fromstring(archive.read(path))
    except (KeyError, ElementTree.ParseError) as error:
        raise BadWorkbook(f"{path}: {error}") from None


def _find(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """Elements below by local name: producers differ in namespaces."""
    return (child for child in element.iter() if child.tag.rpartition("}")[2] == name)


class SharedTexts:
    """The table of shared texts, packed: millions of Python strings would take several times the memory."""

    def __init__(self, texts: Iterable[bytes]) -> None:
        blocks: list[bytes] = []
        lengths = array("q")
        for block in _batched(texts):
            blocks.append(b"".join(block))
            lengths.extend(map(len, block))
        self._blob = b"".join(blocks)
        self._ends = array("q", accumulate(lengths, initial=0))

    def pick(self, numbers: Iterable[bytes]) -> list[bytes]:
        """The texts with these numbers. Raises BadWorkbook for a number that is not in the table."""
        blob, ends = self._blob, self._ends
        try:
            return [blob[ends[number] : ends[number + 1]] for number in map(int, numbers)]
        except (IndexError, ValueError):
            raise BadWorkbook("a cell refers to a shared text that does not exist") from None


def _batched(texts: Iterable[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    for text in texts:
        block.append(text)
        if len(block) == 10_000:
            yield block
            block = []
    yield block


def read_shared(archive: zipfile.ZipFile, path: str | None) -> SharedTexts:
    """The shared texts of a workbook; none where it has no such part."""
    if path is None or path not in archive.namelist():
        return SharedTexts(())
    return SharedTexts(join_texts(item) for item in stream_elements(archive, path, "si"))


def join_texts(xml: bytes) -> bytes:
    """The text of a ``<si>`` or ``<is>``: its runs in one, without the pronunciation that may follow."""
    found = _TEXT.findall(_PHONETIC.sub(b"", xml) if b"rPh" in xml else xml)
    return unescape(found[0] if len(found) == 1 else b"".join(found))


def unescape(text: bytes) -> bytes:
    """XML entities and the ``_x000D_`` of Excel -> characters."""
    if b"&" not in text and b"_x" not in text:
        return text
    plain = html.unescape(text.decode("utf-8", "surrogateescape"))
    plain = _ESCAPED.sub(_read_escape, plain)
    return plain.encode("utf-8", "surrogateescape")


def _read_escape(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return match[0] if 0xD800 <= number <= 0xDFFF else chr(number)


def stream_elements(archive: zipfile.ZipFile, path: str, name: str) -> Iterator[bytes]:
    """The XML of each element ``name`` of a part, without its end tag, in memory for a few at a time.

    What stands before an element comes with it. Raises BadWorkbook where an element is endless or the part
    does not end as XML.
    """
    if path not in archive.namelist():
        raise BadWorkbook(f"{path} is missing")
    with archive.open(path) as part:
        carry = part.read(_CHUNK)
        root = _ROOT.search(carry)
        if root is None:
            raise BadWorkbook(f"{path} is not the XML that it should be")
        end_tag = b"</" + root["prefix"] + name.encode() + b">"
        while True:
            *elements, carry = carry.split(end_tag)
            yield from elements
            if len(carry) > MAX_ROW_BYTES:
                carry = _drop_tail(carry, path)
            if not (chunk := part.read(_CHUNK)):
                break
            carry += chunk
    if not carry.rstrip().endswith((b"</" + root["prefix"] + root["name"] + b">", b"/>")):
        raise BadWorkbook(f"{path} ends in the middle")


def _drop_tail(carry: bytes, path: str) -> bytes:
    """After its last row a sheet may go on for megabytes (links, merged cells); a row may not."""
    if b"sheetData>" not in carry[:_CHUNK]:
        raise BadWorkbook(f"a row or text of {path} is longer than {MAX_ROW_BYTES:,} bytes")
    return b"<sheetData>" + carry[-_CHUNK:]
