"""Endpoints that start tasks, follow them and cancel them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api import representation
from api.access.owners import explain_return, may_see, origin_of, owned_by, owner_of, visible_to
from api.access.tokens import require_scope
from api.document import shapes
from api.models import EXPORT, READ
from api.pagination import PAGED, answer_page
from api.problems import problem
from api.requests.bodies import Cancel, OneTask
from api.requests.headers import (
    ETAG,
    IDEMPOTENCY_KEY,
    IF_NONE_MATCH,
    LOCATION,
    MAYBE_RETRY_AFTER,
    PREFER,
    PREFERENCE_APPLIED,
    RETRY_AFTER,
    names_etag,
    read_idempotency_key,
    read_wait_s,
)
from api.requests.parameters import Choice, DayOf, Identifier, InvalidParameter, Text
from api.view import Answer, ApiView, refusal
from api.waiting.waits import answer_start
from contracts.questions.query import digest
from data_processing import datasets
from data_processing.database.release import release_connections
from data_processing.errors import AlreadyFinished, Expired, NotDeletable, NotFound
from data_processing.instruments import count_lookup
from data_processing.kinds.kind import TaskKind, TaskRequest
from data_processing.kinds.registry import OFFERED, parse_again
from data_processing.lifecycle import ends, submission
from data_processing.lifecycle.runs import cancellation, reads, recovery
from data_processing.lifecycle.submission import request_key
from data_processing.models import FINISHED, ExportFile, State, TaskRun
from data_processing.outputs import files, results

LISTED = 200
CHANGES = {"POST": READ}
"""The scope of what changes a task; one that makes a file needs another one (``_get_to_change``)."""
NO_TASK = refusal("there is no such task, or it is somebody else's")
FOREIGN = refusal("another version of the program recorded the task; this one cannot run it")
NO_DATA = refusal("no dataset has been imported yet, or the database is away", MAYBE_RETRY_AFTER)


def _found(kind: TaskKind[TaskRequest]) -> Any:
    """What a start gives when the result is at hand."""
    finished = shapes.Finished[kind.result]  # type: ignore[name-defined]
    return finished | shapes.Cached[kind.result] if kind.cached else finished  # type: ignore[name-defined]


def starts(found: Any) -> Mapping[int, Answer]:
    """What a start answers, where it gives ``found`` when the result is at hand."""
    return {
        200: Answer(
            meaning="the result was at hand, or ready within the time of Prefer: wait",
            shape=found,
            headers=(replace(LOCATION, always=False), PREFERENCE_APPLIED),
        ),
        202: Answer(
            meaning="accepted; follow links.status",
            shape=shapes.Started,
            headers=(LOCATION, RETRY_AFTER, PREFERENCE_APPLIED),
        ),
        422: refusal("the Idempotency-Key came with another request before"),
        429: refusal("too many tasks", RETRY_AFTER),
        503: NO_DATA,
    }


class StartTask(ApiView):
    """Records a request and brings it to the broker, or answers at once when the answer is at hand."""

    kind: ClassVar[TaskKind[TaskRequest]]
    heeds = (PREFER, IDEMPOTENCY_KEY)

    @classmethod
    def is_there(cls) -> bool:
        return cls.kind.is_there

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not self.is_there():
            raise NotFound("there is nothing at this address")
        super().initial(request, *args, **kwargs)

    def post(self, request: Request) -> Response:
        return start_task(request, self.kind, self.kind.request.from_json(request.data))


def _make_start(kind: TaskKind[TaskRequest]) -> type[StartTask]:
    members = {
        "kind": kind,
        "body": kind.request,
        "answers": {"POST": starts(_found(kind))},
        "scopes": {"POST": EXPORT if kind.formats else READ},
        "__doc__": kind.about,
    }
    return type(f"Start{kind.name.title().replace('_', '')}", (StartTask,), members)


STARTS: Mapping[str, type[StartTask]] = {name: _make_start(kind) for name, kind in OFFERED.items()}
"""Kind -> the endpoint that starts it."""


class RerunTask(ApiView):
    """Starts the request of an earlier task again, on the dataset that is current now."""

    heeds = (PREFER, IDEMPOTENCY_KEY)
    body = OneTask
    scopes: ClassVar = CHANGES
    answers: ClassVar = {
        "POST": {
            **starts(shapes.any_of(_found(kind) for kind in OFFERED.values())),
            404: NO_TASK,
            409: FOREIGN,
        }
    }

    def post(self, request: Request) -> Response:
        earlier = _get_to_change(request, OneTask.from_json(request.data).task_id)
        kind, wanted = parse_again(earlier.kind, earlier.request)
        return start_task(request, kind, wanted)


class Shown(ApiView):
    """An endpoint that shows runs to those who may see them."""

    def find_run(self, request: Request, task_id: uuid.UUID) -> TaskRun:
        """Raises NotFound."""
        return _get_visible(request, task_id)

    def find_asked(self, request: Request, key: str) -> TaskRun | None:
        """The newest run of the question with this key."""
        return visible_to(request, TaskRun.objects.filter(request_key=key)).order_by("-created_at").first()


class TaskStatus(Shown):
    """All that may be known of one task."""

    query = (Identifier(name="task_id", meaning="which task", required=True),)
    heeds = (IF_NONE_MATCH,)
    answers: ClassVar = {
        "GET": {
            200: Answer(meaning="the task", shape=shapes.TaskStatus, headers=(ETAG, MAYBE_RETRY_AFTER)),
            304: Answer(meaning="nothing has changed", headers=(ETAG, MAYBE_RETRY_AFTER)),
            404: NO_TASK,
        }
    }

    def get(self, request: Request) -> Response:
        run = self.find_run(request, self.asked["task_id"])
        body = representation.task_status(run)
        # Of the body, not of the row: live progress and the place in line change without it.
        etag = f'"{digest(body)[:32]}"'
        # Kept by the browser, but asked about each time: a poll that finds nothing new has no body.
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if not run.finished:
            headers["Retry-After"] = str(representation.retry_after_s(run))
        if names_etag(request, etag):
            return Response(status=304, headers=headers)
        return Response(body, headers=headers)


class TaskDetail(ApiView):
    """One task; DELETE takes an ended one out of the history, with its file."""

    scopes: ClassVar = {"GET": READ, "DELETE": READ}
    answers: ClassVar = {
        "GET": {200: Answer(meaning="the task", shape=shapes.TaskStatus)},
        "DELETE": {
            204: Answer(meaning="it is gone"),
            409: refusal("it has not ended, or operators still have to look at it"),
        },
    }

    def get(self, request: Request, task_id: uuid.UUID) -> Response:
        return Response(representation.task_status(_get_visible(request, task_id)))

    def delete(self, request: Request, task_id: uuid.UUID) -> Response:
        run = _get_to_change(request, task_id)
        # Read before the rows go, removed afterwards: a file that no row names is found by the cleanup.
        paths = list(ExportFile.objects.filter(run=run, deleted_at=None).values_list("path", flat=True))
        # A dead letter goes with its run; until an operator has resolved it, it must not.
        open_letters = run.dead_letters.filter(resolved_at=None)
        if open_letters.exists() or not recovery.delete_ended(Q(pk=run.pk)):
            raise NotDeletable("the task has not ended, or operators still have to look at its failure")
        release_connections()
        files.discard(paths)
        return Response(status=204)


class TaskResult(Shown):
    """The payload of a finished task, by its id or by the key of its question."""

    query = (
        Identifier(name="task_id", meaning="which task; this or cache_key is required"),
        Text(
            name="cache_key", meaning="which question, as the start answered; goes before task_id", at_most=64
        ),
    )
    answers: ClassVar = {
        "GET": {
            200: Answer(
                meaning="what it gave",
                shape=shapes.any_of(kind.result for kind in OFFERED.values()),
            ),
            202: Answer(meaning="not ready yet", shape=shapes.Accepted, headers=(RETRY_AFTER,)),
            404: NO_TASK,
            410: refusal("it was cancelled, or has expired; rerun names the task to run again"),
            422: refusal("it failed; error says why"),
        }
    }

    def get(self, request: Request) -> HttpResponse:
        task_id, key = self.asked["task_id"], self.asked["cache_key"]
        if task_id is None and key is None:
            raise InvalidParameter("query", "task_id", "is required, or cache_key")
        if key is None:
            return _result_response(self.find_run(request, task_id))
        # Whoever asks: the key is the digest of a question, and its answer is the same for all.
        answer = results.get_answer(key)
        if answer is not None:
            return Response(answer)
        run = self.find_asked(request, key)
        if run is None:
            raise NotFound("there is no answer under this cache_key")
        return _result_response(run)


class ActiveTasks(ApiView):
    """Unfinished tasks: active (a worker has them), reserved (waiting), scheduled (waiting for a retry)."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the tasks", shape=shapes.ActiveTasks)}}

    def get(self, request: Request) -> Response:
        body: dict[str, Any] = {}
        for name, state in (
            ("active", State.STARTED),
            ("reserved", State.PENDING),
            ("scheduled", State.RETRY),
        ):
            rows = visible_to(request, TaskRun.objects.filter(state=state)).order_by("created_at")
            body[name] = representation.task_list(list(rows[:LISTED]), owners=request.user.is_staff)
            body[f"total_{name}"] = rows.count()
        return Response(body)


