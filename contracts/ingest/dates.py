"""What the text of a date cell means, and the order of day and month of a file. Knows no file and no SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from contracts.errors import BadFile


class Notation(Enum):
    """A way of writing dates that a generation may use."""

    ISO = "2024-03-05, with or without a time"
    SLASHED = "3/5/2024, with or without a time; the order of day and month is the file's"
    MONTH_NAME = "05-Mar-2024"
    SERIAL = "45356: days since 1899-12-30, as Excel counts"


class DateOrder(Enum):
    """How a slashed date is read."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


_ORDERS = " or ".join(order.value for order in DateOrder)

DECISIVE_PERCENT = 99
"""Of the cells that show an order, so many must agree; the rest are typing errors."""

_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PATTERNS: dict[Notation, re.Pattern[str]] = {
    notation: re.compile(pattern, re.ASCII | re.IGNORECASE)
    for notation, pattern in (
        (Notation.ISO, rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:[ T]{_TIME})?"),
        (
            Notation.SLASHED,
            rf"(?P<first>\d{{1,2}})/(?P<next>\d{{1,2}})/(?P<year>\d{{4}})(?: {_TIME}(?: ?(?P<half>[AP]M))?)?",
        ),
        (
            Notation.MONTH_NAME,
            rf"(?P<day>\d{{1,2}})-(?P<name>{'|'.join(_MONTHS)})-(?P<year>\d{{4}})(?:[ T]{_TIME})?",
        ),
        (Notation.SERIAL, r"(?P<serial>\d{5}(?:\.\d+)?)"),
    )
}
_SERIAL_EPOCH = date(1899, 12, 30)
_SERIALS = (20_000, 80_000)
_DAY_S, _MANILA_MIDNIGHTS_S = 86_400, frozenset({15 * 3600, 16 * 3600})


@dataclass(frozen=True, slots=True)
class Stamp:
    """A readable cell: its day under either order (None where that order gives no day), its time of day."""

    day_first: date | None
    month_first: date | None
    seconds: int

    @property
    def ambiguous(self) -> bool:
        return None not in (self.day_first, self.month_first) and self.day_first != self.month_first

    def read(self, order: DateOrder | None) -> date | None:
        """The day under ``order``; with None, the day that both orders agree on."""
        if order is None:
            return self.day_first if self.day_first == self.month_first else None
        return self.day_first if order is DateOrder.DAY_FIRST else self.month_first


def parse_stamp(text: str, notations: Iterable[Notation]) -> Stamp | None:
    """What cleaned ``text`` says in one of ``notations``; None where it is no date in any of them."""
    for notation in notations:
        if match := _PATTERNS[notation].fullmatch(text):
            return _READERS[notation](match)
    return None


def _read_iso(match: re.Match[str]) -> Stamp | None:
    day = _make_date(match["year"], match["month"], match["day"])
    return _make_stamp(day, day, _read_time(match))


def _read_slashed(match: re.Match[str]) -> Stamp | None:
    first, second, year = match["first"], match["next"], match["year"]
    time = _read_time(match, half=match["half"])
    return _make_stamp(_make_date(year, second, first), _make_date(year, first, second), time)


def _read_month_name(match: re.Match[str]) -> Stamp | None:
    day = _make_date(match["year"], _MONTHS.index(match["name"].lower()) + 1, match["day"])
    return _make_stamp(day, day, _read_time(match))


def _read_serial(match: re.Match[str]) -> Stamp | None:
    serial = float(match["serial"])
    if not _SERIALS[0] <= serial <= _SERIALS[1]:
        return None
    days, seconds = divmod(round(serial * _DAY_S), _DAY_S)
    day = _SERIAL_EPOCH + timedelta(days=days)
    return Stamp(day, day, seconds)


_READERS = {
    Notation.ISO: _read_iso,
    Notation.SLASHED: _read_slashed,
    Notation.MONTH_NAME: _read_month_name,
    Notation.SERIAL: _read_serial,
}


def _make_date(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _make_stamp(day_first: date | None, month_first: date | None, seconds: int | None) -> Stamp | None:
    if seconds is None or (day_first is None and month_first is None):
        return None
    return Stamp(day_first, month_first, seconds)


def _read_time(match: re.Match[str], *, half: str | None = None) -> int | None:
    """Seconds since midnight; None where there is no such time."""
    if match["hour"] is None:
        return 0
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.upper() == "PM" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * 3600 + minute * 60 + second


@dataclass(kw_only=True)
class Evidence:
    """What the date cells of one file show about its order. Counts cells, not distinct texts."""

    day_first: int = 0
    month_first: int = 0
    ambiguous: int = 0
    example: str = ""

    def add(self, text: str, stamp: Stamp, cells: int) -> None:
        if stamp.month_first is None:
            self.day_first += cells
        elif stamp.day_first is None:
            self.month_first += cells
        elif stamp.ambiguous:
            self.ambiguous += cells
            self.example = self.example or text


def decide_order(evidence: Evidence, explicit: DateOrder | None, *, file: str) -> DateOrder | None:
    """The order of a file; None where no cell needs one. ``explicit`` wins over what the file shows.

    Raises BadFile where the file contradicts itself, or needs an order and shows none.
    """
    if explicit is not None:
        return explicit
    shown = evidence.day_first + evidence.month_first
    if shown == 0:
        if evidence.ambiguous:
            raise BadFile(
                file,
                f"{evidence.ambiguous} dates like {evidence.example!r} can be read day or month first and"
                f" no date in the file shows which: give the date order ({_ORDERS})",
            )
        return None
    if 100 * evidence.day_first >= DECISIVE_PERCENT * shown:
        return DateOrder.DAY_FIRST
    if 100 * evidence.month_first >= DECISIVE_PERCENT * shown:
        return DateOrder.MONTH_FIRST
    raise BadFile(
        file,
        f"contradictory dates: {evidence.day_first} can be read only day first and {evidence.month_first}"
        " only month first; give the date order to reject the others",
    )


def is_utc_column(seconds: Iterable[int]) -> bool:
    """Whether a column with these times of day holds Manila midnights written as UTC.

    15:00 is the midnight of the years with summer time (UTC+9), 16:00 that of all others (UTC+8).
    """
    later = frozenset(seconds) - {0}
    return bool(later) and later <= _MANILA_MIDNIGHTS_S


def settle_day(stamp: Stamp, order: DateOrder | None, *, utc: bool) -> date | None:
    """The day that a cell means, in Manila; None where the file's order gives none."""
    day = stamp.read(order)
    if day is not None and utc and stamp.seconds in _MANILA_MIDNIGHTS_S:
        return day + timedelta(days=1) if day < date.max else None
    return day
