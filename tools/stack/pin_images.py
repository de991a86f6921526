"""Notes which bytes of the servers' images this machine has, as an override for Compose: a tag moves on with
each repair, a digest does not. `python -m tools.stack.pin_images`
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.stack.errors import StackError

COMPOSE = ("docker", "compose", "--file", "docker-compose.yml", "--profile", "*")
OVERRIDE = Path("docker-compose.pinned.yml")


def write_override(file: Path = OVERRIDE) -> int:
    """Write the override; returns how many images it pins. Raises StackError."""
    config = json.loads(_ask([*COMPOSE, "config", "--format", "json"]))
    # Not those that are built here: no registry has them. (Compose's own option for digests trips over them.)
    images = {
        name: service["image"] for name, service in config["services"].items() if "build" not in service
    }
    digests = {image: _read_digest(image) for image in sorted(set(images.values()))}
    pinned = "".join(f'  {name}:\n    image: "{image}@{digests[image]}"\n' for name, image in images.items())
    file.write_text(f"# Written by `make pin`: what this machine has.\nservices:\n{pinned}")
    return len(digests)


def _read_digest(image: str) -> str:
    names: list[str] = json.loads(
        _ask(["docker", "image", "inspect", "--format", "{{json .RepoDigests}}", image])
    )
    if not names:
        raise StackError(f"{image} was not pulled from a registry and has no digest")
    return names[0].rpartition("@")[2]


def _ask(command: Sequence[str]) -> str:
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise StackError("there is no docker on this machine") from None
    if run.returncode:
        raise StackError(f"{' '.join(command)} failed: {run.stderr.strip()}")
    return run.stdout


if __name__ == "__main__":
    try:
        print(f"{write_override()} images are pinned in {OVERRIDE}")
    except StackError as error:
        sys.exit(str(error))
