"""The compose files as a compose program reads them: merged, with the variables filled in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
# podman-compose 1.6 makes four classes anew for each text that it looks for variables in, which is most of
# its time; texts without a $ have none.
PROGRAM = """
import podman_compose
interpolate = podman_compose.var_interpolate
podman_compose.var_interpolate = lambda text, env: interpolate(text, env) if "$" in text else text
podman_compose.main()
"""
SECRETS = {
    "SECRET_KEY": "SecretKeyOfTheComposeTestThatIsLongEnoughForDjangosOwnChecks",
    "POSTGRES_PASSWORD": "PostgresPasswordOfTheTest",
    "RABBITMQ_PASSWORD": "RabbitPasswordOfTheTest",
    "RABBITMQ_WEB_PASSWORD": "RabbitPasswordOfTheWebServer",
    "RABBITMQ_WORKER_PASSWORD": "RabbitPasswordOfTheWorkers",
    "RABBITMQ_BEAT_PASSWORD": "RabbitPasswordOfBeat",
    "RABBITMQ_FLOWER_PASSWORD": "RabbitPasswordOfFlower",
    "REDIS_PASSWORD": "RedisPasswordOfTheTest",
    "FLOWER_PASSWORD": "FlowerPasswordOfTheTest",
}


def run_config(
    files: Sequence[str], variables: Mapping[str, str], *, profiles: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """`config` of the compose program with these variables alone; --dry-run, because it asks for no container
    engine then."""
    chosen = [part for file in files for part in ("--file", str(ROOT / file))]
    switches = [part for profile in profiles for part in ("--profile", profile)]
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "--dry-run", "--env-file", os.devnull, *chosen, *switches, "config"],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


@cache
def read_config(*files: str, profiles: tuple[str, ...] = (), **variables: str) -> dict[str, Any]:
    """The merged configuration of the files, with the variables beside the secrets."""
    run = run_config(files, {**SECRETS, **variables}, profiles=profiles)
    assert run.returncode == 0, run.stderr
    config = yaml.load(run.stdout, Loader=yaml.CSafeLoader)
    assert isinstance(config, dict)
    for service in config["services"].values():
        service["environment"] = _resolve(service.get("environment") or {}, variables)
    return config


def _resolve(environment: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    """What a container gets: a variable without a value is passed on where it is set."""
    given = {name: variables.get(name) if text is None else str(text) for name, text in environment.items()}
    return {name: text for name, text in given.items() if text is not None}
