"""Saved searches: kept, changed, copied, shared. Whoever is no owner of one is told that there is none."""

from __future__ import annotations

import contextlib
import secrets
import uuid
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from contracts.errors import InvalidQuery
from contracts.questions.filters import Filters
from data_processing.database import locks
from data_processing.errors import NotFound
from monitors.errors import TooManySaved
from monitors.models import (
    LONGEST_NAME,
    Alert,
    DailyFigure,
    Delivery,
    Monitor,
    Receiver,
    SavedSearch,
    SeenPart,
)
from monitors.questions import MOST_SEARCHES, SearchChange, SearchToSave

SHARE_BYTES = 24
COPY = "Copy of "


def list_saved(owner: str) -> QuerySet[SavedSearch]:
    """Those of the owner, what was used last first."""
    return SavedSearch.objects.filter(owner=owner).order_by("-used_at", "pk")


def get_saved(owner: str, search_id: uuid.UUID) -> SavedSearch:
    """Raises NotFound."""
    found = SavedSearch.objects.filter(owner=owner, pk=search_id).first()
    if found is None:
        raise NotFound("there is no saved search with this id")
    return found


def get_shared(key: str) -> SavedSearch:
    """The search that a link opens. Raises NotFound."""
    found = SavedSearch.objects.filter(share_key=key).first()
    if found is None:
        raise NotFound("this link opens no saved search, or does so no more")
    return found


@transaction.atomic
def save_all(owner: str, wanted: Iterable[SearchToSave]) -> list[SavedSearch]:
    """Keep all of them, or none. Raises TooManySaved."""
    searches = [
        SavedSearch(owner=owner, name=one.name, note=one.note, filters=one.filters.to_json())
        for one in wanted
    ]
    # Two that count at once would both find the last place free.
    locks.hold(f"saved searches of {owner}")
    if list_saved(owner).count() + len(searches) > MOST_SEARCHES:
        raise TooManySaved(f"you may keep {MOST_SEARCHES} saved searches: delete some that you need no more")
    return SavedSearch.objects.bulk_create(searches)


def copy(search: SavedSearch) -> SavedSearch:
    """A second one of the same owner. Raises TooManySaved, NotFound where its filters cannot be read."""
    filters = read_filters(search)
    if filters is None:
        raise NotFound("the search was saved by another version of the program, which alone can read it")
    name = f"{COPY}{search.name}"[:LONGEST_NAME]
    [made] = save_all(search.owner, [SearchToSave(name=name, note=search.note, filters=filters)])
    return made


def change(search: SavedSearch, wanted: SearchChange) -> SavedSearch:
    """Take over what ``wanted`` gives."""
    given = wanted.model_fields_set
    if "name" in given and wanted.name is not None:
        search.name = wanted.name
    if "note" in given and wanted.note is not None:
        search.note = wanted.note
    with transaction.atomic():
        if "filters" in given and wanted.filters is not None and wanted.filters != read_filters(search):
            search.filters = wanted.filters.to_json()
            _begin_anew(search)
        search.save()
    return search


def _begin_anew(search: SavedSearch) -> None:
    """What its monitor has seen was another question's: the next check is a baseline, without an alert."""
    # Counted as a change, so that a check that is under way records nothing of the old question.
    monitors = Monitor.objects.filter(search=search)
    monitors.update(recorded=F("recorded") + 1, contracts=None, checked_version="", asked_at=None, error="")
    SeenPart.objects.filter(monitor__search=search).delete()
    DailyFigure.objects.filter(monitor__search=search).delete()
    monitors.exclude(next_check_at=None).update(next_check_at=timezone.now())


def note_use(search: SavedSearch) -> None:
    """It stands first from now on."""
    SavedSearch.objects.filter(pk=search.pk).update(used_at=timezone.now())


def share(search: SavedSearch) -> SavedSearch:
    """Open it to whoever has its link; the link stays the same until it is revoked."""
    if search.share_key is None:
        # By a condition: of two requests at once, both answer with the link that was made first.
        key = secrets.token_urlsafe(SHARE_BYTES)
        SavedSearch.objects.filter(pk=search.pk, share_key=None).update(share_key=key)
        search.refresh_from_db()
    return search


def revoke(search: SavedSearch) -> None:
    """Its link opens nothing from now on; another one is made anew."""
    SavedSearch.objects.filter(pk=search.pk).update(share_key=None)


def adopt(visitor: str, *, by: str) -> None:
    """Give the owner ``by`` what the visitor saved and watches, though it be more than one may keep."""
    for model in (SavedSearch, Receiver, Monitor, Alert, Delivery):
        model._default_manager.filter(owner=visitor).update(owner=by)


def read_filters(search: SavedSearch) -> Filters | None:
    """What the search means; None where another version of the program saved it and this one cannot read
    it."""
    with contextlib.suppress(InvalidQuery):
        if isinstance(search.filters, Mapping):
            return Filters.from_json(search.filters)
    return None
