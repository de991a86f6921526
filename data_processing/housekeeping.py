"""What must be done again and again: sweeping, cleaning, pruning. Each may run twice at once without harm."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from contracts import snapshot
from data_processing import files, outbox, runs
from data_processing.models import FINISHED, UNFINISHED, ExportFile, TaskRun

logger = logging.getLogger(__name__)

ORPHAN_AGE_S = 3600


def sweep() -> None:
    """Keep every accepted run moving: resume retries, take runs from dead workers, publish what is due."""
    runs.resume_due()
    runs.release_lost(at_most=settings.MAX_LOST_ATTEMPTS)
    runs.release_held(window=settings.OWNER_WINDOW)
    outbox.publish_due()


def clean_up() -> None:
    """Remove expired files and payloads, orphaned files, and the rows of long-finished runs."""
    _expire_exports()
    files.remove(path.name for path in files.find_orphans(older_than=time.time() - ORPHAN_AGE_S))
    finished = TaskRun.objects.filter(state__in=FINISHED)
    payloads = finished.filter(expires_at__lt=Now(), result__isnull=False, export_file=None)
    payloads.update(result=None)
    gone, _ = finished.filter(finished_at__lt=Now() - timedelta(days=settings.RUN_KEEP_DAYS)).delete()
    logger.info("cleaned up: %s old rows removed", gone)


def prune_snapshots() -> None:
    """Delete all but the newest dataset versions; those that unfinished runs name stay."""
    in_use = TaskRun.objects.filter(state__in=UNFINISHED).values_list("dataset_version", flat=True)
    pruned = snapshot.prune(settings.DATASET_ROOT, keep=settings.SNAPSHOTS_KEPT, in_use=frozenset(in_use))
    for version in pruned:
        logger.info("dataset version %s is pruned", version)


def _expire_exports() -> None:
    for export in ExportFile.objects.filter(expires_at__lt=Now(), deleted_at=None):
        files.remove([export.path])
        ExportFile.objects.filter(pk=export.pk).update(deleted_at=Now())
