"""Names one by one: a contractor, organization, area or category at a glance, and their directories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api.requests.headers import ETAG, IF_NONE_MATCH, names_etag
from api.requests.parameters import Choice, Text, Whole
from api.view import Answer, ApiView, refusal
from api.views.contracts import MAX_TYPED, WITHOUT_DATA
from contracts.engine.entities.alike import Alike
from contracts.engine.entities.answers import Directory, Entity
from contracts.engine.entities.lookup import Entities
from contracts.errors import UnknownEntity
from contracts.questions.entities.directories import LETTERS, Wanted
from contracts.questions.entities.kinds import KINDS, EntityKind
from contracts.questions.query import MAX_PAGE, digest
from data_processing import datasets

LISTED = (
    Text(name="q", meaning="what the names hold, read as by suggest", at_most=MAX_TYPED, default=""),
    Choice(name="letter", meaning="what the names begin with", choices=LETTERS),
    Whole(name="page", meaning="which page, of 100 names", low=1, high=MAX_PAGE, default=1),
)
UNCHANGED = Answer(meaning="nothing has changed", headers=(ETAG,))
UNKNOWN = refusal("there is no such kind, or no name at this address")


class EntityDetail(ApiView):
    """All at a glance of one name: totals, years, partners, largest contracts, other spellings."""

    heeds = (IF_NONE_MATCH,)
    answers: ClassVar = {
        "GET": {
            200: Answer(meaning="the entity", shape=Entity, headers=(ETAG,)),
            304: UNCHANGED,
            404: UNKNOWN,
            **WITHOUT_DATA,
        }
    }

    def get(self, request: Request, kind: str | EntityKind, slug: str) -> Response:
        with open_entities() as entities:
            return answer_by_etag(request, entities.describe(get_kind(kind), slug))


class EntityAlike(ApiView):
    """The names that may be the same as one, with what speaks for it. Nothing is merged by it."""

    heeds = (IF_NONE_MATCH,)
    answers: ClassVar = {
        "GET": {
            200: Answer(meaning="the names, most alike first", shape=Alike, headers=(ETAG,)),
            304: UNCHANGED,
            404: UNKNOWN,
            **WITHOUT_DATA,
        }
    }

    def get(self, request: Request, kind: str, slug: str) -> Response:
        with open_entities() as entities:
            return answer_by_etag(request, entities.list_alike(get_kind(kind), slug))


class EntityDirectory(ApiView):
    """The names of a kind in alphabetical order, a hundred at a time."""

    query = LISTED
    heeds = (IF_NONE_MATCH,)
    answers: ClassVar = {
        "GET": {
            200: Answer(meaning="the names", shape=Directory, headers=(ETAG,)),
            304: UNCHANGED,
            404: UNKNOWN,
            **WITHOUT_DATA,
        }
    }

    def get(self, request: Request, kind: str | EntityKind) -> Response:
        with open_entities() as entities:
            return answer_by_etag(request, entities.list(get_kind(kind), Wanted(**self.asked)))


def get_kind(name: str | EntityKind) -> EntityKind:
    """The kind of this name; paths of the pages have read it already. Raises UnknownEntity."""
    if isinstance(name, EntityKind):
        return name
    if name not in KINDS:
        raise UnknownEntity(f"there are no {name!r}; kinds are {', '.join(KINDS)}")
    return KINDS[name]


@contextmanager
def open_entities() -> Iterator[Entities]:
    """What may be asked of the entities of the current dataset. Raises NoDataset."""
    with datasets.current_store().reader() as reader:
        yield reader.entities


def answer_by_etag(request: Request, body: Mapping[str, object]) -> Response:
    """``body``, or that it has not changed since it was asked for last."""
    # Of the body, which names the dataset version: by the version alone, an answer of an older program would
    # be kept for as long as no import comes. Not by time: an older version may become current again.
    etag = f'"{digest(body)[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if names_etag(request, etag):
        return Response(status=304, headers=headers)
    return Response(body, headers=headers)