class TaskHistory(ApiView):
    """One's own tasks, newest first; staff see everybody's."""

    query = (
        Choice(name="kind", meaning="tasks of this kind only", choices=tuple(OFFERED)),
        Choice(name="state", meaning="tasks in this state only", choices=tuple(State.values)),
        Text(name="owner", meaning="staff: a user's name, or visitor and the first digits", at_most=200),
        DayOf(name="since", meaning="tasks that were asked for on this day or later"),
        DayOf(name="until", meaning="tasks that were asked for on this day or before"),
        *PAGED,
    )
    answers: ClassVar = {
        "GET": {200: Answer(meaning="a page of tasks", shape=shapes.Page[shapes.TaskStatus])}
    }

    def get(self, request: Request) -> Response:
        wanted = {name: self.asked[name] for name in ("kind", "state") if self.asked[name] is not None}
        rows = visible_to(request, TaskRun.objects.filter(**wanted))
        rows = rows.filter(_asked_between(self.asked["since"], self.asked["until"]))
        staff = request.user.is_staff
        if self.asked["owner"]:
            if not staff:
                raise InvalidParameter("query", "owner", "only staff see the tasks of others")
            rows = rows.filter(owned_by(self.asked["owner"]))
        return answer_page(self, rows, partial(representation.task_list, owners=staff))


