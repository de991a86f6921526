"""Job: a function that an app of the project enqueued by Django's task interface (``django_tasks``)."""

from __future__ import annotations

from typing import TypedDict

from django.db import close_old_connections
from django.utils.module_loading import import_string
from django_tasks import TaskContext, TaskResult, TaskResultStatus
from django_tasks.base import Task, TaskError
from django_tasks.signals import task_finished, task_started
from django_tasks.utils import normalize_json
from pydantic import JsonValue

from contracts.progress import Progress
from data_processing.errors import UnreadableRequest
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest
from data_processing.models import State, TaskRun

STATUS_OF = {
    State.PENDING: TaskResultStatus.READY,
    State.STARTED: TaskResultStatus.RUNNING,
    State.RETRY: TaskResultStatus.READY,
    State.SUCCESS: TaskResultStatus.SUCCESSFUL,
    State.FAILURE: TaskResultStatus.FAILED,
    State.REVOKED: TaskResultStatus.FAILED,
}
"""State of a run -> what Django calls it."""


class JobRequest(TaskRequest):
    """``function`` is the dotted path of a task; it is called with ``arguments`` and ``keywords``."""

    function: str
    backend: str
    arguments: tuple[JsonValue, ...] = ()
    keywords: dict[str, JsonValue] = {}

    def describe(self) -> str:
        """Without the arguments, which may be somebody's address or a secret."""
        return f"Job {self.function}"


class JobResult(TypedDict):
    """What the function returned."""

    return_value: JsonValue


def get_result(run: TaskRun) -> TaskResult[JsonValue]:
    """A job's run as Django's interface shows it. Raises UnreadableRequest where its function is not here."""
    request = JobRequest.from_json(run.request)
    found: TaskResult[JsonValue] = TaskResult(
        task=_import_task(request).using(queue_name=run.queue),
        id=str(run.id),
        status=STATUS_OF[State(run.state)],
        enqueued_at=run.created_at,
        started_at=run.started_at,
        last_attempted_at=run.claimed_at,
        finished_at=run.finished_at,
        args=list(request.arguments),
        kwargs=dict(request.keywords),
        backend=request.backend,
        errors=_list_errors(run),
        worker_ids=[*(str(attempt["worker"]) for attempt in run.attempts), *_current_worker(run)],
    )
    if run.state == State.SUCCESS:
        # The class is frozen, and takes its return value in no other way.
        object.__setattr__(found, "_return_value", (run.result or {}).get("return_value"))
    return found


def _begin_result(request: JobRequest, context: Context) -> TaskResult[JsonValue]:
    """The job at which ``context`` is."""
    if context.attempt > 1:
        # Earlier workers, and what went wrong, are known to the row alone.
        return get_result(TaskRun.objects.get(id=context.run_id))
    return TaskResult(
        task=_import_task(request).using(queue_name=context.queue),
        id=str(context.run_id),
        status=TaskResultStatus.RUNNING,
        enqueued_at=context.asked_at,
        started_at=context.claimed_at,
        last_attempted_at=context.claimed_at,
        finished_at=None,
        args=list(request.arguments),
        kwargs=dict(request.keywords),
        backend=request.backend,
        errors=[],
        worker_ids=[context.worker],
    )


def _current_worker(run: TaskRun) -> list[str]:
    return [run.worker] if run.state == State.STARTED else []


def _list_errors(run: TaskRun) -> list[TaskError]:
    """The last error only: a run keeps one traceback."""
    if run.error is None:
        return []
    name = run.traceback.strip().rpartition("\n")[2].partition(":")[0] or "Exception"
    # A traceback leaves the module of Python's own exceptions out.
    path = name if "." in name else f"builtins.{name}"
    return [TaskError(exception_class_path=path, traceback=run.traceback)]


def _import_task(request: JobRequest) -> Task[..., JsonValue]:
    try:
        task = import_string(request.function)
    except ImportError as error:
        raise UnreadableRequest(
            f"this version of the program has no task {request.function}: {error}"
        ) from None
    if not isinstance(task, Task):
        raise UnreadableRequest(f"{request.function} is no task of Django's interface")
    return task


def run_job(request: JobRequest, context: Context) -> Work:
    """Payload: what the function returned, which must be JSON. Raises whatever the function raises."""
    yield Progress(phase="running", current=0, total=1, unit="jobs")
    result = _begin_result(request, context)
    task = result.task
    task_started.send(sender=type(task.get_backend()), task_result=result)
    # It may wait for a mail server, in a web process too, whose connections are few.
    close_old_connections()
    about = (TaskContext(task_result=result),) if task.takes_context else ()
    returned = normalize_json(task.call(*about, *request.arguments, **request.keywords))
    object.__setattr__(result, "status", TaskResultStatus.SUCCESSFUL)
    task_finished.send(sender=type(task.get_backend()), task_result=result)
    payload: JobResult = {"return_value": returned}
    return Outcome(payload=payload)


KIND = TaskKind(
    name="job",
    task="run_job",
    queue="normal",
    about="Call a function that an app enqueued by Django's task interface.",
    request=JobRequest,
    result=JobResult,
    work=run_job,
    time_limit_s=600,
    on_dataset=False,
    by_clients=False,
)
