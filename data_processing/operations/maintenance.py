"""What must be done again and again: sweeping, cleaning, pruning. Each may run twice at once without harm."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.core.management import call_command
from django.db.models import Q
from django.db.models.functions import Now

from contracts.snapshot import versions
from data_processing import broker, sign_in_tries
from data_processing.kinds.registry import KINDS, UNTOLD
from data_processing.lifecycle import ends, outbox
from data_processing.lifecycle.runs import claims, endings, recovery, window
from data_processing.lifecycle.runs.claims import Claim
from data_processing.models import FINISHED, UNFINISHED, ExportFile, IdempotencyKey, State, TaskRun
from data_processing.operations import bulk, pulses
from data_processing.outputs import export_store, files, results
from data_processing.outputs.parts import Parts

logger = logging.getLogger(__name__)

# Far longer than a file waits for the row that names it, also while the database is away.
ORPHAN_AGE_S = 3600
RECONCILED = 2000
LOADED = 50
"""Runs that are read at a time, because each may have a result of some hundred kilobytes."""


def sweep() -> None:
    """Keep every accepted run moving: resume retries, take runs from dead workers, publish what is due. Needs
    the database only; a broker that is away costs it seconds at most."""
    recovery.resume_due()
    lost = recovery.release_lost(at_most=settings.MAX_LOST_ATTEMPTS)
    try:
        window.release_held(window=settings.OWNER_WINDOW, address_window=settings.ADDRESS_WINDOW)
        outbox.recover_lost_messages()
        outbox.publish_due()
    finally:
        # After what needs the database only: a Redis that hangs must not keep the others waiting.
        ends.tell_ends(lost)
    # Last, because it touches files and workers, whose errors must not keep runs waiting.
    _stop_stubborn()
    pulses.beat(pulses.SWEEP)


def reconcile_results() -> int:
    """Give Redis back the results and ends of recent runs that it has lost; returns how many. It looks at the
    latest ones, and at all when Redis has been emptied."""
    keep = timedelta(hours=settings.RESULT_KEEP_HOURS)
    with_result = Q(state=State.SUCCESS, expires_at__gt=Now(), result__isnull=False)
    without = Q(state__in=(State.FAILURE, State.REVOKED), finished_at__gt=Now() - keep)
    recent = TaskRun.objects.filter(with_result | without, finished_at__isnull=False)
    recent = recent.exclude(kind__in=UNTOLD)
    ids = recent.order_by("-finished_at").values_list("id", flat=True)
    if results.is_whole():
        return _give_back(list(ids[:RECONCILED])) or 0
    given_back = [_give_back(some) for some in _cut(list(ids), RECONCILED)]
    if None not in given_back:
        results.note_whole()
    return sum(number or 0 for number in given_back)


def _give_back(run_ids: Sequence[uuid.UUID]) -> int | None:
    """How many of the runs' ends Redis had lost; None when it is away."""
    lost = results.list_missing(run_ids)
    if lost is None:
        return None
    for some in _cut(lost, LOADED):
        for run in TaskRun.objects.filter(id__in=some):
            ends.tell_clients(run)
    return len(lost)


def _cut(ids: Sequence[uuid.UUID], size: int) -> Iterator[Sequence[uuid.UUID]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def clean_up(*, orphan_age_s: float = ORPHAN_AGE_S) -> None:
    """Remove expired files, payloads and sessions, files that nobody has written to for ``orphan_age_s`` and
    no row names, and the rows of long-finished runs."""
    for clean in (export_store.remove_expired, partial(_remove_orphans, age_s=orphan_age_s)):
        try:
            clean()
        except files.STORE_ERRORS as error:
            logger.error("export files cannot be cleaned up now: %s", error)
    call_command("clearsessions")
    sign_in_tries.forget_old_tries()
    finished = TaskRun.objects.filter(state__in=FINISHED)
    payloads = finished.filter(expires_at__lt=Now(), result__isnull=False, export_file=None)
    payloads.update(result=None)
    keys = IdempotencyKey.objects.filter(
        created_at__lt=Now() - timedelta(hours=settings.IDEMPOTENCY_KEEP_HOURS)
    )
    keys.delete()
    # Not those whose files live, as some do for as long as their dataset version: row and file go together.
    living = Q(id__in=ExportFile.objects.filter(deleted_at=None).values("run"))
    old = Q(finished_at__lt=Now() - timedelta(days=settings.RUN_KEEP_DAYS))
    gone = recovery.delete_ended(old & ~living)
    logger.info("cleaned up: %s old rows removed", gone)


def prune_snapshots() -> None:
    """Delete all but the newest dataset versions, with their files; those that unfinished runs name stay."""
    in_use = TaskRun.objects.filter(state__in=UNFINISHED).values_list("dataset_version", flat=True)
    pruned = versions.prune(settings.DATASET_ROOT, keep=settings.SNAPSHOTS_KEPT, in_use=frozenset(in_use))
    for version in pruned:
        logger.info("dataset version %s is pruned", version)
    bulk.drop_files()


def _stop_stubborn() -> None:
    """End runs that were asked to stop long ago and did not: fence them out, then kill their process."""
    for claim in claims.list_stubborn(grace_s=settings.CANCEL_GRACE_S):
        _remove_files_of(claim)
        if endings.stop(claim):
            logger.warning("run %s did not stop when asked; its process is killed", claim.run_id)
            ends.tell_ends([claim.run_id])
            _kill_process_of(claim.run_id)


def _remove_files_of(claim: Claim) -> None:
    """By the names that the kind's work gives; what lies in the object store is left to the cleanup."""
    kind = KINDS.get(claim.kind)
    if kind is None or not kind.formats:
        return
    try:
        Parts(claim.run_id, attempt=claim.attempt).remove()
    except OSError as error:
        logger.warning("parts of run %s are left to the cleanup: %s", claim.run_id, error)
    partials = [
        files.partial_name(claim.run_id, attempt=claim.attempt, suffix=format_) for format_ in kind.formats
    ]
    files.discard_attempt(partials, published=False)


def _kill_process_of(run_id: uuid.UUID) -> None:
    try:
        broker.kill_process_of(str(run_id))
    except broker.ERRORS as error:
        # It is fenced out all the same; its time limit ends it.
        logger.warning("the process of run %s cannot be reached: %s", run_id, error)


def _remove_orphans(*, age_s: float) -> None:
    # What these write has no row yet, however long ago it was written.
    running = {str(pk) for pk in TaskRun.objects.filter(state=State.STARTED).values_list("id", flat=True)}
    orphans = files.list_orphans(older_than=time.time() - age_s)
    files.remove(name for name in orphans if name.partition(".")[0] not in running)
