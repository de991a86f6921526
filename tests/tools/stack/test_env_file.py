"""The file of variables for Docker Compose."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.compose import SECRETS, run_config
from tools.stack import env_file


def read_variables(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_the_file_has_all_that_compose_asks_for(tmp_path: Path) -> None:
    assert env_file.main(tmp_path / ".env") == 0
    variables = read_variables(tmp_path / ".env")
    run = run_config(["docker-compose.yml"], variables)
    assert run.returncode == 0, run.stderr
    drawn = [variables[name] for name in SECRETS]
    assert len(set(drawn)) == len(SECRETS)
    assert min(map(len, drawn)) >= 50


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    env_file.main(tmp_path / ".env")
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_secrets_in_use_are_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=old")
    assert env_file.main(tmp_path / ".env") == 1
    assert (tmp_path / ".env").read_text() == "SECRET_KEY=old"
    assert "is there already" in capsys.readouterr().err
