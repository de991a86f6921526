"""What the text of a date cell means, and the order of day and month of a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import Enum

from contracts.errors import BadFile


class DateOrder(Enum):
    """How a date of three numbers that ends with its year is read."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


_ORDERS = " or ".join(order.value for order in DateOrder)

# Of the cells that show an order, so many must agree; the rest are typing errors.
DECISIVE_PERCENT = 99

# What a year of two digits is added to: PhilGEPS opened in 2000, so none of its dates is older.
CENTURY = 2000

# So many dates fall on days up to 12 by chance once in a hundred times.
SIGN_IN_TEXTS = 5

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD = (
    r"(?P<word>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? )?"
_YEAR = r"(?P<year>\d{4}|\d\d)"
_TIME = (
    r"(?:(?:[ T]|, )(?P<hour>\d{1,2})(?P<colon>[:.])(?P<minute>\d\d)"
    r"(?:(?P=colon)(?P<second>\d\d)(?:[.:]\d+)?)?"
    r"(?: ?(?P<half>[AP])\.?M\.?)?(?: ?(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?)?"
)
# Two days before the first that Excel counts, because it counts 1900-02-29 as well, which there never was.
_SERIAL_EPOCH = date(1899, 12, 30)
# From 1954 to 2119: beyond, a number in a date column is no day.
_SERIALS = (20_000, 80_000)
_DAY_S, _MANILA_MIDNIGHTS_S = 86_400, frozenset({15 * 3600, 16 * 3600})
# East of UTC, today and in every year since PhilGEPS opened.
_MANILA_S = 8 * 3600


@dataclass(frozen=True, slots=True)
class Stamp:
    """A readable cell: its day under either order (None where that order gives no day), its time of day.

    ``seconds`` is None where the cell says no hour or says its zone: then nothing is to be guessed from it.
    ``ends`` are the first and the last number of a date with a year of two digits, which may be either.
    """

    day_first: date | None
    month_first: date | None
    seconds: int | None = None
    ends: tuple[int, int] | None = None

    @property
    def ambiguous(self) -> bool:
        return None not in (self.day_first, self.month_first) and self.day_first != self.month_first

    def read(self, order: DateOrder | None) -> date | None:
        """The day under ``order``; with None, the day that both orders agree on."""
        if order is None:
            return self.day_first if self.day_first == self.month_first else None
        return self.day_first if order is DateOrder.DAY_FIRST else self.month_first


def parse_stamp(text: str) -> Stamp | None:
    """What cleaned ``text`` says, None where it is no date.

    One text has one meaning in files of every generation: ``2024-11-21``, ``2024/11/21``, ``20241121``;
    ``21/11/2024``, ``11-21-24`` and the like, whose order is the file's; ``21-Nov-2024``, ``Thursday,
    November 21, 2024``; ``45617``, the days that Excel counts. Most may be followed by a time, and that by
    its zone.
    """
    for pattern, read in _READERS:
        if match := pattern.fullmatch(text):
            return read(match)
    return None


def _read_year_first(match: re.Match[str]) -> Stamp | None:
    day = _make_date(match["year"], match["month"], match["day"])
    return _make_stamp(match, day, day)


def _read_compact(match: re.Match[str]) -> Stamp | None:
    day = _make_date(match["year"], match["month"], match["day"])
    return None if day is None else Stamp(day, day)


def _read_year_last(match: re.Match[str]) -> Stamp | None:
    first, second, year = match["first"], match["next"], match["year"]
    stamp = _make_stamp(match, _make_date(year, second, first), _make_date(year, first, second))
    return replace(stamp, ends=(int(first), int(year))) if stamp and len(year) == 2 else stamp


def _read_word(match: re.Match[str]) -> Stamp | None:
    day = _make_date(match["year"], _MONTHS.index(match["word"][:3].lower()) + 1, match["day"])
    return _make_stamp(match, day, day)


def _read_serial(match: re.Match[str]) -> Stamp | None:
    serial = float(match["serial"])
    if not _SERIALS[0] <= serial <= _SERIALS[1]:
        return None
    # Rounded to seconds: no number says exactly that 16:00 is two thirds of a day.
    days, seconds = divmod(round(serial * _DAY_S), _DAY_S)
    day = _SERIAL_EPOCH + timedelta(days=days)
    return Stamp(day, day, seconds)


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Stamp | None]], ...] = tuple(
    # ASCII, because \d stands for the digits of all scripts otherwise, which int() reads.
    (re.compile(pattern, re.ASCII | re.IGNORECASE), read)
    for pattern, read in (
        (
            rf"(?P<year>\d{{4}})(?P<mark>[-/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?){_TIME}",
            _read_year_first,
        ),
        (rf"(?P<first>\d\d?)(?P<mark>[-/.])(?P<next>\d\d?)(?P=mark){_YEAR}{_TIME}", _read_year_last),
        (
            rf"{_WEEKDAY}(?P<day>\d\d?)(?:st|nd|rd|th)?(?: of)?[-/ ]{_WORD}\.?(?:[-/ ]|, ?){_YEAR}{_TIME}",
            _read_word,
        ),
        (
            rf"{_WEEKDAY}{_WORD}\.?[-/ ](?P<day>\d\d?)(?:st|nd|rd|th)?(?:[-/ ]|, ?)(?P<year>\d{{4}}){_TIME}",
            _read_word,
        ),
        (rf"(?P<year>\d{{4}})[-/ ]{_WORD}[-/ ](?P<day>\d\d?){_TIME}", _read_word),
        (r"(?P<year>20\d\d)(?P<month>[01]\d)(?P<day>[0-3]\d)", _read_compact),
        (r"(?P<serial>\d{5}(?:\.\d+)?)", _read_serial),
    )
)


