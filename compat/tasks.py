"""The calls that start and follow tasks. Their paths are ours, or lie beside ours; bodies and answers differ.

A body that our own reading takes is ours and is answered as ever; only another one, which is the incumbent's
beyond doubt, is read as such.
In answers the incumbent's members stand beside ours, so that nobody need be told apart.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from api.models import EXPORT, READ
from api.views import tasks
from api.views.tasks import start_task
from compat import answers
from compat.answers import Shape
from compat.bodies import Body, is_old, unwrap
from compat.contracts import make_aggregates, make_search, make_table, read_filters
from compat.view import OldView
from contracts.errors import InvalidQuery
from data_processing.kinds.export import ExportRequest
from data_processing.kinds.kind import TaskRequest
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle.runs import reads
from data_processing.models import State, TaskRun

VISITOR = "visitor:"
"""How the owners of what visitors have started begin."""

SHAPINGS: Mapping[str, answers.Shaping] = {
    "total_value": answers.shape_search,
    "summary": answers.shape_aggregates,
    "whole": answers.shape_table,
}
"""Member that only the results of one kind have -> these results in the incumbent's shape."""


def make_export(body: Body) -> ExportRequest:
    return ExportRequest.from_json({"filters": read_filters(body)})


class StartTask(OldView):
    """Starts a task of ``kind``; ``make`` reads the incumbent's body. Where the path is the incumbent's alone
    (``shared`` is false), so is every body."""

    kind: ClassVar[str]
    make: ClassVar[Callable[[Body], TaskRequest]]
    shared: ClassVar[bool] = True

    def post(self, request: Request) -> Response:
        response = start_task(request, KINDS[self.kind], self.read(self.body_of(request)))
        if response.status_code == 200 and isinstance(response.data.get("data"), Mapping):
            response.data["data"] = add_shape(response.data["data"])
        return response

    def read(self, body: Body) -> TaskRequest:
        make = type(self).make
        if not self.shared:
            return make(unwrap(body))
        try:
            return KINDS[self.kind].request.from_json(body)
        except InvalidQuery:
            if is_old(body):
                return make(unwrap(body))
            raise


def _make_start(kind: str, make: Callable[[Body], TaskRequest], *, shared: bool) -> type[StartTask]:
    scopes = {"POST": EXPORT if KINDS[kind].formats else READ}
    members = {"kind": kind, "make": staticmethod(make), "shared": shared, "scopes": scopes}
    return type(f"Start{kind.title()}", (StartTask,), members)


STARTS: Mapping[str, type[StartTask]] = {
    "export": _make_start("export", make_export, shared=True),
    "search": _make_start("search", make_search, shared=True),
    "aggregates": _make_start("aggregates", make_aggregates, shared=True),
    "analytics": _make_start("aggregates", make_aggregates, shared=False),
    "analytics-paginated": _make_start("table", make_table, shared=False),
}
"""Path below ``tasks/`` -> the endpoint that starts it."""


class ShownByKey(OldView, tasks.Shown):
    """Shows what visitors have started to whoever names it: scripts keep no cookie, nobody can guess an id.
    What users who signed in have started stays theirs."""

    def find_run(self, request: Request, task_id: uuid.UUID) -> TaskRun:
        run = reads.get(task_id)
        return run if run and run.owner.startswith(VISITOR) else super().find_run(request, task_id)

    def find_asked(self, request: Request, key: str) -> TaskRun | None:
        visitors = TaskRun.objects.filter(request_key=key, owner__startswith=VISITOR)
        return super().find_asked(request, key) or visitors.order_by("-created_at").first()


class TaskStatus(ShownByKey, tasks.TaskStatus):
    """The state of a task, with ``progress`` of a hundred and a ``result`` that counts."""

    def get(self, request: Request) -> Response:
        response = super().get(request)
        if isinstance(response.data, Mapping):
            run = reads.get(self.asked["task_id"])
            response.data = {
                **response.data,
                "progress": round(response.data["meta"]["percent"]),
                "result": _sum_up(run, response.data["result"]) if run else response.data["result"],
            }
        return response


class TaskResult(ShownByKey, tasks.TaskResult):
    """The payload of a task, with the incumbent's envelope beside its members."""

    def get(self, request: Request) -> HttpResponse:
        response = super().get(request)
        if not isinstance(response, Response) or not isinstance(response.data, Mapping):
            return response
        body = response.data
        if response.status_code == 202:
            response.data = {**body, "status": "not_ready"}
        elif response.status_code == 200:
            response.data = {**body, "status": "success", "data": add_shape(body.get("data", body))}
        return response


def add_shape(payload: Shape) -> dict[str, Any]:
    """Our payload and beside it the incumbent's members: none of their names are ours."""
    for member, shaping in SHAPINGS.items():
        if member in payload:
            shaped = dict(shaping(payload))
            # Of pages, the incumbent's documents call them `results`, its program `data`.
            rows = {"results": shaped["data"]} if isinstance(shaped["data"], list) else {}
            return {**payload, **shaped, **rows}
    return dict(payload)


def _sum_up(run: TaskRun, shown: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What the incumbent tells of a finished task in place of its payload."""
    if run.state != State.SUCCESS or run.result is None:
        return shown
    if shown is not None:
        return {**shown, "status": "completed", "record_count": shown.get("rows")}
    told: dict[str, Any] = {"status": "completed", "cache_key": run.request_key}
    if "total_rows" in run.result:
        told |= {"record_count": len(run.result["rows"]), "total_count": run.result["total_rows"]}
    elif "summary" in run.result:
        told |= {"record_count": run.result["summary"]["count"]}
    return told
