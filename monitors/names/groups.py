"""Names that somebody holds for the same: kept for their owner, or by staff for everybody.

Nothing is merged by it: who wants all contracts of a group asks for all of its names.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated

from django.db import transaction
from django.db.models import Q, QuerySet
from pydantic import AfterValidator, FailFast, Field, Strict

from contracts.questions.entities.kinds import KINDS
from contracts.questions.model import Question, invalid
from contracts.questions.query import digest
from contracts.questions.texts import ExactName, OneOf
from data_processing.database import locks
from data_processing.errors import NotFound
from monitors.errors import TooManySaved
from monitors.models import LONGEST_NAME, NameGroup
from monitors.questions import Name

MOST_GROUPS = 500
"""Of one owner; also of all that staff keep for everybody."""
MOST_NAMES = 50


def _sort_names(names: tuple[str, ...]) -> tuple[str, ...]:
    distinct = tuple(sorted(set(names)))
    if len(distinct) < 2:
        raise invalid("needs two different names")
    return distinct


class GroupToKeep(Question):
    """Exact names of one kind that are the same to somebody, under a ``name`` of their own, or that of the
    first of them; ``everybody`` is for staff to choose."""

    kind: Annotated[str, OneOf(KINDS, "kind")]
    names: Annotated[
        # An empty text is what links say for a missing name, which is nobody's.
        tuple[Annotated[ExactName, Field(min_length=1)], ...],
        FailFast(),
        Field(max_length=MOST_NAMES, json_schema_extra={"minItems": 2, "uniqueItems": True}),
        AfterValidator(_sort_names),
    ]
    name: Name | None = None
    everybody: Annotated[bool, Strict()] = False


class GroupChange(Question):
    """What a group is to be called."""

    name: Name


def list_groups(
    owner: str | None, *, kind: str | None = None, holding: str | None = None
) -> Sequence[NameGroup]:
    """The owner's groups and those for everybody, by name; only those of a kind, or that hold an exact name.
    Without an owner, those for everybody."""
    found = _list_visible(owner).order_by("name", "created_at", "pk")
    if kind is not None:
        found = found.filter(kind=kind)
    # Not by the database: SQLite cannot look into a list of JSON.
    return [group for group in found if holding is None or holding in group.names]


def get_group(owner: str, group_id: uuid.UUID) -> NameGroup:
    """Raises NotFound."""
    found = _list_visible(owner).filter(pk=group_id).first()
    if found is None:
        raise NotFound("there is no group of names with this id")
    return found


@transaction.atomic
def keep(owner: str, wanted: GroupToKeep) -> NameGroup:
    """The group, or the one of the same names that is there already. Raises TooManySaved."""
    # Two that count at once would both find the last place free.
    locks.hold("name groups of everybody" if wanted.everybody else f"name groups of {owner}")
    of_holder = NameGroup.objects.filter(everybody=wanted.everybody)
    if not wanted.everybody:
        of_holder = of_holder.filter(owner=owner)
    key = digest([wanted.kind, wanted.names])
    if (known := of_holder.filter(key=key).first()) is not None:
        return known
    if of_holder.count() >= MOST_GROUPS:
        raise TooManySaved(f"there may be {MOST_GROUPS} groups of names: delete some that are needed no more")
    return NameGroup.objects.create(
        owner=owner,
        everybody=wanted.everybody,
        kind=wanted.kind,
        name=wanted.name or wanted.names[0][:LONGEST_NAME],
        names=list(wanted.names),
        key=key,
    )


def rename(group: NameGroup, wanted: GroupChange) -> NameGroup:
    group.name = wanted.name
    group.save(update_fields=["name"])
    return group


@transaction.atomic
def adopt(visitor: str, *, by: str) -> None:
    """Give the owner ``by`` what the visitor kept, though it be more than one may keep; not what is there
    already."""
    kept = NameGroup.objects.filter(owner=by, everybody=False)
    brought = NameGroup.objects.filter(owner=visitor)
    brought.filter(key__in=list(kept.values_list("key", flat=True))).delete()
    brought.update(owner=by)


def _list_visible(owner: str | None) -> QuerySet[NameGroup]:
    return NameGroup.objects.filter(Q(everybody=True) | Q(owner=owner))
