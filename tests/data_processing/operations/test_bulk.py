"""Housekeeping of the files of dataset versions: there before anybody asks, gone with their version."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from contracts.snapshot import versions
from contracts.snapshot.versions import Snapshot
from data_processing.lifecycle import runner
from data_processing.lifecycle.publisher import publisher
from data_processing.models import ExportFile, State, TaskRun
from data_processing.operations import bulk, maintenance
from data_processing.outputs import files
from tests.datasets import MORE_AWARDS, publish_awards

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def version(dataset: Snapshot, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """The current version. Nobody waits to find out that no broker runs."""
    monkeypatch.setattr(publisher, "_rests_until", float("inf"))
    return publish_awards(settings.DATASET_ROOT, MORE_AWARDS).version


def work_off() -> None:
    while runs := TaskRun.objects.filter(state=State.PENDING):
        for run in runs:
            runner.run_attempt(run.id, worker="test")


def list_files() -> list[str]:
    return sorted(file.name for file in ExportFile.objects.filter(deleted_at=None))


NAMES = [f"philgeps-{part}.parquet" for part in (2020, 2023, 2024, "undated")]


def test_files_of_the_current_version_are_made_unasked(settings: Settings) -> None:
    settings.BULK_FILES = False
    bulk.keep_files()
    assert not TaskRun.objects.exists()
    settings.BULK_FILES = True
    bulk.keep_files()
    bulk.keep_files()
    work_off()
    assert list_files() == NAMES
    bulk.keep_files()
    assert TaskRun.objects.count() == len(NAMES)


def test_no_dataset_is_no_fault(settings: Settings) -> None:
    settings.DATASET_ROOT = settings.DATASET_ROOT / "elsewhere"
    bulk.keep_files()
    assert not TaskRun.objects.exists()


def test_users_tasks_come_between(settings: Settings) -> None:
    bulk.keep_files()
    released = TaskRun.objects.filter(publish_at__isnull=False)
    assert released.count() == settings.OWNER_WINDOW < len(NAMES)


def test_lost_files_are_made_again() -> None:
    bulk.keep_files()
    work_off()
    lost = ExportFile.objects.get(name=NAMES[0])
    files.absolute_path(lost.path).unlink()
    bulk.keep_files()
    assert list_files() == NAMES[1:]
    work_off()
    assert list_files() == NAMES
    again = ExportFile.objects.get(name=NAMES[0], deleted_at=None)
    assert (again.sha256, again.rows) == (lost.sha256, lost.rows)


def test_files_live_as_long_as_their_version(settings: Settings, version: str) -> None:
    settings.SNAPSHOTS_KEPT, settings.RUN_KEEP_DAYS = 1, 1
    bulk.keep_files()
    work_off()
    long_ago = Now() - timedelta(days=9)
    TaskRun.objects.update(finished_at=long_ago)
    ExportFile.objects.update(expires_at=Now() + timedelta(minutes=1))
    bulk.keep_files()
    ends = ExportFile.objects.filter(expires_at__gt=Now() + timedelta(hours=settings.EXPORT_KEEP_HOURS - 1))
    assert ends.count() == len(NAMES)
    maintenance.clean_up(orphan_age_s=0)
    assert list_files() == NAMES
    paths = [files.absolute_path(file.path) for file in ExportFile.objects.all()]
    assert all(path.is_file() for path in paths)
    # Two more, because the one before the current version is kept as a way back.
    for _ in range(2):
        publish_awards(settings.DATASET_ROOT, MORE_AWARDS)
    maintenance.prune_snapshots()
    assert version not in {snapshot.version for snapshot in versions.history(settings.DATASET_ROOT)}
    assert list_files() == []
    assert not any(path.exists() for path in paths)


def test_a_full_store_is_told_and_tried_again(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.EXPORT_STORE_MAX_GB = 0
    bulk.keep_files()
    assert "cannot be made now" in caplog.text
    assert not TaskRun.objects.exists()
    settings.EXPORT_STORE_MAX_GB = 20
    bulk.keep_files()
    assert TaskRun.objects.count() == len(NAMES)
