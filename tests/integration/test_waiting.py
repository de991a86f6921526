"""Clients that wait, read slowly and hang up, at a real web server that has few database connections: what
others ask is answered all the same."""

from __future__ import annotations

import contextlib
import resource
import socket
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from backend.asgi import REQUEST_THREADS
from contracts.progress import Progress
from data_processing.lifecycle.runs import endings
from data_processing.models import ExportFile, TaskRun
from data_processing.outputs import results
from tests.integration.website import (
    EXPORTS,
    POOL_SIZE,
    TASKS,
    Connection,
    StartWeb,
    Web,
    claim,
    submit,
    wait_for,
)
from tools.stack.ports import LOOPBACK

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 2 * REQUEST_THREADS
LARGE_BYTES = 6_000_000
"""More than the system takes off the server's hands for a client that does not read."""


@pytest.fixture(scope="module")
def broker_port() -> Iterator[int]:
    """Of a broker that takes connections and never says a word."""
    with socket.create_server((LOOPBACK, 0), backlog=1000) as silent:
        yield silent.getsockname()[1]


@pytest.fixture(scope="module")
def web(start_web: StartWeb, broker_port: int) -> Web:
    """The web server of all tests that leave it alive."""
    broker = f"amqp://guest:guest@{LOOPBACK}:{broker_port}//"
    return start_web(REHEARSALS="1", MAX_WAITERS=str(CROWD), CELERY_BROKER_URL=broker)


@contextlib.contextmanager
def waiting(web: Web, *, wait_s: int = 30) -> Iterator[list[Connection]]:
    """A crowd that waits, each of whom is another visitor, for tasks that nobody does."""
    with contextlib.ExitStack() as crowd:
        yield [
            crowd.enter_context(
                web.post(
                    f"{TASKS}rehearsal/", {"number": number}, owner=f"w{number}", Prefer=f"wait={wait_s}"
                )
            )
            for number in range(CROWD)
        ]


def work_off() -> None:
    """Do what a worker would do with every run."""
    for run in TaskRun.objects.filter(state="PENDING"):
        progress = Progress(phase="rehearsing", current=1, total=1, unit="steps")
        assert endings.succeed(claim(run), result=run.request, keep_s=60, progress=progress)
        results.announce_end(run.id)


def test_waits_keep_nobody_from_the_api_and_are_answered_when_their_tasks_end(web: Web) -> None:
    before = web.count_threads()
    other = submit()
    with waiting(web) as crowd:
        wait_for(lambda: TaskRun.objects.filter(kind="rehearsal").count() == CROWD)
        for _ in range(POOL_SIZE):
            assert web.status(other)["state"] == "PENDING"
        assert web.count_threads() < before + CROWD
        work_off()
        answers = [connection.response for connection in crowd]
        assert {answer.status for answer in answers} == {200}
        assert {answer.headers["Preference-Applied"] for answer in answers} == {"wait=30"}
        numbers = [connection.read_body()["data"]["number"] for connection in crowd]
    assert numbers == list(range(CROWD))


def test_waits_that_are_over_are_all_answered(web: Web) -> None:
    with waiting(web, wait_s=1) as crowd:
        assert {connection.response.status for connection in crowd} == {202}
        assert {connection.read_body()["state"] for connection in crowd} == {"PENDING"}


def test_clients_that_hang_up_make_room_for_others(web: Web) -> None:
    with waiting(web):
        wait_for(lambda: TaskRun.objects.filter(kind="rehearsal").count() == CROWD)
    TaskRun.objects.all().delete()
    wait_for(lambda: web.count_connections(web.port) == 0)
    with waiting(web, wait_s=1) as crowd:
        applied = [connection.response.headers["Preference-Applied"] for connection in crowd]
    assert applied == ["wait=1"] * CROWD


@pytest.fixture
def large_export(web: Web) -> ExportFile:
    """A file of the visitor "a" that is not read at once."""
    run = submit()
    path = web.folder / "exports" / f"{run.id}.1.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x" * LARGE_BYTES)
    return ExportFile.objects.create(
        run=run,
        owner=run.owner,
        name="large.csv",
        path=path.name,
        format="csv",
        rows=1,
        size_bytes=LARGE_BYTES,
        sha256="0" * 64,
        filters_in_words="all",
        dataset_version=run.dataset_version,
        expires_at=run.created_at.replace(year=2100),
    )


def test_slow_downloads_keep_nobody_from_the_api(web: Web, large_export: ExportFile) -> None:
    with contextlib.ExitStack() as crowd:
        opened = [
            crowd.enter_context(web.get(f"{EXPORTS}{large_export.pk}/download/", buffer_bytes=4096))
            for _ in range(CROWD)
        ]
        assert {connection.response.status for connection in opened} == {200}
        assert all(connection.response.read(1000) == b"x" * 1000 for connection in opened)
        other = submit()
        for _ in range(POOL_SIZE):
            assert web.status(other)["state"] == "PENDING"
    wait_for(lambda: not any(large_export.path in file.path for file in web.process.open_files()))


def test_large_answers_to_slow_readers_keep_nobody_from_the_api(web: Web) -> None:
    run = submit()
    progress = Progress(phase="searching", current=1, total=1, unit="rows")
    assert endings.succeed(claim(run), result={"rows": "x" * LARGE_BYTES}, keep_s=60, progress=progress)
    with contextlib.ExitStack() as crowd:
        for _ in range(2 * POOL_SIZE):
            slow = crowd.enter_context(web.get(f"{TASKS}result/?task_id={run.id}", buffer_bytes=4096))
            assert slow.response.status == 200
        for _ in range(POOL_SIZE):
            assert web.status(run)["state"] == "SUCCESS"


def test_staff_who_ask_a_broker_that_is_silent_keep_nobody_from_the_api(web: Web, broker_port: int) -> None:
    client = Client()
    client.force_login(User.objects.create_user("ops", is_staff=True))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].OutputString(attrs=[])
    other = submit()
    with contextlib.ExitStack() as crowd:
        asking = [
            crowd.enter_context(web.get("/api/v1/ops/queues/", Cookie=cookie))
            for _ in range(REQUEST_THREADS + 1)
        ]
        wait_for(lambda: web.count_connections(broker_port) > 0)
        assert web.status(other)["state"] == "PENDING"
        assert not all(connection.is_answered for connection in asking)
        assert asking[0].response.status == 200
        assert asking[0].read_body()["broker"] == "down"


def test_a_web_process_lets_itself_open_as_many_files_as_it_may(start_web: StartWeb) -> None:
    within = ("sh", "-c", 'ulimit -S -n 256 && exec "$@"', "sh")
    web = start_web(within=within)
    assert web.process.rlimit(resource.RLIMIT_NOFILE)[0] == resource.getrlimit(resource.RLIMIT_NOFILE)[1]
