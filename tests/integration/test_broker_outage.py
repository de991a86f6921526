"""The broker dies, comes back, comes back empty, blocks: tasks are late, not lost, and no request waits."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from data_processing.models import State, TaskRun
from tests.brokers import blocked_by_alarm
from tests.integration.conftest import StartWorker, Submit, sweep_until_ended
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.servers import Servers

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


def test_worker_passes_over_addresses_that_are_dead_or_silent(
    worker: StartWorker, submit: Submit, servers: Servers
) -> None:
    dead = f"amqp://guest:guest@{LOOPBACK}:{pick_port()}//"
    with socket.create_server((LOOPBACK, 0)) as server:
        silent = f"amqp://guest:guest@{LOOPBACK}:{server.getsockname()[1]}//"
        running = worker(CELERY_BROKER_URL=f"{dead};{silent};{servers.rabbitmq.url}")
        run = submit("search")
        sweep_until_ended(run, worker=running)
        assert run.state == State.SUCCESS
        # Celery's step for delayed messages would have spent seventeen seconds on a dead address.
        assert "delayed delivery" not in running.read_log()


def test_blocked_broker_holds_no_request_up_is_named_and_gets_its_messages_later(
    worker: StartWorker, servers: Servers
) -> None:
    running = worker()
    operator = Client()
    operator.force_login(User.objects.create_user("ops", is_staff=True))

    def ask(path: str, *, within_s: float) -> Any:
        began = time.monotonic()
        answer = operator.get(path)
        assert time.monotonic() - began < within_s
        assert answer.status_code == 200, answer.content
        return answer.json()

    with blocked_by_alarm(servers.rabbitmq):
        began = time.monotonic()
        posted = [post_search(page) for page in (1, 2, 3)]
        assert time.monotonic() - began < 3, "a second for each request"
        assert ask("/health/ready", within_s=2)["broker"] == "blocked"
        assert ask("/api/v1/ops/workers/", within_s=2) == {"broker": "blocked", "workers": []}
        queues = ask("/api/v1/ops/queues/", within_s=3)
        assert (queues["broker"], queues["queues"][0]["depth"]) == ("blocked", 0)
    for run in posted:
        sweep_until_ended(run, worker=running)
        assert run.state == State.SUCCESS
    assert ask("/health/ready", within_s=5)["broker"] == "ok"
