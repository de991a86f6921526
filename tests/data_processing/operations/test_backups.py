"""A backup is restored into an empty system: all rows, the dataset, and what counts on from them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql
from pytest_django import Settings

from contracts.snapshot import versions
from contracts.snapshot.versions import Snapshot
from data_processing.lifecycle import runner
from data_processing.models import Pulse
from tests.machine import MakeRun
from tools.stack.servers import PostgreSQL

ROOT = Path(__file__).parents[3]
EMPTY = "restored"
TABLES = """
    SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name
"""


@pytest.fixture
def used(transactional_db: None, dataset: Snapshot, make_run: MakeRun, redis_up: None) -> Snapshot:
    """This process's system has a user, a finished task, one that waits, and a dataset."""
    User.objects.create_user("ana", password="right")
    runner.run_attempt(make_run().id, worker="w1")
    make_run("export", {"format": "csv"})
    return dataset


@pytest.fixture
def backup(used: Snapshot, tmp_path: Path) -> Path:
    call_command("backup", str(tmp_path / "backups"))
    (made,) = (tmp_path / "backups").iterdir()
    return made


@pytest.fixture
def empty(postgres: PostgreSQL, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of a system that was never used."""
    url = postgres.create_database(EMPTY)
    yield {"DATABASE_URL": url, "DATA_DIR": str(tmp_path / "other")}
    postgres.drop_database(EMPTY)


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def read_tables(url: str) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with psycopg.connect(url) as database:
        names = [name for (name,) in database.execute(TABLES)]
        rows = {name: database.execute(sql.SQL("TABLE {}").format(sql.Identifier(name))) for name in names}
        return {name: sorted(map(repr, found)) for name, found in rows.items()}


def test_backup_is_restored_into_an_empty_system(
    backup: Path, empty: dict[str, str], used: Snapshot, postgres: PostgreSQL
) -> None:
    told = run("restore", str(backup), **empty)
    assert told.returncode == 0, told.stderr
    assert used.version in told.stdout
    there = read_tables(postgres.database_url(connection.settings_dict["NAME"]))
    assert len(there["data_processing_taskrun"]) == 2
    assert read_tables(empty["DATABASE_URL"]) == there
    root = Path(empty["DATA_DIR"]) / "datasets"
    restored = versions.current(root)
    assert restored.manifest() == used.manifest()
    assert list_files(restored.path) == list_files(used.path)
    with psycopg.connect(empty["DATABASE_URL"]) as database:
        database.execute("INSERT INTO data_processing_pulse (name, beaten_at) VALUES ('new', now())")
    again = run("restore", str(backup), **empty)
    assert "--replace" in again.stderr, "it is used by now"


def list_files(folder: Path) -> set[tuple[str, int]]:
    found = {(path.relative_to(folder).as_posix(), path.stat().st_size) for path in folder.rglob("*")}
    return {(name, size) for name, size in found if name != versions.MANIFEST}


def test_backup_is_for_its_owner_alone(backup: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damaged", ["database.dump", "dataset/*/contracts.duckdb"])
def test_backup_that_is_damaged_changes_nothing(backup: Path, damaged: str) -> None:
    (file,) = backup.glob(damaged)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(CommandError, match=rf"{file.name} is not as it was written"):
        call_command("restore", str(backup), "--replace")
    file.unlink()
    with pytest.raises(CommandError, match=rf"{file.name} is missing"):
        call_command("restore", str(backup), "--replace")
    assert User.objects.filter(username="ana").exists()


def test_backup_of_a_newer_program_is_refused(backup: Path) -> None:
    file = backup / "manifest.json"
    manifest = json.loads(file.read_text())
    file.write_text(json.dumps({**manifest, "migrations": [*manifest["migrations"], "web.9999_later"]}))
    with pytest.raises(CommandError, match=r"a newer program, which has web\.9999_later"):
        call_command("restore", str(backup), "--replace")


def test_restore_waits_for_no_program_that_still_runs(backup: Path, postgres: PostgreSQL) -> None:
    name = connection.settings_dict["NAME"]
    with (
        psycopg.connect(postgres.database_url(name)),
        pytest.raises(CommandError, match="1 other programs are connected"),
    ):
        call_command("restore", str(backup), "--replace")


def test_what_is_in_place_is_replaced_where_that_is_wanted(
    backup: Path, used: Snapshot, settings: Settings
) -> None:
    User.objects.all().delete()
    Pulse.objects.create(name="after the backup")
    shutil.rmtree(settings.DATASET_ROOT)
    call_command("restore", str(backup), "--replace")
    assert User.objects.get().check_password("right")
    assert not Pulse.objects.exists()
    assert versions.current(settings.DATASET_ROOT).version == used.version


def test_folder_without_a_manifest_is_no_backup(tmp_path: Path, db: None) -> None:
    with pytest.raises(CommandError, match=r"is no backup: it has no manifest\.json"):
        call_command("restore", str(tmp_path))


def test_sqlite_is_backed_up_and_restored(tmp_path: Path) -> None:
    settings = {"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "DATA_DIR": str(tmp_path)}
    assert run("migrate", **settings).returncode == 0
    told = run("backup", str(tmp_path / "backups"), **settings)
    assert told.returncode == 0, told.stderr
    other = {"DATABASE_URL": f"sqlite:///{tmp_path}/other.sqlite3", "DATA_DIR": str(tmp_path)}
    told = run("restore", told.stdout.split()[-1], **other)
    assert told.returncode == 0, told.stderr
    assert "no dataset" in told.stdout