def _make_date(year: str, month: str | int, day: str) -> date | None:
    whole_year = int(year) + (CENTURY if len(year) == 2 else 0)
    try:
        return date(whole_year, int(month), int(day))
    except ValueError:
        return None


def _make_stamp(match: re.Match[str], day_first: date | None, month_first: date | None) -> Stamp | None:
    if day_first is None and month_first is None:
        return None
    if match["hour"] is None:
        return Stamp(day_first, month_first)
    seconds = _read_time(match)
    if seconds is None:
        return None
    if match["zone"] is None:
        return Stamp(day_first, month_first, seconds)
    days = (seconds - _read_zone(match["zone"]) + _MANILA_S) // _DAY_S
    return Stamp(_move(day_first, days), _move(month_first, days))


def _read_time(match: re.Match[str]) -> int | None:
    """Seconds since midnight; None where there is no such time."""
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if match["half"] is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"].upper() == "P" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * 3600 + minute * 60 + second


def _read_zone(text: str) -> int:
    """Seconds east of UTC."""
    if text.upper() in ("Z", "UTC", "GMT"):
        return 0
    digits = text.replace(":", "")
    return int(f"{digits[0]}1") * (int(digits[1:3]) * 3600 + int(digits[3:5] or 0) * 60)


def _move(day: date | None, days: int) -> date | None:
    """The day ``days`` later, None at the ends of the calendar."""
    try:
        return None if day is None else day + timedelta(days=days)
    except OverflowError:
        return None


@dataclass(kw_only=True)
class Evidence:
    """What the date cells of one file show about its order. Counts cells, not distinct texts."""

    day_first: int = 0
    month_first: int = 0
    ambiguous: int = 0
    example: str = ""
    years: set[int] = field(default_factory=set)
    short: Counter[tuple[int, int]] = field(default_factory=Counter)
    short_texts: dict[tuple[int, int], str] = field(default_factory=dict)

    def add(self, text: str, stamp: Stamp, cells: int) -> None:
        if stamp.ends is not None:
            self.short[stamp.ends] += cells
            self.short_texts.setdefault(stamp.ends, text)
        elif day := stamp.day_first or stamp.month_first:
            self.years.add(day.year)
        if stamp.month_first is None:
            self.day_first += cells
        elif stamp.day_first is None:
            self.month_first += cells
        elif stamp.ambiguous:
            self.ambiguous += cells
            self.example = self.example or text

    def list_doubtful(self) -> frozenset[tuple[int, int]]:
        """The ends of dates whose year of two digits seems to stand first."""
        # The other dates of the file show which years it is of.
        if self.years:
            return frozenset(e for e in self.short if self._is_near(e[0]) and not self._is_near(e[1]))
        # Where all have two digits, the end with fewer numbers is the year: a file is of few years and many
        # days.
        firsts, lasts = ({ends[place] for ends in self.short} for place in (0, 1))
        return frozenset(self.short if len(lasts) > len(firsts) else ())

    def _is_near(self, short_year: int) -> bool:
        return any(abs(CENTURY + short_year - year) <= 1 for year in self.years)


