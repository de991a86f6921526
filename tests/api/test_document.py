"""The OpenAPI document says what happens: schemathesis asks every operation and finds no difference.

``DOCUMENT_CASES`` is how many cases an operation gets; with more than a few, the corners of all bodies are
tried too, which takes minutes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from pytest_django import Settings
from rest_framework.renderers import JSONRenderer
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.python.asgi import ASGIApp, Message, Receive, Scope, Send
from schemathesis.schemas import BaseSchema

from backend.asgi import application
from contracts.questions.entities.addresses import make_slug
from data_processing import datasets
from data_processing.lifecycle.runs import claims
from data_processing.models import DeadLetter, DeadReason, ExportFile, TaskRun
from data_processing.operations import overview
from monitors.models import Monitor
from tests import brokers
from tests.api.conftest import TASKS, post, start, work_off
from tests.api.test_monitors import raise_alert
from tests.api.test_ops import bury

ACCEPTED = ("2xx", "3xx", "401", "403", "404", "409", "429", "5xx")

CASES = int(os.environ.get("DOCUMENT_CASES", "3"))
THOROUGH = CASES > 20
SEED = int(os.environ.get("DOCUMENT_SEED", "10"))

BEYOND = (
    *(
        "/filters/value_range",
        "/filters/time_ranges/",
        "/filters/also_within/",
        "/filters/keywords/",
        "/filters/text",
    ),
    *("/columns", "/page_size", "/bands", "/schedule", "/url"),
    *(
        f"/{side}/{name}"
        for side in "ab"
        for name in ("value_range", "time_ranges/", "also_within/", "keywords/", "text")
    ),
)
"""What a schema cannot say of a body: two decimals, the order of two values, text on both sides of ``&&``,
quotation marks; what goes with what in a table; the words of cron; hosts that nothing may be posted to."""
FILTERS = "Filters"
"""The component whose corners are hundreds. All that take filters read them by the same code."""
TRIED_WITH_FILTERS = "EstimateOcds"
"""The one operation at which all corners of the filters are tried: it asks for no task."""


@dataclass(frozen=True)
class Visitor:
    """Somebody with a history: one of the ids of each sort of task is good for every question."""

    client: Client
    ids: Mapping[str, list[Any]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("who", ["anonymous", "user", "staff"])
def test_document_says_what_happens(who: str, visitor: Client, settings: Settings) -> None:
    settings.REHEARSALS = True
    settings.OWNER_MAX_UNFINISHED = 1_000_000
    client = visitor if who == "anonymous" else sign_in(is_staff=who == "staff")
    document = make_document()
    config = make_config(who, client, make_history(client, settings), list_large_bodies(document))
    differences = list(list_differences(load_schema(document, config, client)))
    assert not differences, f"seed {SEED}:\n" + "\n\n".join(differences)


def sign_in(*, is_staff: bool) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("ana", is_staff=is_staff))
    client.get("/help/")
    return client


def make_history(client: Client, settings: Settings) -> dict[str, list[Any]]:
    """Tasks in every state, with and without their files; the values that parameters may have."""
    tasks = [start(client, "export", {"format": format_}) for format_ in ("csv", "csv.gz", "parquet", "xlsx")]
    tasks += [start(client, "export", {"format": "csv", "columns": [name]}) for name in ("id", "award_title")]
    tasks += [
        start(client, "search"),
        start(client, "aggregates"),
        start(client, "rehearsal"),
        start(client, "compare"),
        start(client, "flags", {"flags": ["over-limit", "weekend-award"]}),
        start(client, "flags/export", {"flag": "weekend-award", "format": "csv"}),
        start(client, "analysis", {"filters": {"contractors": ["Peña & Sons"]}}),
        start(client, "analysis/export"),
    ]
    tasks += [start(client, "table", {"columns": "year"}), start(client, "table/export", {"rows": "month"})]
    work_off()
    gone, deleted = tasks[4:6]
    ExportFile.objects.filter(run=gone["task_id"]).update(expires_at=Now() - timedelta(seconds=1))
    client.delete(deleted["links"]["export"])
    settings.EXPORT_MAX_ROWS = 1
    tasks.append(start(client, "export", {"columns": ["source"]}))
    work_off()
    settings.EXPORT_MAX_ROWS = 1_000_000
    cancelled = start(client, "search", {"page": 2})
    post(client, f"{TASKS}cancel/", {"task_id": cancelled["task_id"]})
    running, waiting, dead = (start(client, "search", {"page": page}) for page in (3, 4, 5))
    claims.claim(UUID(running["task_id"]), worker="w", lease_s=600)
    bury(TaskRun.objects.get(id=dead["task_id"]))
    letters = [DeadLetter.objects.create(reason=DeadReason.UNREADABLE, queue="low") for _ in range(3)]
    saved = post(client, "/api/v1/saved-searches/", {"name": "Dikes"}).json()
    shared = post(client, saved["links"]["share"]).json()["links"]["shared"]
    file_links = f"{TASKS}{tasks[0]['task_id']}/shares/"
    links = [post(client, file_links).json() for _ in range(2)]
    names = {"kind": "contractors", "names": ["Peña & Sons", "Pena & Sons"]}
    group = post(client, "/api/v1/name-groups/", names).json()
    monitor = post(client, "/api/v1/monitors/", {"search": saved["id"]}).json()
    feed = post(client, f"{monitor['links']['self']}feed/").json()["links"]["feed"]
    alert = raise_alert(Monitor.objects.get())
    receiver = post(client, "/api/v1/receivers/", {"name": "Desk", "url": "https://desk.example/"}).json()
    delivery = post(client, receiver["links"]["test"]).json()
    everything = [*tasks, cancelled, running, waiting, dead]
    return {
        "tasks": [task["task_id"] for task in everything],
        "exports": [task["export_id"] for task in everything if "export_id" in task],
        "keys": [task["cache_key"] for task in everything if "cache_key" in task],
        "letters": [letter.pk for letter in letters],
        "references": ["31"],
        "awards": ["31"],
        "versions": [one.version for one in datasets.list_snapshots()],
        "kinds": ["contractors"],
        "slugs": [make_slug("Peña & Sons")],
        "groups": [group["id"]],
        "searches": [saved["id"]],
        "keys_of_links": [
            shared.rstrip("/").rpartition("/")[2],
            *(link["links"]["shared"].rstrip("/").rpartition("/")[2] for link in links),
        ],
        "shares": [link["id"] for link in links],
        "monitors": [monitor["id"]],
        "alerts": [str(alert.pk)],
        "feeds": [feed.rstrip("/").rpartition("/")[2]],
        "receivers": [receiver["id"]],
        "deliveries": [delivery["id"]],
    }


def make_document() -> dict[str, Any]:
    """The document, with the shapes of answers closed: what it does not name must not be there."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    public = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    document: dict[str, Any] = json.loads(JSONRenderer().render(public))
    for component in document["components"]["schemas"].values():
        if "properties" in component:
            component["additionalProperties"] = False
    return document


