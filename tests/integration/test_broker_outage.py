"""The broker dies, comes back, comes back empty: accepted tasks are late, not lost."""

from __future__ import annotations

import json

from django.test import Client

from data_processing.models import State, TaskRun
from stack.pytest_servers import Servers
from tests.integration.conftest import StartWorker, Submit, sweep_until_ended

SEARCH = "/api/v1/data-processing/tasks/search/"


def post_search(page: int) -> TaskRun:
    response = Client().post(SEARCH, json.dumps({"page": page}), content_type="application/json")
    assert response.status_code == 202, response.content
    return TaskRun.objects.get(id=response.json()["task_id"])


def test_task_accepted_while_the_broker_is_dead_runs_when_it_is_back(
    worker: StartWorker, servers: Servers
) -> None:
    running = worker()
    servers.rabbitmq.kill()
    try:
        run = post_search(1)
    finally:
        servers.rabbitmq.start()
    sweep_until_ended(run, worker=running)
    assert run.state == State.SUCCESS
    assert run.attempt == 1
    assert running.alive


def test_tasks_waiting_in_a_broker_that_loses_its_data_run_all_the_same(
    worker: StartWorker, submit: Submit, servers: Servers
) -> None:
    waiting = [submit("search", {"page": page}) for page in (1, 2)]
    running = worker(queues="critical,normal")
    servers.rabbitmq.kill()
    servers.rabbitmq.wipe()
    servers.rabbitmq.start()
    helper = worker(queues="high")
    for run in waiting:
        sweep_until_ended(run, worker=helper)
        assert run.state == State.SUCCESS
    assert running.alive
