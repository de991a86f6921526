"""`make demo` and `make up` as a person runs them: one command, real processes, nothing left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from openpyxl import load_workbook

from tools.stack.children import unmeasured
from tools.stack.client import Client
from tools.stack.ports import is_listening, pick_port
from tools.stack.servers import Servers

ROOT = Path(__file__).parents[3]
CONTRACTS = 3000
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


def make_environment(configured: Mapping[str, str]) -> dict[str, str]:
    """This process's variables without the addresses of its own servers, nor the measuring of its code."""
    own = ("DATABASE_URL", "CELERY_", "DATA_DIR", "DJANGO_")
    return {name: text for name, text in unmeasured().items() if not name.startswith(own)} | dict(configured)


def run_demo(folder: Path, **configured: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.stack.demo", "--contracts", str(CONTRACTS), "--folder", str(folder)],
        env=make_environment(configured),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=300,
    )


def list_processes_of(folder: Path) -> list[str]:
    """Command lines of the processes that work on the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("DATA_DIR") == str(folder):
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


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
    run = run_demo(tmp_path)
    assert run.returncode == 1
    assert "holds something else" in run.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_demo_uses_the_servers_that_are_configured_and_says_so(servers: Servers, tmp_path: Path) -> None:
    servers.postgres.create_database("demo")
    run = run_demo(tmp_path, **servers.environment(database="demo"))
    assert run.returncode == 0, run.stderr
    outcome = json.loads(run.stdout.splitlines()[-1])
    assert outcome["broker"] == f"amqp://127.0.0.1:{servers.rabbitmq.port}"
    assert outcome["result_backend"] == f"redis://127.0.0.1:{servers.redis.port}"
    assert outcome["database"] == f"postgresql://127.0.0.1:{servers.postgres.port}"
    assert servers.rabbitmq.password not in run.stdout + run.stderr
    assert not (tmp_path / "redis").exists()


@contextmanager
def serving(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`make up` on the folder, from its line that it serves; ended by Ctrl-C after the block."""
    lines: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "tools.stack.up"],
        env=make_environment(
            {"DATA_DIR": str(folder), "PORT": str(port), "SAMPLE_CONTRACTS": str(CONTRACTS)}
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            lines.append(line)
            if "serving at" in line:
                break
        try:
            assert "serving at" in lines[-1], "".join(lines)
            yield child, lines
        finally:
            child.send_signal(signal.SIGINT)
            lines.extend(child.communicate(timeout=60)[0].splitlines(keepends=True))


def test_up_serves_until_interrupted_and_survives_the_death_of_a_worker(tmp_path: Path) -> None:
    port = pick_port()
    with serving(tmp_path, port) as (up, lines):
        url = f"http://127.0.0.1:{port}"
        assert b"<html" in urllib.request.urlopen(f"{url}/", timeout=30).read()
        client = Client(url)
        assert client.answer("search", {"filters": {}}, within_s=60)["total_rows"] > 0
        workers = [
            process for process in psutil.Process(up.pid).children() if "interactive@%h" in process.cmdline()
        ]
        workers[0].kill()
        keywords = {"filters": {"keywords": ["road"]}}
        assert "total_rows" in client.answer("search", keywords, within_s=60)
    assert up.returncode == 0, "".join(lines)
    assert any("signal SIGKILL" in line and "starting again" in line for line in lines)
    assert not is_listening(port)
    assert list_processes_of(tmp_path) == []


def test_up_says_that_its_port_is_taken(
    redis_server: Servers, tmp_path: Path, chosen_servers: Servers
) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tools.stack.up"],
        env=make_environment({"DATA_DIR": str(tmp_path), "PORT": str(chosen_servers.redis.port)}),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=120,
    )
    assert run.returncode == 1
    assert f"port {chosen_servers.redis.port} is in use" in run.stderr
