"""Folders and files: is there room, can they be written to, and can the dataset be read."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import duckdb
from django.conf import settings
from django.core.files.storage import storages

from contracts.errors import ContractsError, NoDataset
from contracts.questions.filters import Filters
from data_processing import datasets
from data_processing.operations.doctor.findings import Findings, error, ok, warning
from data_processing.outputs import files

STORAGE, DATASET = "storage", "dataset"
GB = 1_000_000_000


def check_folders() -> Findings:
    for folder in (settings.DATASET_ROOT, settings.EXPORT_ROOT):
        # Who exports or imports first makes it.
        nearest = next(path for path in (folder, *folder.parents) if path.is_dir())
        if reason := _try_to_write(nearest):
            yield error(
                STORAGE,
                f"{nearest} cannot be written to: {reason}",
                "give it to the user that the processes run as",
            )
        else:
            yield ok(STORAGE, f"{nearest} can be written to")
    yield from _check_room()


def check_store() -> Findings:
    """The object store, where finished files go to one."""
    if not files.has_bucket():
        return
    try:
        storages["exports"].exists("doctor")
    except files.STORE_ERRORS as reason:
        yield error(
            STORAGE,
            f"the bucket {settings.EXPORT_S3_BUCKET} cannot be reached: {reason}",
            "compare EXPORT_S3_… and AWS_…, and the rights of the key",
        )
    else:
        yield ok(STORAGE, f"the bucket {settings.EXPORT_S3_BUCKET} answers")


def check_dataset() -> Findings:
    """Whether the current version can be opened and counted."""
    try:
        store = datasets.current_store()
        with store.reader() as reader:
            rows = reader.count(Filters()).rows
    except NoDataset:
        yield error(DATASET, "nothing has been imported", "python manage.py import_contracts FILE...")
    except (ContractsError, OSError, duckdb.Error) as reason:
        yield error(
            DATASET,
            f"the current version cannot be read: {reason}",
            "python manage.py use_dataset lists the others",
        )
    else:
        yield ok(DATASET, f"version {store.snapshot.version} can be read, {rows:,} contracts")


def _check_room() -> Findings:
    root: Path = settings.EXPORT_ROOT
    if not root.is_dir():
        return
    taken = sum(path.stat().st_size for path in root.iterdir() if path.is_file())
    room_gb, most_gb = (shutil.disk_usage(root).free + taken) / GB, settings.EXPORT_STORE_MAX_GB
    if not files.has_bucket() and room_gb < most_gb:
        yield warning(
            STORAGE,
            f"exports may take {most_gb} GB (EXPORT_STORE_MAX_GB), and their disk has room for {room_gb:.0f}",
            "lower it, or give them a larger disk",
        )
    yield ok(STORAGE, f"exports take {taken / GB:.1f} of {most_gb} GB")


def _try_to_write(folder: Path) -> str:
    """Why a file cannot be made there, or nothing."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"doctor")
    except OSError as reason:
        return str(reason.strerror)
    return ""
