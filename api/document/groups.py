"""What the API answers of groups of names."""

from __future__ import annotations

from typing import TypedDict

from api.document.shapes import Id, Path, Time
from contracts.engine.entities.answers import KindName, Slug


class GroupedName(TypedDict):
    """A name of a group; the current dataset may have no contract of it."""

    name: str
    slug: Slug


class NameGroupLinks(TypedDict):
    """Where to go on from a group."""

    self: Path


class NameGroup(TypedDict):
    """Names that somebody holds for the same: the one who asks, or staff, for ``everybody``. ``filter`` is
    the name list of a question that takes them."""

    id: Id
    kind: KindName
    name: str
    names: list[GroupedName]
    filter: str
    everybody: bool
    created_at: Time
    links: NameGroupLinks


class NameGroups(TypedDict):
    """One's own groups, and those for everybody."""

    groups: list[NameGroup]
