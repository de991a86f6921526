"""The state machine of task runs: the only writer of ``TaskRun.state``.

Every change is one conditional UPDATE; the number of changed rows decides who owns the run. Leases and due
times are compared by the database's clock, so that workers' clocks may differ.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, NamedTuple, cast

from django.db import IntegrityError, transaction
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Field,
    IntegerField,
    JSONField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, Now, Rank
from django.utils import timezone

from contracts.progress import Progress
from data_processing.database import locks
from data_processing.database.constraints import violates
from data_processing.database.statements import Insert, Rows, Select, Slot, Update
from data_processing.errors import NotFound, NotUnderstood, TooManyTasks
from data_processing.models import FINISHED, UNFINISHED, DeadLetter, DeadReason, State, TaskRun


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
    (State.PENDING, Event.CANCEL): State.REVOKED,
    (State.STARTED, Event.SUCCEED): State.SUCCESS,
    (State.STARTED, Event.FAIL): State.FAILURE,
    (State.STARTED, Event.POSTPONE): State.RETRY,
    (State.STARTED, Event.LOSE): State.PENDING,
    (State.STARTED, Event.STOP): State.REVOKED,
    (State.RETRY, Event.RESUME): State.PENDING,
    (State.RETRY, Event.CANCEL): State.REVOKED,
    (State.FAILURE, Event.REPLAY): State.PENDING,
}


EVERYBODY = 2**31 - 1
"""More than the number of requests that wait for a run can be, or of runs."""


@dataclass(frozen=True, kw_only=True)
class OwnerLimits:
    """What one owner may have at a time: ``unfinished`` tasks in all, of which ``window`` are with the broker
    in each of ``window_queues``; the others are held back, so that owners take turns. ``from_address`` and
    ``address_window`` are the same for all visitors of one address: without a cookie each request makes
    another owner."""

    unfinished: int
    window: int
    window_queues: frozenset[str]
    from_address: int = EVERYBODY
    address_window: int = EVERYBODY


class Counts(NamedTuple):
    """Of unfinished runs: an owner's, those of them in the queue's window, and those that are equal and that
    nobody is cancelling; all from the address, and those of them in the queue's window."""

    unfinished: int
    in_window: int
    equal: int
    from_here: int
    from_here_in_window: int


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A worker's right to one attempt of a run, for as long as its lease is renewed."""

    run_id: uuid.UUID
    attempt: int
    kind: str
    owner: str
    queue: str
    request: Mapping[str, Any]
    request_key: str
    dataset_version: str
    created_at: datetime
    worker: str
    claimed_at: datetime
    attempts: tuple[Mapping[str, Any], ...]
    address: str | None = None

    @property
    def failures(self) -> int:
        """Earlier attempts that ended with an error (lost ones are not the work's fault)."""
        return sum(1 for attempt in self.attempts if attempt["outcome"] == "failed")


_RELEASED = Q(state=State.STARTED) | Q(state=State.PENDING, publish_at__isnull=False)
_CLAIMED = ("id", *(field.name for field in fields(Claim) if field.name != "run_id"))
_GIVEN = (
    "id",
    "kind",
    "owner",
    "request",
    "request_key",
    "dataset_version",
    "queue",
    "address",
    "created_at",
)
ONE_EQUAL = "one_equal_unfinished_run"
_UNCOUNTED = Progress(phase="", current=0, total=0, unit="")


@dataclass(frozen=True, kw_only=True)
class Ending:
    """An error that ends an attempt. ``traceback`` is for staff; ``dead`` makes a dead letter of the run."""

    code: str
    message: str
    retryable: bool
    traceback: str = ""
    dead: DeadReason | None = None

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "retryable": self.retryable}


class Released(NamedTuple):
    """A run that was taken from a dead worker: the state that it is in since, and the error that ended it."""

    run_id: uuid.UUID
    state: State
    ending: Ending | None = None


