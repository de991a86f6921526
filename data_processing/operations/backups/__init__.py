"""Backups: the database, the current dataset version, and a manifest with checksums, in one folder.

What is not in it is made again: results and progress in Redis, messages in the broker (from their rows), and
the files of exports (by a rerun, which their owners are offered).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from contracts.errors import NoDataset
from contracts.snapshot import versions
from contracts.snapshot.versions import Snapshot
from data_processing import datasets
from data_processing.operations.backups import database, manifest
from data_processing.operations.backups.manifest import BackupError, Manifest

DATABASE, DATASET = "database.dump", "dataset"
PARTIAL = ".partial"

__all__ = ["BackupError", "Manifest", "make_backup", "restore_backup"]


def make_backup(below: Path) -> Path:
    """A new folder below that one; it has its name once it is whole. Raises BackupError, OSError."""
    made_at = datetime.now(UTC)
    target = below / f"explorer-{made_at:%Y%m%dT%H%M%SZ}"
    with _building(target) as folder:
        database.dump(folder / DATABASE)
        dataset = _copy_dataset(folder)
        described = Manifest(
            made_at=made_at,
            database=connection.vendor,
            server=database.say_version(),
            migrations=database.list_migrations(),
            dataset=dataset,
            files=manifest.describe_files(folder),
        )
        manifest.write(folder, described)
        os.rename(folder, target)
    return target


def restore_backup(folder: Path, *, replace: bool = False) -> Manifest:
    """Put what a backup holds in place, after all of it was checked, and bring the tables up to date. What is
    there already is only replaced where that is wanted. Raises BackupError, OSError."""
    found = manifest.read_checked(folder)
    _refuse_unfit(found, replace=replace)
    # First, because nothing points to it yet: whoever dies between has changed nothing that is used.
    if found.dataset is not None:
        _place_dataset(folder / DATASET / found.dataset)
    database.load(folder / DATABASE)
    if found.dataset is not None:
        versions.use(settings.DATASET_ROOT, found.dataset)
    call_command("migrate", interactive=False, verbosity=0)
    return found


@contextlib.contextmanager
def _building(target: Path) -> Iterator[Path]:
    folder = target.with_name(f"{PARTIAL}-{target.name}")
    folder.mkdir(parents=True)
    # Passwords, though hashed, and what people have asked for are in it.
    folder.chmod(0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_dataset(folder: Path) -> str | None:
    """Copy the current dataset version, which nobody changes; its name."""
    try:
        current = datasets.current_snapshot()
    except NoDataset:
        return None
    shutil.copytree(current.path, folder / DATASET / current.version)
    return current.version


def _place_dataset(source: Path) -> None:
    """Make the version one of those on disk, unless it is there: a version never changes."""
    root = settings.DATASET_ROOT
    if source.name in (there.version for there in datasets.list_snapshots()):
        return
    with versions.building(root, source.name) as folder:
        shutil.copytree(source, folder, dirs_exist_ok=True)
        versions.publish(root, folder, Snapshot(folder).manifest())


def _refuse_unfit(found: Manifest, *, replace: bool) -> None:
    if found.database != connection.vendor:
        raise BackupError(f"the backup is of {found.database}; DATABASE_URL names {connection.vendor}")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := sorted(set(found.migrations) - known):
        raise BackupError(f"the backup was made by a newer program, which has {', '.join(newer)}")
    if database.is_used() and not replace:
        raise BackupError("this system has tasks or users; --replace puts the backup in their place")
    if others := database.count_others():
        raise BackupError(
            f"{others} other programs are connected to the database: stop web, workers, Beat and Flower"
        )
