"""The Celery tasks: each reads its arguments and calls one function."""

from __future__ import annotations

import uuid
from typing import Any

from celery import shared_task

from data_processing.kinds.registry import KINDS
from data_processing.lifecycle import assistance, runner
from data_processing.operations import maintenance, pulses

GRACE_S = 60
"""Between the moment at which work is asked to stop and the one at which its process is killed."""


def _limit(kind: str) -> int:
    return KINDS[kind].time_limit_s + GRACE_S


@shared_task(bind=True, name="data_processing.tasks.export_contracts_to_excel", time_limit=_limit("export"))
def export_contracts_to_excel(self: Any, run_id: str) -> None:
    """Write the rows of a query into a file."""
    runner.run_attempt(uuid.UUID(run_id), worker=self.request.hostname)


@shared_task(name="data_processing.tasks.write_export_part", time_limit=_limit("export"))
def write_export_part(run_id: str, attempt: int, part: int) -> None:
    """Write one part of an export that another worker holds, if that is still wanted."""
    assistance.write_part(uuid.UUID(run_id), attempt=attempt, part=part)


@shared_task(
    bind=True, name="data_processing.tasks.compute_heavy_aggregates", time_limit=_limit("aggregates")
)
def compute_heavy_aggregates(self: Any, run_id: str) -> None:
    """Compute totals by year, contractor, organization and so on."""
    runner.run_attempt(uuid.UUID(run_id), worker=self.request.hostname)


@shared_task(bind=True, name="data_processing.tasks.process_full_table_search", time_limit=_limit("search"))
def process_full_table_search(self: Any, run_id: str) -> None:
    """Find one page of contracts."""
    runner.run_attempt(uuid.UUID(run_id), worker=self.request.hostname)


@shared_task(bind=True, name="data_processing.tasks.rehearse", time_limit=_limit("rehearsal"))
def rehearse(self: Any, run_id: str) -> None:
    """Do as the request says, for drills and measurements."""
    runner.run_attempt(uuid.UUID(run_id), worker=self.request.hostname)


@shared_task(name="data_processing.tasks.cleanup_old_exports", queue="low")
def cleanup_old_exports() -> None:
    """Remove expired files, payloads and old rows, and what killed attempts left behind."""
    maintenance.clean_up()


@shared_task(name="data_processing.tasks.sweep_runs", queue="critical")
def sweep_runs() -> None:
    """Publish what is due, resume retries, take runs from dead workers."""
    maintenance.sweep()


@shared_task(name="data_processing.tasks.note_beat", queue="critical")
def note_beat() -> None:
    """Note that what Beat sends arrives and is done."""
    pulses.beat(pulses.BEAT)


@shared_task(name="data_processing.tasks.prune_snapshots", queue="low")
def prune_snapshots() -> None:
    """Delete old dataset versions that no unfinished run needs."""
    maintenance.prune_snapshots()


@shared_task(name="data_processing.tasks.file_dead_letters", queue="critical")
def file_dead_letters() -> None:
    """File what the broker could not deliver, for operators."""
    maintenance.file_dead_letters()


@shared_task(name="data_processing.tasks.reconcile_results", queue="critical")
def reconcile_results() -> None:
    """Give Redis back the results that it has lost."""
    maintenance.reconcile_results()


@shared_task(name="data_processing.tasks.sample_add", ignore_result=False, queue="critical")
def sample_add(x: float, y: float) -> float:
    """Add two numbers: shows that broker, worker and result backend work."""
    return x + y


@shared_task(name="data_processing.tasks.health_check_task", ignore_result=False, queue="critical")
def health_check_task(x: float, y: float) -> float:
    """Add two numbers; for health checks."""
    return x + y
