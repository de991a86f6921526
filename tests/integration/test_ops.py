"""What operators see of real workers and queues."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from data_processing.models import State, TaskRun
from tests.integration.conftest import StartWorker, Submit, sweep_until_ended, wait_for


@pytest.fixture
def staff(transactional_db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("ops", is_staff=True))
    return client


def get(client: Client, path: str) -> Any:
    response = client.get(f"/api/v1/ops/{path}")
    assert response.status_code == 200, response.content
    return response.json()


def test_workers_show_lane_children_memory_and_what_they_are_at(
    worker: StartWorker, submit: Submit, staff: Client
) -> None:
    interactive = worker(name="interactive", queues="high", concurrency=2, REHEARSALS="1")
    bulk = worker(name="bulk", queues="normal,low")
    run = submit("rehearsal", {"steps": 200})
    wait_for(lambda: TaskRun.objects.filter(id=run.id, state=State.STARTED).exists(), worker=interactive)
    body = get(staff, "workers/")
    assert body["broker"] == "up"
    found = {one["name"]: one for one in body["workers"]}
    assert set(found) == {interactive.name, bulk.name}
    assert (found[interactive.name]["lane"], found[bulk.name]["lane"]) == ("interactive", "bulk")
    assert found[interactive.name]["queues"] == ["high"]
    assert found[interactive.name]["pid"] == interactive.process.pid
    children = found[interactive.name]["children"]
    assert sorted(child["pid"] for child in children) == sorted(interactive.child_pids)
    assert all(10 < child["memory_mb"] < 2000 for child in children)
    assert [child["kind"] for child in children if child["run_id"] == str(run.id)] == ["rehearsal"]
    assert [child["run_id"] for child in children].count(None) == 1
    assert found[interactive.name]["run_ids"] == [str(run.id)]
    assert [child["run_id"] for child in found[bulk.name]["children"]] == [None]


def test_frozen_worker_is_shown_as_not_alive_with_the_run_it_holds(
    worker: StartWorker, submit: Submit, staff: Client
) -> None:
    frozen = worker(REHEARSALS="1")
    run = submit("rehearsal", {"steps": 200})
    wait_for(lambda: TaskRun.objects.filter(id=run.id, state=State.STARTED).exists(), worker=frozen)
    frozen.freeze()
    (shown,) = get(staff, "workers/")["workers"]
    assert (shown["name"], shown["alive"], shown["run_ids"]) == (frozen.name, False, [str(run.id)])


def test_queues_show_their_consumers(worker: StartWorker, staff: Client) -> None:
    worker(queues="critical,high")
    worker(queues="high")
    queues = {queue["name"]: queue["consumers"] for queue in get(staff, "queues/")["queues"]}
    assert queues == {"critical": 1, "high": 2, "normal": 0, "low": 0}


def test_rate_of_a_kind_holds_over_two_workers(worker: StartWorker, submit: Submit) -> None:
    limits = {"REHEARSALS": "1", "TASK_RATE_LIMITS": "rehearsal=2/2"}
    first, second = worker(queues="high", **limits), worker(queues="high", **limits)
    made = [submit("rehearsal", {"number": number}) for number in range(6)]
    for run in made:
        sweep_until_ended(run, worker=first)
    assert {run.state for run in made} == {State.SUCCESS}
    assert {run.attempt for run in made} == {1}
    starts = sorted(run.started_at for run in made if run.started_at is not None)
    spans_s = [(later - earlier).total_seconds() for earlier, later in zip(starts, starts[2:], strict=False)]
    assert min(spans_s) > 1.5, "three starts in less than the rate's two seconds"
    assert second.alive
