"""What is due: monitors to be checked and alerts to be sent. Beat calls it every few seconds, and runs of the
machine do it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice, zip_longest
from typing import TypeVar

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from contracts.errors import NoDataset, SnapshotMissing
from data_processing import datasets
from data_processing.database import locks
from data_processing.lifecycle import submission
from data_processing.models import State, TaskRun
from data_processing.operations.schedules import Schedule
from monitors.channels import TO_RECEIVERS
from monitors.kinds import (
    aggregate_snapshots,
    check,
    check_now,
    cleanup_old_data,
    process_alert,
    send_alert_webhook,
)
from monitors.kinds.aggregate_snapshots import AggregateSnapshotsRequest
from monitors.kinds.check import CheckRequest
from monitors.kinds.cleanup_old_data import CleanupRequest
from monitors.kinds.process_alert import ProcessAlertRequest
from monitors.kinds.send_alert_webhook import SendAlertWebhookRequest
from monitors.models import Delivery, Monitor
from monitors.schedules import find_next
from monitors.sending import claims
from monitors.watching import not_asked

logger = logging.getLogger(__name__)
Owned = TypeVar("Owned", Monitor, Delivery)

# Not the minute within which all are to know of a new dataset version. It takes milliseconds, so that it may
# stand in the queue of what keeps the promises, where no user's work holds it up.
SWEEP_EVERY_S = 10
CONSIDERED = 5000
BATCH = 500
"""Monitors, and alerts, for which one sweep records runs; the next one goes on."""

SCHEDULES = (
    Schedule(
        name="check scheduled monitors",
        task="data_processing.tasks.check_scheduled_monitors_task",
        queue="critical",
        every_s=SWEEP_EVERY_S,
    ),
    Schedule(
        name="keep daily figures", task="data_processing.tasks.ask_figures", queue="critical", at_hour=2
    ),
    Schedule(name="clean up old data", task="data_processing.tasks.ask_cleanup", queue="critical", at_hour=3),
)


@transaction.atomic
def ask_checks() -> int:
    """Record runs for monitors that are due, and note on these that they are; both or neither. Returns for
    how many."""
    try:
        version = datasets.current_snapshot().version
    except (NoDataset, SnapshotMissing):
        return 0
    # Two sweeps at once would ask for the same.
    locks.hold("sweep of monitors")
    now = timezone.now()
    by_clock = Q(next_check_at__lte=now)
    by_version = Q(next_check_at=None, checked_version__lt=version)
    due = Monitor.objects.filter(by_clock | by_version, not_asked(), paused=False)
    longest_unchecked = due.order_by(F("checked_at").asc(nulls_first=True))[:CONSIDERED]
    chosen = list(islice(_take_turns(longest_unchecked), BATCH))
    for monitor in chosen:
        _set_clock(monitor)
    # Nothing can be new in a version that was compared: the clock goes on, and no run is needed.
    wanted = [monitor for monitor in chosen if monitor.checked_version < version]
    for some in _cut_by_owner(wanted):
        _ask(some, version)
    return len(wanted)


@transaction.atomic
def ask_deliveries() -> int:
    """Record runs for alerts that are to be sent now, and note on these that they are. Returns for how
    many."""
    locks.hold("sweep of deliveries")
    mailed = _choose_due(~Q(channel__in=TO_RECEIVERS), BATCH)
    for delivery_id in mailed:
        request = ProcessAlertRequest.from_json({"delivery": delivery_id})
        submission.record_own(process_alert.KIND, request, queue=process_alert.KIND.queue)
    return len(mailed) + _ask_posts()


def _ask_posts() -> int:
    # One at a time: see the kind. One that has failed and waits for its next attempt holds nothing.
    posting = TaskRun.objects.filter(
        kind=send_alert_webhook.KIND.name, state__in=(State.PENDING, State.STARTED)
    )
    posted = [] if posting.exists() else _choose_due(Q(channel__in=TO_RECEIVERS), send_alert_webhook.MOST)
    if posted:
        request = SendAlertWebhookRequest.from_json({"deliveries": posted})
        submission.record_own(send_alert_webhook.KIND, request, queue=send_alert_webhook.KIND.queue)
    return len(posted)


def _choose_due(which: Q, most: int) -> list[str]:
    """Deliveries to be sent now, in turns of their owners; that a run is to look at them is noted."""
    due = claims.list_claimable().filter(which, not_asked()).only("owner").order_by("due_at")
    chosen = [delivery.pk for delivery in islice(_take_turns(due[:CONSIDERED]), most)]
    Delivery.objects.filter(pk__in=chosen).update(asked_at=timezone.now())
    return [str(delivery_id) for delivery_id in chosen]


@transaction.atomic
def ask_check_now(monitor: Monitor) -> bool:
    """Have one checked at once, because its owner waits; whether there is a version to compare it with.
    Raises NoDataset."""
    version = datasets.current_snapshot().version
    free = Monitor.objects.filter(not_asked(), pk=monitor.pk, checked_version__lt=version, paused=False)
    if not free.update(asked_at=timezone.now()):
        return False
    request = CheckRequest.from_json({"monitors": [str(monitor.pk)]})
    submission.record_own(check_now.KIND, request, queue=check_now.KIND.queue, version=version)
    return True


@transaction.atomic
def ask_figures() -> None:
    """Record a run that keeps the figures of today, where there is a dataset."""
    try:
        version = datasets.current_snapshot().version
    except (NoDataset, SnapshotMissing) as error:
        logger.info("no figures of today: %s", error)
        return
    # Said now: a run that waits until the next day keeps the figures of this one.
    request = AggregateSnapshotsRequest.from_json({"day": timezone.localdate().isoformat()})
    kind = aggregate_snapshots.KIND
    submission.record_own(kind, request, queue=kind.queue, version=version)


@transaction.atomic
def ask_cleanup() -> None:
    """Record a run that removes old rows."""
    kind = cleanup_old_data.KIND
    submission.record_own(kind, CleanupRequest(), queue=kind.queue)


def _take_turns(rows: Iterable[Owned]) -> Iterator[Owned]:
    """One of each owner, then a second one of each: who has few waits for nobody who has many."""
    rounds = zip_longest(*_group_by_owner(rows))
    return (row for row in chain.from_iterable(rounds) if row is not None)


def _cut_by_owner(monitors: Iterable[Monitor]) -> Iterator[Sequence[Monitor]]:
    for mine in _group_by_owner(monitors):
        for start in range(0, len(mine), check.MOST):
            yield mine[start : start + check.MOST]


def _group_by_owner(rows: Iterable[Owned]) -> Collection[Sequence[Owned]]:
    owned: dict[str, list[Owned]] = {}
    for row in rows:
        owned.setdefault(row.owner, []).append(row)
    return owned.values()


def _ask(monitors: Sequence[Monitor], version: str) -> None:
    Monitor.objects.filter(pk__in=[monitor.pk for monitor in monitors]).update(asked_at=timezone.now())
    request = CheckRequest.from_json({"monitors": [str(monitor.pk) for monitor in monitors]})
    submission.record_own(check.KIND, request, queue=check.KIND.queue, version=version)


def _set_clock(monitor: Monitor) -> None:
    if monitor.next_check_at is None:
        return
    next_at: datetime | None
    try:
        next_at = find_next(monitor.schedule, timezone.now())
    except ValueError as error:
        # Another version may have stored it. The others go on, and so does this one, once a day.
        logger.warning("the schedule of monitor %s cannot be read: %s", monitor.pk, error)
        next_at = timezone.now() + timedelta(days=1)
    Monitor.objects.filter(pk=monitor.pk).update(next_check_at=next_at)
