"""Endpoints for operators: queues, workers, pace, schedules, dead letters, the dataset in use. Staff only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response

from api.access.owners import name_owners
from api.document import operators, shapes
from api.pagination import PAGED, answer_page
from api.requests.bodies import MAX_CODE, DeadLetters, OneError
from api.requests.parameters import Choice, Text, Whole
from api.view import Answer, ApiView, refusal
from api.views.contracts import represent_dataset
from data_processing import datasets
from data_processing.database.release import release_connections
from data_processing.errors import NotFound
from data_processing.lifecycle import dead_letters
from data_processing.lifecycle.dead_letters import Action, Resolved
from data_processing.models import DeadLetter, DeadReason
from data_processing.operations import given_up, overview, pulses
from data_processing.operations.watch.conditions import list_conditions
from data_processing.operations.watch.verdict import Verdict, judge

AT_ONCE = 500
OPEN, RESOLVED, ALL = "open", "resolved", "all"
QUEUES = tuple(queue.name for queue in settings.CELERY_TASK_QUEUES)


class StaffView(ApiView):
    """A view that only staff may use, and no token."""

    scopes: ClassVar = {}
    permission_classes = (IsAdminUser,)


class HowItIs(StaffView):
    """How the machine is, in one sentence, and all that is not as it should be."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the verdict", shape=Verdict)}}

    def get(self, request: Request) -> Response:
        release_connections()
        return Response(asdict(judge(list_conditions())))


class Queues(StaffView):
    """Each task queue: what the broker holds of it and what the rows say; whether sweeper and Beat have an
    effect."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the queues", shape=operators.Queues)}}

    def get(self, request: Request) -> Response:
        release_connections()
        queues, broker_state = overview.report_queues()
        return Response(
            {
                "broker": broker_state,
                "housekeeping": [asdict(pulse) for pulse in pulses.report()],
                "queues": [asdict(queue) for queue in queues],
            }
        )


class Workers(StaffView):
    """Each worker, its lane, its children and what they are at. Takes a second: workers are asked."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the workers", shape=operators.Workers)}}

    def get(self, request: Request) -> Response:
        # For the second in which workers are asked, requests may have it.
        release_connections()
        workers, broker_state = overview.report_workers()
        return Response({"broker": broker_state, "workers": [asdict(worker) for worker in workers]})


class Pace(StaffView):
    """How many runs ended in each of the last hours, and how."""

    query = (Whole(name="hours", meaning="how many, the last not over yet", low=1, high=168, default=24),)
    answers: ClassVar = {"GET": {200: Answer(meaning="the hours, oldest first", shape=operators.Pace)}}

    def get(self, request: Request) -> Response:
        report = overview.report_pace(self.asked["hours"])
        return Response({"hours": [asdict(hour) for hour in report]})


