"""Time ranges of questions: years, quarters, days, and the contracts of no known day."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    FailFast,
    Field,
    GetCoreSchemaHandler,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from contracts.questions.model import Question, check_by, invalid, invalid_member
from contracts.questions.numbers import Whole
from contracts.questions.reading import FIRST_YEAR, LAST_YEAR, day, shown

MAX_RANGES = 50
# The page has three sorts of them: years, quarters and days.
MAX_GROUPS = 5


@dataclass(frozen=True, kw_only=True, order=True)
class TimeRange:
    """Inclusive days of award. An open end is None; both open: the contracts without a day.

    In JSON it is one of ``SAID``, told apart by ``type``; each says days in the end.
    """

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

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        # The union is there for the JSON Schema; _read_range takes its place.
        said = handler.generate_schema(Yearly | Quarterly | Custom | Undated)
        written = core_schema.plain_serializer_function_ser_schema(cls.to_json)
        return core_schema.no_info_wrap_validator_function(
            lambda given, _: _read_range(given), said, serialization=written
        )


UNDATED = TimeRange(start=None, end=None)
"""The contracts whose day of award is not given."""


Year = Whole(FIRST_YEAR, LAST_YEAR)
Day = Annotated[
    date,
    PlainValidator(check_by(day), json_schema_input_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date",
            "description": f"from {FIRST_YEAR} to {LAST_YEAR}",
            "pattern": "^(20[0-9]{2}|2100)-[0-9]{2}-[0-9]{2}$",
        }
    ),
]


class Yearly(Question):
    """A calendar year."""

    type: Literal["yearly"]
    year: Annotated[int, Year]
    # Members of the other types may be null, as all that is not given may.
    quarter: None = None
    start_date: None = None
    end_date: None = None

    def days(self) -> TimeRange:
        return TimeRange.year(self.year)


class Quarterly(Question):
    """A quarter of a calendar year."""

    type: Literal["quarterly"]
    year: Annotated[int, Year]
    quarter: Annotated[int, Whole(1, 4)]
    start_date: None = None
    end_date: None = None

    def days(self) -> TimeRange:
        return TimeRange.quarter(self.year, self.quarter)


class Custom(Question):
    """Days, both included; one of the two ends may be open."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {end: {"type": "string"}}, "required": [end]}
                for end in ("start_date", "end_date")
            ]
        }
    )

    type: Literal["custom"]
    year: None = None
    quarter: None = None
    start_date: Day | None = None
    end_date: Day | None = None

    @model_validator(mode="after")
    def _check_ends(self) -> Self:
        if self.start_date is None and self.end_date is None:
            raise invalid("a custom range needs start_date or end_date")
        if self.start_date and self.end_date and self.start_date > self.end_date:
            raise invalid(f"start_date {self.start_date} is after end_date {self.end_date}")
        return self

    def days(self) -> TimeRange:
        return TimeRange(start=self.start_date, end=self.end_date)


class Undated(Question):
    """The contracts without a day."""

    type: Literal["undated"]
    year: None = None
    quarter: None = None
    start_date: None = None
    end_date: None = None

    def days(self) -> TimeRange:
        return UNDATED


SAID: Mapping[str, type[Yearly | Quarterly | Custom | Undated]] = {
    "yearly": Yearly,
    "quarterly": Quarterly,
    "custom": Custom,
    "undated": Undated,
}
"""Type of a time range in JSON -> how it is said."""


def _read_range(given: object) -> TimeRange:
    if isinstance(given, TimeRange):
        return given
    if not isinstance(given, Mapping):
        raise invalid(f"expected an object, got {shown(given)}")
    # Told apart here, because pydantic puts the type into the path of its errors.
    said = given.get("type")
    if not isinstance(said, str) or said not in SAID:
        raise invalid_member(f"must be one of {', '.join(SAID)}, got {shown(said)}", "type")
    return SAID[said].model_validate(given).days()


def _sort_ranges(ranges: tuple[TimeRange, ...]) -> tuple[TimeRange, ...]:
    # By their JSON, because an open end (None) cannot be compared with a day.
    return tuple(sorted(dict.fromkeys(ranges), key=lambda one: json.dumps(one.to_json())))


TimeRanges = Annotated[
    tuple[TimeRange, ...], FailFast(), Field(max_length=MAX_RANGES), AfterValidator(_sort_ranges)
]


def _sort_groups(groups: tuple[tuple[TimeRange, ...], ...]) -> tuple[tuple[TimeRange, ...], ...]:
    # An empty list asks for nothing, as elsewhere.
    said = {json.dumps([one.to_json() for one in group]): group for group in groups if group}
    return tuple(said[key] for key in sorted(said))


NarrowerRanges = Annotated[
    tuple[TimeRanges, ...],
    FailFast(),
    Field(
        max_length=MAX_GROUPS,
        description="lists as time_ranges, each of which narrows what the others leave: the day of "
        "award lies in one range of every list",
    ),
    AfterValidator(_sort_groups),
]


def intersect_groups(groups: Sequence[Sequence[TimeRange]]) -> tuple[TimeRange, ...]:
    """The ranges of the days that lie in one range of every group; there is at least one group."""
    kept, *others = groups
    for group in others:
        both = (intersect(one, other) for one in kept for other in group)
        kept = tuple(dict.fromkeys(days for days in both if days))
    return tuple(kept)


def intersect(one: TimeRange, other: TimeRange) -> TimeRange | None:
    """The days of both; None where there are none."""
    if UNDATED in (one, other):
        return one if one == other else None
    start = max((day for day in (one.start, other.start) if day), default=None)
    end = min((day for day in (one.end, other.end) if day), default=None)
    return None if start and end and start > end else TimeRange(start=start, end=end)
