"""The cells of one worksheet row: XML -> text as a person would see it.

ECMA-376 part 1, 18.3. By regular expression, because an event per element takes several times as
long; what does not look like the two usual forms of a cell takes the slower way through ``_read_content``.
No pattern looks beyond the next ``<``, but for the end of a cell, which is known to be there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

from contracts.ingest.tables.batches import DATE_CELL, FORMULA, MAX_ROW_BYTES
from contracts.ingest.workbooks.merges import count_letters
from contracts.ingest.workbooks.package import BadWorkbook
from contracts.ingest.workbooks.parts import Parts
from contracts.ingest.workbooks.texts import SharedTexts, join_texts, unescape

# Columns of a sheet, up to XFD (Excel's limit).
MAX_COLUMNS = 16_384
# The tables have up to 46. Wider rows are measured cell by cell: of 16,384 shared texts each may be a
# megabyte.
FEW_COLUMNS = 64
# Of ten, in a number: spreadsheets hold floating-point numbers, which go from 1E-324 to 1.8E308. Decimal
# would write 1E999999999 out.
MAX_EXPONENT = 400
MAX_NUMBER_BYTES = 1000
# Of the plans that are remembered: some 100 bytes each.
_PLANNED_CELLS = 500_000

_REFERENCE = re.compile(rb"([A-Z]{1,3})[0-9]{1,7}")
_STYLE = re.compile(rb"[0-9]{1,6}")
_SCIENTIFIC = re.compile(rb"[+-]?[0-9.]+[eE]([+-]?[0-9]+)")
# A contract number of DPWH, such as 21E00050, which a program took for a number; none writes numbers so.
_EATEN = re.compile(rb"[0-9]{2}E[0-9]{5}")


class CellKind(Enum):
    """How the content of a cell is stored."""

    TEXT = "text or a formula's result, in place"
    SHARED = "number of a shared text"
    NUMBER = "number"
    DATE = "number in a style that shows a date"


Cell = tuple[bytes, bytes, bytes, bytes]
"""Letters of the reference, attributes, content in one of the usual forms, content in any other form."""


@dataclass(frozen=True)
class _Plan:
    """How to read rows whose cells stand and are marked alike; most rows of a sheet share a few plans."""

    places: tuple[int, ...]
    kinds: tuple[CellKind, ...]
    uniform: CellKind | None
    dense: bool

    @classmethod
    def make(cls, places: tuple[int, ...], kinds: tuple[CellKind, ...]) -> _Plan:
        uniform = kinds[0] if all(kind is kinds[0] for kind in kinds) else None
        return cls(places, kinds, uniform, places == tuple(range(len(places))))


class RowReader:
    """Reads the rows of one sheet: list of texts by place, empty where there is no cell."""

    def __init__(self, parts: Parts, shared: SharedTexts, *, prefix: bytes) -> None:
        self._parts, self._shared = parts, shared
        tag = re.escape(prefix)
        self._cell = re.compile(
            rb"<%(p)sc(?: r=\"([A-Z]{1,3})[0-9]{1,7}\")?([^<>/]*)(?:/>|>(?:"
            rb"(?:<%(p)sis><%(p)st(?: xml:space=\"preserve\")?>|<%(p)sv>)([^<]*)"
            rb"(?:</%(p)st></%(p)sis>|</%(p)sv>)</%(p)sc>|(.*?)</%(p)sc>))" % {b"p": tag},
            re.DOTALL,
        )
        self._opening, self._closing = b"<%sc" % prefix, b"</%sc>" % prefix
        self._start = re.compile(rb"<%sc(?=[\s/>])" % tag)
        self._endless = re.compile(rb"<%sc(?=[\s>])(?:[^<>]*(?<!/)>|[^<>]*$)" % tag)
        self._value = re.compile(rb"<%(p)sv(?=[\s/>])[^<>]*(?:(?<=/)>|>([^<]*)</%(p)sv>)" % {b"p": tag})
        self._formula = re.compile(rb"<%sf(?=[\s/>])[^<>]*>([^<]*)" % tag)
        self._plans: dict[tuple[tuple[bytes, ...], tuple[bytes, ...]], _Plan] = {}
        self._planned = 0

    def read_row(self, xml: bytes, number: int) -> list[bytes]:
        """The cells of row ``number``, of the XML in its ``<row>``. Raises BadWorkbook with the place."""
        cells = self._split(xml, number)
        if not cells:
            return []
        letters, attributes, simple, complicated = zip(*cells, strict=True)
        try:
            plan = self._plans.get((letters, attributes)) or self._make_plan(letters, attributes)
            if any(complicated) or len(cells) > FEW_COLUMNS:
                values = self._read_one_by_one(plan, simple, complicated)
            # Sheets of one kind of cell, as S1 and S2 are published, need no look at each cell.
            elif plan.uniform is CellKind.TEXT:
                values = list(map(unescape, simple)) if b"&" in xml or b"_x" in xml else list(simple)
            elif plan.uniform is CellKind.SHARED and all(simple):
                values = self._shared.pick_all(simple)
            else:
                values = [self._convert(kind, plain) for kind, plain in zip(plan.kinds, simple, strict=True)]
        except BadWorkbook as fault:
            raise self._locate(cells, number, fault) from None
        return values if plan.dense else _scatter(plan.places, values)

    def _read_one_by_one(
        self, plan: _Plan, simple: Sequence[bytes], complicated: Sequence[bytes]
    ) -> list[bytes]:
        """The texts of a row, measured as they come."""
        values: list[bytes] = []
        size = 0
        for kind, plain, content in zip(plan.kinds, simple, complicated, strict=True):
            values.append(self._read_content(kind, content) if content else self._convert(kind, plain))
            size += len(values[-1])
            if size > MAX_ROW_BYTES:
                raise BadWorkbook(f"the texts of its row are longer than {MAX_ROW_BYTES:,} bytes")
        return values

    def _split(self, xml: bytes, number: int) -> list[Cell]:
        """The cells of a row."""
        # findall passes over what it does not know, which would be lost: so all that begin are counted.
        begun = xml.count(self._opening)
        if begun > MAX_COLUMNS:
            raise BadWorkbook(f"it has more than {MAX_COLUMNS:,} cells", place=f"row {number}")
        rest = xml[xml.rfind(self._closing) + 1 :]
        # Without this look each cell that does not end would be sought for its end down to the row's.
        if len(rest) >= len(self._closing) and self._endless.search(rest):
            raise BadWorkbook("it has a cell that does not end", place=f"row {number}")
        cells: list[Cell] = self._cell.findall(xml)
        if len(cells) != begun and len(cells) != len(self._start.findall(xml)):
            raise BadWorkbook("it has a cell that does not end", place=f"row {number}")
        return cells

    def _make_plan(self, letters: tuple[bytes, ...], attributes: tuple[bytes, ...]) -> _Plan:
        places: list[int] = []
        for letter, rest in zip(letters, attributes, strict=True):
            places.append(_read_place(letter, rest, after=places[-1] if places else -1))
        if len(set(places)) < len(places):
            raise BadWorkbook("it stands twice in its row")
        plan = _Plan.make(tuple(places), tuple(map(self._read_kind, attributes)))
        # A sheet may be made of rows that are all different; forgetting all plans is simpler than the oldest
        # ones, and real sheets have a few.
        self._planned += len(places)
        if self._planned > _PLANNED_CELLS:
            self._plans.clear()
            self._planned = len(places)
        self._plans[letters, attributes] = plan
        return plan

    def _read_kind(self, attributes: bytes) -> CellKind:
        kind = _read_attribute(attributes, b"t") or b"n"
        if kind == b"s":
            return CellKind.SHARED
        if kind != b"n":
            return CellKind.TEXT
        style = _read_attribute(attributes, b"s") or b"0"
        if not _STYLE.fullmatch(style):
            raise BadWorkbook(f"its style {_show(style)} is no number")
        return CellKind.DATE if int(style) in self._parts.date_styles else CellKind.NUMBER

    def _read_content(self, kind: CellKind, content: bytes) -> bytes:
        """A cell with runs of text, or with a formula, whose result may be missing."""
        value = self._value.search(content)
        if value and value[1]:
            return self._convert(kind, value[1])
        # An empty <v> is the result of a formula that gives a text, and of no other.
        if (formula := self._formula.search(content)) and not (value and kind is CellKind.TEXT):
            return FORMULA + b"=" + unescape(formula[1])
        return b"" if value else join_texts(content)

    def _convert(self, kind: CellKind, value: bytes) -> bytes:
        if not value or kind is CellKind.TEXT:
            return unescape(value)
        if kind is CellKind.SHARED:
            return self._shared.pick(value)
        written = _SCIENTIFIC.fullmatch(value) if b"E" in value or b"e" in value else None
        if len(value) > MAX_NUMBER_BYTES or (
            written and (len(written[1]) > 5 or abs(int(written[1])) > MAX_EXPONENT)
        ):
            raise BadWorkbook(f"its number {_show(value)} is none that a spreadsheet can hold")
        try:
            if kind is CellKind.DATE:
                # Excel for the Macintosh counted from 1904-01-01, 1,462 days later.
                return _show_date(value, 1462 if self._parts.counts_from_1904 else 0)
            return (
                format(Decimal(value.decode()), "f").encode()
                if written and not _EATEN.fullmatch(value)
                else value
            )
        except (ArithmeticError, ValueError):
            return value

    def _locate(self, cells: Iterable[Cell], number: int, fault: BadWorkbook) -> BadWorkbook:
        """The fault with the cell that has it, found by reading the cells of a row one by one."""
        place, seen = -1, set[int]()
        for letters, attributes, simple, content in cells:
            try:
                place = _read_place(letters, attributes, after=place)
                kind = self._read_kind(attributes)
                _ = self._read_content(kind, content) if content else self._convert(kind, simple)
            except BadWorkbook as found:
                return BadWorkbook(str(found), place=found.place or f"cell {_name_column(place)}{number}")
            if place in seen:
                return BadWorkbook(str(fault), place=f"cell {_name_column(place)}{number}")
            seen.add(place)
        return BadWorkbook(str(fault), place=f"row {number}")


def _read_place(letters: bytes, attributes: bytes, *, after: int) -> int:
    """The place of a cell in its row, counted from 0; without a reference it follows the one before."""
    if not letters:
        reference = _read_attribute(attributes, b"r")
        if not reference:
            return after + 1
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise BadWorkbook("a sheet has no such cell", place=f"cell {_show(reference)[1:-1]}")
        letters = match[1]
    place = count_letters(letters)
    if place >= MAX_COLUMNS:
        raise BadWorkbook("a sheet ends at column XFD", place=f"column {letters.decode()}")
    return place


def _name_column(place: int) -> str:
    """0 -> ``A``, 26 -> ``AA``."""
    name, rest = "", place + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        name = chr(65 + letter) + name
    return name


def _show_date(value: bytes, offset_days: int) -> bytes:
    """Excel's number of days -> ISO text, marked as a date cell."""
    # Two days before Excel's first, because it counts 1900-02-29 as well, which there never was.
    moment = datetime(1899, 12, 30) + timedelta(days=offset_days, seconds=round(float(value) * 86_400))  # noqa: DTZ001
    return (DATE_CELL + moment.isoformat(sep=" ").removesuffix(" 00:00:00")).encode()


def _scatter(places: tuple[int, ...], values: list[bytes]) -> list[bytes]:
    row = [b""] * (max(places) + 1)
    for place, value in zip(places, values, strict=True):
        row[place] = value
    return row


def _read_attribute(attributes: bytes, name: bytes) -> bytes:
    match = re.search(rb"(?:^|\s)" + name + rb"\s*=\s*[\"']([^\"']*)", attributes)
    return match[1] if match else b""


def _show(value: bytes) -> str:
    text = value.decode("utf-8", "replace")
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
