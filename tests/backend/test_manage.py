"""manage.py in a folder of data that is not there yet."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    database = {"DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", **variables}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **database, "DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments", [("use_dataset",), ("import_contracts", "--check", "no.csv"), ("clean_up",), ("migrate",)]
)
def test_command_says_that_the_folder_of_data_is_missing_and_makes_it(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "data" / "explorer"
    told = run(*arguments, folder=folder).stderr
    assert f"{folder} did not exist; it is made" in told
    assert "unable to open database file" not in told
    assert folder.is_dir()


def test_command_checks_the_settings_and_loads_no_view_and_no_library_of_workbooks(tmp_path: Path) -> None:
    told = run("use_dataset", folder=tmp_path, LEASE_S="1", PYTHONPROFILEIMPORTTIME="1")
    assert told.returncode != 0
    assert "backend.E002" in told.stderr
    imported = {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}
    assert "contracts.writers.workbook" in imported
    assert not {"api.problems", "openpyxl"} & imported


def test_command_over_missing_tables_says_which_command_makes_them(tmp_path: Path) -> None:
    told = run("deadletters", "list", folder=tmp_path)
    assert told.returncode != 0
    assert "manage.py migrate" in told.stderr + told.stdout


def test_command_says_that_the_folder_of_data_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = run("use_dataset", folder=tmp_path / "file" / "data")
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        f"DATA_DIR {tmp_path}/file/data is no folder and cannot be made: Not a directory"
    ]
