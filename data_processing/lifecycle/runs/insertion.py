"""Recording a request: join an equal unfinished run, or insert a new one within its owner's limits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple, cast

from django.db import IntegrityError, transaction
from django.db.models import CharField, Count, DurationField, F, Field, Q, Value
from django.db.models.functions import Now
from django.utils import timezone

from data_processing import origins
from data_processing.database import locks
from data_processing.database.constraints import violates
from data_processing.database.statements import Insert, Select, Slot, Update
from data_processing.errors import TooManyTasks
from data_processing.lifecycle.runs.window import RELEASED, OwnerLimits, hold_window
from data_processing.models import UNFINISHED, TaskRun


class Counts(NamedTuple):
    """How many unfinished runs the owner has: in all, in the queue's window, and equal ones that nobody is
    cancelling; then how many come from the address: in all, and in the queue's window."""

    unfinished: int
    in_window: int
    equal: int
    from_here: int
    from_here_in_window: int


_GIVEN = (
    "id",
    "kind",
    "owner",
    "request",
    "description",
    "request_key",
    "dataset_version",
    "queue",
    "address",
    "origin",
    "created_at",
)


ONE_EQUAL = "one_equal_unfinished_run"


def submit(
    *,
    kind: str,
    owner: str,
    request: Mapping[str, object],
    request_key: str,
    dataset_version: str,
    queue: str,
    publish_in_s: float,
    limits: OwnerLimits,
    address: str | None = None,
    description: str = "",
    run_id: uuid.UUID | None = None,
) -> tuple[TaskRun, bool]:
    """Record a request; returns the run and whether it is new. An equal unfinished run of the same owner
    that nobody is cancelling is joined in its place. ``address`` is a key of where a visitor asks from,
    ``description`` the request in words. Raises TooManyTasks, and IntegrityError where there is a run of
    this ``run_id``."""
    run = TaskRun(
        id=run_id or uuid.uuid4(),
        kind=kind,
        owner=owner,
        request=dict(request),
        description=description,
        request_key=request_key,
        dataset_version=dataset_version,
        queue=queue,
        address=address,
        # Given, because a compiled INSERT does not let fields fill themselves.
        created_at=timezone.now(),
    )
    publish_in = timedelta(seconds=publish_in_s)
    while True:
        try:
            with transaction.atomic():
                # Two that count at once would both find the last place free. A condition in the INSERT does
                # not help: under READ COMMITTED neither statement sees the other's row.
                hold_window(owner)
                return _join_or_insert(run, limits, publish_in=publish_in)
        except IntegrityError as error:
            if not violates(error, TaskRun, ONE_EQUAL):
                raise
            # An equal run has been replayed, which takes no lock; each further turn takes one more replay.


def record(run: TaskRun, *, publish_in_s: float) -> TaskRun:
    """Insert a run that joins no other and that no limits hold back."""
    return _insert(run, publish_in=timedelta(seconds=publish_in_s))


def _join_or_insert(run: TaskRun, limits: OwnerLimits, *, publish_in: timedelta) -> tuple[TaskRun, bool]:
    while True:
        counts = _count_unfinished(run, limits)
        joined = _join(run.owner, run.request_key) if counts.equal else None
        if joined is not None:
            return joined, False
        if not counts.equal:
            break
        # The equal run has ended between the two statements.
    _refuse_too_many(counts, limits)
    # Held back: without a time to be published, which window.release_held gives it when its turn has come.
    full = counts.in_window >= limits.window or counts.from_here_in_window >= limits.address_window
    held = run.queue in limits.window_queues and full
    return _insert(run, publish_in=None if held else publish_in), True


def _insert(run: TaskRun, *, publish_in: timedelta | None) -> TaskRun:
    run.origin = dict(origins.current()) or None
    given = {name: getattr(run, name) for name in _GIVEN}
    _INSERT.execute(**given, publish_in=publish_in)
    run.publish_at = None if publish_in is None else run.created_at + publish_in
    return run


def _refuse_too_many(counts: Counts, limits: OwnerLimits) -> None:
    if counts.unfinished >= limits.unfinished:
        raise TooManyTasks(
            f"you have {counts.unfinished} unfinished tasks; at most {limits.unfinished} may wait"
        )
    if counts.from_here >= limits.from_address:
        raise TooManyTasks(
            f"visitors from your address have {counts.from_here} unfinished tasks; at most "
            f"{limits.from_address} may wait; who signs in has a limit of their own"
        )


def _join(owner: str, request_key: str) -> TaskRun | None:
    """The owner's equal unfinished run, with one more request waiting for it."""
    # Read by the id that was joined: when that one ends at once, an equal one may take its place, which has
    # counted nobody.
    joined = _JOIN.execute(owner=owner, request_key=request_key)
    return TaskRun.objects.filter(id=joined[0][0]).first() if joined else None


def _count_unfinished(run: TaskRun, limits: OwnerLimits) -> Counts:
    counts = _count(run)
    # Only an address that uses much of what it may have makes its visitors wait for each other. Taken after
    # the owner's lock, and nothing after it, so that nobody waits in a circle.
    if 2 * counts.from_here >= limits.from_address:
        locks.hold(f"window of {run.address}")
        counts = _count(run)
    return counts


def _count(run: TaskRun) -> Counts:
    counted = _COUNT.execute(
        owner=run.owner, address=run.address, queue=run.queue, request_key=run.request_key
    )
    return Counts(*counted[0]) if counted else Counts(0, 0, 0, 0, 0)


def _counting() -> Select:
    mine, from_here = Q(owner=Slot("owner", CharField())), Q(address=Slot("address", CharField()))
    in_window = RELEASED & Q(queue=Slot("queue", CharField()))
    equal = Q(request_key=Slot("request_key", CharField()), cancel_requested_at__isnull=True)
    rows = TaskRun.objects.filter(mine | from_here, state__in=UNFINISHED)
    # Grouped by nothing: one row.
    counted = rows.values(all=Value(1)).annotate(
        unfinished=Count("id", filter=mine),
        in_window=Count("id", filter=mine & in_window),
        equal=Count("id", filter=mine & equal),
        from_here=Count("id", filter=from_here),
        from_here_in_window=Count("id", filter=from_here & in_window),
    )
    return Select(counted.values_list(*Counts._fields))


def _inserting() -> Insert:
    """Of what is not given, the columns have their defaults."""
    given = {name: Slot(name, cast("Field[Any, Any]", TaskRun._meta.get_field(name))) for name in _GIVEN}
    return Insert(TaskRun, {**given, "publish_at": Now() + Slot("publish_in", DurationField())})


def _joining() -> Update:
    equal = TaskRun.objects.filter(
        owner=Slot("owner", CharField()),
        request_key=Slot("request_key", CharField()),
        state__in=UNFINISHED,
        cancel_requested_at__isnull=True,
    )
    return Update(equal, {"interested": F("interested") + 1})


_COUNT, _JOIN, _INSERT = _counting(), _joining(), _inserting()