@dataclass(kw_only=True)
class SwapEvidence:
    """What one column holds of date cells and of dates written as text.

    A spreadsheet that is opened under another locale makes date cells of the texts that are dates there, with
    day and month changed over, and leaves the others as text. What it leaves behind is a column whose date
    cells all have days up to 12 and whose texts all have days above 12. In a text file made of it, the date
    cells are dates in ISO's form (``from_cells`` is false), and only many of both are a sign.
    """

    from_cells: bool = False
    early_cells: int = 0
    late_cells: int = 0
    undecided_texts: int = 0
    decided_texts: int = 0
    example: str = ""

    def add_cell(self, stamp: Stamp, cells: int, *, marked: bool) -> None:
        self.from_cells |= marked
        # A spreadsheet changes only those over that are dates either way: a day above 12 says that this did
        # not happen.
        day = stamp.day_first
        if day is not None and day.day <= 12:
            self.early_cells += cells
        else:
            self.late_cells += cells

    def add_text(self, text: str, stamp: Stamp, cells: int) -> None:
        if stamp.ambiguous:
            self.undecided_texts += cells
        elif None in (stamp.day_first, stamp.month_first):
            self.decided_texts += cells
            self.example = self.example or text

    @property
    def is_swapped(self) -> bool:
        """Whether the column shows the sign of a workbook saved under another locale."""
        if self.late_cells or self.undecided_texts:
            return False
        return min(self.early_cells, self.decided_texts) >= (1 if self.from_cells else SIGN_IN_TEXTS)


def decide_order(evidence: Evidence, explicit: DateOrder | None, *, file: str) -> DateOrder | None:
    """The order of a file; None where no cell needs one. ``explicit`` wins over what the file shows.

    Raises BadFile where the file contradicts itself, or needs an order and shows none.
    """
    # A person who knows where the file comes from knows more than its cells can show.
    if explicit is not None:
        return explicit
    _check_short_years(evidence, file=file)
    shown = evidence.day_first + evidence.month_first
    if shown == 0:
        if evidence.ambiguous:
            raise BadFile(
                file,
                f"{evidence.ambiguous} dates like {evidence.example!r} can be read day or month first and"
                f" no date in the file shows which: give the date order ({_ORDERS})",
            )
        return None
    if order := _choose_majority(evidence):
        return order
    raise BadFile(
        file,
        f"contradictory dates: {evidence.day_first} can be read only day first and {evidence.month_first}"
        f" only month first; give the date order ({_ORDERS}), and the others count as missing",
    )


def _check_short_years(evidence: Evidence, *, file: str) -> None:
    doubtful = evidence.list_doubtful()
    cells = sum(evidence.short[ends] for ends in doubtful)
    if 100 * cells > (100 - DECISIVE_PERCENT) * evidence.short.total():
        example = evidence.short_texts[min(doubtful)]
        raise BadFile(
            file,
            f"{cells} dates like {example!r} seem to begin with their year, of which they have two digits:"
            f" write years with four digits or, if the year stands last, give the date order ({_ORDERS})",
        )


def _choose_majority(evidence: Evidence) -> DateOrder | None:
    shown = evidence.day_first + evidence.month_first
    if shown and 100 * evidence.day_first >= DECISIVE_PERCENT * shown:
        return DateOrder.DAY_FIRST
    if shown and 100 * evidence.month_first >= DECISIVE_PERCENT * shown:
        return DateOrder.MONTH_FIRST
    return None


def refuse_swapped(file: str, *, column: str, signs: SwapEvidence) -> BadFile:
    """The refusal of a file whose column ``is_swapped`` while nobody has given its order."""
    return BadFile(
        file,
        f"{column} holds {signs.early_cells} date cells, all with days up to 12, beside"
        f" {signs.decided_texts} texts like {signs.example!r}, all with days above 12: the sign of a"
        " workbook saved under another locale, which changes day and month over; give the date order of the"
        f" texts ({_ORDERS}), and the date cells are read by it",
    )


def swap_back(stamp: Stamp, order: DateOrder, evidence: Evidence) -> Stamp:
    """The stamp of a date cell of a torn column. Where the texts are in ``order``, the spreadsheet that left
    them alone had the other one, and changed day and month of its date cells over."""
    day = stamp.day_first
    if day is None or _choose_majority(evidence) is not order:
        return stamp
    mended = _make_date(str(day.year), day.day, str(day.month))
    return Stamp(mended, mended, stamp.seconds)


def is_utc_column(seconds: Iterable[int]) -> bool:
    """Whether a column with these times of day holds Manila midnights written as UTC.

    15:00 is the midnight of the years with summer time (UTC+9), 16:00 that of all others (UTC+8).
    """
    later = frozenset(seconds) - {0}
    return bool(later) and later <= _MANILA_MIDNIGHTS_S


def settle_day(stamp: Stamp, order: DateOrder | None, *, utc: bool) -> date | None:
    """The day that a cell means, in Manila; None where the file's order gives none."""
    day = stamp.read(order)
    return _move(day, 1) if utc and stamp.seconds in _MANILA_MIDNIGHTS_S else day
