"""Runs one attempt: claim, work, finish. Decides what an error of the work means for the run."""

from __future__ import annotations

import logging
import random
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models.functions import Now
from django.utils import timezone

from contracts.errors import ContractsError, SnapshotMissing
from contracts.progress import Progress
from data_processing import datasets, tracing
from data_processing.errors import LeaseLost, TaskError, TimeLimitExceeded, WorkCancelled
from data_processing.kinds.context import Context, MadeFile, Outcome, Payload
from data_processing.kinds.kind import TaskKind, TaskRequest
from data_processing.kinds.registry import BULK_QUEUES, KINDS, UNTOLD
from data_processing.lifecycle import limits, outbox, reports
from data_processing.lifecycle.lease import Hold, keeper
from data_processing.lifecycle.reports import Report
from data_processing.lifecycle.runs import claims, endings, publishing, window
from data_processing.lifecycle.runs.claims import Claim, Means
from data_processing.lifecycle.runs.endings import Ending
from data_processing.models import OWN, DeadReason, ExportFile, State, TaskRun
from data_processing.outputs import export_store, files, results

logger = logging.getLogger(__name__)
T = TypeVar("T")

KNOWN = frozenset(KINDS)
UNEXPECTED = "internal-error"
WITHOUT_DATASET = frozenset(name for name, kind in KINDS.items() if not kind.on_dataset)
SOONEST_S, LATEST_S = 1.0, 30.0
DATABASE_PATIENCE_S, DATABASE_PAUSE_S = 30.0, 0.5
# So that all writers together overshoot the limit by no more than what they write in a second.
ROOM_EVERY_S = 1.0


def run_attempt(run_id: uuid.UUID, *, worker: str, kind: str | None = None) -> Report | None:
    """Do one attempt of a run, if it can be had; returns how the run stands then, None where there is none.
    ``kind`` is what its message says it is, so that only those that have a rate are looked up for it.
    Raises only when the database stays away: then the message is not acknowledged, the lease runs out and the
    run is published again."""
    limited = settings.TASK_RATE_LIMITS
    if (kind is None or kind in limited) and insist(lambda: _put_off(run_id, worker=worker)):
        return Report(state=State.PENDING, text="waits, because many of its kind have started lately")
    means = Means(kinds=KNOWN, without_dataset=WITHOUT_DATASET, versions=datasets.list_versions())
    # A worker that gave up at once would throw the whole queue away while the database restarts.
    claim = insist(lambda: claims.claim(run_id, worker=worker, lease_s=settings.LEASE_S, means=means))
    if claim is None:
        return insist(lambda: _leave(run_id, means, worker=worker))
    began = time.monotonic()
    report = _attempt(KINDS[claim.kind], claim)
    _log_end(claim, report, seconds=time.monotonic() - began)
    # The sweeper would do so too, half a second later, in which this worker may stand idle. The program's own
    # runs take no turns.
    if claim.queue in BULK_QUEUES and claim.owner != OWN and _release_held(claim):
        outbox.publish_due()
    return report


def _log_end(claim: Claim, report: Report | None, *, seconds: float) -> None:
    facts = {
        "kind": claim.kind,
        "attempt": claim.attempt,
        "outcome": "gone" if report is None else report.state.value,
        "seconds": round(seconds, 3),
    }
    logger.info("attempt ended", extra=facts)


def _release_held(ended: Claim) -> int:
    return window.release_held(
        window=settings.OWNER_WINDOW, address_window=settings.ADDRESS_WINDOW, after=ended
    )


def _leave(run_id: uuid.UUID, means: Means, *, worker: str) -> Report | None:
    """How a run stands that is not to be had. One that lacks something here is left to other workers."""
    run = TaskRun.objects.filter(id=run_id, state=State.PENDING).first()
    if run is None:
        logger.debug("run %s is not to be had", run_id)
    elif run.kind not in KNOWN:
        logger.warning("run %s is left alone: this version knows no kind %r", run_id, run.kind)
    elif run.dataset_version not in means.versions and run.kind not in WITHOUT_DATASET:
        text = f"{worker} lacks the dataset version {run.dataset_version!r}"
        logger.warning("run %s is handed back: %s", run_id, text)
        publishing.hand_back(run_id, in_s=_hand_back_s(run), worker=worker)
        return Report(state=State.PENDING, text=text)
    return reports.read_report(run_id)


