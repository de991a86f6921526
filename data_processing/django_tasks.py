"""Django's task interface on this machine: what an app enqueues becomes a run of the kind ``job``, with the
guarantees of every other run. The setting TASKS names this backend.

    from django_tasks import task

    @task(queue_name="high")
    def send_welcome(user_id: int) -> None: ...

    send_welcome.enqueue(user.pk)
"""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

from django.db import transaction
from django.utils import timezone
from django_tasks import DEFAULT_TASK_QUEUE_NAME, TaskResult
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task
from django_tasks.exceptions import TaskResultDoesNotExist
from django_tasks.signals import task_enqueued
from django_tasks.utils import normalize_json

from data_processing.kinds import job
from data_processing.lifecycle import submission
from data_processing.models import TaskRun

P = ParamSpec("P")
T = TypeVar("T")


class RunBackend(BaseTaskBackend):
    """Enqueues in the caller's transaction: a job is there exactly when what the caller wrote is.

    The queues are those of the machine but ``critical``, which waits for no user's work; ``default`` is
    ``normal``. A function that raises is tried again (setting RETRY_DELAYS_S), and one whose worker dies as
    well, so that it may be called twice.
    """

    supports_defer = True
    supports_async_task = True
    supports_get_result = True

    def enqueue(self, task: Task[P, T], args: Any, kwargs: Any) -> TaskResult[T]:
        """Raises TypeError where an argument is not JSON, InvalidTaskError for an unknown queue."""
        self.validate_task(task)
        request = job.JobRequest(
            function=task.module_path,
            backend=self.alias,
            arguments=tuple(normalize_json(list(args))),
            keywords=normalize_json(dict(kwargs)),
        )
        wait_s = 0.0 if task.run_after is None else (task.run_after - timezone.now()).total_seconds()
        run = submission.record_own(job.KIND, request, queue=_queue_of(task), wait_s=max(0.0, wait_s))
        result = cast("TaskResult[T]", job.get_result(run))
        transaction.on_commit(partial(task_enqueued.send, type(self), task_result=result))
        return result

    def get_result(self, result_id: str) -> TaskResult[Any]:
        """Raises TaskResultDoesNotExist; rows are kept for RUN_KEEP_DAYS, return values for
        RESULT_KEEP_HOURS."""
        try:
            run = TaskRun.objects.get(id=uuid.UUID(result_id), kind=job.KIND.name)
        except (TaskRun.DoesNotExist, ValueError):
            raise TaskResultDoesNotExist(result_id) from None
        return job.get_result(run)


def _queue_of(task: Task[..., Any]) -> str:
    return job.KIND.queue if task.queue_name == DEFAULT_TASK_QUEUE_NAME else task.queue_name
