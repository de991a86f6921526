"""One check of one monitor: look, compare, and record what was seen together with the alert."""

from __future__ import annotations

import logging
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from contracts.engine.records.identities import Identified
from contracts.engine.store import Reader
from monitors import saved
from monitors.checking import seen
from monitors.checking.matches import describe_matches
from monitors.checking.seen import Difference, Entries
from monitors.models import Alert, Delivery, Monitor
from monitors.wording import Match

logger = logging.getLogger(__name__)

MOST_CONTRACTS = 500_000
"""Contracts that a monitor may mean: 8 MB of what it has seen."""
UNREADABLE = "another version of the program saved the search; this one cannot read its filters"
TOO_BROAD = "it means {count:,} contracts, and at most {most:,} can be watched: narrow its filters"


def check(monitor_id: str, reader: Reader, *, version: str) -> int | None:
    """Compare the monitor with a dataset version; how many contracts it told of, None where there was nothing
    to do. It may be called twice, at once too, and die anywhere: each contract is told of once."""
    monitor = Monitor.objects.select_related("search").filter(pk=monitor_id, paused=False).first()
    # An older version than the last one would be news of yesterday.
    if monitor is None or monitor.checked_version >= version:
        Monitor.objects.filter(pk=monitor_id).update(asked_at=None)
        return None
    filters = saved.read_filters(monitor.search)
    if filters is None:
        _give_up(monitor, version, UNREADABLE)
        return 0
    found = reader.identify(filters)
    if len(found.ids) > MOST_CONTRACTS:
        _give_up(monitor, version, TOO_BROAD.format(count=len(found.ids), most=MOST_CONTRACTS))
        return 0
    known, parts = seen.load(monitor)
    difference = seen.compare(found, known)
    # The first time there is nothing to compare with: all would be new.
    is_news = monitor.contracts is not None and not difference.is_none
    matches = describe_matches(reader, found, difference) if is_news else []
    if not _record(monitor, found, difference, known, parts, matches, version=version):
        logger.info("monitor %s was changed or checked meanwhile; what was found is dropped", monitor.pk)
        return None
    return len(difference.new) + len(difference.amended) if is_news else 0


def _give_up(monitor: Monitor, version: str, error: str) -> None:
    """Say why it cannot be checked; it is tried again with the next version."""
    Monitor.objects.filter(pk=monitor.pk, recorded=monitor.recorded).update(
        checked_version=version, checked_at=timezone.now(), asked_at=None, error=error
    )


@transaction.atomic
def _record(
    monitor: Monitor,
    found: Identified,
    difference: Difference,
    known: Entries,
    parts: int,
    matches: list[Match],
    *,
    version: str,
) -> bool:
    """All of it, or nothing: whether the monitor was as it had been read."""
    # First, and by a condition: of two checks at once the second waits here, and then changes no row.
    as_read = Monitor.objects.filter(
        pk=monitor.pk, recorded=monitor.recorded, checked_version=monitor.checked_version
    )
    recorded = as_read.update(
        recorded=F("recorded") + 1,
        contracts=len(found.ids),
        checked_version=version,
        checked_at=timezone.now(),
        asked_at=None,
        error="",
    )
    if not recorded:
        return False
    number = monitor.recorded + 1
    if not difference.is_none:
        entries = seen.pack(found, difference)
        seen.add(monitor, entries, number=number, seen=known, parts=parts)
    if matches:
        _raise_alert(monitor, found, difference, matches, number=number, version=version)
    return True


def _raise_alert(
    monitor: Monitor,
    found: Identified,
    difference: Difference,
    matches: list[Match],
    *,
    number: int,
    version: str,
) -> None:
    # Python's integers: the sum of centavos may pass 64 bits.
    value = sum(map(int, found.amounts[difference.new].tolist()))
    # Of whoever has the monitor now: a visitor may have signed in since it was read.
    owner = Monitor.objects.values_list("owner", flat=True).get(pk=monitor.pk)
    alert = Alert.objects.create(
        owner=owner,
        monitor=monitor,
        number=number,
        dataset_version=version,
        new=len(difference.new),
        amended=len(difference.amended),
        new_value=Decimal(value).scaleb(-2),
        matches=matches,
    )
    now = timezone.now()
    ways = [(channel, "") for channel in monitor.channels]
    # Those that are disabled too, so that their owner can have sent later what was not.
    ways += [(receiver.channel, str(receiver.pk)) for receiver in monitor.receivers.all()]
    Delivery.objects.bulk_create(
        Delivery(owner=owner, alert=alert, channel=channel, target=target, due_at=now)
        for channel, target in ways
    )
