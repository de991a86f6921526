"""Endpoints for supervisors: is the process alive, and can it do its work."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django.db import Error as DatabaseError
from django.db import connection
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from api.document import shapes
from api.view import Answer, ApiView
from contracts.errors import ContractsError
from data_processing import datasets
from data_processing.broker import ERRORS, Blocked
from data_processing.database.release import release_connections
from data_processing.lifecycle.publisher import publisher
from data_processing.operations import lacks, pulses
from data_processing.operations.overview import BrokerState
from data_processing.operations.pulses import PulseReport
from data_processing.operations.watch.conditions import list_conditions
from data_processing.operations.watch.verdict import name_conditions
from data_processing.outputs import results


class Live(ApiView):
    """The process answers."""

    # Without a look at anything else: a supervisor would restart a process for what another one lacks.

    answers: ClassVar = {"GET": {200: Answer(meaning="it does", shape=shapes.Alive)}}
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        return Response({"status": "ok"})


class Ready(ApiView):
    """Each dependency and whether it answers; 503 when the database or the dataset is missing, because a
    request cannot be accepted then. Broker and Redis may be away: work waits for them. A broker that answers
    but takes no messages, because its memory or disk is short, is "blocked"; a sweeper, or a Beat, that has
    had no effect for ten seconds is "late". "worker_datasets" names the workers that lack the dataset version
    of a task that waits, "operations" what the page of operations tells operators: "ok", or the names of the
    conditions that hold, the serious ones first."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    required = ("database", "dataset")
    answers: ClassVar = {
        "GET": {
            200: Answer(meaning="requests can be accepted", shape=shapes.Readiness),
            503: Answer(meaning="the database or the dataset is missing", shape=shapes.Readiness),
        }
    }

    def get(self, request: Request) -> Response:
        found = {name: _probe(check) for name, check in CHECKS.items()}
        ready = all(found[name] == "ok" for name in self.required)
        if found["database"] == "ok":
            found |= {pulse.name: _say(pulse) for pulse in pulses.report()}
            found["worker_datasets"] = "; ".join(lack.describe() for lack in lacks.list_lacks()) or "ok"
            found["operations"] = name_conditions(list_conditions(_say_broker(found["broker"])))
        return Response({"status": "ok" if ready else "unavailable", **found}, status=200 if ready else 503)


def _probe(check: Callable[[], object]) -> str:
    try:
        check()
    except Blocked:
        return "blocked"
    except (DatabaseError, ContractsError, *ERRORS) as error:
        return f"down: {type(error).__name__}"
    return "ok"


def _say_broker(found: str) -> BrokerState:
    """In the words of operators."""
    return "up" if found == "ok" else "blocked" if found == "blocked" else "down"


def _say(pulse: PulseReport) -> str:
    if not pulse.late:
        return "ok"
    return "late: never seen" if pulse.age_s is None else f"late: {pulse.age_s:.0f} s"


def _check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    # The broker and Redis may let one wait.
    release_connections()


CHECKS: dict[str, Callable[[], object]] = {
    "database": _check_database,
    "dataset": datasets.current_snapshot,
    "broker": publisher.probe,
    "redis": results.ping,
}
