"""`make demo` as a person runs it: one command, real processes, nothing left behind."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.tools.stack.commands import list_processes_of, run
from tools.stack.ports import pick_port

CONTRACTS = "300"
KEYS = {
    "export_path",
    "rows",
    "export_seconds",
    "search_ms",
    "aggregates_ms",
    "broker",
    "result_backend",
    "database",
}


def run_demo(folder: Path, **configured: str) -> subprocess.CompletedProcess[str]:
    return run("demo", "--contracts", CONTRACTS, "--folder", str(folder), **configured)


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(demo_folder: Path) -> subprocess.CompletedProcess[str]:
    return run_demo(demo_folder)


def test_demo_ends_well_with_one_json_line(demo: subprocess.CompletedProcess[str]) -> None:
    assert demo.returncode == 0, demo.stderr
    outcome = json.loads(demo.stdout.splitlines()[-1])
    assert set(outcome) == KEYS
    assert (outcome["broker"], outcome["result_backend"]) == ("redis (embedded)", "redis (embedded)")
    assert outcome["database"] == "sqlite (embedded)"
    assert min(outcome["search_ms"], outcome["aggregates_ms"], outcome["export_seconds"]) > 0


def test_file_of_the_demo_holds_exactly_the_counted_rows(demo: subprocess.CompletedProcess[str]) -> None:
    outcome = json.loads(demo.stdout.splitlines()[-1])
    workbook = load_workbook(outcome["export_path"], read_only=True)
    assert sum(1 for _ in workbook["Contracts"].iter_rows()) - 1 == outcome["rows"] > 0


def test_demo_leaves_no_process_behind(demo: subprocess.CompletedProcess[str], demo_folder: Path) -> None:
    assert list_processes_of(demo_folder) == []


def test_demo_refuses_a_folder_with_data_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    refused = run_demo(tmp_path)
    assert refused.returncode == 1
    assert "holds something else" in refused.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_demo_uses_the_servers_that_are_configured_and_says_so(tmp_path: Path) -> None:
    # Nobody listens there: a demo that works uses something else.
    broker, results, database = (f"127.0.0.1:{pick_port()}" for _ in range(3))
    failed = run_demo(
        tmp_path,
        CELERY_BROKER_URL=f"amqp://explorer:secret@{broker}//",
        CELERY_RESULT_BACKEND=f"redis://:secret@{results}/1",
        DATABASE_URL=f"postgresql://explorer:secret@{database}/demo",
    )
    assert (
        f"Broker amqp://{broker}, results redis://{results}, database postgresql://{database}."
        in failed.stdout
    )
    assert failed.returncode == 1
    assert "Connection refused" in failed.stderr
    assert "secret" not in failed.stdout + failed.stderr
    assert not (tmp_path / "redis").exists()
