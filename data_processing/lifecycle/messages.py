"""What a worker does with the message of a kind's task. Ours name a run: they are a hint to look at its row.
Others were sent in Celery's own way, ``.delay(...)``, and ask for something: they get a row of their id."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import IntegrityError

from contracts.errors import ContractsError
from data_processing import datasets
from data_processing.errors import BadCall, TaskError
from data_processing.kinds.kind import TaskKind, TaskRequest
from data_processing.kinds.registry import BULK_QUEUES
from data_processing.lifecycle import outbox, runner
from data_processing.lifecycle.reports import Report
from data_processing.lifecycle.runs import insertion
from data_processing.lifecycle.runs.window import EVERYBODY, OwnerLimits
from data_processing.models import CELERY, State, TaskRun
from data_processing.outputs import export_store, results

QUESTION = ("filters", "search_params")
"""What the first argument was called in the programs that these tasks come from."""
KEY = ("export_id", "cache_key", "result_key")
"""What the second one was called: the key under which those programs kept the answer. Here that is the task's
id."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A task's message: its id, and the arguments."""

    task_id: str
    args: Sequence[object]
    kwargs: Mapping[str, object]

    @property
    def run_id(self) -> uuid.UUID | None:
        """Which run it is about; None where it asks for something itself. Raises BadCall."""
        if len(self.args) != 1 or self.kwargs or not isinstance(self.args[0], str):
            return None
        if self.args[0] != self.task_id:
            raise BadCall(f"{self.args[0][:100]!r} is no request, and not the id of this task")
        return self.as_run_id()

    def as_run_id(self) -> uuid.UUID:
        """The id of the task as that of a run. Raises BadCall."""
        try:
            return uuid.UUID(self.task_id)
        except ValueError:
            raise BadCall("the id of the task is no UUID, so that no run can have it") from None


def handle(kind: TaskKind[TaskRequest], message: Message, *, worker: str) -> Report | None:
    """Do an attempt of the run, or record one. Returns how the run stands, or None where it was recorded.
    Raises TaskError or ContractsError, of which Celery's clients have been told, where it is no request that
    can be recorded."""
    try:
        run_id = message.run_id
        if run_id is None:
            runner.insist(partial(_record, kind, message))
            return None
    except (TaskError, ContractsError) as error:
        results.tell_failure(message.task_id, message=f"{error.code}: {error}")
        raise
    report = runner.run_attempt(run_id, worker=worker, kind=kind.name)
    if report is None:
        report = Report(state=State.FAILURE, text="not-found: there is no such task (any more)")
        results.tell_failure(message.task_id, message=report.text)
    return report


def read_request(kind: TaskKind[TaskRequest], message: Message) -> Mapping[str, object]:
    """The arguments as the body of a request, which the kind has still to read. Raises BadCall."""
    names = (QUESTION[0], KEY[0])
    if len(message.args) > len(names) or not (message.args or message.kwargs):
        raise BadCall(f"{len(message.args)} arguments without names; this task takes {' and '.join(names)}")
    body = {**dict(zip(names, message.args, strict=False)), **message.kwargs}
    asked = [body.pop(name) for name in QUESTION if name in body]
    for name in KEY:
        body.pop(name, None)
    for question in asked:
        if not isinstance(question, Mapping):
            raise BadCall(f"{QUESTION[0]} is no object")
        body = _merge(kind, body, question)
    return body


def _merge(
    kind: TaskKind[TaskRequest], body: dict[str, object], question: Mapping[str, object]
) -> dict[str, object]:
    """The question's filters may stand beside the page and the sort, or below ``filters``."""
    members = {name: value for name, value in question.items() if name in kind.request.model_fields}
    filters = {name: value for name, value in question.items() if name not in members}
    merged = {**body, **members}
    if not filters:
        return merged
    below = merged.get("filters") or {}
    if not isinstance(below, Mapping):
        raise BadCall("filters is no object")
    return {**merged, "filters": {**below, **filters}}


def _record(kind: TaskKind[TaskRequest], message: Message) -> None:
    run_id = message.as_run_id()
    if TaskRun.objects.filter(id=run_id).exists():
        return  # delivered twice; the row is published by itself
    if not (kind.by_clients and kind.is_there):
        raise BadCall(f"nobody may ask for the kind {kind.name!r} here")
    wanted = kind.request.from_json(read_request(kind, message))
    if kind.formats:
        export_store.expect_room()
    try:
        run, _ = insertion.submit(
            run_id=run_id,
            kind=kind.name,
            owner=CELERY,
            request=wanted.to_json(),
            description=wanted.describe(),
            # Its own id: two equal calls have two results.
            request_key=run_id.hex,
            dataset_version=datasets.current_snapshot().version if kind.on_dataset else "",
            queue=kind.queue,
            publish_in_s=outbox.FIRST_PUBLISH_GRACE_S,
            limits=OwnerLimits(unfinished=EVERYBODY, window=settings.OWNER_WINDOW, window_queues=BULK_QUEUES),
        )
    except IntegrityError:
        if not TaskRun.objects.filter(id=run_id).exists():
            raise
        return
    # Not done here: the call may have come to another lane than the kind's.
    if run.publish_at is not None:
        outbox.publish_new(run)