def submit(
    *,
    kind: str,
    owner: str,
    request: Mapping[str, Any],
    request_key: str,
    dataset_version: str,
    queue: str,
    publish_in_s: float,
    limits: OwnerLimits,
    address: str | None = None,
) -> tuple[TaskRun, bool]:
    """Record a request; returns the run and whether it is new. An equal unfinished run of the same owner
    that nobody is cancelling is joined in its place. ``address`` is a key of where a visitor asks from.
    Raises TooManyTasks."""
    run = TaskRun(
        kind=kind,
        owner=owner,
        request=dict(request),
        request_key=request_key,
        dataset_version=dataset_version,
        queue=queue,
        address=address,
        created_at=timezone.now(),
    )
    publish_in = timedelta(seconds=publish_in_s)
    while True:
        try:
            with transaction.atomic():
                # Two that count at once would both find the last place free.
                hold_window(owner)
                return _join_or_insert(run, limits, publish_in=publish_in)
        except IntegrityError as error:
            if not violates(error, TaskRun, ONE_EQUAL):
                raise
            # An equal run has been replayed, which takes no lock; each further turn takes one more replay.


def hold_window(owner: str) -> None:
    """Until this transaction ends, nobody else adds to the owner's unfinished runs or lets held ones go."""
    locks.hold(f"window of {owner}")


def find(run_id: uuid.UUID) -> TaskRun | None:
    """The run as it is now."""
    found = _FIND.execute(run_id=run_id)
    return found[0] if found else None


