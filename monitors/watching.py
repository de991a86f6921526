"""Monitors and their alerts, for those whose they are."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from data_processing.database import locks
from data_processing.errors import NotFound
from monitors import receivers, saved
from monitors.errors import AlreadyWatched, TooManySaved
from monitors.models import Alert, Monitor
from monitors.questions import MonitorChange, MonitorToMake
from monitors.schedules import find_next

MOST_MONITORS = 50
"""Monitors that an owner may have: each is a look at all contracts with every dataset version."""
FEED_BYTES = 24
ASKED_AGAIN_S = 3600
"""After so long, a check that was asked for counts as lost: its run has become a dead letter."""


def list_monitors(owner: str) -> QuerySet[Monitor]:
    """Those of the owner, newest first."""
    own = Monitor.objects.filter(owner=owner).select_related("search").prefetch_related("receivers")
    return own.order_by("-created_at", "pk")


def get_monitor(owner: str, monitor_id: uuid.UUID) -> Monitor:
    """Raises NotFound."""
    found = list_monitors(owner).filter(pk=monitor_id).first()
    if found is None:
        raise NotFound("there is no monitor with this id")
    return found


@transaction.atomic
def watch(owner: str, wanted: MonitorToMake) -> Monitor:
    """Watch a saved search from now on. Raises NotFound, AlreadyWatched, TooManySaved."""
    search = saved.get_saved(owner, uuid.UUID(wanted.search))
    chosen = receivers.list_by_ids(owner, wanted.receivers)
    locks.hold(f"monitors of {owner}")
    if list_monitors(owner).count() >= MOST_MONITORS:
        raise TooManySaved(f"you may have {MOST_MONITORS} monitors: delete some that you need no more")
    by_clock = find_next(wanted.schedule, timezone.now()) is not None
    try:
        with transaction.atomic():
            monitor = Monitor.objects.create(
                owner=owner,
                search=search,
                schedule=wanted.schedule,
                channels=list(wanted.channels),
                # The baseline at once: what comes before the first time of the schedule is news then.
                next_check_at=timezone.now() if by_clock else None,
            )
            monitor.receivers.set(chosen)
            return monitor
    except IntegrityError:
        raise AlreadyWatched("this saved search has a monitor already") from None


@transaction.atomic
def change(monitor: Monitor, wanted: MonitorChange) -> Monitor:
    """Take over what ``wanted`` gives. Raises NotFound of a receiver."""
    changed: dict[str, object] = {}
    if wanted.schedule is not None:
        changed["schedule"] = wanted.schedule
        changed["next_check_at"] = find_next(wanted.schedule, timezone.now())
    if wanted.channels is not None:
        changed["channels"] = list(wanted.channels)
    if wanted.paused is not None:
        changed["paused"] = wanted.paused
    if wanted.receivers is not None:
        monitor.receivers.set(receivers.list_by_ids(monitor.owner, wanted.receivers))
    # Not save(), which would write back what a check has recorded meanwhile.
    if changed:
        Monitor.objects.filter(pk=monitor.pk).update(**changed)
    return get_monitor(monitor.owner, monitor.pk)


def open_feed(monitor: Monitor) -> Monitor:
    """Give it a feed at a secret address, a new one each time: the old one is gone."""
    Monitor.objects.filter(pk=monitor.pk).update(feed_key=secrets.token_urlsafe(FEED_BYTES))
    monitor.refresh_from_db()
    return monitor


def close_feed(monitor: Monitor) -> None:
    """Its feed is gone."""
    Monitor.objects.filter(pk=monitor.pk).update(feed_key=None)


def get_by_feed(key: str) -> Monitor:
    """The monitor whose feed is at this address. Raises NotFound."""
    found = Monitor.objects.select_related("search").filter(feed_key=key).first()
    if found is None:
        raise NotFound("there is no feed at this address, or it is gone")
    return found


def not_asked() -> Q:
    """Monitors and deliveries that no run is to look at."""
    return Q(asked_at=None) | Q(asked_at__lt=timezone.now() - timedelta(seconds=ASKED_AGAIN_S))


def list_alerts(owner: str) -> QuerySet[Alert]:
    """Those of the owner's monitors."""
    return Alert.objects.filter(owner=owner).select_related("monitor__search")


def get_alert(owner: str, alert_id: uuid.UUID) -> Alert:
    """Raises NotFound."""
    found = list_alerts(owner).filter(pk=alert_id).first()
    if found is None:
        raise NotFound("there is no alert with this id")
    return found


def note_read(owner: str) -> None:
    """The owner has looked at all there are."""
    Alert.objects.filter(owner=owner, read_at=None).update(read_at=timezone.now())
