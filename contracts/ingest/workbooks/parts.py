"""The small parts of an .xlsx: which sheets there are, and which styles are dates.

ECMA-376 part 1, 18.2 (workbook), 18.8 (styles).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass
from xml.etree import ElementTree

from contracts.ingest.workbooks.package import CHUNK, BadWorkbook, Package

MAX_PART_BYTES = 64 << 20
# 65,490 formats are the most that Excel keeps: half a million elements, nested a handful deep.
MAX_ELEMENTS, MAX_DEPTH = 1_000_000, 100
MAX_LISTED = 100_000
# The staging table gives each sheet of a file ten bits.
MAX_SHEETS = 1_000
# Of a sheet's name, what is shown; Excel allows 31.
SHEET_NAME_CHARACTERS = 100

# Formats that a file need not declare (ECMA-376 part 1, 18.8.30); 27 to 36 and 50 to 58 are dates in East
# Asian locales.
_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
# What a format shows as it stands: the d of "days" is no day.
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


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


@dataclass(frozen=True)
class _Tag:
    """A start tag: local names, because producers differ in namespaces."""

    parent: str
    name: str
    attributes: dict[str, str]


def read_parts(package: Package) -> Parts:
    """What a workbook consists of. Raises BadWorkbook."""
    tags = _read_tags(package, "xl/workbook.xml", {"sheet", "workbookPr"})
    targets = _read_targets(package)
    paths = {kind.rpartition("/")[2]: path for kind, path in targets.values()}
    properties: dict[str, str] = next((tag.attributes for tag in tags if tag.name == "workbookPr"), {})
    return Parts(
        sheets=_list_sheets([tag.attributes for tag in tags if tag.name == "sheet"], targets),
        shared_path=paths.get("sharedStrings"),
        date_styles=_read_date_styles(package, paths.get("styles")),
        counts_from_1904=properties.get("date1904") in ("1", "true"),
    )


def _list_sheets(listed: list[dict[str, str]], targets: dict[str, tuple[str, str]]) -> tuple[SheetPart, ...]:
    sheets = []
    for attributes in listed:
        relation = next((value for key, value in attributes.items() if key.endswith("}id")), "")
        kind, path = targets.get(relation, ("", ""))
        if kind.endswith("/worksheet"):
            sheets.append(SheetPart(attributes.get("name", "")[:SHEET_NAME_CHARACTERS], path))
    if len(sheets) > MAX_SHEETS:
        raise BadWorkbook(f"it has more than {MAX_SHEETS:,} sheets")
    if len({sheet.path for sheet in sheets}) < len(sheets):
        raise BadWorkbook("two of its sheets are one and the same part")
    return tuple(sheets)


def _read_targets(package: Package) -> dict[str, tuple[str, str]]:
    """Relation id -> (type, path in the zip)."""
    relations = _read_tags(package, "xl/_rels/workbook.xml.rels", {"Relationship"})
    return {
        tag.attributes.get("Id", ""): (
            tag.attributes.get("Type", ""),
            posixpath.normpath(posixpath.join("/xl", tag.attributes.get("Target", ""))).lstrip("/"),
        )
        for tag in relations
    }


def _read_date_styles(package: Package, path: str | None) -> frozenset[int]:
    if path is None:
        return frozenset()
    tags = _read_tags(package, path, {"numFmt", "xf"})
    custom = {
        tag.attributes.get("numFmtId", "0")
        for tag in tags
        if tag.name == "numFmt"
        and re.search("[dmyhs]", _LITERALS.sub("", tag.attributes.get("formatCode", "")), re.IGNORECASE)
    }
    dates = custom | {str(number) for number in _BUILT_IN_DATES}
    formats = [tag.attributes.get("numFmtId", "0") for tag in tags if tag.parent == "cellXfs"]
    return frozenset(place for place, number in enumerate(formats) if number in dates)


def _read_tags(package: Package, path: str, wanted: Collection[str]) -> list[_Tag]:
    """The start tags with these names, in their order."""
    if package.measure_part(path) > MAX_PART_BYTES:
        raise BadWorkbook(f"its part {path!r} is larger than {MAX_PART_BYTES:,} bytes")
    # Tag by tag and not as a tree: 60 MB of empty elements would become gigabytes.
    collector = _Collector(path, wanted)
    parser = ElementTree.XMLParser(target=collector)
    try:
        for chunk in package.read_chunks(path):
            # expat before 2.6 reads a tag anew with every chunk that it goes on in (CVE-2023-52425).
            if len(chunk) == CHUNK and b">" not in chunk:
                raise BadWorkbook(f"its part {path!r} has a tag or text of more than {CHUNK:,} bytes")
            parser.feed(chunk)
        parser.close()
    except ElementTree.ParseError as error:
        raise BadWorkbook(f"its part {path!r} is no sound XML ({error})") from None
    return collector.tags


class _Collector:
    """What the parser calls. Keeps the tags that are wanted, and no text."""

    def __init__(self, path: str, wanted: Collection[str]) -> None:
        self.tags: list[_Tag] = []
        self._path, self._wanted = path, wanted
        self._open = [""]
        self._elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        self._elements += 1
        if name in self._wanted:
            self.tags.append(_Tag(self._open[-1], name, attributes))
        self._open.append(name)
        if self._elements > MAX_ELEMENTS or len(self.tags) > MAX_LISTED or len(self._open) > MAX_DEPTH:
            raise BadWorkbook(f"its part {self._path!r} has more elements than any workbook needs")

    def end(self, tag: str) -> None:
        self._open.pop()

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """The standard forbids what could define entities (ECMA-376 part 2, 9.1.4)."""
        raise BadWorkbook(f"its part {self._path!r} has a DOCTYPE, which .xlsx files must not have")

    def close(self) -> None:
        """Called by the parser at the end; the tags are the result."""
