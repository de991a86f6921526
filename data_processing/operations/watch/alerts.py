"""From conditions to messages: what lasts is told once, again after hours, and when it is over.

A message and the note that it was told are one transaction. Each message is a job of the task machine, with
its retries and dead letters.
"""

from __future__ import annotations

import logging
import socket
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils import timezone

from data_processing.lifecycle import runner
from data_processing.models import OWN, OperatorAlert, TaskRun
from data_processing.operations import pulses
from data_processing.operations.watch import messages
from data_processing.operations.watch.conditions import Condition, list_conditions
from data_processing.operations.watch.messages import Begin, News

logger = logging.getLogger(__name__)

# Less than LOOK_EVERY_S, so that the only process that is left misses none of its turns.
TURN, TURN_EVERY = "watch", timedelta(seconds=5)


def look() -> None:
    """Look once, unless another process has just done so, and tell what is new."""
    if not pulses.take_turn(TURN, every=TURN_EVERY):
        return
    # The broker is asked first, and may let one wait.
    close_old_connections()
    conditions = {condition.name: condition for condition in list_conditions()}
    _send(_note(conditions, now=timezone.now()))


def send_test() -> list[TaskRun]:
    """Send a message that tells nothing, without looking; returns its runs, one for each channel."""
    sent = messages.enqueue([News(name="test", text="This is a test of the alerts.", begin=Begin.NEW)])
    _send(sent)
    return list(TaskRun.objects.filter(id__in=sent))


def _send(jobs: Iterable[uuid.UUID]) -> None:
    # Here, although any worker could: it may be the workers that are gone.
    for run_id in jobs:
        runner.run_attempt(run_id, worker=f"watch@{socket.gethostname()}")


@transaction.atomic
def _note(conditions: Mapping[str, Condition], *, now: datetime) -> list[uuid.UUID]:
    """Bring the alerts up to date with what holds now; returns the jobs of the messages that tell it."""
    known = {alert.name: alert for alert in OperatorAlert.objects.all()}
    OperatorAlert.objects.filter(name__in=conditions).update(last_seen_at=now)
    OperatorAlert.objects.bulk_create(
        OperatorAlert(name=name, text=condition.text, first_seen_at=now, last_seen_at=now)
        for name, condition in conditions.items()
        if name not in known
    )
    news = [_news_of(alert, conditions.get(alert.name), now=now) for alert in known.values()]
    told = [new for new in news if new is not None]
    if not told or _too_many(now):
        # What is not told now is new at the next look, too.
        return []
    _remember(told, now=now)
    return messages.enqueue(told)


def _news_of(alert: OperatorAlert, condition: Condition | None, *, now: datetime) -> News | None:
    """What there is to tell of an alert, if anything."""
    if condition is None:
        return _news_of_absent(alert, now=now)
    lasted = now - alert.first_seen_at
    if alert.told_at is None:
        due = lasted >= timedelta(seconds=settings.ALERT_AFTER_S)
        return News(name=alert.name, text=condition.text, begin=Begin.NEW) if due else None
    if now - alert.told_at >= timedelta(hours=settings.ALERT_REMIND_HOURS):
        return News(name=alert.name, text=condition.text, begin=Begin.STILL)
    return None


def _news_of_absent(alert: OperatorAlert, *, now: datetime) -> News | None:
    """A condition that comes and goes is told once: it must stay away for a while to be over."""
    if alert.told_at is None:
        alert.delete()
        return None
    if now - alert.last_seen_at < timedelta(seconds=settings.ALERT_OVER_AFTER_S):
        return None
    return News(name=alert.name, text=alert.text, begin=Begin.OVER)


def _too_many(now: datetime) -> bool:
    sent = TaskRun.objects.filter(
        owner=OWN, description__in=messages.DESCRIPTIONS, created_at__gt=now - timedelta(hours=1)
    ).count()
    if sent < settings.ALERT_MAX_PER_HOUR:
        return False
    logger.warning("operators were sent %s alerts in an hour; further ones wait", sent)
    return True


def _remember(told: Iterable[News], *, now: datetime) -> None:
    for new in told:
        alert = OperatorAlert.objects.filter(name=new.name)
        if new.begin is Begin.OVER:
            alert.delete()
        else:
            alert.update(told_at=now, text=new.text)
