"""Rows that another version of the program recorded: each is shown as what it is, and breaks no other."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework.renderers import JSONRenderer

from api import representation
from api.waiting import reader
from data_processing.errors import NotReplayable
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle import dead_letters, runner
from data_processing.lifecycle.dead_letters import Action
from data_processing.lifecycle.runs import claims
from data_processing.models import DeadLetter, State, TaskRun
from data_processing.operations import maintenance
from data_processing.outputs import results
from tests.api.conftest import TASKS, post, start

pytestmark = pytest.mark.django_db

FOREIGN: dict[str, dict[str, Any]] = {
    "kind of another version": {"kind": "forecast", "request": {"years": 3}},
    "request that a stricter parser refuses": {"request": {"filters": {"regions": ["III"]}}},
    "request with a member more": {"request": {"page": 1, "engine": "new"}},
    "request that is no object": {"request": ["search"]},
    "attempts of another form": {"attempts": {"1": "lost"}},
    "error of another form": {"error": ["broken"]},
    "state of another version": {"state": "PAUSED"},
    "queue of another version": {"queue": "slow"},
}


def record(visitor: Client, **changed: Any) -> TaskRun:
    """A row of the visitor as another version left it, beside one that is as it should be."""
    task = start(visitor, "search", {"page": 7})
    run = TaskRun.objects.get(id=task["task_id"])
    run.pk = uuid.uuid4()
    run.request_key = run.pk.hex
    for name, value in {"created_at": run.created_at, "description": "", **changed}.items():
        setattr(run, name, value)
    run.save(force_insert=True)
    return run


def get(client: Client, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, (path, response.content)
    return response.json()


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_row_is_shown_in_all_lists_beside_the_others(visitor: Client, name: str) -> None:
    run = record(visitor, **FOREIGN[name])
    history = get(visitor, TASKS)["results"]
    assert [task["task_id"] == str(run.id) for task in history].count(True) == 1
    assert len(history) == 2
    shown = get(visitor, f"{TASKS}status/?task_id={run.id}")
    assert shown == get(visitor, f"{TASKS}{run.id}/")
    assert (shown["kind"], shown["state"]) == (run.kind, run.state)
    assert shown["created_at"] is not None
    active = get(visitor, f"{TASKS}active/")
    assert {"PENDING": 2}.get(run.state, 1) == len(active["reserved"])


@pytest.mark.parametrize("name", [name for name, row in FOREIGN.items() if {"kind", "request"} & row.keys()])
def test_row_that_cannot_be_described_says_so(visitor: Client, name: str) -> None:
    run = record(visitor, **FOREIGN[name])
    shown = get(visitor, f"{TASKS}status/?task_id={run.id}")
    assert "this version of the program" in shown["description"]
    readable = run.kind in KINDS and isinstance(run.request, dict)
    assert shown["request"] == (run.request if readable else None)
    assert visitor.get(f"{TASKS}result/?task_id={run.id}").status_code == 202


def test_words_that_another_version_recorded_are_shown(visitor: Client) -> None:
    run = record(visitor, kind="forecast", request={"years": 3}, description="Forecast: 3 years")
    assert get(visitor, f"{TASKS}status/?task_id={run.id}")["description"] == "Forecast: 3 years"


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_row_is_cancelled_as_any_other(visitor: Client, name: str) -> None:
    run = record(visitor, **FOREIGN[name])
    response = post(visitor, f"{TASKS}cancel/", {"task_id": str(run.id)})
    if name == "state of another version":
        assert (response.status_code, response.json()["code"]) == (409, "not-understood")
        return
    assert (response.status_code, response.json()["state"]) == (202, "REVOKED")
    assert get(visitor, f"{TASKS}status/?task_id={run.id}")["state"] == "REVOKED"


@pytest.mark.parametrize("name", FOREIGN)
def test_rerun_of_what_cannot_be_read_is_refused_and_says_why(visitor: Client, name: str) -> None:
    run = record(visitor, **FOREIGN[name])
    response = post(visitor, f"{TASKS}rerun/", {"task_id": str(run.id)})
    if {"kind", "request"} & FOREIGN[name].keys():
        assert (response.status_code, response.json()["code"]) == (409, "not-understood")
        assert "this version of the program" in response.json()["detail"]
    else:
        assert response.status_code == 202


@pytest.mark.parametrize("name", FOREIGN)
def test_end_of_a_foreign_row_is_shown(visitor: Client, name: str) -> None:
    ended = {"state": State.FAILURE, "finished_at": Now(), "error": {"message": "it broke"}}
    run = record(visitor, **{**ended, **FOREIGN[name]})
    shown = get(visitor, f"{TASKS}status/?task_id={run.id}")
    result = visitor.get(f"{TASKS}result/?task_id={run.id}")
    if run.state == State.FAILURE:
        assert shown["status"].startswith("Failed: ")
        assert (result.status_code, result.json()["code"]) == (422, "task-failed")
    update = reader.Update.of(TaskRun.objects.get(id=run.id))
    assert b"Failed: " in update.encoded or run.state == "PAUSED"


def test_progress_of_another_form_hides_no_task(visitor: Client, redis_up: None) -> None:
    run = record(visitor)
    assert claims.claim(run.id, worker="w", lease_s=60)
    results.ask(lambda client: client.set(f"progress:{run.id}", b'{"rows": 3}'))
    assert get(visitor, f"{TASKS}status/?task_id={run.id}")["state"] == "STARTED"
    assert len(get(visitor, TASKS)["results"]) == 2


def test_operators_see_the_rows_and_their_dead_letters(staff: Client) -> None:
    run = record(staff, kind="forecast", queue="slow", state=State.FAILURE, finished_at=Now())
    letter = DeadLetter.objects.create(
        run=run, reason="tired", queue="slow", error=["broken"], attempts={"1": "lost"}
    )
    for page in ("queues/", "pace/", "schedules/", "dead-letters/"):
        get(staff, f"/api/v1/ops/{page}")
    User.objects.update(is_superuser=True)
    for page in ("taskrun/", f"taskrun/{run.id}/change/"):
        assert staff.get(f"/admin/data_processing/{page}").status_code == 200
    with pytest.raises(NotReplayable, match="forecast"):
        dead_letters.resolve(letter, Action.REPLAY, by="ops")
    call_command("deadletters", "list")
    dead_letters.resolve(letter, Action.DISCARD, by="ops")


def test_file_of_another_versions_format_can_be_had(visitor: Client) -> None:
    task = start(visitor, "export")
    run = TaskRun.objects.get(id=task["task_id"])
    runner.run_attempt(run.id, worker="test")
    run.export_file.format = "ods"
    run.export_file.save()
    response = visitor.get(f"/api/v1/data-processing/exports/{run.id}/download/")
    assert (response.status_code, response["Content-Type"]) == (200, "application/octet-stream")


# --- The machine ----------------------------------------------------------------------------------------


def test_message_of_a_run_of_an_unknown_kind_leaves_it_alone_and_says_so(
    visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    run = record(visitor, kind="forecast")
    before = TaskRun.objects.filter(id=run.id).values().get()
    runner.run_attempt(run.id, worker="test")
    assert TaskRun.objects.filter(id=run.id).values().get() == before
    assert "knows no kind 'forecast'" in caplog.text


@pytest.mark.parametrize("name", FOREIGN)
def test_sweep_carries_on_with_the_others(visitor: Client, broker_up: None, name: str) -> None:
    run = record(visitor, **FOREIGN[name])
    TaskRun.objects.update(publish_at=Now())
    claim = None if run.state != State.PENDING else claims.claim(run.id, worker="w", lease_s=-1)
    maintenance.sweep()
    if claim is not None:
        run.refresh_from_db()
        assert (run.state, run.attempts[-1]["outcome"]) == (State.PENDING, "lost")
    TaskRun.objects.update(publish_at=Now(), publishes=0)
    maintenance.sweep()
    assert TaskRun.objects.exclude(id=run.id).get().publishes == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)
REQUESTS = JSON | st.dictionaries(
    st.sampled_from(["filters", "columns", "sort", "page", "format", "dimensions", "steps", "number"]), JSON
)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from([*KINDS, "forecast"]),
    state=st.sampled_from([*State.values, "PAUSED"]),
    request=REQUESTS,
    attempts=JSON,
    error=JSON,
    result=JSON,
)
@example("export", "SUCCESS", {"format": "ods"}, [{}], {"message": 3}, [])
def test_whatever_a_row_says_it_is_shown(
    db: None, kind: str, state: str, request: Any, attempts: Any, error: Any, result: Any
) -> None:
    run = TaskRun(kind=kind, state=state, request=request, attempts=attempts, error=error, result=result)
    run.created_at = run.started_at = timezone.now()
    shown = representation.task_status(run)
    assert json.loads(JSONRenderer().render(shown))["kind"] == kind
    assert shown["description"]
    assert representation.task_accepted(run, new=True)["message"]
