"""Real worker processes on the test's own database, dataset and broker."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from contracts.snapshot.versions import Snapshot
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle import submission
from data_processing.models import State, TaskRun
from data_processing.operations import maintenance
from tests.brokers import publish_like_the_web
from tests.datasets import publish_awards
from tests.integration.website import CHECKOUT, StartWeb, Web
from tests.integration.workers import Crew, StartWorker, Worker
from tools.stack.children import read_tail
from tools.stack.servers import Servers

PATIENCE_S = 60.0
"""For what takes a moment, but not on a machine that is busy."""

SWEEP_EVERY_S = 0.2

Submit = Callable[..., TaskRun]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DATA_DIR of the module's workers."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def dataset(data_dir: Path, settings: Settings) -> Snapshot:
    """A small dataset of the test's own, current for this process and for the module's workers."""
    settings.DATASET_ROOT = data_dir / "datasets"
    settings.EXPORT_ROOT = data_dir / "exports"
    return publish_awards(settings.DATASET_ROOT)


@pytest.fixture
def broker_up(servers: Servers) -> Iterator[None]:
    """RabbitMQ and Redis run, the queues are empty, this process publishes as the web server does."""
    with publish_like_the_web():
        yield


@pytest.fixture(scope="module")
def crew(
    servers: Servers, django_db_setup: None, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crew]:
    """The module's workers, on the test's database."""
    crew = Crew(environment_of_workers(servers, data_dir), tmp_path_factory.mktemp("workers"))
    try:
        yield crew
    finally:
        crew.dismiss()


@pytest.fixture
def worker(crew: Crew, transactional_db: None, dataset: Snapshot, broker_up: None) -> Iterator[StartWorker]:
    """Starts a worker (see `Crew.start`) that ends with the test; nobody else consumes. No Beat runs: tests
    call data_processing.operations.maintenance when something is due."""
    crew.dismiss()
    try:
        yield crew.start
    finally:
        crew.dismiss()


@pytest.fixture
def shared_worker(
    crew: Crew, transactional_db: None, dataset: Snapshot, broker_up: None
) -> Iterator[StartWorker]:
    """As `worker`, but one that lives and is awake is used again by later tests of the module that want one
    of the same options. Work that a test has not let end goes with all workers."""
    yield crew.share
    if TaskRun.objects.filter(state=State.STARTED).exists():
        crew.dismiss()


@pytest.fixture
def submit(dataset: Snapshot, broker_up: None, transactional_db: None) -> Submit:
    """Accepts a request as the API does: records the run and publishes it."""

    def accept(
        kind: str = "search", body: Mapping[str, Any] | None = None, *, owner: str = "visitor:a"
    ) -> TaskRun:
        wanted = KINDS[kind].request.from_json(body)
        accepted = submission.accept(
            KINDS[kind], wanted, owner=owner, version=dataset.version, idempotency_key=None
        )
        return accepted.run

    return accept


@pytest.fixture(scope="module")
def start_web(
    django_db_setup: None,
    postgres: object,
    redis_server: object,
    chosen_servers: Servers,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[StartWeb]:
    """Starts web servers that stop with the module. Keywords in capitals are variables of the environment."""
    with contextlib.ExitStack() as started:

        def start(*, within: Sequence[str] = (), code: Path = CHECKOUT, **variables: str) -> Web:
            folder = tmp_path_factory.mktemp("web")
            web = Web(chosen_servers, folder, within=within, code=code, **variables)
            started.callback(web.stop)
            return web

        yield start


def has_ended(run: TaskRun) -> bool:
    run.refresh_from_db()
    return run.finished


def sweep_until_ended(run: TaskRun, *, within_s: float = PATIENCE_S, worker: Worker | None = None) -> None:
    """Do what Beat would have done, until the run has ended."""

    def sweep() -> bool:
        maintenance.sweep()
        return has_ended(run)

    wait_for(sweep, within_s=within_s, worker=worker, every_s=SWEEP_EVERY_S)


def wait_until_ended(run: TaskRun, *, within_s: float = PATIENCE_S, worker: Worker | None = None) -> None:
    wait_for(lambda: has_ended(run), within_s=within_s, worker=worker)


def wait_for(
    condition: Callable[[], object],
    *,
    within_s: float = PATIENCE_S,
    worker: Worker | None = None,
    every_s: float = 0.05,
) -> None:
    """Poll until ``condition`` holds; AssertionError with the worker's last words when it does not."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            last_words = f"\n{read_tail(worker.log, 40)}" if worker else ""
            raise AssertionError(f"not within {within_s:g} s{last_words}")
        time.sleep(every_s)


def environment_of_workers(servers: Servers, data_dir: Path) -> dict[str, str]:
    """The variables of a worker on the test's database."""
    database = connection.settings_dict["NAME"]
    return {
        **os.environ,
        **servers.environment(database=database),
        "DATA_DIR": str(data_dir),
        "PYTHONUNBUFFERED": "1",
        "REMAP_SIGTERM": "SIGQUIT",
        "SHUTDOWN_TIMEOUT_S": "2",
        "ENGINE_THREADS": "1",
    }
