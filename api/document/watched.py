"""What the API answers of saved searches."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from api.document.shapes import Id, Path, Time
from contracts.fields import Shown
from contracts.questions.filters import Filters
from monitors.questions import SearchToSave

SavedFilters = Annotated[dict[str, Any] | None, Shown(Filters | None)]


class SavedSearchLinks(TypedDict):
    """Where to go on from a saved search; ``shared`` is null while nobody else may see it."""

    self: Path
    copy: Path
    share: Path
    shared: Path | None


class SavedSearch(TypedDict):
    """Filters under a name; null where another version of the program saved them."""

    id: Id
    name: str
    note: str
    filters: SavedFilters
    filters_in_words: str
    created_at: Time | None
    changed_at: Time | None
    used_at: Time | None
    links: SavedSearchLinks


class SavedSearches(TypedDict):
    """All of one's own, what was used last first."""

    searches: list[SavedSearch]


class SharedSearch(TypedDict):
    """What a link, or the program, shows of a saved search to everybody."""

    key: str
    name: str
    note: str
    filters: SavedFilters
    filters_in_words: str


class BuiltInSearches(TypedDict):
    """Those that everybody finds ready."""

    searches: list[SharedSearch]


class SavedSearchFile(TypedDict):
    """Saved searches as ``import`` takes them again."""

    format: Literal["philgeps-saved-searches"]
    version: Literal[1]
    searches: Annotated[list[dict[str, Any]], Shown(list[SearchToSave])]