def list_large_bodies(document: Mapping[str, Any]) -> list[str]:
    """The operations that take filters, but for the one where their corners are tried."""
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    components = document["components"]["schemas"]
    return [
        operation["operationId"]
        for operation in operations
        if FILTERS in list_components(operation.get("requestBody"), components, set())
        and operation["operationId"] != TRIED_WITH_FILTERS
    ]


def list_components(place: Any, components: Mapping[str, Any], found: set[str]) -> set[str]:
    """The names of all components that the place of a document refers to, directly or by others."""
    parts = place.items() if isinstance(place, dict) else enumerate(place if isinstance(place, list) else ())
    for key, part in parts:
        name = part.rpartition("/")[2] if key == "$ref" else None
        if name and name not in found:
            found.add(name)
            list_components(components[name], components, found)
        list_components(part, components, found)
    return found


def make_config(
    who: str, client: Client, known: Mapping[str, list[Any]], large_bodies: list[str]
) -> SchemathesisConfig:
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    names = {
        "path.task_id": "tasks",
        "query.task_id": "tasks",
        "body.task_id": "tasks",
        "path.export_id": "exports",
        "query.cache_key": "keys",
        "path.dead_letter_id": "letters",
        "path.version": "versions",
        "path.kind": "kinds",
        "path.slug": "slugs",
        "path.reference": "references",
        "path.award": "awards",
        "body.ids[*]": "letters",
        "path.group_id": "groups",
        "path.search_id": "searches",
        "path.key": "keys_of_links",
        "path.share_id": "shares",
        "path.monitor_id": "monitors",
        "path.alert_id": "alerts",
        "path.feed": "feeds",
        "path.receiver_id": "receivers",
        "path.delivery_id": "deliveries",
        "body.search": "searches",
    }
    corners = {"enabled": THOROUGH or who == "staff", **({} if THOROUGH else {"unexpected-methods": []})}
    links = {"enabled": THOROUGH, "inference": {"algorithms": ["location-headers"]}}
    large = {"include-operation-id": large_bodies, "phases": {"coverage": {"enabled": False}}}
    session = {"auth": {"openapi": {"cookieAuth": {"api_key": cookies.get("sessionid")}}}}
    return SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "workers": 1,
            "continue-on-failure": True,
            "phases": {"coverage": corners, "stateful": links},
            "generation": {"max-examples": CASES, "database": "none"},
            # These speak of the state of things, and not of what was asked.
            "checks": {"positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "410", "416", "422"]}},
            "dictionaries": {name: {"values": values} for name, values in known.items()},
            "parameters": {place: {"dictionary": name, "probability": 0.7} for place, name in names.items()},
            "operations": [] if THOROUGH else [large],
            **(session if "sessionid" in cookies else {}),
        }
    )


