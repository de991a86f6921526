"""Messages that were sent in Celery's own way become runs, or their senders are told why not."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from celery.result import AsyncResult
from pytest_django import Settings

from contracts.errors import ContractsError
from contracts.snapshot.versions import Snapshot
from data_processing.errors import TaskError
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle import messages, runner
from data_processing.lifecycle.messages import Message
from data_processing.models import CELERY, State, TaskRun
from data_processing.outputs.results import TaskFailed
from tests.machine import MakeRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_up")]

NAMES = {"contractors": ["A"], "areas": ["B"]}
TAKEN: dict[str, tuple[str, Sequence[Any], Mapping[str, Any], Mapping[str, Any]]] = {
    "a whole request": ("search", [{"filters": NAMES, "page": 2}], {}, {"filters": NAMES, "page": 2}),
    "members by name": (
        "export",
        [],
        {"filters": NAMES, "format": "csv"},
        {"filters": NAMES, "format": "csv"},
    ),
    "filters and the key of an export": ("export", [NAMES, "e1"], {}, {"filters": NAMES}),
    "filters and the key of a cache": (
        "aggregates",
        [],
        {"filters": NAMES, "cache_key": "k"},
        {"filters": NAMES},
    ),
    "filters beside the page": (
        "search",
        [{**NAMES, "page": 2, "page_size": 5}, "k"],
        {},
        {"filters": NAMES, "page": 2, "page_size": 5},
    ),
    "parameters by name": ("search", [], {"search_params": NAMES, "result_key": "k"}, {"filters": NAMES}),
    "no filters": ("aggregates", [{}, "k"], {}, {}),
    "a kind without filters": ("rehearsal", [], {"number": 7}, {"number": 7}),
}
REFUSED: dict[str, tuple[str, Sequence[Any], Mapping[str, Any], str]] = {
    "nothing": ("search", [], {}, "bad-call: 0 arguments"),
    "too much": ("search", [{}, "k", 3], {}, "bad-call: 3 arguments"),
    "no object": ("search", [["a"]], {}, "bad-call: filters is no object"),
    "a text": ("search", ["road"], {}, "bad-call: 'road' is no request"),
    "another's id": ("search", [str(uuid.uuid4())], {}, "is no request, and not the id of this task"),
    "a wrong value": ("search", [{"page": 0}], {}, "invalid-query: /page"),
    "an unknown filter": ("export", [{"contractor": ["A"]}], {}, "invalid-query: /filters/contractor"),
    "filters that are no object": (
        "search",
        [{"filters": [1], "keywords": ["a"]}],
        {},
        "bad-call: filters is no object",
    ),
    "a kind that is not offered": ("job", [], {"function": "os.abort", "backend": "default"}, "bad-call"),
}


@pytest.fixture
def rehearsals(settings: Settings) -> None:
    settings.REHEARSALS = True


def send(kind: str, args: Sequence[Any], kwargs: Mapping[str, Any], *, task_id: str = "") -> str:
    message = Message(task_id=task_id or str(uuid.uuid4()), args=args, kwargs=kwargs)
    messages.handle(KINDS[kind], message, worker="w1")
    return message.task_id


@pytest.mark.usefixtures("dataset", "rehearsals")
@pytest.mark.parametrize("name", TAKEN)
def test_call_becomes_a_run_of_the_same_id(name: str) -> None:
    kind, args, kwargs, body = TAKEN[name]
    run = TaskRun.objects.get(id=send(kind, args, kwargs))
    assert run.request == KINDS[kind].request.from_json(body).to_json()
    assert (run.kind, run.owner, run.state, run.queue) == (kind, CELERY, State.PENDING, KINDS[kind].queue)


@pytest.mark.usefixtures("dataset")
@pytest.mark.parametrize("name", REFUSED)
def test_call_that_is_no_request_is_refused_and_its_sender_told(name: str) -> None:
    kind, args, kwargs, message = REFUSED[name]
    task_id = str(uuid.uuid4())
    with pytest.raises((TaskError, ContractsError)):
        send(kind, args, kwargs, task_id=task_id)
    assert not TaskRun.objects.exists()
    with pytest.raises(TaskFailed, match=message):
        AsyncResult(task_id).get(timeout=5)


@pytest.mark.usefixtures("dataset")
def test_call_under_an_id_of_another_form_is_refused() -> None:
    with pytest.raises(TaskError, match="no UUID"):
        send("search", [{}], {}, task_id="mine")
    with pytest.raises(TaskFailed, match="bad-call"):
        AsyncResult("mine").get(timeout=5)


def test_call_without_a_dataset_is_refused(settings: Settings, tmp_path: Any) -> None:
    settings.DATASET_ROOT = tmp_path
    with pytest.raises(ContractsError):
        send("search", [{"page": 1}], {})
    assert not TaskRun.objects.exists()


@pytest.mark.usefixtures("dataset")
def test_call_that_arrives_twice_is_done_once() -> None:
    task_id = send("search", [{"page": 1}], {})
    runner.run_attempt(uuid.UUID(task_id), worker="w1")
    send("search", [{"page": 1}], {}, task_id=task_id)
    assert TaskRun.objects.get().attempt == 1


@pytest.mark.usefixtures("dataset")
def test_equal_calls_have_a_result_each(dataset: Snapshot) -> None:
    ids = [send("search", [{"page": 1}], {}) for _ in range(2)]
    for task_id in ids:
        runner.run_attempt(uuid.UUID(task_id), worker="w1")
        assert AsyncResult(task_id).get(timeout=5)["dataset_version"] == dataset.version


@pytest.mark.usefixtures("dataset")
def test_exports_by_calls_take_turns_as_those_of_others(settings: Settings) -> None:
    for _ in range(settings.OWNER_WINDOW + 1):
        send("export", [{}, "e"], {})
    assert TaskRun.objects.filter(publish_at=None).count() == 1


def test_message_of_a_run_that_is_gone_is_told_as_failed(make_run: MakeRun) -> None:
    run = make_run()
    run_id, _ = str(run.id), run.delete()
    report = messages.handle(KINDS["search"], Message(task_id=run_id, args=[run_id], kwargs={}), worker="w1")
    assert report is not None
    assert report.state == State.FAILURE
    with pytest.raises(TaskFailed, match="not-found"):
        AsyncResult(run_id).get(timeout=5)
