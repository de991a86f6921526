"""The plugin: addresses are there from the start, servers only when a test asks for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
QUIET = """
import os
from django.conf import settings
from tools.stack.ports import is_listening

def test_addresses(chosen_servers):
    assert os.environ["CELERY_BROKER_URL"] == settings.CELERY_BROKER_URL == chosen_servers.rabbitmq.url
    assert os.environ["CELERY_RESULT_BACKEND"] == settings.CELERY_RESULT_BACKEND
    assert settings.DATABASES["default"]["PORT"] == chosen_servers.postgres.port

def test_nothing_runs(chosen_servers):
    for server in (chosen_servers.rabbitmq, chosen_servers.postgres, chosen_servers.redis):
        assert not server.is_running
        assert not is_listening(server.port)
"""
DATABASE = """
import pytest
from django.db import connection

@pytest.mark.django_db
def test_database_is_postgresql(chosen_servers):
    assert connection.vendor == "postgresql"
    assert chosen_servers.postgres.is_running
    assert not chosen_servers.rabbitmq.is_running
    print("POSTGRES", chosen_servers.postgres.pid, chosen_servers.postgres.folder)
"""
ENGINE = """
def test_runs_without_django(pytestconfig):
    assert not pytestconfig.pluginmanager.hasplugin("django")
"""


def run_pytest(code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    test = folder / "test_inner.py"
    test.write_text(code)
    settings = ["-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider", "-s", "-q"]
    # Another configuration than that of the outer session, whose addresses must not be taken over.
    inherited = ("DATABASE_URL", "CELERY_", "DATA_DIR", "PYTEST_")
    environment = {name: text for name, text in os.environ.items() if not name.startswith(inherited)}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *settings, *arguments, str(test)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def test_settings_know_the_addresses_and_no_server_is_started_for_nothing(tmp_path: Path) -> None:
    run = run_pytest(QUIET, tmp_path)
    assert run.returncode == 0, run.stdout


def test_database_fixture_starts_postgresql_alone_and_the_session_stops_it(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    run = run_pytest(DATABASE, tmp_path, "--no-migrations")
    assert run.returncode == 0, run.stdout
    pid, folder = next(line.split()[1:] for line in run.stdout.splitlines() if line.startswith("POSTGRES"))
    assert not Path(f"/proc/{pid}").exists()
    assert not Path(folder).exists()


def test_engine_tests_need_no_django(tmp_path: Path) -> None:
    run = run_pytest(ENGINE, tmp_path, "-p", "no:django")
    assert run.returncode == 0, run.stdout