def _hand_back_s(run: TaskRun) -> float:
    """How long to wait: at first another worker may have taken the message, later nobody comes soon."""
    since = run.handed_back_since
    waited_s = 0.0 if since is None else (timezone.now() - since).total_seconds()
    return min(max(waited_s / 4, SOONEST_S), LATEST_S)


def _put_off(run_id: uuid.UUID, *, worker: str) -> bool:
    """Whether the run has to wait because too many of its kind have started lately."""
    if not settings.TASK_RATE_LIMITS:
        return False
    kind = TaskRun.objects.filter(id=run_id, state=State.PENDING).values_list("kind", flat=True).first()
    wait_s = 0.0 if kind is None else limits.take_start(kind)
    return wait_s > 0 and publishing.put_off(run_id, in_s=wait_s, worker=worker)


def _attempt(kind: TaskKind[TaskRequest], claim: Claim) -> Report | None:
    outcome: Outcome | None = None
    with keeper.hold(Hold(claim, time_limit_s=kind.time_limit_s)) as hold:
        context = _surround(claim, hold)
        try:
            with tracing.span(f"work {kind.name}") as span:
                span.note(task_attempt=claim.attempt, task_kind=kind.name)
                outcome = _do_work(kind, claim, context, hold)
            payload = _publish(claim, outcome, hold)
        except DatabaseError:
            # Whether a COMMIT took effect is unknown now: files stay until the orphan sweep can look.
            raise
        except Exception as error:  # noqa: BLE001 - work may fail in any way; each way must end the attempt
            files.discard_attempt(context.partials, published=outcome is not None)
            # The verdict goes before: work that was interrupted raises whatever its query raised then.
            _end_badly(claim, hold.verdict() or error, hold.progress)
            return insist(lambda: reports.read_report(claim.run_id))
        _tell(kind, claim, payload)
        return Report(state=State.SUCCESS, text=reports.sum_up(kind.name, payload))


def _surround(claim: Claim, hold: Hold) -> Context:
    return Context(
        run_id=claim.run_id,
        attempt=claim.attempt,
        dataset_version=claim.dataset_version,
        asked_at=claim.created_at,
        claimed_at=claim.claimed_at,
        worker=claim.worker,
        queue=claim.queue,
        hold=hold,
        offer_parts=partial(outbox.offer_parts, claim.run_id, claim.attempt),
    )


def _do_work(kind: TaskKind[TaskRequest], claim: Claim, context: Context, hold: Hold) -> Outcome:
    work, looked = kind.begin(claim.request, context), time.monotonic()
    try:
        while True:
            hold.check()
            hold.note(next(work))
            if kind.formats and time.monotonic() - looked > ROOM_EVERY_S:
                _make_room()
                looked = time.monotonic()
    except StopIteration as done:
        outcome: Outcome = done.value
        return outcome
    finally:
        work.close()


def _make_room() -> None:
    try:
        export_store.make_room()
    except (OperationalError, InterfaceError) as error:
        # The work goes on; there is a last look before the file is published.
        logger.warning("the database is away, the room for exports is not looked at: %s", error)
        close_old_connections()


def _publish(claim: Claim, outcome: Outcome, hold: Hold) -> Payload:
    """End the run with its result; from the commit on, nothing may undo it. Returns the payload."""
    hold.check()
    if outcome.file is not None:
        return _publish_file(claim, outcome.payload, outcome.file, hold)
    insist(lambda: _succeed(claim, outcome.payload, hold, keep_s=settings.RESULT_KEEP_HOURS * 3600))
    return outcome.payload


def _tell(kind: TaskKind[TaskRequest], claim: Claim, payload: Payload) -> None:
    if kind.name in UNTOLD:
        return
    results.store_success(claim.run_id, payload)
    if kind.cached:
        results.store_answer(claim.request_key, payload)
    results.announce_end(claim.run_id)


