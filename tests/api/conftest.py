"""Clients of the API: an anonymous visitor, another one, a member of staff."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.test import Client

from contracts.snapshot.versions import Snapshot
from data_processing.lifecycle import runner
from data_processing.lifecycle.publisher import publisher
from data_processing.models import TaskRun
from tools.stack.servers import Redis

TASKS = "/api/v1/data-processing/tasks/"
EXPORTS = "/api/v1/data-processing/exports/"
Post = Callable[..., Any]


@pytest.fixture
def visitor(dataset: Snapshot, db: None, monkeypatch: pytest.MonkeyPatch) -> Client:
    """An anonymous visitor. No broker runs; requests do not wait to find that out each time."""
    monkeypatch.setattr(publisher, "_rests_until", float("inf"))
    return Client()


@pytest.fixture
def other(visitor: Client) -> Client:
    return Client()


@pytest.fixture
def staff(visitor: Client) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("ops", is_staff=True))
    return client


@pytest.fixture
def live(redis_up: None, redis_server: Redis) -> Iterator[redis.Redis]:
    """A client of the Redis that holds live progress, empty at first."""
    with redis.Redis.from_url(redis_server.database_url(1)) as client:
        client.flushdb()
        yield client


def post(client: Client, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Any:
    """POST ``body`` as JSON; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, json.dumps(body or {}), content_type="application/json", headers=named)


def start(client: Client, kind: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Start a task; the answer's body."""
    response = post(client, f"{TASKS}{kind}/", body)
    assert response.status_code == 202, response.content
    answer: dict[str, Any] = response.json()
    return answer


def work_off() -> None:
    """Do what a worker would do with every pending run."""
    for run in TaskRun.objects.filter(state="PENDING").order_by("created_at"):
        runner.run_attempt(run.id, worker="test")
