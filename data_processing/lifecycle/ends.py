"""Tells others how runs have ended, as their rows say it. Best effort: who is not told looks at the row, or
is told by the reconciliation."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from data_processing.lifecycle import outbox, reports
from data_processing.models import FINISHED, State, TaskRun
from data_processing.outputs import results


def tell_ends(run_ids: Collection[uuid.UUID]) -> None:
    """Tell Celery's clients and monitors, and whoever waits, which of the runs have ended. For those that end
    outside of a worker's task: of all others the worker tells."""
    for run in TaskRun.objects.filter(id__in=run_ids, state__in=FINISHED):
        tell_clients(run)
        outbox.tell_monitors(run)


def tell_clients(run: TaskRun) -> None:
    """Make Celery's ``AsyncResult`` answer as the row of the ended run does."""
    match run.state:
        case State.SUCCESS:
            results.store_success(run.id, run.result)
            results.announce_end(run.id)
        case State.FAILURE:
            results.tell_failure(run.id, message=reports.report_of(run).text)
        case State.REVOKED:
            results.tell_cancel(run.id)
