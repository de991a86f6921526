"""What may be asked: frozen values, parsed strictly from JSON, with one canonical JSON form and digest."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from contracts.errors import InvalidQuery
from contracts.fields import (
    DEFAULT_COLUMNS,
    DIMENSIONS,
    EXCEPT_FILTERS,
    FIELD_BY_NAME,
    NAME_FILTERS,
    NEVER_REPAIRED,
    REPAIRABLE,
    SORTABLE,
)
from contracts.questions.reading import boolean, choice, entries, integer, mapping, shown, string

T = TypeVar("T")

NAME_LISTS = (*NAME_FILTERS, *EXCEPT_FILTERS)
NAMES_IN_WORDS = {
    "contractors": "contractor",
    "organizations": "organization",
    "areas": "area",
    "business_categories": "category",
}

FIRST_YEAR, LAST_YEAR = 2000, 2100
MAX_NAMES = 500
MAX_NAME_LENGTH = 1000
MAX_KEYWORDS = 20
MAX_KEYWORD_LENGTH = 200
MAX_RANGES = 50
MAX_AMOUNT = Decimal("9999999999999999.99")
MAX_PAGE_SIZE = 1000
MAX_PAGE = 10_000_000
MAX_TOP_N = 1000
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PLAIN_AMOUNT = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?")

RANGE_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "yearly": ("year",),
    "quarterly": ("year", "quarter"),
    "custom": ("start_date", "end_date"),
    "undated": (),
}
"""Type of a time range in JSON -> the members that belong to it."""


@dataclass(frozen=True, kw_only=True, order=True)
class TimeRange:
    """Inclusive days of award. An open end is None; both open: the contracts without a day."""

    start: date | None
    end: date | None

    @classmethod
    def year(cls, year: int) -> TimeRange:
        return cls(start=date(year, 1, 1), end=date(year, 12, 31))

    @classmethod
    def quarter(cls, year: int, quarter: int) -> TimeRange:
        last_month = quarter * 3
        after = date(year + last_month // 12, last_month % 12 + 1, 1)
        return cls(start=date(year, last_month - 2, 1), end=after - timedelta(days=1))

    def to_json(self) -> dict[str, str | None]:
        if self == UNDATED:
            return {"type": "undated"}
        return {
            "type": "custom",
            "start_date": self.start.isoformat() if self.start else None,
            "end_date": self.end.isoformat() if self.end else None,
        }

    def describe(self) -> str:
        if self == UNDATED:
            return "on no known day"
        if self.start and self == TimeRange.year(self.start.year):
            return str(self.start.year)
        if self.start:
            number = (self.start.month + 2) // 3
            if self == TimeRange.quarter(self.start.year, number):
                return f"Q{number} {self.start.year}"
        if self.start and self.end:
            return f"{self.start} to {self.end}"
        return f"from {self.start}" if self.start else f"until {self.end}"


UNDATED = TimeRange(start=None, end=None)
"""The contracts whose day of award is not given."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which contracts are meant: OR inside a list, AND between lists.

    A None in a name list means the rows whose label is missing; the ``except_`` lists leave rows out.
    ``keywords`` holds phrases as typed; ``&&`` inside one string joins phrases that must all be found.
    Amounts are pesos. ``repaired_fields`` are columns, one of which is missing as its raw text is of no use.
    """

    contractors: tuple[str | None, ...] = ()
    organizations: tuple[str | None, ...] = ()
    areas: tuple[str | None, ...] = ()
    business_categories: tuple[str | None, ...] = ()
    except_contractors: tuple[str | None, ...] = ()
    except_organizations: tuple[str | None, ...] = ()
    except_areas: tuple[str | None, ...] = ()
    except_business_categories: tuple[str | None, ...] = ()
    keywords: tuple[str, ...] = ()
    time_ranges: tuple[TimeRange, ...] = ()
    min_amount: Decimal | None = None
    max_amount: Decimal | None = None
    repaired_fields: tuple[str, ...] = ()
    include_flood_control: bool = False

    @classmethod
    def from_json(cls, data: Any, pointer: str = "/filters") -> Filters:
        """Parse the API's form. Raises InvalidQuery that points at the culprit."""
        source = mapping(
            data,
            pointer,
            allowed=(
                *(*NAME_LISTS, "keywords", "time_ranges", "value_range"),
                *("repaired_fields", "include_flood_control"),
            ),
        )
        low, high = _value_range(source.get("value_range"), f"{pointer}/value_range")
        return cls(
            **{name: _names(source.get(name), f"{pointer}/{name}") for name in NAME_LISTS},
            keywords=_unique(
                entries(source.get("keywords"), f"{pointer}/keywords", _keyword, at_most=MAX_KEYWORDS)
            ),
            time_ranges=_unique(
                entries(source.get("time_ranges"), f"{pointer}/time_ranges", _time_range, at_most=MAX_RANGES)
            ),
            min_amount=low,
            max_amount=high,
            repaired_fields=_unique(
                entries(
                    source.get("repaired_fields"),
                    f"{pointer}/repaired_fields",
                    _repairable,
                    at_most=len(REPAIRABLE),
                )
            ),
            include_flood_control=boolean(
                source.get("include_flood_control"), f"{pointer}/include_flood_control", default=False
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """The canonical form: equal questions give equal JSON, and ``from_json`` reads it back."""
        return {
            **{name: sorted(getattr(self, name), key=lambda v: (v is None, v or "")) for name in NAME_LISTS},
            "keywords": sorted(self.keywords),
            "time_ranges": sorted((r.to_json() for r in self.time_ranges), key=json.dumps),
            "value_range": {"min": _amount_json(self.min_amount), "max": _amount_json(self.max_amount)},
            "repaired_fields": sorted(self.repaired_fields),
            "include_flood_control": self.include_flood_control,
        }

    def describe(self) -> str:
        """The filters in words, for people: file names, About sheets, task lists."""
        parts = [
            f"{words}: {_in_words(getattr(self, name), 'or')}"
            for name, words in NAMES_IN_WORDS.items()
            if getattr(self, name)
        ]
        for name, words in NAMES_IN_WORDS.items():
            if excepted := getattr(self, f"except_{name}"):
                parts.append(f"{words} other than: {_in_words(excepted, 'and')}")
        if self.keywords:
            parts.append(f"text: {_in_words(self.keywords, 'or')}")
        if self.time_ranges:
            parts.append("awarded " + " or ".join(r.describe() for r in self.time_ranges))
        if self.min_amount is not None:
            parts.append(f"at least ₱{self.min_amount:,.2f}")
        if self.max_amount is not None:
            parts.append(f"at most ₱{self.max_amount:,.2f}")
        if self.repaired_fields:
            parts.append(f"repaired: {_in_words(sorted(self.repaired_fields), 'or')}")
        words = "; ".join(parts) or "all contracts"
        return f"{words}; flood-control source included" if self.include_flood_control else words


@dataclass(frozen=True, kw_only=True)
class Sort:
    """Order of rows; missing values come last, ties are broken by id, so that every order is total."""

    field: str = "award_date"
    descending: bool = True

    @classmethod
    def from_json(cls, data: Any, pointer: str = "/sort") -> Sort:
        """Parse ``"field"`` or ``"-field"``; None gives the default, newest awards first."""
        if data is None:
            return cls()
        text = string(data, pointer, at_most=100)
        field = text.removeprefix("-")
        if field not in SORTABLE:
            raise InvalidQuery(
                pointer, f"{field!r} is not a sortable column; choose from {', '.join(SORTABLE)}"
            )
        return cls(field=field, descending=text.startswith("-"))

    def to_json(self) -> str:
        return f"{'-' if self.descending else ''}{self.field}"


@dataclass(frozen=True, kw_only=True)
class Query:
    """Rows of the contracts that ``filters`` means, as ``columns``, in the order of ``sort``."""

    filters: Filters = Filters()
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    sort: Sort = Sort()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Query:
        """Parse the keys ``filters``, ``columns`` and ``sort``; other keys are the caller's to judge."""
        return cls(
            filters=Filters.from_json(data.get("filters")),
            columns=_columns(data.get("columns"), "/columns"),
            sort=Sort.from_json(data.get("sort")),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "filters": self.filters.to_json(),
            "columns": list(self.columns),
            "sort": self.sort.to_json(),
        }


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of results; ``number`` counts from 1."""

    number: int = 1
    size: int = 50

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Page:
        return cls(
            number=integer(data.get("page"), "/page", low=1, high=MAX_PAGE, default=1),
            size=integer(data.get("page_size"), "/page_size", low=1, high=MAX_PAGE_SIZE, default=50),
        )

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


@dataclass(frozen=True, kw_only=True)
class Aggregation:
    """Totals of the contracts that ``filters`` means, by each of ``dimensions``."""

    filters: Filters = Filters()
    dimensions: tuple[str, ...] = DIMENSIONS
    top_n: int = 20

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Aggregation:
        return cls(
            filters=Filters.from_json(data.get("filters")),
            dimensions=_dimensions(data.get("dimensions"), "/dimensions"),
            top_n=integer(data.get("top_n"), "/top_n", low=1, high=MAX_TOP_N, default=20),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "filters": self.filters.to_json(),
            "dimensions": list(self.dimensions),
            "top_n": self.top_n,
        }


def phrases_of(keyword: str) -> tuple[str, ...]:
    """The phrases of a keyword, which must all be found: ``a && b`` -> ``("a", "b")``.

    They are cleaned as the importer cleans text: one space between words, no control characters, NFC.
    """
    parts = (" ".join(_clean(part).split()) for part in keyword.split("&&"))
    return tuple(dict.fromkeys(part for part in parts if part))


def digest(value: Any) -> str:
    """SHA-256 in hex over the canonical JSON of ``value``: the key for caches and deduplication."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _in_words(names: Sequence[str | None], last: str) -> str:
    return f" {last} ".join("(none given)" if name is None else name for name in names)


def _clean(text: str) -> str:
    visible = (char for char in text if char.isspace() or unicodedata.category(char) != "Cc")
    return unicodedata.normalize("NFC", "".join(visible))


def _unique(values: Sequence[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


def _names(data: Any, pointer: str) -> tuple[str | None, ...]:
    def parse(item: Any, where: str) -> str | None:
        if item is None:
            return None
        return unicodedata.normalize("NFC", string(item, where, at_most=MAX_NAME_LENGTH))

    return _unique(entries(data, pointer, parse, at_most=MAX_NAMES))


def _keyword(item: Any, pointer: str) -> str:
    text = string(item, pointer, at_most=MAX_KEYWORD_LENGTH)
    if not all(phrases_of(part) for part in text.split("&&")):
        raise InvalidQuery(pointer, "a keyword needs text (on both sides of every &&)")
    return " && ".join(sorted(phrases_of(text)))


def _repairable(item: Any, pointer: str) -> str:
    name = string(item, pointer, at_most=100)
    if name not in REPAIRABLE:
        raise InvalidQuery(
            pointer, f"{name!r} is never repaired; every column but {', '.join(NEVER_REPAIRED)} may be"
        )
    return name


def _time_range(item: Any, pointer: str) -> TimeRange:
    source = mapping(item, pointer, allowed=("type", "year", "quarter", "start_date", "end_date"))
    kind = choice(source.get("type"), f"{pointer}/type", tuple(RANGE_MEMBERS), default="")
    if not kind:
        raise InvalidQuery(f"{pointer}/type", f"is required: one of {', '.join(RANGE_MEMBERS)}")
    for key in source:
        if key != "type" and key not in RANGE_MEMBERS[kind] and source[key] is not None:
            raise InvalidQuery(f"{pointer}/{key}", f"does not belong to a {kind} range")
    if kind == "undated":
        return UNDATED
    if kind == "custom":
        return _custom_range(source, pointer)
    year = integer(source.get("year"), f"{pointer}/year", low=FIRST_YEAR, high=LAST_YEAR)
    if kind == "yearly":
        return TimeRange.year(year)
    return TimeRange.quarter(year, integer(source.get("quarter"), f"{pointer}/quarter", low=1, high=4))


def _custom_range(source: Mapping[str, Any], pointer: str) -> TimeRange:
    start = _date(source.get("start_date"), f"{pointer}/start_date")
    end = _date(source.get("end_date"), f"{pointer}/end_date")
    if start is None and end is None:
        raise InvalidQuery(pointer, "a custom range needs start_date or end_date")
    if start and end and start > end:
        raise InvalidQuery(pointer, f"start_date {start} is after end_date {end}")
    return TimeRange(start=start, end=end)


def _date(value: Any, pointer: str) -> date | None:
    if value is None:
        return None
    text = string(value, pointer, at_most=100)
    try:
        parsed = date.fromisoformat(text) if ISO_DATE.fullmatch(text) else None
    except ValueError:
        parsed = None
    if parsed is None or not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise InvalidQuery(
            pointer, f"expected a date YYYY-MM-DD, years {FIRST_YEAR} to {LAST_YEAR}, got {shown(value)}"
        )
    return parsed


def _value_range(data: Any, pointer: str) -> tuple[Decimal | None, Decimal | None]:
    source = mapping(data, pointer, allowed=("min", "max"))
    low, high = _amount(source.get("min"), f"{pointer}/min"), _amount(source.get("max"), f"{pointer}/max")
    if low is not None and high is not None and low > high:
        raise InvalidQuery(pointer, f"min {low} is greater than max {high}")
    return low, high


def _amount(value: Any, pointer: str) -> Decimal | None:
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else shown(value)
    if (
        isinstance(value, bool)
        or not isinstance(value, str | int | float)
        or not PLAIN_AMOUNT.fullmatch(text)
    ):
        raise InvalidQuery(pointer, f'expected an amount in pesos like "1000000.50", got {shown(value)}')
    amount = Decimal(text)
    if not 0 <= amount <= MAX_AMOUNT or amount != round(amount, 2):
        raise InvalidQuery(
            pointer, f"must be from 0 to {MAX_AMOUNT} with at most two decimals, got {shown(value)}"
        )
    return abs(round(amount, 2))


def _amount_json(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _columns(data: Any, pointer: str) -> tuple[str, ...]:
    columns = _known(data, pointer, tuple(FIELD_BY_NAME), noun="column")
    if data is not None and not columns:
        raise InvalidQuery(pointer, "needs at least one column")
    if len(set(columns)) != len(columns):
        raise InvalidQuery(pointer, "names a column twice")
    return tuple(columns) or DEFAULT_COLUMNS


def _dimensions(data: Any, pointer: str) -> tuple[str, ...]:
    chosen = _known(data, pointer, DIMENSIONS, noun="dimension")
    return tuple(name for name in DIMENSIONS if name in chosen) if data is not None else DIMENSIONS


def _known(data: Any, pointer: str, names: Sequence[str], *, noun: str) -> list[str]:
    def parse(item: Any, where: str) -> str:
        name = string(item, where, at_most=100)
        if name not in names:
            raise InvalidQuery(where, f"unknown {noun} {name!r}; known are {', '.join(names)}")
        return name

    return entries(data, pointer, parse, at_most=len(names))
