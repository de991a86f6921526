"""What may be said of saved searches and monitors, read strictly."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, FailFast, Field, PlainValidator, Strict, WithJsonSchema

from contracts.questions.filters import Filters
from contracts.questions.model import Question, check_by, invalid
from contracts.questions.reading import identifier, storable
from contracts.questions.texts import SEEN, OneOf, clean, sort_distinct
from monitors.channels import CHANNELS
from monitors.models import LONGEST_NAME, LONGEST_NOTE
from monitors.schedules import LONGEST, MEANING, read_schedule

MOST_SEARCHES = 200
"""Saved searches that an owner may have: a list that people can look through."""

_check_text = check_by(storable)


def _read_name(given: str) -> str:
    name = " ".join(clean(_check_text(given)).split())
    if not name:
        raise invalid("needs a name that can be seen")
    return name


Name = Annotated[
    str,
    Strict(),
    Field(max_length=LONGEST_NAME, json_schema_extra={"pattern": SEEN}),
    AfterValidator(_read_name),
]
Note = Annotated[
    str,
    Strict(),
    Field(max_length=LONGEST_NOTE, json_schema_extra={"pattern": r"^[^\u0000]*$"}),
    AfterValidator(_check_text),
]


class SearchToSave(Question):
    """A search to be kept under a name."""

    name: Name
    note: Note = ""
    filters: Filters = Filters()


class SearchChange(Question):
    """What is to become different of a saved search; what is not given stays."""

    name: Name | None = None
    note: Note | None = None
    filters: Filters | None = None


class SearchFile(Question):
    """Saved searches as they are exported and imported."""

    format: Literal["philgeps-saved-searches"] = "philgeps-saved-searches"
    version: Literal[1] = 1
    searches: Annotated[tuple[SearchToSave, ...], FailFast(), Field(max_length=MOST_SEARCHES)]


def _read_id(given: object, pointer: str) -> str:
    return str(identifier(given, pointer))


Identity = Annotated[
    str, PlainValidator(check_by(_read_id)), WithJsonSchema({"type": "string", "format": "uuid"})
]
"""The id of a row, which is a UUID, as text."""
Schedule = Annotated[
    str, Strict(), Field(max_length=LONGEST, description=MEANING), AfterValidator(read_schedule)
]
Channels = Annotated[
    tuple[Annotated[str, OneOf(CHANNELS, "channel")], ...],
    Field(max_length=len(CHANNELS)),
    AfterValidator(sort_distinct),
]


class MonitorToMake(Question):
    """A saved ``search`` that is to be watched. Alerts are always shown on the site; ``channels`` tell them
    elsewhere too."""

    search: Identity
    schedule: Schedule = "version"
    channels: Channels = ()


class MonitorChange(Question):
    """What is to become different of a monitor; what is not given stays."""

    schedule: Schedule | None = None
    channels: Channels | None = None
    paused: Annotated[bool, Strict()] | None = None
