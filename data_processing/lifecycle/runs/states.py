"""The states of a run and what may change them. Only this folder writes ``TaskRun.state``, by statements that
are made of what is here.

Every change is one conditional UPDATE; the number of changed rows decides who owns the run. Leases and due
times are compared by the database's clock, so that workers' clocks may differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from data_processing.models import State, TaskRun


class Event(Enum):
    """What can happen to a run."""

    CLAIM = "a worker takes it"
    SUCCEED = "the work returned a result"
    FAIL = "the work failed for good"
    POSTPONE = "the work failed, a later attempt may succeed"
    RESUME = "the time of the next attempt has come"
    LOSE = "the worker's lease ran out"
    STOP = "the work stopped because its owner cancelled it"
    CANCEL = "its owner cancels it before a worker has it"
    REPLAY = "an operator runs it again"


TRANSITIONS: Mapping[tuple[State, Event], State] = {
    (State.PENDING, Event.CLAIM): State.STARTED,
    # A running one is only asked to stop, which changes no state: STOP follows when its work has let go.
    (State.PENDING, Event.CANCEL): State.REVOKED,
    (State.STARTED, Event.SUCCEED): State.SUCCESS,
    (State.STARTED, Event.FAIL): State.FAILURE,
    (State.STARTED, Event.POSTPONE): State.RETRY,
    # At once, without the wait of RETRY: the work is not to blame for the death of its worker.
    (State.STARTED, Event.LOSE): State.PENDING,
    (State.STARTED, Event.STOP): State.REVOKED,
    (State.RETRY, Event.RESUME): State.PENDING,
    (State.RETRY, Event.CANCEL): State.REVOKED,
    (State.FAILURE, Event.REPLAY): State.PENDING,
}


def leaving(event: Event, where: Q) -> tuple[QuerySet[TaskRun], State]:
    """The runs that ``event`` can happen to, and the state that it brings them to."""
    sources, target = ends_of(event)
    return TaskRun.objects.filter(where, state__in=sources), target


def move(event: Event, where: Q, **changes: object) -> int:
    """Change the state of runs as ``event`` says; returns of how many."""
    rows, target = leaving(event, where)
    return rows.update(state=target, **changes)


def ends_of(event: Event) -> tuple[list[State], State]:
    """Where the arrows of ``event`` begin, and where they all end."""
    targets = {source: target for (source, e), target in TRANSITIONS.items() if e is event}
    # One for all: a statement sets the same state for whatever it finds.
    (target,) = set(targets.values())
    return list(targets), target


AT_END: Mapping[str, object] = {
    "finished_at": Now(),
    "publish_at": None,
    "lease_until": None,
    # Needed for limits only, and kept no longer.
    "address": None,
}
"""What every end changes."""
