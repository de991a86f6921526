"""Each service's command line and health check from the compose file, run on this machine."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError

import psycopg
import pytest

from stack.children import read_tail, spawn, stop_child, unmeasured, wait_until
from stack.ports import pick_port
from stack.pytest_servers import Servers
from tests.deploy.compose import ROOT, SECRETS, read_config

DATABASE = "composed"
TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'django_celery_beat_periodictask'"


class Composed:
    """The compose file's services on this machine's servers."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        self._services = read_config("docker-compose.yml")["services"]
        self._servers = servers
        self._folder = folder
        self._ports = {"3200": str(pick_port()), "5555": str(pick_port())}

    def environment(self, name: str) -> dict[str, str]:
        """The service's own variables, with addresses of this machine's servers."""
        here = {**self._servers.environment(database=DATABASE), "DATA_DIR": str(self._folder)}
        declared = {key: str(text) for key, text in self._services[name]["environment"].items()}
        assert set(here) <= set(declared)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**unmeasured(), **declared, **here, "PATH": path, "HOSTNAME": socket.gethostname()}

    def url(self, port: str) -> str:
        return f"http://127.0.0.1:{self._ports[port]}"

    def translate(self, words: Sequence[str]) -> list[str]:
        """A command line with the ports and the address of this machine."""
        translated = []
        for word in words:
            for port, free in self._ports.items():
                word = word.replace(port, free)
            translated.append(word.replace("0.0.0.0", "127.0.0.1").replace("$$", "$"))
        return translated

    def command(self, name: str) -> list[str]:
        return self.translate(self._services[name]["command"])

    def is_healthy(self, name: str) -> bool:
        """Run the service's health check once."""
        kind, *words = self.translate(self._services[name]["healthcheck"]["test"])
        argv = ["sh", "-c", *words] if kind == "CMD-SHELL" else words
        check = subprocess.run(
            argv, env=self.environment(name), cwd=ROOT, capture_output=True, check=False, timeout=60
        )
        return check.returncode == 0

    @contextmanager
    def running(self, name: str, *, when: str = "") -> Iterator[None]:
        """The service: up by its own health check inside the block, ended by SIGTERM after it.

        A check that takes seconds is not tried before the log says `when`.
        """
        log = self._folder / f"{name}.log"
        with log.open("ab") as output:
            child = spawn(self.command(name), environment=self.environment(name), folder=ROOT, output=output)
        try:
            wait_until(
                lambda: when in log.read_text() and self.is_healthy(name),
                child=child,
                name=name,
                within_s=90,
                log=log,
            )
            yield
        finally:
            status = stop_child(child, within_s=45)
        assert status in (0, -15), read_tail(log)


@pytest.fixture(scope="module")
def composed(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    servers.postgres.create_database(DATABASE)
    composed = Composed(servers, tmp_path_factory.mktemp("composed"))
    subprocess.run(
        composed.command("migrate"), env=composed.environment("migrate"), cwd=ROOT, check=True, timeout=120
    )
    yield composed
    servers.postgres.drop_database(DATABASE)


def get_status(url: str, headers: Mapping[str, str] | None = None) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers or {}))) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_migrate_makes_the_tables_and_can_be_repeated(composed: Composed, servers: Servers) -> None:
    again = subprocess.run(
        composed.command("migrate"), env=composed.environment("migrate"), cwd=ROOT, check=False, timeout=120
    )
    assert again.returncode == 0
    with psycopg.connect(servers.postgres.database_url(DATABASE)) as connection:
        assert connection.execute(TABLES).fetchone() == (1,)


def test_web_serves_its_pages_and_checks_healthy(composed: Composed) -> None:
    with composed.running("web"):
        assert get_status(f"{composed.url('3200')}/health/live") == 200
        assert get_status(f"{composed.url('3200')}/") == 200
        # A host that is not allowed gets nothing.
        assert get_status(f"{composed.url('3200')}/", {"Host": "elsewhere.example"}) == 400
    assert not composed.is_healthy("web")


@pytest.mark.parametrize("lane", ["worker-interactive", "worker-bulk"])
def test_worker_lane_answers_its_health_check(composed: Composed, lane: str) -> None:
    with composed.running(lane, when=" ready."):
        pass


def test_health_check_of_a_worker_fails_without_the_worker(composed: Composed) -> None:
    assert not composed.is_healthy("worker-bulk")


def test_beat_is_healthy_once_it_has_sent_its_tasks(composed: Composed) -> None:
    assert not composed.is_healthy("beat")
    with composed.running("beat"):
        pass


def test_flower_shows_nothing_without_its_password(composed: Composed) -> None:
    with composed.running("flower"):
        page = f"{composed.url('5555')}/workers"
        assert get_status(page) == 401
        assert get_status(page, _basic("admin", SECRETS["FLOWER_PASSWORD"])) == 200
        assert get_status(page, _basic("admin", "guessed")) == 401


def _basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}
