"""Real worker processes on the test's own database, dataset and broker."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.db import connection
from pytest_django import Settings

from contracts.snapshot.versions import Snapshot
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle import submission
from data_processing.models import TaskRun
from data_processing.operations import maintenance
from tests.brokers import publish_like_the_web
from tests.datasets import publish_awards
from tests.integration.website import StartWeb, Web
from tools.stack.children import kill_group, read_tail, spawn, stop_child, wait_until
from tools.stack.servers import Servers

CHECKOUT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 60
STOP_WITHIN_S = 20


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A running ``celery worker``. ``name`` is its node name; ``log`` what it wrote."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def child_pids(self) -> list[int]:
        """The pool's processes, which do the work."""
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def read_log(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> int:
        """Ask it to end, as a restart does; its exit status."""
        if self.alive:
            self.thaw()
        return stop_child(self.process, within_s=STOP_WITHIN_S)

    def kill(self) -> None:
        """SIGKILL to the worker and its children."""
        kill_group(self.process)

    def freeze(self) -> None:
        """SIGSTOP to the worker and its children, until `thaw`."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)


StartWorker = Callable[..., Worker]
Submit = Callable[..., TaskRun]


@pytest.fixture
def dataset(tmp_path: Path, settings: Settings) -> Snapshot:
    """A small dataset that is current for this process and for workers, which have tmp_path as DATA_DIR."""
    settings.DATASET_ROOT = tmp_path / "datasets"
    settings.EXPORT_ROOT = tmp_path / "exports"
    return publish_awards(settings.DATASET_ROOT)


@pytest.fixture
def broker_up(servers: Servers) -> Iterator[None]:
    """RabbitMQ and Redis run, the queues are empty, this process publishes as the web server does."""
    with publish_like_the_web():
        yield


@pytest.fixture
def worker(
    servers: Servers, transactional_db: None, dataset: Snapshot, broker_up: None, tmp_path: Path
) -> Iterator[StartWorker]:
    """Starts ``celery -A backend worker`` on the test's database, by default on all queues with one child;
    returns when it consumes. ``include`` names a module with more tasks; keywords in capitals are variables
    of its environment. All are stopped at the
    end of the test. No Beat runs and none of these workers sweeps, but with ``pool="threads"``: tests call
    data_processing.operations.maintenance when something is due.
    """
    started: list[Worker] = []
    base = _environment(servers, tmp_path)

    def start(
        *,
        queues: str = "critical,high,normal,low",
        name: str = "",
        concurrency: int = 1,
        include: str = "",
        pool: str = "prefork",
        **variables: str,
    ) -> Worker:
        nodename = f"{name or f'w{len(started) + 1}'}@test"
        log = tmp_path / f"{nodename}.log"
        command = _command(nodename, queues=queues, concurrency=concurrency, include=include, pool=pool)
        worker = _spawn(nodename, command, log=log, environment={**base, **variables})
        started.append(worker)
        wait_until(
            lambda: f"{nodename} ready." in worker.read_log(),
            child=worker.process,
            name=nodename,
            within_s=READY_WITHIN_S,
            log=log,
        )
        return worker

    try:
        yield start
    finally:
        for worker in started:
            worker.stop()
            kill_group(worker.process)


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

        def start(*, within: Sequence[str] = (), **variables: str) -> Web:
            web = Web(chosen_servers, tmp_path_factory.mktemp("web"), within=within, **variables)
            started.callback(web.stop)
            return web

        yield start


def has_ended(run: TaskRun) -> bool:
    run.refresh_from_db()
    return run.finished


def sweep_until_ended(run: TaskRun, *, within_s: float = 30, worker: Worker | None = None) -> None:
    """Do what Beat would have done, until the run has ended."""

    def sweep() -> bool:
        maintenance.sweep()
        return has_ended(run)

    wait_for(sweep, within_s=within_s, worker=worker)


def wait_until_ended(run: TaskRun, *, within_s: float = 15, worker: Worker | None = None) -> None:
    wait_for(lambda: has_ended(run), within_s=within_s, worker=worker)


def wait_for(condition: Callable[[], object], *, within_s: float = 15, worker: Worker | None = None) -> None:
    """Poll until ``condition`` holds; AssertionError with the worker's last words when it does not."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            last_words = f"\n{read_tail(worker.log, 40)}" if worker else ""
            raise AssertionError(f"not within {within_s:g} s{last_words}")
        time.sleep(0.05)


def _environment(servers: Servers, data_dir: Path) -> dict[str, str]:
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


def _command(nodename: str, *, queues: str, concurrency: int, include: str, pool: str) -> list[str]:
    command = [sys.executable, "-m", "celery", "-A", "backend", "worker", "--loglevel", "info"]
    options = ["-Q", queues, "-n", nodename, "--pool", pool, "--concurrency", str(concurrency)]
    switches = ["--without-gossip", "--without-mingle"]
    return [*command, *options, *switches, *(["--include", include] if include else [])]


def _spawn(nodename: str, command: list[str], *, log: Path, environment: Mapping[str, str]) -> Worker:
    with log.open("ab") as output:
        process = spawn(command, environment=environment, folder=CHECKOUT, output=output)
    return Worker(name=nodename, process=process, log=log)
