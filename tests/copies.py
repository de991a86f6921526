"""A copy of the checkout that a test may change, and programs that run in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ROOMS: tuple[str, ...] = tuple(
    room
    for room in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
    if room != "tools"
)
"""The rooms of the product, as the floors are declared."""
PRODUCT = tuple(room for room in ROOMS if room != "compat")
"""Those that it cannot do without."""


def copy_rooms(folder: Path, rooms: Iterable[str] = PRODUCT) -> Path:
    """Copy these top-level packages into the folder, which is made; what is compiled comes with them."""
    for room in rooms:
        shutil.copytree(ROOT / room, folder / room)
    return folder


def insert_before(line: str, added: str, *, file: Path) -> None:
    """Put text before the one place of the file that has this beginning of a line."""
    text = file.read_text(encoding="utf-8")
    assert text.count(line) == 1
    file.write_text(text.replace(line, added + line), encoding="utf-8")


def run_in(copy: Path, program: str, **variables: str) -> Any:
    """Run Python text in the copy, with its settings and none of this process's; the JSON that it prints."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    own = {"DJANGO_SETTINGS_MODULE": "backend.settings", "PYTHONPATH": str(copy)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=copy,
        env={**kept, **own, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
