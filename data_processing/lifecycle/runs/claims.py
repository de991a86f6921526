"""A worker's right to an attempt of a run: taking it, keeping it, and what the attempt knows of its run."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, TypedDict, cast

from django.db.models import CharField, DurationField, F, Q, QuerySet, UUIDField
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from pydantic import JsonValue

from contracts.progress import Progress
from data_processing.database.statements import Slot, Update
from data_processing.lifecycle.runs.states import Event, leaving
from data_processing.models import State, TaskRun

AttemptOutcome = Literal["succeeded", "failed", "cancelled", "lost"]


class EndedAttempt(TypedDict):
    """One try of a worker, as the row keeps it; times in ISO 8601."""

    number: int
    worker: str
    started_at: str
    ended_at: str
    outcome: AttemptOutcome
    error_code: str | None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A worker's right to one attempt of a run, for as long as its lease is renewed."""

    run_id: uuid.UUID
    attempt: int
    kind: str
    owner: str
    queue: str
    request: Mapping[str, JsonValue]
    request_key: str
    dataset_version: str
    created_at: datetime
    worker: str
    claimed_at: datetime
    attempts: tuple[EndedAttempt, ...]
    address: str | None = None

    @property
    def failures(self) -> int:
        """Earlier attempts that ended with an error (lost ones are not the work's fault)."""
        return sum(1 for attempt in self.attempts if attempt["outcome"] == "failed")


# All that a worker must know, so that the claim itself returns it and no SELECT has to follow.
_CLAIMED = ("id", *(field.name for field in fields(Claim) if field.name != "run_id"))
UNCOUNTED = Progress(phase="", current=0, total=0, unit="")


@dataclass(frozen=True, kw_only=True)
class Means:
    """What a worker needs for a run and has: it knows these ``kinds``, of which those ``without_dataset``
    need none, and has these dataset ``versions``."""

    kinds: frozenset[str]
    without_dataset: frozenset[str]
    versions: frozenset[str]


HANDED_BACK_FOR = timedelta(minutes=15)
"""So long workers that lack a run's dataset version leave it to others. Then one takes it, so that it fails
and operators hear of it."""


def claim(run_id: uuid.UUID, *, worker: str, lease_s: float, means: Means | None = None) -> Claim | None:
    """Take a pending run, if the worker has the means for it (None: for whatever run). None when it is not
    there, not pending, nothing for this worker, or somebody else was faster."""
    taken = _claiming(means).execute(run_id=run_id, worker=worker, lease=timedelta(seconds=lease_s))
    return _read_claim(taken[0]) if taken else None


def get_held(run_id: uuid.UUID, *, attempt: int) -> Claim | None:
    """The claim of a running attempt that nobody cancels, for those who help its holder; None otherwise."""
    held = TaskRun.objects.filter(
        id=run_id, attempt=attempt, state=State.STARTED, cancel_requested_at__isnull=True
    ).first()
    return None if held is None else claim_of(held)


def is_held(claim: Claim) -> bool:
    """Whether the attempt still runs and is the run's latest."""
    return held_by(claim).exists()


def renew(claim: Claim, *, lease_s: float, progress: Progress | None) -> bool:
    """Prolong the lease and note the progress; False when the run belongs to somebody else by now."""
    lease_until = Now() + timedelta(seconds=lease_s)
    return bool(held_by(claim).update(lease_until=lease_until, **columns_of(progress)))


def is_cancelled(claim: Claim) -> bool:
    """Whether the owner wants this attempt to stop."""
    return held_by(claim).filter(cancel_requested_at__isnull=False).exists()


def list_stubborn(*, grace_s: float) -> list[Claim]:
    """The claims of running attempts that were asked to stop more than ``grace_s`` ago."""
    asked = TaskRun.objects.filter(
        state=State.STARTED, cancel_requested_at__lt=Now() - timedelta(seconds=grace_s)
    )
    return [claim_of(run) for run in asked[:200]]


def read_attempts(stored: object) -> tuple[EndedAttempt, ...]:
    """The attempts that have ended, as far as this version can read what the row says of them."""
    if not isinstance(stored, Sequence):
        return ()
    readable = (attempt for attempt in stored if isinstance(attempt, Mapping) and "outcome" in attempt)
    return tuple(cast(EndedAttempt, attempt) for attempt in readable)


def attempts_with(claim: Claim, *, outcome: AttemptOutcome, error_code: str | None) -> list[EndedAttempt]:
    """All attempts that have ended once this one has."""
    # Its end by this machine's clock, which may differ from the database's: it is for people to read.
    ended: EndedAttempt = {
        "number": claim.attempt,
        "worker": claim.worker,
        "started_at": claim.claimed_at.isoformat(timespec="milliseconds"),
        "ended_at": timezone.now().isoformat(timespec="milliseconds"),
        "outcome": outcome,
        "error_code": error_code,
    }
    return [*claim.attempts, ended]


def columns_of(progress: Progress | None) -> dict[str, str | int]:
    """What a statement writes of the progress: nothing where none is known."""
    return {} if progress is None else asdict(progress)


def claim_of(run: TaskRun) -> Claim:
    """The claim of whoever holds the run, for those who act in the holder's place."""
    return _read_claim([getattr(run, name) for name in _CLAIMED])


def _read_claim(values: Sequence[Any]) -> Claim:
    """The claim that the fields of ``_CLAIMED`` are."""
    run_id, *known = values
    claim = Claim(run_id=run_id, **dict(zip(_CLAIMED[1:], known, strict=True)))
    # Rows may be of an older version, which noted no time of the claim, or of a younger one.
    return replace(
        claim,
        attempts=read_attempts(claim.attempts),
        claimed_at=claim.claimed_at or timezone.now(),
    )


def held_by(claim: Claim) -> QuerySet[TaskRun]:
    """The run while the claim is good: the fence."""
    # A zombie's attempt is no longer the row's, so that its statements match no row, whatever it believes of
    # its lease. The lease is not asked: one that ran out unseen, as while the database was away, may go on.
    return TaskRun.objects.filter(id=claim.run_id, attempt=claim.attempt, state=State.STARTED)


def _suits(means: Means) -> Q:
    """A run of a kind that only another version knows stays where it is, for a worker of that version; so
    does one on a dataset version that only another worker has."""
    given_up = Q(handed_back_since__lt=Now() - HANDED_BACK_FOR)
    here = Q(dataset_version__in=sorted(means.versions)) | Q(kind__in=sorted(means.without_dataset))
    return Q(kind__in=sorted(means.kinds)) & (here | given_up)


# Compiled anew when a version comes or goes.
@lru_cache(maxsize=8)
def _claiming(means: Means | None) -> Update:
    suitable = Q() if means is None else _suits(means)
    waiting, started = leaving(Event.CLAIM, suitable & Q(id=Slot("run_id", UUIDField())))
    changes = {
        "state": started,
        # Raised with the state, in one statement: no two workers ever have the same number.
        "attempt": F("attempt") + 1,
        "worker": Slot("worker", CharField()),
        # Of the first attempt, for good: it ends the time that the client waited in line.
        "started_at": Coalesce("started_at", Now()),
        "claimed_at": Now(),
        "lease_until": Now() + Slot("lease", DurationField()),
        "next_attempt_at": None,
        "handed_back_since": None,
        # What an earlier attempt had counted, this one has still to do.
        **asdict(UNCOUNTED),
    }
    return Update(waiting, changes, returning=_CLAIMED)
