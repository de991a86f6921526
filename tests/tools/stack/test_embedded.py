"""The promise in the embedded mode: SQLite, a Redis from a wheel, and SIGKILL to everything that is ours."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.stack.client import TASKS, Client
from tools.stack.logs import FileLog
from tools.stack.ports import pick_port
from tools.stack.system import System

KILLED = ("interactive", "web", "housekeeping", "beat")
WITHIN_S = 90
CONFIGURED = ("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "DATABASE_URL", "DATA_DIR")


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """The embedded system, with rehearsals and without contracts."""
    configured = {
        **{name: value for name, value in os.environ.items() if name not in CONFIGURED},
        "REHEARSALS": "1",
        "RETRY_DELAYS_S": "1,1,1",
    }
    folder = tmp_path / "data"
    with System(folder, port=pick_port(), write=FileLog(tmp_path / "logs"), configured=configured) as system:
        system.start_servers()
        system.start_processes()
        yield system


def ask(client: Client, path: str, **query: str) -> Any:
    """The answer, also when the web server is being started again."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        try:
            return client.get(path, **query)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def wait_for_end(client: Client, task_id: str) -> Any:
    deadline = time.monotonic() + WITHIN_S
    while not (status := ask(client, f"{TASKS}/status/", task_id=task_id))["ready"]:
        assert time.monotonic() < deadline, status
        time.sleep(0.2)
    return status


def wait_for_state(client: Client, task_id: str, *states: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while (state := ask(client, f"{TASKS}/status/", task_id=task_id)["state"]) not in states:
        assert time.monotonic() < deadline, state
        time.sleep(0.05)


def test_accepted_tasks_end_once_although_worker_web_and_beat_are_killed(system: System) -> None:
    client = Client(system.url)
    long_steps, short_steps = 100, 10
    accepted = [
        client.post(f"{TASKS}/rehearsal/", {"number": number, "steps": steps})["task_id"]
        for number, steps in enumerate([long_steps] * 2 + [short_steps] * 10)
    ]
    wait_for_state(client, accepted[0], "STARTED", "PROGRESS")
    for name in KILLED:
        os.killpg(system.pid(name), signal.SIGKILL)
    endings = [wait_for_end(client, task_id) for task_id in accepted]
    assert {ending["state"] for ending in endings} == {"SUCCESS"}
    outcomes = [[attempt["outcome"] for attempt in ending["attempts"]] for ending in endings]
    assert all(named.count("succeeded") == 1 for named in outcomes)
    assert any(named == ["lost", "succeeded"] for named in outcomes)
