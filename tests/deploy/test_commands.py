"""Command lines of the compose file that no other service needs, run on this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.deploy.compose import ROOT, SECRETS, read_config
from tools.stack.children import kill_group, spawn, wait_until
from tools.stack.ports import pick_port


def test_certificate_is_made_once(tmp_path: Path) -> None:
    make = ["sh", str(ROOT / "deploy" / "certificate.sh"), str(tmp_path)]
    subprocess.run(make, check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(made) == {"certificate.pem", "key.pem"}
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    subprocess.run(make, check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == made


def test_redis_wants_its_password_and_its_health_check_has_it(tmp_path: Path) -> None:
    service = read_config("docker-compose.yml")["services"]["redis"]
    port = str(pick_port())
    command = [*service["command"], "--port", port, "--dir", str(tmp_path)]
    program, *rest = service["healthcheck"]["test"][1:]
    check = [program, "-p", port, *rest]

    def is_healthy(**environment: str) -> bool:
        return not subprocess.run(
            check, env={**os.environ, **environment}, capture_output=True, check=False
        ).returncode

    with (tmp_path / "log").open("ab") as output:
        child = spawn(command, environment=os.environ, folder=tmp_path, output=output)
    try:
        password = {"REDISCLI_AUTH": SECRETS["REDIS_PASSWORD"]}
        assert service["environment"] == password
        wait_until(
            lambda: is_healthy(**password), child=child, name="redis", within_s=20, log=tmp_path / "log"
        )
        assert not is_healthy()
        assert not is_healthy(REDISCLI_AUTH="guessed")
    finally:
        kill_group(child)
