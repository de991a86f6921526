"""Tasks that were given up: what the broker could not deliver is filed, operators replay or discard."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence

from celery import current_app
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from data_processing import broker, runs
from data_processing.broker import RawLetter
from data_processing.errors import NotReplayable
from data_processing.kinds import KINDS
from data_processing.models import DeadLetter, DeadReason, TaskRun

logger = logging.getLogger(__name__)

FILED_BYTES = 10_000
RUN_TASKS = frozenset(kind.task_name for kind in KINDS.values())


def open_letters() -> QuerySet[DeadLetter]:
    """Letters that wait for an operator, newest first."""
    return DeadLetter.objects.filter(resolved_at=None).select_related("run").order_by("-created_at", "-pk")


def file_undelivered(limit: int = 100) -> int:
    """Move what lies in the broker's dead-letter queues into the table; returns how many were filed.

    A message whose run has a row is dropped: the row is the truth, and the sweeper publishes it again.
    """
    filed = 0
    try:
        for letter in broker.drain_dead_letters(limit):
            filed += _file(letter)
    except broker.ERRORS as error:
        logger.warning("dead-letter queues cannot be read now: %s", error)
    return filed


def replay(letter: DeadLetter, *, by: str) -> None:
    """Run the task again under its own id. Raises NotReplayable."""
    if letter.run_id is None:
        raise NotReplayable("the message could not be read, so there is no task to run; it can be discarded")
    try:
        with transaction.atomic():
            _resolve(letter, "replayed", by)
            if not runs.replay([letter.run_id]):
                raise NotReplayable("the task has not ended as failed; it cannot be replayed")
    except IntegrityError:
        raise NotReplayable("an equal task of the same owner is unfinished; wait for it") from None


def discard(letter: DeadLetter, *, by: str) -> None:
    """Put the letter away; the task stays failed. Raises NotReplayable when it was resolved already."""
    _resolve(letter, "discarded", by)


def find_open(ids: Sequence[int]) -> list[DeadLetter]:
    return list(open_letters().filter(pk__in=ids))


def _resolve(letter: DeadLetter, resolution: str, by: str) -> None:
    waiting = DeadLetter.objects.filter(pk=letter.pk, resolved_at=None)
    if not waiting.update(resolved_at=Now(), resolution=resolution, resolved_by=by):
        raise NotReplayable("the dead letter has been resolved already")


def _file(letter: RawLetter) -> int:
    task = letter.headers.get("task")
    if task in current_app.tasks and task not in RUN_TASKS:
        logger.warning("a %s message died; it comes again by schedule", task)
        return 0
    if task in RUN_TASKS and _has_run(letter.headers.get("id")):
        return 0
    DeadLetter.objects.create(
        reason=DeadReason.UNREADABLE,
        queue=letter.queue,
        message=letter.body[:FILED_BYTES].decode("utf-8", "backslashreplace").replace("\x00", "\\x00"),
        error={
            "code": "unreadable-message",
            "message": "the broker delivered something that is no task of ours",
            "task": str(task)[:200],
        },
    )
    return 1


def _has_run(task_id: object) -> bool:
    try:
        key = uuid.UUID(str(task_id))
    except ValueError:
        return False
    return TaskRun.objects.filter(id=key).exists()
