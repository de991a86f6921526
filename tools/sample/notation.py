"""How a file writes dates, amounts and what is missing. Knows neither columns nor awards.

Days are counted from 1970-01-01, money in centavos, so that the answer key is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

EPOCH = date(1970, 1, 1)
SERIAL_EPOCH_DAYS = (EPOCH - date(1899, 12, 30)).days
"""Excel counts days from 1899-12-30."""


class DateStyle(Enum):
    """How a whole file writes its dates."""

    ISO = "2021-03-14"
    ISO_TIME = "2021-03-14 00:00:00"
    MONTH_FIRST = "3/14/2021"
    MONTH_FIRST_TIME = "03/14/2021 12:00:00 AM"
    DAY_FIRST = "14/03/2021"
    MONTH_NAME = "14-Mar-2021"

    @property
    def slashed(self) -> bool:
        return self in (DateStyle.MONTH_FIRST, DateStyle.MONTH_FIRST_TIME, DateStyle.DAY_FIRST)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WRITERS: dict[DateStyle, Callable[[date], str]] = {
    DateStyle.ISO: lambda day: day.isoformat(),
    DateStyle.ISO_TIME: lambda day: f"{day.isoformat()} 00:00:00",
    DateStyle.MONTH_FIRST: lambda day: f"{day.month}/{day.day}/{day.year}",
    DateStyle.MONTH_FIRST_TIME: lambda day: f"{day.month:02d}/{day.day:02d}/{day.year} 12:00:00 AM",
    DateStyle.DAY_FIRST: lambda day: f"{day.day:02d}/{day.month:02d}/{day.year}",
    DateStyle.MONTH_NAME: lambda day: f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}",
}


class MoneyStyle(Enum):
    """How a whole file writes its amounts."""

    PLAIN = "1234567.50"
    COMMAS = "1,234,567.50"
    FOUR_DECIMALS = "1234567.5000"


def write_plain_money(centavos: int) -> str:
    return f"{centavos // 100}.{centavos % 100:02d}"


def write_grouped_money(centavos: int) -> str:
    return f"{centavos // 100:,}.{centavos % 100:02d}"


def write_long_money(centavos: int) -> str:
    return f"{centavos // 100}.{centavos % 100:02d}00"


_MONEY_WRITERS: dict[MoneyStyle, Callable[[int], str]] = {
    MoneyStyle.PLAIN: write_plain_money,
    MoneyStyle.COMMAS: write_grouped_money,
    MoneyStyle.FOUR_DECIMALS: write_long_money,
}


@dataclass(frozen=True, kw_only=True)
class Notation:
    """One file's habits. ``utc``: some award dates are Manila midnight written as UTC."""

    dates: DateStyle
    money: MoneyStyle = MoneyStyle.PLAIN
    null: str = ""
    utc: bool = False

    def write_day(self, day: int) -> str:
        return write_day(day, self.dates)

    @property
    def write_money(self) -> Callable[[int], str]:
        return _MONEY_WRITERS[self.money]


def as_date(day: int) -> date:
    return EPOCH + timedelta(days=day)


def as_day(moment: date) -> int:
    return (moment - EPOCH).days


def write_day(day: int, style: DateStyle) -> str:
    return _WRITERS[style](as_date(day))


def write_otherwise(day: int, style: DateStyle) -> list[str]:
    """Other spellings of the day that stand in such a file."""
    moment = as_date(day)
    month = f"{moment:%b}"
    free = [
        *(f"{moment.day}-{month}-{moment.year}", f"{moment.day:02d}-{month.upper()}-{moment:%y}"),
        *(f"{moment:%B} {moment.day}, {moment.year}", f"{month} {moment.day}, {moment.year} 12:00 AM"),
        *(
            f"{moment:%A, %B %d, %Y}",
            f"{moment:%Y%m%d}",
            f"{moment:%Y/%m/%d}",
            f"{moment:%Y.%m.%d}",
            write_serial(day),
        ),
        *(f"{moment}T00:00:00+08:00", f"{as_date(day - 1)}T16:00:00Z"),
    ]
    parts = ("%d", "%m") if style is DateStyle.DAY_FIRST else ("%m", "%d")
    ordered = [moment.strftime(mark.join((*parts, year))) for mark in "-./" for year in ("%Y", "%y")]
    return [*free, *ordered] if style.slashed else free


def write_serial(day: int) -> str:
    return str(day + SERIAL_EPOCH_DAYS)


class DayTexts:
    """A file's days from ``first`` to ``last``, written once: asking again costs a look into a list."""

    def __init__(self, notation: Notation, first: int, last: int) -> None:
        self.first = first
        days = range(first, last + 1)
        self.plain = [notation.write_day(day) for day in days]
        self.shifted = [f"{as_date(day - 1).isoformat()} {15 + (day % 5 > 0)}:00:00" for day in days]
        self.closing = self.plain
        if notation.dates is DateStyle.ISO_TIME:
            hours = ("09:30:00", "14:00:00", "16:00:00", "13:15:00")
            self.closing = [f"{as_date(day).isoformat()} {hours[day % 4]}" for day in days]
