"""Where pages of names lead: to the contracts of some names, and of the groups that people keep."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db import OperationalError
from django.http import HttpRequest
from django.urls import reverse

from api.access.owners import known_owner_of
from contracts.questions.entities.kinds import EntityKind
from monitors.names import groups

logger = logging.getLogger(__name__)


def explore(kind: EntityKind, *names: str) -> str:
    """The address of the explorer with the contracts of some names, as its scripts read it (view.js)."""
    return f"{reverse('explorer')}?{urlencode([(kind.exact.word, name) for name in names])}"


def write_exceptions(kind: EntityKind, names: Iterable[str | None]) -> str:
    """What leaves the contracts of ``names`` out, in an address of the explorer; None is the missing name."""
    return urlencode([(f"except_{kind.exact.word}", name or "") for name in names])


@dataclass(frozen=True)
class KeptGroup:
    """A group for people; ``explore`` is the address of the contracts of all of its names."""

    name: str
    names: int
    everybody: bool
    explore: str


def list_kept(request: HttpRequest, kind: EntityKind, name: str) -> list[KeptGroup]:
    """The groups that hold ``name``, of whoever asks."""
    try:
        found = groups.list_groups(known_owner_of(request), kind=kind.name, holding=name)
    except OperationalError as error:
        # All else of the page comes from the snapshot, and is shown while the database is away.
        logger.warning("groups of names are not shown: %s", error)
        return []
    return [
        KeptGroup(group.name, len(group.names), group.everybody, explore(kind, *group.names))
        for group in found
    ]
