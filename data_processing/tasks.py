"""The Celery tasks: each reads its arguments and calls one function."""

from __future__ import annotations

import uuid
from typing import Any

from celery import shared_task

from data_processing import origins
from data_processing.kinds.kind import TaskKind, TaskRequest
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle import assistance, dead_letters, messages, outbox
from data_processing.lifecycle.messages import Message
from data_processing.lifecycle.runs import tallies
from data_processing.operations import bulk, maintenance, pulses
from data_processing.worker.run_task import RunTask, settle

# Between the moment at which work is asked to stop and the one at which Celery kills its process, after which
# nothing that it has written is tidied up.
GRACE_S = 60


def _make_task(kind: TaskKind[TaskRequest]) -> Any:
    @shared_task(
        bind=True,
        base=RunTask,
        name=kind.task_name,
        queue=kind.queue,
        time_limit=kind.time_limit_s + GRACE_S,
    )
    def run(self: Any, *args: Any, **kwargs: Any) -> str:
        message = Message(task_id=self.request.id, args=args, kwargs=kwargs)
        return settle(messages.handle(kind, message, worker=self.request.hostname))

    run.__doc__ = kind.about
    return run


TASKS = {kind.name: _make_task(kind) for kind in KINDS.values()}
"""Kind -> its Celery task, which clients know by its name."""


@shared_task(name=outbox.PART_TASK, time_limit=KINDS["export"].time_limit_s + GRACE_S)
def write_export_part(run_id: str, attempt: int, part: int) -> None:
    """Write one part of an export that another worker holds, if that is still wanted."""
    with origins.lines_about(run_id):
        assistance.write_part(uuid.UUID(run_id), attempt=attempt, part=part)


# Monitors hear nothing of what is done every few seconds: it would push users' tasks out of their lists.
@shared_task(name="data_processing.tasks.cleanup_old_exports", queue="low", send_events=False)
def cleanup_old_exports() -> None:
    """Remove expired files, payloads and old rows, and what killed attempts left behind."""
    maintenance.clean_up()


@shared_task(name="data_processing.tasks.sweep_runs", queue="critical", send_events=False)
def sweep_runs() -> None:
    """Publish what is due, resume retries, take runs from dead workers."""
    maintenance.sweep()


@shared_task(name="data_processing.tasks.note_beat", queue="critical", send_events=False)
def note_beat() -> None:
    """Note that what Beat sends arrives and is done."""
    pulses.beat(pulses.BEAT)


@shared_task(name="data_processing.tasks.prune_snapshots", queue="low", send_events=False)
def prune_snapshots() -> None:
    """Delete old dataset versions that no unfinished run needs."""
    maintenance.prune_snapshots()


@shared_task(name="data_processing.tasks.keep_bulk_files", queue="low", send_events=False)
def keep_bulk_files() -> None:
    """See that the current dataset version has its files, and that none of a living version expires."""
    bulk.keep_files()


@shared_task(name="data_processing.tasks.file_dead_letters", queue="critical", send_events=False)
def file_dead_letters() -> None:
    """File what the broker could not deliver, for operators."""
    dead_letters.file_undelivered()


@shared_task(name="data_processing.tasks.reconcile_results", queue="critical", send_events=False)
def reconcile_results() -> None:
    """Give Redis back the results that it has lost."""
    maintenance.reconcile_results()


@shared_task(name="data_processing.tasks.add_up_ended", queue="critical", send_events=False)
def add_up_ended() -> None:
    """Add up the runs that have ended, for the metrics."""
    tallies.add_up()


@shared_task(name="data_processing.tasks.sample_add", ignore_result=False, queue="critical")
def sample_add(x: float, y: float) -> float:
    """Add two numbers: shows that broker, worker and result backend work."""
    return x + y


@shared_task(name="data_processing.tasks.health_check_task", ignore_result=False, queue="critical")
def health_check_task(x: float, y: float) -> float:
    """Add two numbers; for health checks."""
    return x + y


@shared_task(name="health_check_task", ignore_result=False, queue="critical")
def health_check_task_by_its_bare_name(x: float, y: float) -> float:
    """The same, as it was called once."""
    return x + y
