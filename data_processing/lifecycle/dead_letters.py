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
from data_processing.broker import DeadMessage
from data_processing.database.constraints import violates
from data_processing.errors import NotFound, NotReplayable, TaskError
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle.runs import insertion, recovery
from data_processing.models import DeadLetter, DeadReason, TaskRun
from data_processing.outputs import results

logger = logging.getLogger(__name__)

FILED_BYTES = 10_000
RUN_TASKS = frozenset(kind.task_name for kind in KINDS.values())


class Action(Enum):
    """What an operator can do with a dead letter."""

    REPLAY = "replayed"
    DISCARD = "discarded"


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What became of one of several; ``problem`` is None when it was done."""

    id: int
    problem: TaskError | None


def list_open() -> QuerySet[DeadLetter]:
    """Those that wait for an operator, newest first."""
    return DeadLetter.objects.filter(resolved_at=None).select_related("run").order_by("-created_at", "-pk")


def file_undelivered(limit: int = 100) -> int:
    """Move what lies in the broker's dead-letter queues into the table; returns how many were filed."""
    filed = 0
    try:
        for message in broker.drain_dead_queues(limit):
            filed += _file(message)
    except broker.ERRORS as error:
        logger.warning("dead-letter queues cannot be read now: %s", error)
    return filed


def resolve(dead_letter: DeadLetter, action: Action, *, by: str) -> None:
    """Run the task again under its own id, or put the dead letter away: the task stays failed then. Raises
    NotReplayable."""
    if action is Action.REPLAY:
        _replay(dead_letter, by=by)
    else:
        _note_resolution(dead_letter, action, by=by)


def resolve_many(ids: Sequence[int], action: Action, *, by: str) -> list[Resolved]:
    """Resolve several, each on its own: one that cannot be resolved stops no other."""
    rows = DeadLetter.objects.in_bulk(ids)
    return [Resolved(id=pk, problem=_try_to_resolve(rows.get(pk), action, by)) for pk in dict.fromkeys(ids)]


def _try_to_resolve(dead_letter: DeadLetter | None, action: Action, by: str) -> TaskError | None:
    if dead_letter is None:
        return NotFound("there is no dead letter with this id")
    try:
        resolve(dead_letter, action, by=by)
    except NotReplayable as problem:
        return problem
    return None


def _replay(dead_letter: DeadLetter, *, by: str) -> None:
    if dead_letter.run is None:
        raise NotReplayable("the message could not be read, so there is no task to run; it can be discarded")
    if dead_letter.run.kind not in KINDS:
        raise NotReplayable(f"this version of the program knows no kind of task {dead_letter.run.kind!r}")
    # First, so that it takes away nothing that the next attempt says. Where it is not replayed after all, the
    # reconciliation gives it back.
    results.forget(dead_letter.run.id)
    try:
        # One transaction: a dead letter whose task is not replayed after all stays open for later.
        with transaction.atomic():
            _note_resolution(dead_letter, Action.REPLAY, by=by)
            if not recovery.replay([dead_letter.run.id]):
                raise NotReplayable("the task has not ended as failed; it cannot be replayed")
    except IntegrityError as error:
        if not violates(error, TaskRun, insertion.ONE_EQUAL):
            raise
        raise NotReplayable("an equal task of the same owner is unfinished; wait for it") from None


def _note_resolution(dead_letter: DeadLetter, action: Action, *, by: str) -> None:
    # On the condition that it is open: of two operators who press at once, one is told that it is done.
    waiting = DeadLetter.objects.filter(pk=dead_letter.pk, resolved_at=None)
    if not waiting.update(resolved_at=Now(), resolution=action.value, resolved_by=by):
        raise NotReplayable("the dead letter has been resolved already")


def _file(message: DeadMessage) -> int:
    task = _make_storable(str(message.headers.get("task")))
    kept_back = message.headers.get("eta") is not None
    # Dropped, also where it died for its eta: the row is the truth, and the sweeper publishes it again.
    if task in RUN_TASKS and _has_run(message.headers.get("id")):
        return 0
    if task in current_app.tasks and task not in RUN_TASKS and not kept_back:
        logger.warning("a %s message died; its schedule, or the export that offered it, makes it good", task)
        return 0
    error = _explain(task, kept_back=kept_back)
    DeadLetter.objects.create(
        reason=DeadReason.UNREADABLE,
        queue=message.queue,
        # Undecoded, and cut: whoever sent it may have sent anything, in any size.
        message=_make_storable(message.body[:FILED_BYTES].decode("utf-8", "backslashreplace")),
        error={"code": "unreadable-message", "message": error, "task": task[:200]},
    )
    _tell_sender(message, error)
    return 1


def _explain(task: str, *, kept_back: bool) -> str:
    if kept_back:
        return "somebody sent a task that is to be kept until later (eta); workers refuse to"
    if task in RUN_TASKS:
        return "somebody sent a task of ours with what is no request, or could not be recorded as one"
    return "the broker delivered something that is no task of ours"


def _tell_sender(message: DeadMessage, error: str) -> None:
    """Celery's client may wait for a result. A worker that refused the message has said more of it."""
    task_id = message.headers.get("id")
    if isinstance(task_id, str) and not _has_run(task_id) and results.list_missing([task_id]):
        results.tell_failure(task_id, message=f"unreadable-message: {error}")


def _make_storable(text: str) -> str:
    """The text with what PostgreSQL cannot hold written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")


def _has_run(task_id: object) -> bool:
    try:
        key = uuid.UUID(str(task_id))
    except ValueError:
        return False
    return TaskRun.objects.filter(id=key).exists()