class CancelTask(ApiView):
    """Asks a task to stop. Repeatable; it is REVOKED once the work has stopped and left nothing behind.

    Where several requests joined the task, each cancel withdraws one of them and the last one stops the
    work; ``"all": true`` stops it at once.
    """

    body = Cancel
    scopes: ClassVar = CHANGES
    answers: ClassVar = {
        "POST": {
            202: Answer(meaning="it was asked to stop", shape=shapes.Cancelled),
            404: NO_TASK,
            409: refusal("it has ended already"),
        }
    }

    def post(self, request: Request) -> Response:
        body = Cancel.from_json(request.data)
        run = _get_to_change(request, body.task_id)
        state = (cancellation.request_cancel if body.all else cancellation.withdraw)(run.id)
        if state == State.REVOKED:
            ends.tell_ends([run.id])
        elif state in FINISHED:
            raise AlreadyFinished(f"the task has ended as {state}; it cannot be cancelled any more")
        answer = {
            "task_id": str(run.id),
            "cancel_requested": True,
            "withdrawn": state is None,
            "state": state or run.state,
            "links": representation.task_links(run),
        }
        return Response(answer, status=202)


def start_task(request: Request, kind: TaskKind[TaskRequest], wanted: TaskRequest) -> Response:
    """Answer from what is at hand, join an equal unfinished run, or record a new one and publish it."""
    # Before anything is recorded: what is refused has left nothing behind.
    idempotency_key, wait_s = read_idempotency_key(request), read_wait_s(request)
    version = datasets.current_snapshot().version if kind.on_dataset else ""
    if kind.cached:
        key = request_key(kind.name, wanted, version)
        answer = results.get_answer(key)
        count_lookup("answers", hit=answer is not None)
        if answer is not None:
            return Response({"task_id": None, "cache_key": key, "status": "cached", "data": answer})
    # Not before: who is answered from what is at hand owns nothing, and needs no cookie.
    owner = owner_of(request)
    accepted = submission.accept(
        kind,
        wanted,
        owner=owner,
        address=origin_of(request),
        version=version,
        idempotency_key=idempotency_key,
    )
    return answer_start(accepted, owner=owner, wait_s=wait_s, come_back=explain_return(request))


def _asked_between(since: date | None, until: date | None) -> Q:
    """Runs of these days, both included, in the time zone of the site."""
    asked = Q()
    if since is not None:
        asked &= Q(created_at__gte=timezone.make_aware(datetime.combine(since, time.min)))
    if until is not None:
        after = until + timedelta(days=1)
        asked &= Q(created_at__lt=timezone.make_aware(datetime.combine(after, time.min)))
    return asked


def _result_response(run: TaskRun) -> HttpResponse:
    match run.state:
        case State.SUCCESS if run.result is None or _file_expired(run):
            raise Expired("the result has expired; it can be computed again", rerun=str(run.id))
        case State.SUCCESS:
            return Response(run.result)
        case State.FAILURE:
            detail = f"the task failed: {representation.error_message(run)}"
            return problem(422, "task-failed", detail, error=run.error)
        case State.REVOKED:
            return problem(410, "cancelled", "the task was cancelled; it can be run again", rerun=str(run.id))
        case _:
            body = representation.task_accepted(run, new=False)
            return Response(body, status=202, headers={"Retry-After": str(representation.retry_after_s(run))})


def _file_expired(run: TaskRun) -> bool:
    export = ExportFile.objects.filter(run=run).first()
    return export is not None and (export.deleted_at is not None or export.expires_at <= timezone.now())


def _get_visible(request: Request, task_id: uuid.UUID) -> TaskRun:
    """The run, if the requester may see it. Raises NotFound; never tells others' from unknown."""
    run = reads.get(task_id)
    if run is None or not may_see(request, run.owner):
        raise NotFound("there is no task with this task_id")
    return run


def _get_to_change(request: Request, task_id: uuid.UUID) -> TaskRun:
    """The same, for who may also start such a run. Raises WrongScope."""
    run = _get_visible(request, task_id)
    require_scope(request, EXPORT if representation.makes_file(run) else READ)
    return run
