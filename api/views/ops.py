"""Endpoints for operators: queues, workers, pace, schedules, dead letters, the dataset in use. Staff only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response

from api.document import operators, shapes
from api.pagination import PAGED, answer_page
from api.requests.bodies import DeadLetters
from api.requests.parameters import Choice, Whole
from api.view import Answer, ApiView, refusal
from api.views.contracts import represent_dataset
from data_processing import datasets
from data_processing.database.release import release_connections
from data_processing.errors import NotFound
from data_processing.lifecycle import dead_letters
from data_processing.lifecycle.dead_letters import Action, Resolved
from data_processing.models import DeadLetter, DeadReason
from data_processing.operations import overview, pulses

OPEN, RESOLVED, ALL = "open", "resolved", "all"
QUEUES = tuple(queue.name for queue in settings.CELERY_TASK_QUEUES)


class StaffView(ApiView):
    """A view that only staff may use, and no token."""

    scopes: ClassVar = {}
    permission_classes = (IsAdminUser,)


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


class DeadLetterList(StaffView):
    """Tasks that were given up, newest first."""

    query = (
        Choice(name="state", choices=(OPEN, RESOLVED, ALL), default=OPEN),
        Choice(name="reason", choices=tuple(DeadReason.values)),
        Choice(name="queue", choices=QUEUES),
        *PAGED,
    )
    answers: ClassVar = {
        "GET": {200: Answer(meaning="a page of dead letters", shape=shapes.Page[operators.DeadLetter])}
    }

    def get(self, request: Request) -> Response:
        return answer_page(self, _filter(self.asked), lambda page: [_represent(row) for row in page])


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
        return Response(_represent(DeadLetter.objects.select_related("run").get(pk=found.pk)))


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
    rows = DeadLetter.objects.select_related("run")
    if asked["state"] != ALL:
        rows = rows.filter(resolved_at__isnull=asked["state"] == OPEN)
    return rows.filter(**{name: asked[name] for name in ("reason", "queue") if asked[name] is not None})


def _represent(dead_letter: DeadLetter) -> operators.DeadLetter:
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
