"""The cells of one worksheet row: XML -> text as a person would see it. Knows no header and no file.

ECMA-376 part 1, 18.3. By regular expression, because an event per element takes several times as
long; what does not look like the two usual forms of a cell takes the slower way through ``_extract``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

from contracts.ingest.workbook_parts import Parts, SharedTexts, join_texts, unescape

_MAX_PLANS = 10_000


class CellKind(Enum):
    """How the content of a cell is stored."""

    TEXT = "text or a formula's result, in place"
    SHARED = "number of a shared text"
    NUMBER = "number"
    DATE = "number in a style that shows a date"


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
            rb"<%(p)sc(?: r=\"([A-Z]+)\d+\")?([^>/]*)(?:/>|>(?:"
            rb"(?:<%(p)sis><%(p)st(?: xml:space=\"preserve\")?>|<%(p)sv>)([^<]*)"
            rb"(?:</%(p)st></%(p)sis>|</%(p)sv>)</%(p)sc>|(.*?)</%(p)sc>))" % {b"p": tag},
            re.DOTALL,
        )
        self._value = re.compile(rb"<%(p)sv(?:\s[^>]*)?>([^<]*)</%(p)sv>" % {b"p": tag})
        self._plans: dict[tuple[tuple[bytes, ...], tuple[bytes, ...]], _Plan] = {}

    def read_row(self, xml: bytes) -> list[bytes]:
        """The cells of one ``<row>``."""
        cells = self._cell.findall(xml)
        if not cells:
            return []
        letters, attributes, simple, complicated = zip(*cells, strict=True)
        plan = self._plans.get((letters, attributes)) or self._make_plan(letters, attributes)
        if any(complicated):
            values = [
                self._convert(kind, plain or self._extract(content))
                for kind, plain, content in zip(plan.kinds, simple, complicated, strict=True)
            ]
        elif plan.uniform is CellKind.TEXT:
            values = list(map(unescape, simple)) if b"&" in xml or b"_x" in xml else list(simple)
        elif plan.uniform is CellKind.SHARED and all(simple):
            values = self._shared.pick(simple)
        else:
            values = [self._convert(kind, plain) for kind, plain in zip(plan.kinds, simple, strict=True)]
        return values if plan.dense else _scatter(plan.places, values)

    def _make_plan(self, letters: tuple[bytes, ...], attributes: tuple[bytes, ...]) -> _Plan:
        places: list[int] = []
        for letter, rest in zip(letters, attributes, strict=True):
            stated = letter or _read_attribute(rest, b"r").rstrip(b"0123456789")
            places.append(_read_place(stated) if stated else places[-1] + 1 if places else 0)
        plan = _Plan.make(tuple(places), tuple(map(self._read_kind, attributes)))
        if len(self._plans) >= _MAX_PLANS:
            self._plans.clear()
        self._plans[letters, attributes] = plan
        return plan

    def _read_kind(self, attributes: bytes) -> CellKind:
        kind = _read_attribute(attributes, b"t") or b"n"
        if kind == b"s":
            return CellKind.SHARED
        if kind != b"n":
            return CellKind.TEXT
        style = int(_read_attribute(attributes, b"s") or b"0")
        return CellKind.DATE if style in self._parts.date_styles else CellKind.NUMBER

    def _extract(self, content: bytes) -> bytes:
        """The content of a cell with runs of text or a formula; still escaped as in the simple forms."""
        if value := self._value.search(content):
            return value[1]
        return join_texts(content).replace(b"&", b"&amp;")

    def _convert(self, kind: CellKind, value: bytes) -> bytes:
        if not value or kind is CellKind.TEXT:
            return unescape(value)
        if kind is CellKind.SHARED:
            return self._shared.pick([value])[0]
        try:
            if kind is CellKind.DATE:
                return _show_date(value, 1462 if self._parts.counts_from_1904 else 0)
            return format(Decimal(value.decode()), "f").encode() if b"E" in value.upper() else value
        except (ArithmeticError, ValueError):
            return value


def _show_date(value: bytes, offset_days: int) -> bytes:
    """Excel's number of days, 1900 counted as a leap year before March -> ISO text."""
    moment = datetime(1899, 12, 30) + timedelta(days=offset_days, seconds=round(float(value) * 86_400))  # noqa: DTZ001
    return moment.isoformat(sep=" ").removesuffix(" 00:00:00").encode()


def _scatter(places: tuple[int, ...], values: list[bytes]) -> list[bytes]:
    row = [b""] * (max(places) + 1)
    for place, value in zip(places, values, strict=True):
        row[place] = value
    return row


def _read_attribute(attributes: bytes, name: bytes) -> bytes:
    match = re.search(rb"(?:^|\s)" + name + rb"\s*=\s*[\"']([^\"']*)", attributes)
    return match[1] if match else b""


def _read_place(letters: bytes) -> int:
    """``A`` -> 0, ``AA`` -> 26."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1