class Schedules(StaffView):
    """What Beat sends, and when it last did."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the schedules", shape=operators.Schedules)}}

    def get(self, request: Request) -> Response:
        return Response({"schedules": [asdict(entry) for entry in overview.report_schedules()]})


DEAD_LETTERS = (
    Choice(name="state", choices=(OPEN, RESOLVED, ALL), default=OPEN),
    Choice(name="reason", choices=tuple(DeadReason.values)),
    Choice(name="queue", choices=QUEUES),
    Text(name="code", meaning="of this error only; empty: of those without one", at_most=MAX_CODE),
    Text(
        name="q",
        meaning="with this text in error, message, task or owner, or the first digits of a task's id",
        at_most=200,
    ),
)


class DeadLetterList(StaffView):
    """Tasks that were given up, newest first."""

    query = (
        *DEAD_LETTERS,
        *PAGED,
    )
    answers: ClassVar = {
        "GET": {200: Answer(meaning="a page of dead letters", shape=shapes.Page[operators.DeadLetter])}
    }

    def get(self, request: Request) -> Response:
        rows = _filter(self.asked).select_related("run")
        return answer_page(self, rows, _represent_all)


class DeadLetterGroups(StaffView):
    """The same, counted by the code of their error: largest group first, 100 at most."""

    query = DEAD_LETTERS
    answers: ClassVar = {"GET": {200: Answer(meaning="the groups", shape=operators.DeadGroups)}}

    def get(self, request: Request) -> Response:
        return Response({"groups": [asdict(group) for group in given_up.count_by_error(_filter(self.asked))]})


class ResolveDeadLetter(StaffView):
    """Replays or discards one dead letter."""

    resolution: ClassVar[Action]
    answers: ClassVar = {
        "POST": {
            200: Answer(meaning="it is done", shape=operators.DeadLetter),
            409: refusal("it cannot be done to this dead letter (any more)"),
        }
    }

    def post(self, request: Request, dead_letter_id: int) -> Response:
        found = DeadLetter.objects.filter(pk=dead_letter_id).first()
        if found is None:
            raise NotFound("there is no dead letter with this id")
        dead_letters.resolve(found, self.resolution, by=request.user.get_username())
        (shown,) = _represent_all([DeadLetter.objects.select_related("run").get(pk=found.pk)])
        return Response(shown)


class ReplayDeadLetter(ResolveDeadLetter):
    resolution = Action.REPLAY


class DiscardDeadLetter(ResolveDeadLetter):
    resolution = Action.DISCARD


class ResolveDeadLetters(StaffView):
    """Replays or discards many, answered id by id."""

    resolution: ClassVar[Action]
    body = DeadLetters
    answers: ClassVar = {
        "POST": {200: Answer(meaning="what became of each", shape=operators.ResolvedDeadLetters)}
    }

    def post(self, request: Request) -> Response:
        ids = DeadLetters.from_json(request.data).ids
        resolved = dead_letters.resolve_many(ids, self.resolution, by=request.user.get_username())
        return Response({"results": [_represent_resolved(one, self.resolution) for one in resolved]})


class ReplayDeadLetters(ResolveDeadLetters):
    resolution = Action.REPLAY


class DiscardDeadLetters(ResolveDeadLetters):
    resolution = Action.DISCARD


class ResolveGroup(StaffView):
    """Replays or discards the open dead letters of one error, the oldest 500 at most; call again while some
    are left."""

    resolution: ClassVar[Action]
    body = OneError
    answers: ClassVar = {
        "POST": {200: Answer(meaning="how many it was done to", shape=operators.ResolvedGroup)}
    }

    def post(self, request: Request) -> Response:
        code = OneError.from_json(request.data).code
        rows = given_up.of_code(DeadLetter.objects.filter(resolved_at=None), code)
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        resolved = dead_letters.resolve_many(ids, self.resolution, by=request.user.get_username())
        problems = [one.problem for one in resolved if one.problem is not None]
        return Response(
            {
                "done": len(resolved) - len(problems),
                "refused": len(problems),
                "left": rows.count(),
                "refusals": sorted({str(problem) for problem in problems}),
            }
        )


class ReplayGroup(ResolveGroup):
    resolution = Action.REPLAY


class DiscardGroup(ResolveGroup):
    resolution = Action.DISCARD


class UseDataset(StaffView):
    """Makes a dataset version current, also an older one."""

    answers: ClassVar = {
        "POST": {
            200: Answer(meaning="it is current now", shape=shapes.Dataset),
            410: refusal("the version is not on disk (any more)"),
        }
    }

    def post(self, request: Request, version: str) -> Response:
        chosen = datasets.use_version(version, by=request.user.get_username())
        return Response(represent_dataset(chosen.manifest(), current=chosen.version))


def _filter(asked: Mapping[str, Any]) -> QuerySet[DeadLetter]:
    rows = DeadLetter.objects.all()
    if asked["state"] != ALL:
        rows = rows.filter(resolved_at__isnull=asked["state"] == OPEN)
    if asked["code"] is not None:
        rows = given_up.of_code(rows, asked["code"])
    if asked["q"]:
        rows = rows.filter(given_up.matching(asked["q"]))
    return rows.filter(**{name: asked[name] for name in ("reason", "queue") if asked[name] is not None})


def _represent_all(found: Sequence[DeadLetter]) -> list[operators.DeadLetter]:
    names = name_owners(row.run.owner for row in found if row.run is not None)
    return [_represent(row, names) for row in found]


def _represent(dead_letter: DeadLetter, names: Mapping[str, str]) -> operators.DeadLetter:
    run = dead_letter.run
    return {
        "id": dead_letter.pk,
        "reason": dead_letter.reason,
        "reason_in_words": dead_letter.get_reason_display(),
        "queue": dead_letter.queue,
        "run": None
        if run is None
        else {
            "task_id": str(run.id),
            "kind": run.kind,
            "owner": run.owner,
            "owner_name": names[run.owner],
            "description": run.description,
            "state": run.state,
            "attempt": run.attempt,
            "dataset_version": run.dataset_version,
            "status_url": f"{reverse('task-status')}?task_id={run.id}",
        },
        "error": dead_letter.error,
        "attempts": dead_letter.attempts,
        "traceback": dead_letter.traceback,
        "message": dead_letter.message,
        "created_at": dead_letter.created_at,
        "resolved_at": dead_letter.resolved_at,
        "resolution": dead_letter.resolution or None,
        "resolved_by": dead_letter.resolved_by or None,
    }


def _represent_resolved(resolved: Resolved, action: Action) -> operators.ResolvedDeadLetter:
    problem = resolved.problem
    if problem is None:
        return {"id": resolved.id, "outcome": action.value}
    return {"id": resolved.id, "outcome": operators.REFUSED, "code": problem.code, "detail": str(problem)}
