"""How an attempt ends: with a result, an error, a later attempt, or because its owner cancelled it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from django.db import transaction
from django.db.models import (
    BigIntegerField,
    CharField,
    DurationField,
    F,
    IntegerField,
    JSONField,
    Q,
    UUIDField,
)
from django.db.models.functions import Now

from contracts.progress import Progress
from data_processing.database.statements import Slot, Update
from data_processing.lifecycle.runs import tallies
from data_processing.lifecycle.runs.claims import (
    UNCOUNTED,
    AttemptOutcome,
    Claim,
    EndedAttempt,
    attempts_with,
    columns_of,
)
from data_processing.lifecycle.runs.states import AT_END, Event, leaving, move
from data_processing.models import DeadLetter, DeadReason, State, TaskRun


@dataclass(frozen=True, kw_only=True)
class Ending:
    """An error that ends an attempt. ``traceback`` is for staff; ``dead`` makes a dead letter of the run."""

    code: str
    message: str
    retryable: bool
    traceback: str = ""
    dead: DeadReason | None = None

    def to_json(self) -> dict[str, str | bool]:
        return {"code": self.code, "message": self.message, "retryable": self.retryable}


def succeed(
    claim: Claim, *, result: Mapping[str, object], keep_s: float, progress: Progress | None = None
) -> bool:
    """End with a result; False when the run is being cancelled or belongs to somebody else by now."""
    succeeded = _SUCCEED.execute(
        run_id=claim.run_id,
        attempt=claim.attempt,
        attempts=attempts_with(claim, outcome="succeeded", error_code=None),
        result=dict(result),
        keep=timedelta(seconds=keep_s),
        **asdict(replace(progress, phase="done") if progress else UNCOUNTED),
    )
    return bool(succeeded)


def has_succeeded(claim: Claim) -> bool:
    """Whether this very attempt has ended with a result."""
    return TaskRun.objects.filter(id=claim.run_id, attempt=claim.attempt, state=State.SUCCESS).exists()


def fail(claim: Claim, ending: Ending, *, progress: Progress | None = None) -> bool:
    """End with an error; False when the run is being cancelled or belongs to somebody else by now."""
    # Together: of a run that was given up, operators hear for certain.
    with transaction.atomic():
        failed = _end_with_error(Event.FAIL, claim, ending, progress)
        if failed and ending.dead is not None:
            attempts = attempts_with(claim, outcome="failed", error_code=ending.code)
            bury(claim.run_id, claim.queue, ending, attempts, reason=ending.dead)
    return failed


def postpone(claim: Claim, ending: Ending, *, delay_s: float, progress: Progress | None = None) -> bool:
    """Note the error and wait ``delay_s`` before the next attempt."""
    at = Now() + timedelta(seconds=delay_s)
    # Of what every end changes, these stay as they were: the run has not ended, and counts for its address.
    unended = {"finished_at": None, "address": F("address"), "next_attempt_at": at}
    with transaction.atomic():
        postponed = _end_with_error(Event.POSTPONE, claim, ending, progress, unended)
        if postponed:
            tallies.note_retry()
    return postponed


def stop(claim: Claim, *, progress: Progress | None = None) -> bool:
    """End as cancelled, after the work has stopped and its partial files are gone; False when nobody
    cancelled it or it belongs to somebody else by now."""
    return _end(Event.STOP, claim, columns_of(progress), outcome="cancelled", cancelled=True)


def bury(
    run_id: uuid.UUID,
    queue: str,
    ending: Ending,
    attempts: Sequence[EndedAttempt],
    *,
    reason: DeadReason,
) -> None:
    """Leave a dead letter for operators, in the transaction that ends the run."""
    DeadLetter.objects.create(
        run_id=run_id,
        reason=reason,
        queue=queue,
        error=ending.to_json(),
        attempts=list(attempts),
        traceback=ending.traceback,
    )


def _end_with_error(
    event: Event,
    claim: Claim,
    ending: Ending,
    progress: Progress | None,
    also: Mapping[str, object] = MappingProxyType({}),
) -> bool:
    changes = {"error": ending.to_json(), "traceback": ending.traceback, **columns_of(progress), **also}
    return _end(event, claim, changes, outcome="failed", error_code=ending.code)


def _end(
    event: Event,
    claim: Claim,
    changes: Mapping[str, object],
    *,
    outcome: AttemptOutcome,
    error_code: str | None = None,
    cancelled: bool = False,
) -> bool:
    attempts = attempts_with(claim, outcome=outcome, error_code=error_code)
    # An accepted cancel always wins: from then on only STOP can end the attempt.
    where = Q(id=claim.run_id, attempt=claim.attempt, cancel_requested_at__isnull=not cancelled)
    return bool(move(event, where, **{**AT_END, "attempts": attempts, **changes}))


def _succeeding() -> Update:
    held = Q(
        id=Slot("run_id", UUIDField()),
        attempt=Slot("attempt", IntegerField()),
        cancel_requested_at__isnull=True,
    )
    running, succeeded = leaving(Event.SUCCEED, held)
    # All of them each time, changed or not: only one text of a statement is compiled once.
    changes = {
        "state": succeeded,
        **AT_END,
        "expires_at": Now() + Slot("keep", DurationField()),
        "attempts": Slot("attempts", JSONField()),
        "result": Slot("result", JSONField()),
        "phase": Slot("phase", CharField()),
        "current": Slot("current", BigIntegerField()),
        "total": Slot("total", BigIntegerField()),
        "unit": Slot("unit", CharField()),
    }
    return Update(running, changes)


_SUCCEED = _succeeding()
