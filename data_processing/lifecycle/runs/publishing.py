"""When the id of a pending run is brought to the broker, and again when its message may be lost."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Coalesce, Now

from data_processing.models import State, TaskRun


def list_due(limit: int, *, kinds: Collection[str], queues: Collection[str]) -> QuerySet[TaskRun]:
    """Pending runs of the kinds and queues whose message was never sent, or so long ago that it may be lost;
    most urgent first."""
    due = TaskRun.objects.filter(state=State.PENDING, publish_at__lte=Now(), kind__in=kinds, queue__in=queues)
    return due.order_by("publish_at")[:limit]


def published_before(*, seconds: float, republish_after_s: float) -> list[tuple[TaskRun, float]]:
    """Pending runs that were published more than ``seconds`` ago, and how many seconds ago that was."""
    # When a message was sent stands nowhere: publish_at lies so long behind it.
    age = Now() + timedelta(seconds=republish_after_s) - F("publish_at")
    waiting = TaskRun.objects.filter(
        state=State.PENDING,
        publishes__gt=0,
        publish_at__gt=Now(),
        publish_at__lt=Now() + timedelta(seconds=republish_after_s - seconds),
    ).annotate(age=ExpressionWrapper(age, output_field=DurationField()))
    return [(run, run.age.total_seconds()) for run in waiting.order_by("publish_at")[:200]]


def schedule(run_id: uuid.UUID, *, publishes: int, in_s: float, sent: bool) -> bool:
    """Set when a pending run is published again; False when another publisher was faster."""
    # The count that was read is a fence: of two sweepers that read the row, one changes it.
    waiting = TaskRun.objects.filter(id=run_id, state=State.PENDING, publishes=publishes)
    return bool(
        waiting.update(publish_at=Now() + timedelta(seconds=in_s), publishes=publishes + (1 if sent else 0))
    )


def note_published(run_ids: Sequence[uuid.UUID], *, republish_in_s: float) -> int:
    """Note that the first messages of these runs have been sent, a moment ago; returns how many runs still
    wait for a worker."""
    # Without a next attempt: one that was put off meanwhile has had its message, and must keep its time.
    waiting = TaskRun.objects.filter(
        id__in=run_ids, state=State.PENDING, attempt=0, publishes=0, next_attempt_at=None
    )
    return waiting.update(publish_at=Now() + timedelta(seconds=republish_in_s), publishes=1)


def put_off(run_id: uuid.UUID, *, in_s: float, worker: str) -> bool:
    """Publish a pending run in ``in_s`` seconds as if for the first time: its message came to ``worker`` too
    early and is dropped, which costs no attempt."""
    # Counted as unpublished, so that nobody looks for its message among those that the broker has lost.
    waiting = TaskRun.objects.filter(id=run_id, state=State.PENDING)
    return bool(waiting.update(**_later(in_s), worker=worker))


def hand_back(run_id: uuid.UUID, *, in_s: float, worker: str) -> bool:
    """The same for a run that another worker may be able to do: ``worker`` lacks its dataset version."""
    waiting = TaskRun.objects.filter(id=run_id, state=State.PENDING)
    since = Coalesce("handed_back_since", Now())
    return bool(waiting.update(**_later(in_s), worker=worker, handed_back_since=since))


def _later(in_s: float) -> dict[str, Any]:
    at = Now() + timedelta(seconds=in_s)
    return {"publish_at": at, "next_attempt_at": at, "publishes": 0}
