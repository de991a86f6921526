"""The start scripts do what the containers do."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.compose import ROOT, read_config

SCRIPTS = {
    "worker-housekeeping": ("start_celery_worker.sh", "housekeeping"),
    "worker-interactive": ("start_celery_worker.sh", "interactive"),
    "worker-bulk": ("start_celery_worker.sh", "bulk"),
    "beat": ("start_celery_beat.sh",),
}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = read_config("docker-compose.yml")["services"]
    return found


def run_script(*command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    script, *arguments = command
    return subprocess.run(
        [ROOT / "scripts" / script, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("service", SCRIPTS)
def test_script_starts_what_the_container_starts(
    service: str, services: dict[str, Any], tmp_path: Path
) -> None:
    told = run_script(*SCRIPTS[service], "--extra", folder=tmp_path, CELERY="echo")
    program, *arguments = services[service]["command"]
    assert program == "celery"
    assert told.stdout == " ".join([*arguments, "--extra"]) + "\n"


def test_worker_of_a_script_stops_gracefully_as_in_its_container(
    services: dict[str, Any], tmp_path: Path
) -> None:
    printer = tmp_path / "printer"
    printer.write_text("#!/bin/sh\nenv\n")
    printer.chmod(0o755)
    told = run_script("start_celery_worker.sh", "bulk", folder=tmp_path, CELERY=str(printer)).stdout
    container = services["worker-bulk"]["environment"]
    for name in ("REMAP_SIGTERM", "DATABASE_POOL_SIZE"):
        assert f"{name}={container[name]}\n" in told


def test_unknown_lane_is_refused(tmp_path: Path) -> None:
    refused = run_script("start_celery_worker.sh", "fast", folder=tmp_path, CELERY="echo")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "housekeeping|interactive|bulk" in refused.stderr
