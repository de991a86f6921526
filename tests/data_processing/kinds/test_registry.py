"""A new kind is one module and one line: everything else that knows kinds learns it from the registry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import grimp
import pytest

from data_processing.kinds import registry
from tests.copies import copy_rooms, insert_before, run_in

FIRST_LINE = '    "export",\n'
GREETING = '''
from typing import Annotated, TypedDict

from contracts.progress import Progress
from contracts.questions.texts import OneOf
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest


class GreetingRequest(TaskRequest):
    """Whom to greet."""

    name: Annotated[str, OneOf(("world", "moon"), "name")]

    def describe(self) -> str:
        return f"Greeting: {self.name}"


class GreetingResult(TypedDict):
    """The greeting."""

    greeting: str


def greet(request: GreetingRequest, context: Context) -> Work:
    yield Progress(phase="greeting", current=0, total=1, unit="steps")
    return Outcome(payload={"greeting": f"Hello {request.name}"})


KIND = TaskKind(
    name="greeting",
    task="greet",
    queue="high",
    about="Greet.",
    request=GreetingRequest,
    result=GreetingResult,
    work=greet,
    time_limit_s=5,
    on_dataset=False,
)
'''
USE = """
import json, sys
import django
django.setup()
from celery import current_app
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from data_processing.lifecycle import outbox, runner
from data_processing.models import TaskRun
call_command("migrate", verbosity=0)
current_app.loader.import_default_modules()
from data_processing.operations import metrics
from api.document import schema
from drf_spectacular.generators import SchemaGenerator
document = SchemaGenerator().get_schema(public=True)
outbox.publish_new = lambda run: None
client = Client(HTTP_HOST="127.0.0.1")
refused = client.post(reverse("task-greeting"), {"name": "sun"}, "application/json")
started = client.post(reverse("task-greeting"), {"name": "moon"}, "application/json").json()
(run,) = TaskRun.objects.all()
runner.run_attempt(run.id, worker="w")
status = client.get(started["links"]["status"]).json()
json.dump({
    "celery": "data_processing.tasks.greet" in current_app.tasks,
    "limit_s": current_app.tasks["data_processing.tasks.greet"].time_limit,
    "document": sorted(name for name in document["components"]["schemas"] if "Greeting" in name),
    "operation": document["paths"][reverse("task-greeting")]["post"]["description"],
    "refused": refused.json()["errors"][0]["pointer"],
    "message": started["message"],
    "state": status["state"],
    "shown": [status["kind"], status["description"], status["request"]],
    "result": client.get(started["links"]["result"]).json(),
    "history": len(client.get("/api/v1/data-processing/tasks/?kind=greeting").json()["results"]),
}, sys.stdout)
"""


def declare_here(copy: Path) -> None:
    kinds = copy / "data_processing" / "kinds"
    (kinds / "greeting.py").write_text(GREETING)
    insert_before(FIRST_LINE, '    "greeting",\n', file=kinds / "registry.py")


def declare_in_a_room_above(copy: Path) -> None:
    (copy / "monitors" / "greeting.py").write_text(GREETING)
    settings = copy / "backend" / "settings.py"
    insert_before("REHEARSALS = ", 'TASK_KINDS = (*TASK_KINDS, "monitors.greeting")\n', file=settings)


@pytest.mark.parametrize("declare", [declare_here, declare_in_a_room_above])
def test_new_kind_is_one_module_and_one_line(tmp_path: Path, declare: Callable[[Path], None]) -> None:
    copy, data = copy_rooms(tmp_path / "copy"), tmp_path / "data"
    data.mkdir()
    declare(copy)
    learned = run_in(
        copy,
        USE,
        DATA_DIR=str(data),
        DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3",
        CELERY_RESULT_BACKEND="redis://127.0.0.1:1/0",
    )
    assert learned == {
        "celery": True,
        "limit_s": 65,
        "document": ["GreetingRequest", "GreetingResult", "GreetingResultFinished"],
        "operation": "Greet.",
        "refused": "/name",
        "message": "Greeting: moon",
        "state": "SUCCESS",
        "shown": ["greeting", "Greeting: moon", {"name": "moon"}],
        "result": {"greeting": "Hello moon"},
        "history": 1,
    }


def test_kinds_know_neither_each_other_nor_the_registry() -> None:
    room = "data_processing.kinds"
    kinds = {f"{room}.{name}" for name in registry.MODULES}
    graph = grimp.build_graph("data_processing", cache_dir=None)
    imports = {
        (importer, imported)
        for imported in kinds | {registry.__name__}
        for importer in graph.find_modules_that_directly_import(imported)
        if importer.startswith(f"{room}.")
    }
    assert imports == set()