def load_schema(document: dict[str, Any], config: SchemathesisConfig, client: Client) -> BaseSchema:
    """What schemathesis asks by."""
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = remember(cast(ASGIApp, application), client)
    schema.hook("filter_failure")(is_difference)
    return schema


def remember(app: ASGIApp, client: Client) -> ASGIApp:
    """``app`` for the same visitor on each call, who sends the CSRF token as a browser does. The session is
    left to schemathesis, which tries without."""
    kept = {name: morsel.value for name, morsel in client.cookies.items() if name != "sessionid"}
    token = (b"x-csrftoken", kept.get("csrftoken", "").encode())

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        brought = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
        cookies = "; ".join([*brought, *(f"{name}={value}" for name, value in kept.items())])
        others = [pair for pair in scope["headers"] if pair[0] != b"cookie"]
        headers = [*others, (b"cookie", cookies.encode("latin-1")), token]
        return await app({**scope, "headers": headers}, *hang_up(receive, send))

    return answer


def hang_up(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """The client goes when it has seen the first event of a stream, which may never end."""
    seen = asyncio.Event()
    asked = False

    async def listen() -> Message:
        nonlocal asked
        if asked:
            await seen.wait()
            return {"type": "http.disconnect"}
        asked = True
        return await receive()

    async def tell(message: Message) -> None:
        await send(message)
        if b"\ndata: " in message.get("body", b""):
            seen.set()

    return listen, tell


def is_difference(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Leaves out what no schema can say: the server is right then, and the document as good as it can be."""
    if case.path_parameters and case.formatted_path in case.operation.schema.raw_schema["paths"]:
        # Drawn from the words of our own code, such as "rerun" for a task_id: the address of something else.
        return False
    if failure.title != "Schema-valid request rejected":
        return True
    culprits = [error["pointer"] for error in response.json().get("errors", ())]
    asked = set(case.query or {})
    return not (
        (
            culprits
            and all(culprit.startswith(BEYOND) or culprit.endswith("/contains") for culprit in culprits)
        )
        # A cursor comes out of an earlier answer.
        or culprits == ["/cursor"]
        # One of two parameters is required.
        or (case.path.endswith("tasks/result/") and not asked & {"task_id", "cache_key"})
    )


def list_differences(schema: BaseSchema) -> Iterator[str]:
    """Each difference once: the operation, what is wrong, a request that shows it."""
    seen = set()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            yield f"{event!r}"
        if not isinstance(event, events.ScenarioFinished):
            continue
        for check in (check for checks in event.recorder.checks.values() for check in checks):
            info = check.failure_info
            if info is None or (event.recorder.label, info.failure.title) in seen:
                continue
            seen.add((event.recorder.label, info.failure.title))
            yield f"{event.recorder.label}: {info.failure.title}\n{info.failure.message}\n{info.code_sample}"


@pytest.fixture
def alone(redis_up: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker runs and nobody waits to find that out; refusals, which are many, are not logged."""
    monkeypatch.setattr(overview, "REPLY_WITHIN_S", 0.01)
    monkeypatch.setenv("CELERY_BROKER_URL", "memory://")
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)
    brokers.reset_connections()
