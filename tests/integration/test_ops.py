"""What operators see of real workers and queues."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from data_processing import broker
from data_processing.lifecycle.runs import cancellation
from data_processing.models import State, TaskRun
from data_processing.operations import maintenance, overview
from data_processing.operations.watch import roll
from tests.integration.conftest import SWEEP_EVERY_S, Submit, sweep_until_ended, wait_for, wait_until_ended
from tests.integration.workers import StartWorker, Worker
from tests.scraping import scrape


@pytest.fixture
def staff(transactional_db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("ops", is_staff=True))
    return client


Lanes = dict[str, Worker]


@pytest.fixture
def lanes(shared_worker: StartWorker) -> Lanes:
    """Two interactive workers, of which any may take a rehearsal, and a bulk worker."""
    interactive = {"queues": "high", "REHEARSALS": "1", "TASK_RATE_LIMITS": "rehearsal=2/2"}
    return {
        "first": shared_worker(name="first", concurrency=2, **interactive),
        "second": shared_worker(name="second", concurrency=2, **interactive),
        "bulk": shared_worker(name="bulk", queues="normal,low"),
    }


def start_long(submit: Submit, lanes: Lanes) -> tuple[TaskRun, Worker]:
    """A task that is at work until it is cancelled, and the worker that has it."""
    run = submit("rehearsal", {"steps": 10_000})

    def has_begun() -> bool:
        # Put off where the rate of an earlier test's rehearsals is used up: the sweeper publishes it then.
        maintenance.sweep()
        return TaskRun.objects.filter(id=run.id, state=State.STARTED).exists()

    wait_for(has_begun, worker=lanes["first"], every_s=SWEEP_EVERY_S)
    run.refresh_from_db()
    return run, next(worker for worker in lanes.values() if worker.name == run.worker)


def get(client: Client, path: str) -> Any:
    response = client.get(f"/api/v1/ops/{path}")
    assert response.status_code == 200, response.content
    return response.json()


def test_workers_show_lane_children_memory_and_what_they_are_at(
    lanes: Lanes, submit: Submit, staff: Client
) -> None:
    run, holder = start_long(submit, lanes)
    body = get(staff, "workers/")
    assert body["broker"] == "up"
    found = {one["name"]: one for one in body["workers"]}
    assert set(found) == {one.name for one in lanes.values()}
    shown = found[holder.name]
    assert (shown["lane"], shown["queues"], shown["pid"]) == ("interactive", ["high"], holder.process.pid)
    assert shown["run_ids"] == [str(run.id)]
    children = shown["children"]
    assert sorted(child["pid"] for child in children) == sorted(holder.child_pids)
    assert all(10 < child["memory_mb"] < 2000 for child in children)
    assert [child["kind"] for child in children if child["run_id"] == str(run.id)] == ["rehearsal"]
    assert [child["run_id"] for child in children].count(None) == 1
    bulk = found[lanes["bulk"].name]
    assert (bulk["lane"], [child["run_id"] for child in bulk["children"]]) == ("bulk", [None])
    cancellation.request_cancel(run.id)
    wait_until_ended(run, worker=holder)


def test_queues_show_their_consumers(lanes: Lanes, staff: Client) -> None:
    queues = {queue["name"]: queue["consumers"] for queue in get(staff, "queues/")["queues"]}
    assert queues == {"critical": 0, "high": 2, "normal": 1, "low": 1}


def test_metrics_count_workers_by_lane_and_keep_what_ended_processes_counted(
    worker: StartWorker, submit: Submit, staff: Client
) -> None:
    mortal = worker(name="mortal", queues="high")
    before = scrape(staff)
    assert [before["philgeps_workers", lane] for lane in ("interactive", "bulk")] == [1, 0]
    wait_until_ended(submit("search"), worker=mortal)
    mortal.stop()
    worker(name="several", queues="high,normal")
    after = scrape(staff)
    assert [after["philgeps_workers", lane] for lane in ("interactive", "bulk", "housekeeping")] == [1, 1, 0]
    assert (
        after["celery_task_total", "search", "SUCCESS"]
        == before["celery_task_total", "search", "SUCCESS"] + 1
    )
    counted = "philgeps_duckdb_statement_seconds_count"
    assert after[counted,] > before[counted,]


def test_rate_of_a_kind_holds_over_two_workers(lanes: Lanes, submit: Submit) -> None:
    made = [submit("rehearsal", {"number": number}) for number in range(6)]
    for run in made:
        sweep_until_ended(run, worker=lanes["first"])
    assert {run.state for run in made} == {State.SUCCESS}
    assert {run.attempt for run in made} == {1}
    starts = sorted(run.started_at for run in made if run.started_at is not None)
    spans_s = [(later - earlier).total_seconds() for earlier, later in zip(starts, starts[2:], strict=False)]
    assert min(spans_s) > 1.5, "three starts in less than the rate's two seconds"
    assert all(worker.alive for worker in lanes.values())


def test_frozen_worker_is_shown_as_not_alive_with_the_run_it_holds(
    lanes: Lanes, submit: Submit, staff: Client
) -> None:
    run, frozen = start_long(submit, lanes)
    frozen.freeze()
    shown = {one["name"]: one for one in get(staff, "workers/")["workers"]}[frozen.name]
    assert (shown["alive"], shown["run_ids"]) == (False, [str(run.id)])


def call_roll() -> None:
    """What the housekeeping worker and the web servers do every few seconds."""
    roll.note(broker.ask_workers(overview.DESCRIBE, within_s=roll.ANSWER_WITHIN_S))


def test_idle_worker_that_freezes_is_told_by_page_and_readiness_and_one_that_ends_is_not(
    worker: StartWorker, staff: Client
) -> None:
    interactive, bulk = worker(name="first", queues="high"), worker(name="bulk", queues="normal,low")
    call_roll()
    assert {one["name"]: one["alive"] for one in get(staff, "workers/")["workers"]} == {
        interactive.name: True,
        bulk.name: True,
    }
    interactive.freeze()
    for _ in range(roll.SILENT_AFTER):
        call_roll()
    verdict = get(staff, "verdict/")
    assert verdict["level"] == "bad"
    told = {one["name"]: one["text"] for one in verdict["conditions"]}
    assert told["silent-workers"].startswith(f"{interactive.name} does not answer")
    assert {name for name in told if name.startswith("no-worker")} == {"no-worker-critical", "no-worker-high"}
    assert Client().get("/health/ready").json()["operations"] == ", ".join(told)
    shown = {one["name"]: one for one in get(staff, "workers/")["workers"]}[interactive.name]
    assert (shown["alive"], shown["lane"], shown["children"]) == (False, "interactive", [])
    interactive.thaw()
    bulk.stop()
    wait_for(lambda: _silent_after_call() == [], worker=interactive)
    assert [one["name"] for one in get(staff, "workers/")["workers"]] == [interactive.name]


def _silent_after_call() -> list[str]:
    call_roll()
    return [one.name for one in roll.read().silent]
