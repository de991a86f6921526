"""The sweeper waits for nobody: not for users' work, not for the broker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client

from data_processing.lifecycle.runs import claims, insertion
from data_processing.lifecycle.runs.window import OwnerLimits
from data_processing.models import State, TaskRun
from tests.brokers import is_rabbitmq_reachable, out_of_reach
from tests.integration.conftest import Submit, wait_for
from tests.integration.workers import StartWorker, Worker
from tools.stack.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = {"steps": 10_000}
"""Eight minutes."""

LANES: dict[str, dict[str, Any]] = {
    "housekeeping": {"queues": "critical", "pool": "threads", "concurrency": 2},
    "interactive": {"queues": "high", "concurrency": 2},
    "bulk-1": {"queues": "normal,low"},
    "bulk-2": {"queues": "normal,low"},
}


def submit_to_bulk() -> TaskRun:
    """A long rehearsal in the queue of exports; the sweeper publishes it."""
    run, _ = insertion.submit(
        kind="rehearsal",
        owner="visitor:b",
        request={**SLOW, "number": 3},
        request_key="bulk",
        dataset_version="",
        queue="normal",
        publish_in_s=0,
        limits=OwnerLimits(unfinished=10, window=10, window_queues=frozenset()),
    )
    return run


def are_at_work(*made: TaskRun) -> bool:
    return TaskRun.objects.filter(id__in=[run.id for run in made], state=State.STARTED).count() == len(made)


def test_task_of_a_killed_bulk_worker_is_rescued_while_all_interactive_workers_are_busy(
    worker: StartWorker, submit: Submit
) -> None:
    def start(name: str) -> Worker:
        return worker(name=name, LEASE_S="2", **LANES[name])

    with ThreadPoolExecutor(len(LANES)) as starters:
        started = dict(zip(LANES, starters.map(start, LANES), strict=True))
    busy = [submit("rehearsal", {**SLOW, "number": number}) for number in (1, 2)]
    run = submit_to_bulk()
    wait_for(lambda: are_at_work(run, *busy), worker=started["interactive"])
    run.refresh_from_db()
    next(one for one in started.values() if one.name == run.worker).kill()
    rescued = TaskRun.objects.filter(id=run.id, state=State.STARTED, attempt=2)
    wait_for(rescued.exists, worker=started["housekeeping"])
    assert are_at_work(*busy), "the interactive lane was busy all the time"
    for one in started.values():
        one.kill()  # an orderly stop would wait for the long work


def test_sweeper_takes_a_task_from_a_dead_worker_without_a_broker(
    worker: StartWorker, submit: Submit, servers: Servers
) -> None:
    housekeeping = worker(**LANES["housekeeping"])
    run = submit("rehearsal")
    assert claims.claim(run.id, worker="dead", lease_s=60)
    with out_of_reach(servers.rabbitmq):
        assert not is_rabbitmq_reachable()
        TaskRun.objects.filter(id=run.id).update(lease_until=Now() - timedelta(seconds=1))
        pending = TaskRun.objects.filter(id=run.id, state=State.PENDING)
        wait_for(pending.exists, worker=housekeeping)
        wait_for(lambda: Client().get("/health/ready").json()["sweep"] == "ok", worker=housekeeping)
        assert Client().get("/health/ready").json()["beat"] == "late: never seen"
        assert housekeeping.alive
        assert "the broker is away" in housekeeping.read_log()
