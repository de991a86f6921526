"""Cancelling a run, for one of those who wait for it or for all."""

from __future__ import annotations

import uuid

from django.db.models import Case, F, IntegerField, Q, UUIDField, Value, When
from django.db.models.functions import Coalesce, Now

from data_processing.database.statements import Slot, Update
from data_processing.errors import NotFound, NotUnderstood
from data_processing.lifecycle.runs.states import Event, ends_of
from data_processing.lifecycle.runs.window import EVERYBODY
from data_processing.models import FINISHED, UNFINISHED, State, TaskRun


def withdraw(run_id: uuid.UUID) -> State | None:
    """Withdraw one of the requests that wait for the run: None when others still wait for it; the last one
    cancels it, and the state afterwards is returned. Raises NotFound, NotUnderstood."""
    while True:
        waiting = TaskRun.objects.filter(
            id=run_id, state__in=UNFINISHED, interested__gt=1, cancel_requested_at__isnull=True
        )
        if waiting.update(interested=F("interested") - 1):
            return None
        state = _cancel(run_id, interested=1)
        if state is not None:
            return state
        # A request joined the run between the two statements; each further turn takes one more that does.


def request_cancel(run_id: uuid.UUID) -> State:
    """Cancel a waiting run at once, or ask a running one to stop, however many requests wait for it; returns
    the state afterwards. Raises NotFound, NotUnderstood."""
    while True:
        state = _cancel(run_id, interested=EVERYBODY)
        if state is not None:
            return state
        # It was replayed after it had ended; each further turn takes an operator who does so once more.


def _cancel(run_id: uuid.UUID, *, interested: int) -> State | None:
    """Cancel a run for which at most ``interested`` requests wait; its state afterwards, or the one that it
    had ended in. None when it is unfinished and was not to be cancelled. Raises NotFound, NotUnderstood."""
    changed = _CANCEL.execute(run_id=run_id, interested=interested)
    if changed:
        return State(changed[0][0])
    state = TaskRun.objects.filter(id=run_id).values_list("state", flat=True).first()
    if state is None:
        raise NotFound("there is no task with this task_id")
    if state not in (*UNFINISHED, *FINISHED):
        raise NotUnderstood(f"this version of the program knows no state {state!r} of a task")
    return State(state) if state in FINISHED else None


def _cancelling() -> Update:
    # One statement for waiting and running ones: with two, a worker that postpones, or loses its lease,
    # between them would be missed by both.
    waiting, revoked = ends_of(Event.CANCEL)
    is_waiting = Q(state__in=waiting)
    # Once it is being cancelled, nobody is asked how many wait: a second cancel gets the first one's answer.
    alone = Q(interested__lte=Slot("interested", IntegerField())) | Q(cancel_requested_at__isnull=False)
    rows = TaskRun.objects.filter(alone, id=Slot("run_id", UUIDField()), state__in=UNFINISHED)
    changes = {
        "state": Case(When(is_waiting, then=Value(revoked)), default=F("state")),
        "cancel_requested_at": Coalesce("cancel_requested_at", Now()),
        "finished_at": Case(When(is_waiting, then=Now()), default=F("finished_at")),
        # A running one goes on counting for its address until its work has let go.
        "address": Case(When(~is_waiting, then=F("address"))),
        "publish_at": None,
    }
    return Update(rows, changes, returning=("state",))


_CANCEL = _cancelling()