def _publish_file(claim: Claim, payload: Payload, file: MadeFile, hold: Hold) -> Payload:
    """Rename the file; then the end of the run and the row that names the file, in one transaction."""
    keep_s = settings.EXPORT_KEEP_HOURS * 3600
    insist(export_store.make_room)
    # The file first: one that no row names is found as an orphan, a row without its file would be a lie.
    with tracing.span("publish file") as span:
        published = files.publish(file.partial, sha256=file.sha256)
        span.note(file_format=file.format, file_rows=file.rows, file_size=published.size_bytes)
    known = {
        **payload,
        "export_id": str(claim.run_id),
        "size_bytes": published.size_bytes,
        "sha256": published.sha256,
    }
    facts = {
        "name": file.name,
        "path": published.path,
        "format": file.format,
        "rows": file.rows,
        "size_bytes": published.size_bytes,
        "sha256": published.sha256,
        "filters_in_words": file.filters_in_words,
        "dataset_version": claim.dataset_version,
        "expires_at": Now() + timedelta(seconds=keep_s),
    }

    @transaction.atomic
    def finish() -> None:
        _succeed(claim, known, hold, keep_s=keep_s)
        # A visitor may have signed in since the claim.
        owner = TaskRun.objects.values_list("owner", flat=True).get(id=claim.run_id)
        address = claim.address if owner == claim.owner else None
        whose = {"owner": owner, "address": address or ""}
        # It is there already if an earlier COMMIT was applied of which nobody heard.
        ExportFile.objects.get_or_create(run_id=claim.run_id, defaults={**facts, **whose})

    insist(finish)
    return known


def _succeed(claim: Claim, payload: Payload, hold: Hold, *, keep_s: float) -> None:
    if endings.succeed(claim, result=payload, keep_s=keep_s, progress=hold.progress):
        return
    if not endings.has_succeeded(claim):
        raise WorkCancelled if claims.is_cancelled(claim) else LeaseLost


def insist(change: Callable[[], T]) -> T:
    """Call ``change`` again while the database restarts: an hour's export must not be lost to that."""
    # ``change`` has to know its own effect: the COMMIT of an earlier call may have been applied after all.
    deadline = time.monotonic() + DATABASE_PATIENCE_S
    while True:
        try:
            return change()
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise
            logger.warning("the database is away, trying again: %s", error)
            close_old_connections()
            time.sleep(DATABASE_PAUSE_S)


def _end_badly(claim: Claim, error: Exception, progress: Progress | None) -> None:
    if isinstance(error, LeaseLost):
        logger.warning("run %s attempt %s was taken over; its work is dropped", claim.run_id, claim.attempt)
        return
    if not isinstance(error, WorkCancelled) and insist(lambda: _settle(claim, _classify(error), progress)):
        return
    # Cancelled, or it would be settled now; nothing happens where it was taken over.
    if insist(lambda: endings.stop(claim, progress=progress)):
        results.tell_cancel(claim.run_id)


def _settle(claim: Claim, ending: Ending, progress: Progress | None) -> bool:
    """Postpone or fail; False when the run is being cancelled or was taken over."""
    # Errors of ours that nobody expected want a person, who may be told of errors only.
    level = logging.ERROR if ending.code == UNEXPECTED else logging.WARNING
    text = "run %s attempt %s: %s %s"
    logger.log(level, text, claim.run_id, claim.attempt, ending.code, ending.traceback)
    delays = settings.RETRY_DELAYS_S
    if ending.retryable and claim.failures < len(delays):
        # Spread, because what failed together, by one outage, would come back together.
        delay_s = delays[claim.failures] * random.uniform(0.8, 1.2)
        settled = endings.postpone(claim, ending, delay_s=delay_s, progress=progress)
        tell: Callable[..., None] = results.store_retry
    else:
        settled = endings.fail(claim, replace(ending, dead=_dead_reason(claim, ending)), progress=progress)
        tell = results.tell_failure
    if settled:
        tell(claim.run_id, message=f"{ending.code}: {ending.message}")
    return settled


def _dead_reason(claim: Claim, ending: Ending) -> DeadReason | None:
    """Which failures operators must see; a request that can never succeed is the owner's affair only."""
    # The engine says the same of a version that is there, but was imported by an older program.
    if ending.code == SnapshotMissing.code and claim.dataset_version not in datasets.list_versions():
        return DeadReason.NO_DATASET
    if ending.code == TimeLimitExceeded.code:
        return DeadReason.TIME_LIMIT
    return DeadReason.ATTEMPTS_USED_UP if ending.retryable else None


def _classify(error: Exception) -> Ending:
    """Our own errors say themselves whether they are retryable; of unknown ones people see no details."""
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, TaskError | ContractsError):
        return Ending(code=error.code, message=str(error), retryable=error.retryable, traceback=trace)
    if isinstance(error, MemoryError):
        return Ending(
            code="out-of-memory", message="the worker ran out of memory", retryable=True, traceback=trace
        )
    return Ending(
        code=UNEXPECTED,
        message="something went wrong on our side; operators can see the details",
        retryable=True,
        traceback=trace,
    )
