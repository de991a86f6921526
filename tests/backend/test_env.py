"""A native start reads .env in the checkout; what the environment sets wins."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from django.core.exceptions import ImproperlyConfigured

from backend import env
from tests.copies import ROOT, copy_rooms, run_in
from tools.stack.children import kill_group, spawn, wait_until
from tools.stack.ports import LOOPBACK, is_listening, pick_port

FILE = """
# A comment, and a value in quotes.
TIME_ZONE="Asia/Tokyo"
ALLOWED_HOSTS=from.the.file
REDIS_URL=redis://from.the.file/3
DATABASE_URL=sqlite:///from-the-file.sqlite3
CELERY_BROKER_URL=memory://
"""
SHOW = """
import json, sys
from backend import settings
json.dump([settings.TIME_ZONE, settings.CELERY_RESULT_BACKEND], sys.stdout)
"""
RESULT_BACKENDS = ("CELERY_RESULT_BACKEND", "CELERY_RESULTS_BACKEND_URL", "REDIS_URL")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with a .env."""
    copy = copy_rooms(tmp_path_factory.mktemp("checkout") / "copy")
    shutil.copy(ROOT / "manage.py", copy)
    (copy / ".env").write_text(FILE)
    (copy / "var").mkdir()
    return copy


@pytest.fixture
def environment() -> dict[str, str]:
    """Of a shell in which nothing of ours is set."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


def test_manage_py_reads_the_file(checkout: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "diffsettings"]
    run = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=True)
    assert "TIME_ZONE = 'Asia/Tokyo'" in run.stdout


def test_celery_reads_the_file(checkout: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "celery", "-A", "backend", "report"]
    run = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=True)
    assert "TIME_ZONE: 'Asia/Tokyo'" in run.stdout
    assert "results:redis://from.the.file/3" in run.stdout


@pytest.fixture
def port(checkout: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[int]:
    """Of a web server in the copy."""
    port, log = pick_port(), tmp_path / "log"
    command = [sys.executable, "-m", "backend.server", "--port", str(port)]
    with log.open("ab") as output:
        child = spawn(command, environment=environment, folder=checkout, output=output)
    try:
        wait_until(lambda: is_listening(port), child=child, name="web", within_s=60, log=log)
        yield port
    finally:
        kill_group(child)


def test_web_server_reads_the_file(port: int) -> None:
    def ask(host: str) -> int:
        request = urllib.request.Request(f"http://{LOOPBACK}:{port}/health/live", headers={"Host": host})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code

    assert ask("from.the.file") == 200
    assert ask("localhost") == 400


def test_environment_wins_over_the_file(checkout: Path) -> None:
    assert run_in(checkout, SHOW) == ["Asia/Tokyo", "redis://from.the.file/3"]
    assert run_in(checkout, SHOW, TIME_ZONE="UTC") == ["UTC", "redis://from.the.file/3"]
    assert run_in(checkout, SHOW, ENV_FILE=os.devnull)[0] == "Asia/Manila"


def test_first_name_of_the_result_backend_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RESULT_BACKENDS:
        monkeypatch.setenv(name, f"redis://{name.lower()}")
    for name in RESULT_BACKENDS:
        found = env.text(RESULT_BACKENDS[0], "redis://default", aliases=RESULT_BACKENDS[1:])
        assert found == f"redis://{name.lower()}"
        monkeypatch.setenv(name, "")


def test_file_that_is_named_and_not_there_is_told(checkout: Path) -> None:
    command = [sys.executable, "manage.py", "check"]
    environment = {**os.environ, "ENV_FILE": "/nowhere/settings"}
    run = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "ENV_FILE: there is no file /nowhere/settings" in run.stderr


def test_networks_are_read_and_what_is_none_is_told_by_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_NETWORKS", "10.1.0.0/16, fd00:1::/64")
    assert [str(one) for one in env.networks("WEBHOOK_NETWORKS")] == ["10.1.0.0/16", "fd00:1::/64"]
    monkeypatch.setenv("WEBHOOK_NETWORKS", "10.1.0.7/16")
    with pytest.raises(ImproperlyConfigured, match="WEBHOOK_NETWORKS"):
        env.networks("WEBHOOK_NETWORKS")
