"""What is answered of an entity and of a directory, JSON-ready."""

from __future__ import annotations

from typing import Annotated, TypedDict

from contracts.engine.aggregates import Part, Summary
from contracts.engine.tables.answers import Day
from contracts.fields import Also, Pesos
from contracts.questions.entities.addresses import KEY_LENGTH
from contracts.questions.entities.kinds import KINDS

Count = Annotated[int, Also(minimum=0)]
KindName = Annotated[str, Also(enum=list(KINDS))]
Slug = Annotated[str, Also(pattern=f"^([a-z0-9]+-)*[0-9a-f]{{{KEY_LENGTH}}}$")]


class NamedEntity(TypedDict):
    """An entity of which no more is told: its contracts, and what they are worth."""

    name: str
    slug: Slug
    count: Count
    total_value: Pesos


class Partner(Part):
    """The contracts that an entity has with one of another kind. The missing name and ``others`` have no
    slug."""

    slug: Slug | None


class Partners(TypedDict):
    """Those of a ``kind`` with which an entity has most pesos, most first; they add up to its summary."""

    kind: KindName
    parts: list[Partner]


class LargestPartner(TypedDict):
    """Whom most of the pesos go to, or come from; ``share`` of all of the entity's."""

    kind: KindName
    name: str
    slug: Slug
    share: Annotated[float, Also(minimum=0, maximum=1)]


class LargeContract(TypedDict):
    """One of the contracts of the greatest amounts; ``address`` leads to it below ``contracts/``, where it
    has any number."""

    reference_id: str | None
    award_number: str | None
    award_date: Day | None
    title: str | None
    contractor: str | None
    organization: str | None
    contract_amount: Pesos
    address: str | None


class Beside(TypedDict):
    """Contracts that are not counted."""

    count: Count
    total_value: Pesos


class Entity(TypedDict):
    """All at a glance of one name, in one dataset version. ``filter`` is the name list that means it;
    ``flood_control`` are contracts of that name in the second source, which are nowhere counted here."""

    kind: KindName
    slug: Slug
    name: str
    filter: str
    dataset_version: str
    summary: Summary
    first_award: Day | None
    last_award: Day | None
    years_active: Count
    largest_partner: LargestPartner | None
    by_year: list[Part]
    by_month: list[Part]
    partners: list[Partners]
    largest_contracts: list[LargeContract]
    spellings: list[NamedEntity]
    flood_control: Beside


class LetterCount(TypedDict):
    """How many names begin with a letter."""

    letter: str
    names: Count


class Directory(TypedDict):
    """A page of the names of a kind, in alphabetical order. ``names`` says how many were asked for,
    ``letters`` how many begin with each letter."""

    kind: KindName
    dataset_version: str
    q: str
    letter: str | None
    page: Annotated[int, Also(minimum=1)]
    pages: Annotated[int, Also(minimum=1)]
    names: Count
    letters: list[LetterCount]
    entities: list[NamedEntity]
