"""`make up` and `make dev` as a person runs them: what is accepted ends, what was changed is what runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.copies import copy_rooms
from tests.datasets import publish_awards
from tests.tools.stack.commands import WITHIN_S, Up, list_processes_of, run, running_up
from tools.stack.client import TASKS, Client
from tools.stack.connection import NoAnswer
from tools.stack.ports import is_listening
from tools.stack.servers import Redis
from tools.stack.system import CHECKOUT
from tools.stack.up import PROGRAMS, WATCHED, list_concerned

KILLED = ("interactive@%h", "backend.server", "housekeeping@%h", "beat")
"""Of the command lines of all programs but that of exports: a word of each."""

LONG_STEPS, SHORT_STEPS = 100, 10


async def wait_for_status(client: Client, task_id: str, *states: str) -> Any:
    """The status of a task in one of the states or at its end; the web server may be away meanwhile."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        with contextlib.suppress(NoAnswer):
            status = await client.status(task_id)
            if status["ready"] or status["state"] in states:
                return status
        assert time.monotonic() < deadline, f"{task_id} is not as wanted"
        await asyncio.sleep(0.05)


def kill_programs(up: Up) -> None:
    running = {one.pid: one.cmdline() for one in psutil.Process(up.process.pid).children()}
    killed = [pid for pid, command in running.items() if set(KILLED) & set(command)]
    assert len(killed) == len(KILLED)
    for pid in killed:
        os.killpg(pid, signal.SIGKILL)


def kill_redis(up: Up) -> None:
    """The one that `make up` has started, with all messages and results in it."""
    (killed,) = [
        one.pid
        for one in psutil.Process(up.process.pid).children()
        # One that has just ended has no command any more.
        if one.status() != psutil.STATUS_ZOMBIE and "valkey-server" in " ".join(one.cmdline())
    ]
    os.killpg(killed, signal.SIGKILL)
    up.wait(lambda: up.count("embedded-redis", "started again as process") == 1)


async def kill_programs_amid_tasks(up: Up) -> list[Any]:
    """How tasks ended that were accepted before."""
    client = Client(up.url)
    assert (await client.answer("search", {"filters": {}}, within_s=WITHIN_S))["total_rows"] > 0
    accepted = [
        (await client.post(f"{TASKS}/rehearsal/", {"number": number, "steps": steps}))["task_id"]
        for number, steps in enumerate([LONG_STEPS] * 2 + [SHORT_STEPS] * 10)
    ]
    await wait_for_status(client, accepted[0], "STARTED", "PROGRESS")
    kill_programs(up)
    kill_redis(up)
    endings = [await wait_for_status(client, task_id) for task_id in accepted]
    keywords = {"filters": {"keywords": ["road"]}}
    assert "total_rows" in await client.answer("search", keywords, within_s=WITHIN_S)
    return endings


def test_up_serves_until_interrupted_and_accepted_tasks_end_once_although_its_programs_are_killed(
    tmp_path: Path,
) -> None:
    # That little is said must not hide that the programs are ready.
    with running_up(tmp_path, REHEARSALS="1", RETRY_DELAYS_S="1,1,1", LOG_LEVEL="ERROR") as up:
        assert b"<html" in urllib.request.urlopen(f"{up.url}/", timeout=WITHIN_S).read()
        endings = asyncio.run(kill_programs_amid_tasks(up))
        assert {ending["state"] for ending in endings} == {"SUCCESS"}
        outcomes = [[attempt["outcome"] for attempt in ending["attempts"]] for ending in endings]
        assert all(named.count("succeeded") == 1 for named in outcomes)
        assert any(named == ["lost", "succeeded"] for named in outcomes)
    assert up.count("signal SIGKILL", "starting again") == len(KILLED) + 1
    assert up.count("started again as process") == len(KILLED) + 1
    assert not is_listening(up.port)
    assert list_processes_of(tmp_path) == []


def test_up_says_that_its_port_is_taken(redis_server: Redis, tmp_path: Path) -> None:
    refused = run("up", DATA_DIR=str(tmp_path), PORT=str(redis_server.port))
    assert refused.returncode == 1
    assert f"port {redis_server.port} is in use" in refused.stderr


class Copy:
    """A copy of the code of the product and of tools.stack, to be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = copy_rooms(folder, (*WATCHED, "tools"))
        shutil.copy(CHECKOUT / "manage.py", folder)

    def change(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "code")


@pytest.fixture
def development(copy: Copy, tmp_path: Path) -> Iterator[Up]:
    """`make dev` on the copy, without what a change restarts just as the others, and with contracts."""
    publish_awards(tmp_path / "data" / "datasets")
    left_out = [f"--without={name}" for name in ("bulk", "housekeeping", "beat")]
    with running_up(tmp_path / "data", "--reload", *left_out, code=copy.folder) as development:
        development.wait(lambda: development.count("stack", "find this system") == 1)
        yield development
    assert development.count("stack", "no contracts yet") == 0
    assert not (development.data / "addresses.sh").exists()


def shows(url: str, text: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=WITHIN_S) as answer:
            return text in answer.read().decode()
    except OSError:  # it is being started again
        return False


def test_change_of_the_code_is_served_by_the_processes_that_run_it(copy: Copy, development: Up) -> None:
    assert development.count("bulk", "ready.") == 0
    addresses = (development.data / "addresses.sh").read_text()
    assert f"DATA_DIR={development.data}\n" in addresses
    assert "CELERY_BROKER_URL=redis://" in addresses

    copy.change("web/templates/web/help.html", "</h1>", " of the day</h1>")
    told = "changed: web/templates/web/help.html; starting again: web"
    development.wait(lambda: development.count("stack", told) == 1)
    development.wait(lambda: shows(f"{development.url}/help/", " of the day</h1>"))
    assert development.count("interactive", "ready.") == 1

    copy.change("contracts/fields.py", '"Award title"', '"Title of the award"')
    told = "changed: contracts/fields.py; starting again: web, interactive"
    development.wait(lambda: development.count("stack", told) == 1)
    development.wait(lambda: shows(f"{development.url}/api/v1/contracts/columns/", "Title of the award"))
    development.wait(lambda: development.count("interactive", "ready.") == 2)
    log = (development.data / "logs" / "interactive.log").read_text()
    assert log.count("ready.") == 2


def test_code_of_pages_and_api_concerns_the_web_server_alone() -> None:
    assert list_concerned(["web/views.py", "api/urls.py"]) == ("web",)
    assert list_concerned(["web/views.py", "contracts/fields.py"]) == PROGRAMS
