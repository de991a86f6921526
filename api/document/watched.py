"""What the API answers of saved searches, monitors and alerts."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from api.document.shapes import Day, Id, Path, Time
from contracts.fields import Pesos, Shown
from contracts.questions.filters import Filters
from data_processing.outputs.estimates import Count
from monitors.questions import SearchToSave
from monitors.wording import Match

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


class MonitorLinks(TypedDict):
    """Where to go on from a monitor; ``feed`` is the secret address of its Atom feed, ``rss`` of the same as
    RSS, null: it has none."""

    self: Path
    figures: Path
    check: Path
    search: Path
    feed: Path | None
    rss: Path | None


class Monitor(TypedDict):
    """A saved search that is watched. ``contracts`` is how many it meant when it was last compared, null
    before the baseline; ``error`` says why it could not be compared with ``checked_version``, where it could
    not."""

    id: Id
    search: Id
    name: str
    schedule: str
    channels: list[str]
    receivers: list[Id]
    paused: bool
    contracts: Count | None
    checked_version: str | None
    checked_at: Time | None
    next_check_at: Time | None
    checking: bool
    error: str | None
    created_at: Time | None
    links: MonitorLinks


class Monitors(TypedDict):
    """All of one's own, newest first."""

    monitors: list[Monitor]


class DailyFigure(TypedDict):
    """What was kept of a day: how many contracts, worth how many pesos together, in which dataset version."""

    day: Day
    contracts: Count
    value: Pesos
    dataset_version: str


class DailyFigures(TypedDict):
    """By day, the oldest first, without days on which nothing was kept. ``filters`` find the contracts."""

    filters: SavedFilters
    figures: list[DailyFigure]


class CheckAsked(TypedDict):
    """Whether the monitor is being compared now; if not, it was compared with this dataset version already,
    or is paused."""

    checking: bool
    dataset_version: str


class AlertLinks(TypedDict):
    """Where to go on from an alert."""

    self: Path
    monitor: Path


class Alert(TypedDict):
    """What one check found: how many contracts are new, how many have another amount, and the first of them,
    the largest before all."""

    id: Id
    monitor: Id
    name: str
    dataset_version: str
    new: Count
    amended: Count
    new_value: Pesos
    matches: list[Match]
    created_at: Time | None
    read_at: Time | None
    links: AlertLinks


class ReceiverLinks(TypedDict):
    """Where to go on from a receiver."""

    self: Path
    secret: Path
    test: Path
    deliveries: Path


class Receiver(TypedDict):
    """An address of one's own to which alerts are posted. ``disabled_at``: nothing is sent any more, and
    ``reason`` says why. ``secrets`` is how many sign; ``secret`` is the newest, only in the answer that made
    it, null in all others and where the channel signs nothing."""

    id: Id
    name: str
    channel: str
    url: str
    secret: str | None
    secrets: Count
    disabled_at: Time | None
    reason: str | None
    created_at: Time | None
    links: ReceiverLinks


class Receivers(TypedDict):
    """All of one's own, newest first."""

    receivers: list[Receiver]


class Try(TypedDict):
    """What became of one try to send."""

    at: Time
    state: Literal["waiting", "sent", "failed", "dropped"]
    said: str


class DeliveryLinks(TypedDict):
    """Where to go on from a delivery; ``alert`` is null of a digest and of a test."""

    alert: Path | None
    replay: Path


class Delivery(TypedDict):
    """A message to a receiver: its ``id`` is its ``webhook-id``. One that a digest tells has the digest's id
    in ``told_with``. ``due_at`` is when it is tried next, null where it is not; ``tries`` are the latest."""

    id: Id
    tells: Literal["alert", "digest", "test"]
    state: Literal["waiting", "sent", "failed", "dropped"]
    told_with: Id | None
    tries: list[Try]
    due_at: Time | None
    sent_at: Time | None
    created_at: Time | None
    links: DeliveryLinks
