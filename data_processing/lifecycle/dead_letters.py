"""Tasks that were given up: what the broker could not deliver is filed, operators replay or discard."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from celery import current_app
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from data_processing import broker
from data_processing.broker import RawLetter
from data_processing.database.constraints import violates
from data_processing.errors import NotFound, NotReplayable, TaskError
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle.runs import insertion, recovery
from data_processing.models import DeadLetter, DeadReason, TaskRun

logger = logging.getLogger(__name__)

FILED_BYTES = 10_000
RUN_TASKS = frozenset(kind.task_name for kind in KINDS.values())


class Action(Enum):
    """What an operator can do with a letter."""

    REPLAY = "replayed"
    DISCARD = "discarded"


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What became of one of several letters; ``problem`` is None when it was done."""

    id: int
    problem: TaskError | None


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
    if letter.run is not None and letter.run.kind not in KINDS:
        raise NotReplayable(f"this version of the program knows no kind of task {letter.run.kind!r}")
    try:
        with transaction.atomic():
            _resolve(letter, Action.REPLAY, by)
            if not recovery.replay([letter.run_id]):
                raise NotReplayable("the task has not ended as failed; it cannot be replayed")
    except IntegrityError as error:
        if not violates(error, TaskRun, insertion.ONE_EQUAL):
            raise
        raise NotReplayable("an equal task of the same owner is unfinished; wait for it") from None


def discard(letter: DeadLetter, *, by: str) -> None:
    """Put the letter away; the task stays failed. Raises NotReplayable when it was resolved already."""
    _resolve(letter, Action.DISCARD, by)


def resolve(letter: DeadLetter, action: Action, *, by: str) -> None:
    """Replay or discard. Raises NotReplayable."""
    (replay if action is Action.REPLAY else discard)(letter, by=by)


def resolve_many(ids: Sequence[int], action: Action, *, by: str) -> list[Resolved]:
    """Replay or discard several letters, each on its own: one that cannot be resolved stops no other."""
    letters = DeadLetter.objects.in_bulk(ids)
    return [
        Resolved(id=pk, problem=_try_to_resolve(letters.get(pk), action, by)) for pk in dict.fromkeys(ids)
    ]


def _try_to_resolve(letter: DeadLetter | None, action: Action, by: str) -> TaskError | None:
    if letter is None:
        return NotFound("there is no dead letter with this id")
    try:
        resolve(letter, action, by=by)
    except NotReplayable as problem:
        return problem
    return None


def _resolve(letter: DeadLetter, action: Action, by: str) -> None:
    waiting = DeadLetter.objects.filter(pk=letter.pk, resolved_at=None)
    if not waiting.update(resolved_at=Now(), resolution=action.value, resolved_by=by):
        raise NotReplayable("the dead letter has been resolved already")


def _file(letter: RawLetter) -> int:
    task = _make_storable(str(letter.headers.get("task")))
    kept_back = letter.headers.get("eta") is not None
    if task in RUN_TASKS and _has_run(letter.headers.get("id")):
        return 0
    if task in current_app.tasks and task not in RUN_TASKS and not kept_back:
        logger.warning("a %s message died; its schedule, or the export that offered it, makes it good", task)
        return 0
    DeadLetter.objects.create(
        reason=DeadReason.UNREADABLE,
        queue=letter.queue,
        message=_make_storable(letter.body[:FILED_BYTES].decode("utf-8", "backslashreplace")),
        error={
            "code": "unreadable-message",
            "message": "somebody sent a task that is to be kept until later (eta); workers refuse to"
            if kept_back
            else "the broker delivered something that is no task of ours",
            "task": task[:200],
        },
    )
    return 1


def _make_storable(text: str) -> str:
    """The text with what PostgreSQL cannot hold written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")


def _has_run(task_id: object) -> bool:
    try:
        key = uuid.UUID(str(task_id))
    except ValueError:
        return False
    return TaskRun.objects.filter(id=key).exists()