def find_places(waiting: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The places in line of those of the runs that are pending: 1 for the next of its queue."""
    if not waiting:
        return {}
    if len(waiting) == 1:
        # Counting costs 1 ms in a line of 20,000 and ranking 37; of 50 runs together it is 89 and 41.
        (run_id,) = waiting
        counted = _COUNT_PLACE.execute(run_id=run_id)
        return {run_id: counted[0][1]} if counted else {}
    # The CASE stands around the window, so that the whole line is ranked, not the asked ones alone.
    rank = Window(Rank(), partition_by=F("queue"), order_by="created_at")
    line = TaskRun.objects.filter(state=State.PENDING)
    ranked = line.annotate(place=Case(When(id__in=waiting, then=rank))).filter(place__isnull=False)
    return dict(ranked.values_list("id", "place"))


def claim(
    run_id: uuid.UUID, *, worker: str, lease_s: float, kinds: frozenset[str] | None = None
) -> Claim | None:
    """Take a pending run, if it is of one of the ``kinds`` (None: of whatever kind). None when it is not
    there, not pending, or somebody else was faster."""
    taken = _claiming(kinds).execute(run_id=run_id, worker=worker, lease=timedelta(seconds=lease_s))
    return _read_claim(taken[0]) if taken else None


def find_held(run_id: uuid.UUID, *, attempt: int) -> Claim | None:
    """The claim of a running attempt that nobody cancels, for those who help its holder; None otherwise."""
    held = TaskRun.objects.filter(
        id=run_id, attempt=attempt, state=State.STARTED, cancel_requested_at__isnull=True
    ).first()
    return None if held is None else _claim_of(held)


def is_held(claim: Claim) -> bool:
    """Whether the attempt still runs and is the run's latest."""
    return _held_by(claim).exists()


def renew(claim: Claim, *, lease_s: float, progress: Progress | None) -> bool:
    """Prolong the lease and note the progress; False when the run belongs to somebody else by now."""
    lease_until = Now() + timedelta(seconds=lease_s)
    return bool(_held_by(claim).update(lease_until=lease_until, **_counted(progress)))


def is_cancelled(claim: Claim) -> bool:
    """Whether the owner wants this attempt to stop."""
    return _held_by(claim).filter(cancel_requested_at__isnull=False).exists()


def succeed(
    claim: Claim, *, result: Mapping[str, Any], keep_s: float, progress: Progress | None = None
) -> bool:
    """End with a result; False when the run is being cancelled or belongs to somebody else by now."""
    succeeded = _SUCCEED.execute(
        run_id=claim.run_id,
        attempt=claim.attempt,
        attempts=_attempts_with(claim, outcome="succeeded", error_code=None),
        result=dict(result),
        keep=timedelta(seconds=keep_s),
        **asdict(replace(progress, phase="done") if progress else _UNCOUNTED),
    )
    return bool(succeeded)


def has_succeeded(claim: Claim) -> bool:
    """Whether this very attempt has ended with a result."""
    return TaskRun.objects.filter(id=claim.run_id, attempt=claim.attempt, state=State.SUCCESS).exists()


def fail(claim: Claim, ending: Ending, *, progress: Progress | None = None) -> bool:
    """End with an error; False when the run is being cancelled or belongs to somebody else by now."""
    with transaction.atomic():
        failed = _end(
            Event.FAIL,
            claim,
            outcome="failed",
            error_code=ending.code,
            error=ending.to_json(),
            traceback=ending.traceback,
            **_counted(progress),
        )
        if failed and ending.dead is not None:
            attempts = _attempts_with(claim, outcome="failed", error_code=ending.code)
            _bury(claim.run_id, claim.queue, ending, attempts, reason=ending.dead)
    return failed


def postpone(claim: Claim, ending: Ending, *, delay_s: float, progress: Progress | None = None) -> bool:
    """Note the error and wait ``delay_s`` before the next attempt."""
    return _end(
        Event.POSTPONE,
        claim,
        outcome="failed",
        error_code=ending.code,
        error=ending.to_json(),
        traceback=ending.traceback,
        finished_at=None,
        address=F("address"),
        next_attempt_at=Now() + timedelta(seconds=delay_s),
        **_counted(progress),
    )


def stop(claim: Claim, *, progress: Progress | None = None) -> bool:
    """End as cancelled, after the work has stopped and its partial files are gone; False when nobody
    cancelled it or it belongs to somebody else by now."""
    return _end(Event.STOP, claim, outcome="cancelled", cancelled=True, **_counted(progress))


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


def find_stubborn(*, grace_s: float) -> list[Claim]:
    """The claims of running attempts that were asked to stop more than ``grace_s`` ago."""
    asked = TaskRun.objects.filter(
        state=State.STARTED, cancel_requested_at__lt=Now() - timedelta(seconds=grace_s)
    )
    return [_claim_of(run) for run in asked[:200]]


def resume_due() -> int:
    """Put runs whose next attempt is due back in line; returns how many."""
    return _move(Event.RESUME, Q(next_attempt_at__lte=Now()), publish_at=Now())


def release_lost(*, at_most: int) -> list[Released]:
    """Take runs from workers whose lease ran out: cancelled ones end, others wait again, and those that lost
    ``at_most`` workers are given up. Returns those that were taken."""
    lost = TaskRun.objects.filter(state=State.STARTED, lease_until__lt=Now())
    released = (_release(run, at_most=at_most) for run in lost[:200])
    return [each for each in released if each is not None]


def due_for_publishing(limit: int, *, kinds: Collection[str], queues: Collection[str]) -> QuerySet[TaskRun]:
    """Pending runs of the kinds and queues whose message was never sent, or so long ago that it may be lost;
    most urgent first."""
    due = TaskRun.objects.filter(state=State.PENDING, publish_at__lte=Now(), kind__in=kinds, queue__in=queues)
    return due.order_by("publish_at")[:limit]


def published_before(*, seconds: float, republish_after_s: float) -> list[tuple[TaskRun, float]]:
    """Pending runs that were published more than ``seconds`` ago, and how many seconds ago that was."""
    age = Now() + timedelta(seconds=republish_after_s) - F("publish_at")
    waiting = TaskRun.objects.filter(
        state=State.PENDING,
        publishes__gt=0,
        publish_at__gt=Now(),
        publish_at__lt=Now() + timedelta(seconds=republish_after_s - seconds),
    ).annotate(age=ExpressionWrapper(age, output_field=DurationField()))
    return [(run, run.age.total_seconds()) for run in waiting.order_by("publish_at")[:200]]


def release_held(*, window: int, address_window: int = EVERYBODY, after: Claim | None = None) -> int:
    """Let held-back runs of each owner go, oldest first, up to ``window`` per queue and ``address_window`` of
    an address; returns how many. ``after`` the end of a run: of those that may have waited for it."""
    held = TaskRun.objects.filter(state=State.PENDING, publish_at=None, cancel_requested_at=None)
    if after is not None:
        held = held.filter(Q(owner=after.owner) | Q(address=after.address, address__isnull=False))
    waiting = held.values_list("owner", "address", "queue").annotate(since=Min("created_at"))
    released, full = 0, set[tuple[str | None, str]]()
    for owner, address, queue, _ in waiting.order_by("since"):
        if (address, queue) in full:
            continue
        with transaction.atomic():
            hold_window(owner)
            owners, addresses = _count_released(owner, address, queue)
            if addresses >= address_window:
                full.add((address, queue))
            free = min(window - owners, address_window - addresses)
            if free > 0:
                theirs = held.filter(owner=owner, address=address, queue=queue).order_by("created_at")
                oldest = list(theirs.values_list("id", flat=True)[:free])
                released += held.filter(id__in=oldest).update(publish_at=Now())
    return released


def schedule_publishing(run_id: uuid.UUID, *, publishes: int, in_s: float, sent: bool) -> bool:
    """Set when a pending run is published again; False when another publisher was faster."""
    waiting = TaskRun.objects.filter(id=run_id, state=State.PENDING, publishes=publishes)
    return bool(
        waiting.update(publish_at=Now() + timedelta(seconds=in_s), publishes=publishes + (1 if sent else 0))
    )


def note_published(run_ids: Sequence[uuid.UUID], *, republish_in_s: float) -> int:
    """Note that the first messages of these runs have been sent, a moment ago; returns how many runs still
    wait for a worker. One that was put off meanwhile has had its message and is left as it is."""
    waiting = TaskRun.objects.filter(
        id__in=run_ids, state=State.PENDING, attempt=0, publishes=0, next_attempt_at=None
    )
    return waiting.update(publish_at=Now() + timedelta(seconds=republish_in_s), publishes=1)


def put_off(run_id: uuid.UUID, *, in_s: float) -> bool:
    """Publish a pending run in ``in_s`` seconds as if for the first time: its message came too early and is
    dropped, which costs no attempt. Counted as unpublished, it is not searched for among lost messages."""
    waiting = TaskRun.objects.filter(id=run_id, state=State.PENDING)
    later = Now() + timedelta(seconds=in_s)
    return bool(waiting.update(publish_at=later, next_attempt_at=later, publishes=0))


def replay(run_ids: Sequence[uuid.UUID]) -> int:
    """Run failed runs again under their own ids; returns how many."""
    return _move(
        Event.REPLAY,
        Q(id__in=run_ids),
        publish_at=Now(),
        attempts=[],
        error=None,
        traceback="",
        finished_at=None,
        cancel_requested_at=None,
    )


def delete_ended(where: Q) -> int:
    """Delete those of the runs that have ended, with all that hangs on them; returns how many."""
    with transaction.atomic():
        # Locked, because Django deletes by ids that it has read before: a replay in between would be lost.
        ended = TaskRun.objects.select_for_update().filter(where, state__in=FINISHED)
        ids = list(ended.values_list("id", flat=True))
        TaskRun.objects.filter(id__in=ids).delete()
    return len(ids)


def read_attempts(stored: Any) -> tuple[Mapping[str, Any], ...]:
    """The attempts that have ended, as far as this version can read what the row says of them."""
    if not isinstance(stored, Sequence):
        return ()
    return tuple(attempt for attempt in stored if isinstance(attempt, Mapping) and "outcome" in attempt)


def _claim_of(run: TaskRun) -> Claim:
    return _read_claim([getattr(run, name) for name in _CLAIMED])


def _read_claim(values: Sequence[Any]) -> Claim:
    """The claim that the fields of ``_CLAIMED`` are."""
    run_id, *known = values
    claim = Claim(run_id=run_id, **dict(zip(_CLAIMED[1:], known, strict=True)))
    return replace(
        claim,
        attempts=read_attempts(claim.attempts),
        claimed_at=claim.claimed_at or timezone.now(),
    )


def _release(run: TaskRun, *, at_most: int) -> Released | None:
    cancelled = run.cancel_requested_at is not None
    # Whether it is cancelled may have changed since it was read; then nothing is moved, and the next sweep
    # reads it anew: a cancel that was accepted must not be forgotten with the lease.
    where = Q(
        id=run.id, attempt=run.attempt, lease_until__lt=Now(), cancel_requested_at__isnull=not cancelled
    )
    attempts = _attempts_with(_claim_of(run), outcome="lost", error_code="worker-lost")
    if cancelled:
        moved = _move(Event.STOP, where, attempts=attempts, **_ended())
        return Released(run.id, State.REVOKED) if moved else None
    if sum(1 for attempt in attempts if attempt["outcome"] == "lost") < at_most:
        moved = _move(Event.LOSE, where, attempts=attempts, lease_until=None, publish_at=Now())
        return Released(run.id, State.PENDING) if moved else None
    return _give_up(run, where, attempts, lost=at_most)


def _give_up(run: TaskRun, where: Q, attempts: Sequence[Mapping[str, Any]], *, lost: int) -> Released | None:
    ending = Ending(
        code="worker-lost",
        message=f"the worker died {lost} times while it did this task",
        retryable=False,
    )
    with transaction.atomic():
        moved = _move(Event.FAIL, where, attempts=attempts, error=ending.to_json(), **_ended())
        if moved:
            _bury(run.id, run.queue, ending, attempts, reason=DeadReason.CRASH_LOOP)
    return Released(run.id, State.FAILURE, ending) if moved else None


def _ended() -> dict[str, Any]:
    return {"finished_at": Now(), "publish_at": None, "lease_until": None, "address": None}


def _end(
    event: Event,
    claim: Claim,
    *,
    outcome: str,
    error_code: str | None = None,
    cancelled: bool = False,
    **changes: Any,
) -> bool:
    # An accepted cancel always wins: from then on only STOP can end the attempt.
    attempts = _attempts_with(claim, outcome=outcome, error_code=error_code)
    changes = {**_ended(), "attempts": attempts, **changes}
    where = Q(id=claim.run_id, attempt=claim.attempt, cancel_requested_at__isnull=not cancelled)
    return bool(_move(event, where, **changes))


def _move(event: Event, where: Q, **changes: Any) -> int:
    """Change the state of runs as ``event`` says; returns of how many."""
    rows, target = _leaving(event, where)
    return rows.update(state=target, **changes)


def _leaving(event: Event, where: Q) -> tuple[QuerySet[TaskRun], State]:
    """The runs that ``event`` can happen to, and the state that it brings them to."""
    sources, target = _ends_of(event)
    return TaskRun.objects.filter(where, state__in=sources), target


def _ends_of(event: Event) -> tuple[list[State], State]:
    """Where the arrows of ``event`` begin, and where they all end."""
    targets = {source: target for (source, e), target in TRANSITIONS.items() if e is event}
    (target,) = set(targets.values())
    return list(targets), target


@cache
def _claiming(kinds: frozenset[str] | None) -> Update:
    known = Q() if kinds is None else Q(kind__in=sorted(kinds))
    waiting, started = _leaving(Event.CLAIM, known & Q(id=Slot("run_id", UUIDField())))
    changes = {
        "state": started,
        "attempt": F("attempt") + 1,
        "worker": Slot("worker", CharField()),
        "started_at": Coalesce("started_at", Now()),
        "claimed_at": Now(),
        "lease_until": Now() + Slot("lease", DurationField()),
        "next_attempt_at": None,
        **asdict(_UNCOUNTED),
    }
    return Update(waiting, changes, returning=_CLAIMED)


def _succeeding() -> Update:
    held = Q(
        id=Slot("run_id", UUIDField()),
        attempt=Slot("attempt", IntegerField()),
        cancel_requested_at__isnull=True,
    )
    running, succeeded = _leaving(Event.SUCCEED, held)
    changes = {
        "state": succeeded,
        **_ended(),
        "expires_at": Now() + Slot("keep", DurationField()),
        "attempts": Slot("attempts", JSONField()),
        "result": Slot("result", JSONField()),
        "phase": Slot("phase", CharField()),
        "current": Slot("current", BigIntegerField()),
        "total": Slot("total", BigIntegerField()),
        "unit": Slot("unit", CharField()),
    }
    return Update(running, changes)


def _cancelling() -> Update:
    """One statement for waiting and running ones: with two, a worker that postpones, or loses its lease,
    between them would be missed by both."""
    waiting, revoked = _ends_of(Event.CANCEL)
    is_waiting = Q(state__in=waiting)
    alone = Q(interested__lte=Slot("interested", IntegerField())) | Q(cancel_requested_at__isnull=False)
    rows = TaskRun.objects.filter(alone, id=Slot("run_id", UUIDField()), state__in=UNFINISHED)
    changes = {
        "state": Case(When(is_waiting, then=Value(revoked)), default=F("state")),
        "cancel_requested_at": Coalesce("cancel_requested_at", Now()),
        "finished_at": Case(When(is_waiting, then=Now()), default=F("finished_at")),
        "address": Case(When(~is_waiting, then=F("address"))),
        "publish_at": None,
    }
    return Update(rows, changes, returning=("state",))


def _counting() -> Select:
    mine, from_here = Q(owner=Slot("owner", CharField())), Q(address=Slot("address", CharField()))
    in_window = _RELEASED & Q(queue=Slot("queue", CharField()))
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


def _counting_place() -> Select:
    ahead = TaskRun.objects.filter(
        queue=OuterRef("queue"), state=State.PENDING, created_at__lt=OuterRef("created_at")
    )
    counted = ahead.order_by().values("queue").annotate(runs=Count("*")).values("runs")
    asked = TaskRun.objects.filter(id=Slot("run_id", UUIDField()), state=State.PENDING)
    return Select(asked.annotate(place=Coalesce(Subquery(counted), 0) + 1).values_list("id", "place"))


def _inserting() -> Insert:
    """Of what is not given, the columns have their defaults."""
    given = {name: Slot(name, cast("Field[Any, Any]", TaskRun._meta.get_field(name))) for name in _GIVEN}
    return Insert(TaskRun, {**given, "publish_at": Now() + Slot("publish_in", DurationField())})


def _joining() -> Update:
    """Returns the id: when the run ends at once, an equal one may take its place, which counted nobody."""
    equal = TaskRun.objects.filter(
        owner=Slot("owner", CharField()),
        request_key=Slot("request_key", CharField()),
        state__in=UNFINISHED,
        cancel_requested_at__isnull=True,
    )
    return Update(equal, {"interested": F("interested") + 1})


_SUCCEED, _CANCEL = _succeeding(), _cancelling()
_COUNT, _JOIN, _INSERT = _counting(), _joining(), _inserting()
_FIND = Rows(TaskRun.objects.filter(id=Slot("run_id", UUIDField())))
_COUNT_PLACE = _counting_place()


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


def _bury(
    run_id: uuid.UUID,
    queue: str,
    ending: Ending,
    attempts: Sequence[Mapping[str, Any]],
    *,
    reason: DeadReason,
) -> None:
    DeadLetter.objects.create(
        run_id=run_id,
        reason=reason,
        queue=queue,
        error=ending.to_json(),
        attempts=list(attempts),
        traceback=ending.traceback,
    )


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
    full = counts.in_window >= limits.window or counts.from_here_in_window >= limits.address_window
    held = run.queue in limits.window_queues and full
    given = {name: getattr(run, name) for name in _GIVEN}
    _INSERT.execute(**given, publish_in=None if held else publish_in)
    run.publish_at = None if held else run.created_at + publish_in
    return run, True


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
    joined = _JOIN.execute(owner=owner, request_key=request_key)
    return TaskRun.objects.filter(id=joined[0][0]).first() if joined else None


def _count_unfinished(run: TaskRun, limits: OwnerLimits) -> Counts:
    counts = _count(run)
    # Only an address that uses much of what it may have makes its visitors wait for each other.
    if 2 * counts.from_here >= limits.from_address:
        locks.hold(f"window of {run.address}")
        counts = _count(run)
    return counts


def _count(run: TaskRun) -> Counts:
    counted = _COUNT.execute(
        owner=run.owner, address=run.address, queue=run.queue, request_key=run.request_key
    )
    return Counts(*counted[0]) if counted else Counts(0, 0, 0, 0, 0)


def _count_released(owner: str, address: str | None, queue: str) -> tuple[int, int]:
    """How many runs of the queue are with the broker or a worker: the owner's, and all from the address."""
    mine, from_here = Q(owner=owner), Q(address=address, address__isnull=False)
    rows = TaskRun.objects.filter(_RELEASED, mine | from_here, queue=queue)
    counted = rows.aggregate(mine=Count("id", filter=mine), from_here=Count("id", filter=from_here))
    return counted["mine"], counted["from_here"]


def _held_by(claim: Claim) -> QuerySet[TaskRun]:
    return TaskRun.objects.filter(id=claim.run_id, attempt=claim.attempt, state=State.STARTED)


def _attempts_with(claim: Claim, *, outcome: str, error_code: str | None) -> list[Mapping[str, Any]]:
    """All attempts that have ended once this one has."""
    ended = {
        "number": claim.attempt,
        "worker": claim.worker,
        "started_at": claim.claimed_at.isoformat(timespec="milliseconds"),
        "ended_at": timezone.now().isoformat(timespec="milliseconds"),
        "outcome": outcome,
        "error_code": error_code,
    }
    return [*claim.attempts, ended]


def _counted(progress: Progress | None) -> dict[str, Any]:
    return {} if progress is None else asdict(progress)
