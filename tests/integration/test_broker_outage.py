"""The broker dies, comes back, comes back empty, blocks: tasks are late, not lost, and no request waits."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from data_processing.lifecycle.runs import cancellation
from data_processing.models import State, TaskRun
from tests.brokers import blocked_by_alarm, count_ready, declare_queues
from tests.integration.conftest import Submit, sweep_until_ended, wait_for
from tests.integration.workers import StartWorker
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.servers import Servers

HELD_UP_S = 12
"""Requests take a second or two when the broker is blocked; one that waited for it would take longer."""

SEARCH = "/api/v1/data-processing/tasks/search/"


def post_search(page: int) -> TaskRun:
    response = Client().post(SEARCH, json.dumps({"page": page}), content_type="application/json")
    assert response.status_code == 202, response.content
    return TaskRun.objects.get(id=response.json()["task_id"])


def test_task_accepted_while_the_broker_is_dead_runs_when_it_is_back(
    shared_worker: StartWorker, servers: Servers
) -> None:
    running = shared_worker()
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
    shared_worker: StartWorker, submit: Submit, servers: Servers
) -> None:
    running = shared_worker()
    at_work = submit("rehearsal", {"steps": 10_000})
    wait_for(TaskRun.objects.filter(id=at_work.id, state=State.STARTED).exists, worker=running)
    waiting = [submit("search", {"page": page}) for page in (1, 2)]
    wait_for(lambda: count_ready("high") == len(waiting))
    servers.rabbitmq.kill()
    servers.rabbitmq.wipe()
    servers.rabbitmq.start()
    declare_queues()
    assert count_ready("high") == 0, "it has lost them"
    cancellation.request_cancel(at_work.id)
    for run in waiting:
        sweep_until_ended(run, worker=running)
        assert run.state == State.SUCCESS
    assert running.alive


def test_blocked_broker_holds_no_request_up_is_named_and_gets_its_messages_later(
    shared_worker: StartWorker, servers: Servers
) -> None:
    running = shared_worker()
    operator = Client()
    operator.force_login(User.objects.create_user("ops", is_staff=True))

    def ask(path: str) -> Any:
        began = time.monotonic()
        answer = operator.get(path)
        assert time.monotonic() - began < HELD_UP_S
        assert answer.status_code == 200, answer.content
        return answer.json()

    with blocked_by_alarm(servers.rabbitmq):
        began = time.monotonic()
        posted = [post_search(page) for page in (1, 2, 3)]
        assert time.monotonic() - began < HELD_UP_S
        assert ask("/health/ready")["broker"] == "blocked"
        assert ask("/api/v1/ops/workers/") == {"broker": "blocked", "workers": []}
        queues = ask("/api/v1/ops/queues/")
        assert (queues["broker"], queues["queues"][0]["depth"]) == ("blocked", 0)
    for run in posted:
        sweep_until_ended(run, worker=running)
        assert run.state == State.SUCCESS
    assert ask("/health/ready")["broker"] == "ok"


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
