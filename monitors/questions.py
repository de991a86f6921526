"""What may be said of saved searches, read strictly."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, FailFast, Field, Strict

from contracts.questions.filters import Filters
from contracts.questions.model import Question, check_by, invalid
from contracts.questions.reading import storable
from contracts.questions.texts import SEEN, clean
from monitors.models import LONGEST_NAME, LONGEST_NOTE

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
