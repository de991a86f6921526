"""Bringing runs back in line, from dead workers, after a pause or by an operator; and deleting ended ones."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from data_processing.lifecycle.runs import tallies
from data_processing.lifecycle.runs.claims import EndedAttempt, attempts_with, claim_of
from data_processing.lifecycle.runs.endings import Ending, bury
from data_processing.lifecycle.runs.states import AT_END, Event, move
from data_processing.models import FINISHED, DeadReason, State, TaskRun

DELETED_AT_A_TIME = 1000
"""A statement to PostgreSQL takes 65,535 ids at most, and others shall not wait long for the rows."""


def release_lost(*, at_most: int) -> list[uuid.UUID]:
    """Take runs from workers whose lease ran out: cancelled ones end, others wait again, and those that lost
    ``at_most`` workers are given up. Returns those that were taken."""
    # Not all at a time: each is read as a whole and moved by a statement of its own. The next sweep is near.
    lost = TaskRun.objects.filter(state=State.STARTED, lease_until__lt=Now())
    return [run.id for run in lost[:200] if _release(run, at_most=at_most)]


def resume_due() -> int:
    """Put runs whose next attempt is due back in line; returns how many."""
    return move(Event.RESUME, Q(next_attempt_at__lte=Now()), publish_at=Now())


@transaction.atomic
def replay(run_ids: Sequence[uuid.UUID]) -> int:
    """Run failed runs again under their own ids; returns how many."""
    # Locked, so that what is counted is what is moved.
    failed = TaskRun.objects.select_for_update().filter(id__in=run_ids, state=State.FAILURE)
    run_ids = list(failed.values_list("id", flat=True))
    tallies.keep(TaskRun.objects.filter(id__in=run_ids))
    return move(
        Event.REPLAY,
        Q(id__in=run_ids),
        publish_at=Now(),
        # The dead letter keeps the earlier ones, which would count as retries that are used up.
        attempts=[],
        error=None,
        traceback="",
        finished_at=None,
        cancel_requested_at=None,
        handed_back_since=None,
    )


def delete_ended(where: Q) -> int:
    """Delete those of the runs that have ended, with all that hangs on them; returns how many."""
    gone = 0
    while deleted := _delete_some(where):
        gone += deleted
        if deleted < DELETED_AT_A_TIME:
            break
    return gone


@transaction.atomic
def _delete_some(where: Q) -> int:
    # Locked, because Django deletes by ids that it has read before: a replay in between would be lost.
    ended = TaskRun.objects.select_for_update().filter(where, state__in=FINISHED)
    ids = list(ended.values_list("id", flat=True)[:DELETED_AT_A_TIME])
    doomed = TaskRun.objects.filter(id__in=ids)
    tallies.keep(doomed)
    doomed.delete()
    return len(ids)


def _release(run: TaskRun, *, at_most: int) -> int:
    """How many runs it has taken: 0 where the holder, or another sweeper, was faster."""
    cancelled = run.cancel_requested_at is not None
    # Whether it is cancelled may have changed since it was read; then nothing is moved, and the next sweep
    # reads it anew: a cancel that was accepted must not be forgotten with the lease.
    where = Q(
        id=run.id, attempt=run.attempt, lease_until__lt=Now(), cancel_requested_at__isnull=not cancelled
    )
    attempts = attempts_with(claim_of(run), outcome="lost", error_code="worker-lost")
    # Its holder would have stopped: another attempt would be work that nobody wants.
    if cancelled:
        return move(Event.STOP, where, attempts=attempts, **AT_END)
    # Counted apart from failures: that a worker dies is mostly not the task's fault. One after the other is.
    if sum(1 for attempt in attempts if attempt["outcome"] == "lost") < at_most:
        with transaction.atomic():
            moved = move(Event.LOSE, where, attempts=attempts, lease_until=None, publish_at=Now())
            if moved:
                tallies.note_retry()
        return moved
    return _give_up(run, where, attempts, lost=at_most)


def _give_up(run: TaskRun, where: Q, attempts: Sequence[EndedAttempt], *, lost: int) -> int:
    ending = Ending(
        code="worker-lost",
        message=f"the worker died {lost} times while it did this task",
        retryable=False,
    )
    with transaction.atomic():
        moved = move(Event.FAIL, where, attempts=attempts, error=ending.to_json(), **AT_END)
        if moved:
            bury(run.id, run.queue, ending, attempts, reason=DeadReason.CRASH_LOOP)
    return moved
