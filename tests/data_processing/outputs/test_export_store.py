"""The bound of all export files: who is refused, and whose files go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import Client
from pytest_django import Settings

from data_processing.errors import ExportStoreFull
from data_processing.lifecycle import runner
from data_processing.models import ExportFile, State, TaskRun
from data_processing.operations import maintenance
from data_processing.outputs import export_store
from tests.api.conftest import TASKS, post, start, visitor, work_off

pytestmark = pytest.mark.django_db
__all__ = ["visitor"]

GB = 1e9
MakeExport = Callable[..., ExportFile]


@pytest.fixture
def make_export(visitor: Client) -> MakeExport:
    """An export of all rows as CSV: of a fresh visitor from an address, or of a user."""

    def make(address: str = "198.51.100.1", *, user: str = "", age_s: float = 3600) -> ExportFile:
        client = Client(REMOTE_ADDR=address)
        if user:
            client.force_login(User.objects.create_user(user))
        run_id = start(client, "export", {"format": "csv"})["task_id"]
        work_off()
        ExportFile.objects.filter(pk=run_id).update(created_at=Now() - timedelta(seconds=age_s))
        return ExportFile.objects.get(pk=run_id)

    return make


def allow(settings: Settings, size_bytes: float) -> None:
    settings.EXPORT_STORE_MAX_GB = size_bytes / GB


def list_living() -> set[Any]:
    return set(ExportFile.objects.filter(deleted_at=None).values_list("pk", flat=True))


def files_of(settings: Settings) -> set[str]:
    root: Path = settings.EXPORT_ROOT
    return {path.name for path in root.iterdir()}


def test_oldest_of_the_address_that_holds_most_goes_first(
    make_export: MakeExport, settings: Settings
) -> None:
    lone = make_export("198.51.100.1", age_s=9000)
    old, young = make_export("198.51.100.2", age_s=5000), make_export("198.51.100.2", age_s=4000)
    allow(settings, 3 * lone.size_bytes - 1)
    export_store.make_room()
    assert list_living() == {lone.pk, young.pk}
    assert files_of(settings) == {lone.path, young.path}
    assert old.path not in files_of(settings)


def test_files_of_users_and_those_just_made_or_being_read_stay(
    make_export: MakeExport, settings: Settings, visitor: Client
) -> None:
    users, young = make_export(user="ana"), make_export(age_s=60)
    read = make_export()
    ExportFile.objects.filter(pk=read.pk).update(read_at=Now() - timedelta(seconds=60))
    allow(settings, 1)
    with pytest.raises(ExportStoreFull):
        export_store.make_room()
    assert list_living() == {users.pk, young.pk, read.pk}
    ExportFile.objects.filter(pk=read.pk).update(read_at=Now() - timedelta(seconds=1000))
    with pytest.raises(ExportStoreFull):
        export_store.make_room()
    assert list_living() == {users.pk, young.pk}


def test_reader_is_noted_when_a_download_begins(make_export: MakeExport, visitor: Client) -> None:
    exported = start(visitor, "export", {"format": "csv"})
    work_off()
    path = exported["links"]["download"]
    assert visitor.get(path).status_code == 200
    noted = ExportFile.objects.get(pk=exported["task_id"]).read_at
    assert noted is not None
    visitor.get(path)
    assert ExportFile.objects.get(pk=exported["task_id"]).read_at == noted


def test_expired_files_go_before_all_others(make_export: MakeExport, settings: Settings) -> None:
    lying, expired = make_export(), make_export(user="ana", age_s=60)
    ExportFile.objects.filter(pk=expired.pk).update(expires_at=Now() - timedelta(seconds=1))
    allow(settings, 2 * lying.size_bytes - 1)
    export_store.make_room()
    assert list_living() == {lying.pk}


def test_full_store_refuses_exports_with_a_sentence_and_nothing_else(
    make_export: MakeExport, settings: Settings, visitor: Client
) -> None:
    users = make_export(user="ana")
    allow(settings, users.size_bytes)
    refused = post(visitor, f"{TASKS}export/", {"format": "xlsx"})
    assert (refused.status_code, refused.json()["code"]) == (429, "export-store-full")
    assert refused["Retry-After"] == "600"
    assert "delete files that you do not need any more" in refused.json()["detail"]
    assert not TaskRun.objects.filter(state=State.PENDING).exists()
    start(visitor, "search")
    # A visitor's old file is no reason to refuse: it goes.
    allow(settings, 2 * users.size_bytes)
    make_export()
    start(visitor, "export", {"format": "xlsx"})


def test_export_that_grows_beyond_the_room_ends_with_a_clear_error_and_leaves_nothing(
    make_export: MakeExport, settings: Settings, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = start(visitor, "export", {"format": "csv"})
    users = make_export(user="ana")
    assert TaskRun.objects.get(pk=task["task_id"]).state == State.SUCCESS
    task = start(visitor, "export", {"format": "xlsx"})
    allow(settings, users.size_bytes)
    monkeypatch.setattr(runner, "ROOM_EVERY_S", 0)
    work_off()
    run = TaskRun.objects.get(pk=task["task_id"])
    assert (run.state, (run.error or {})["code"]) == (State.FAILURE, "export-store-full")
    assert run.current == 0, "it was noticed while rows were written, not at the end"
    assert not [name for name in files_of(settings) if name.startswith(task["task_id"])]


def test_last_look_is_before_the_file_is_published(
    make_export: MakeExport, settings: Settings, visitor: Client
) -> None:
    users = make_export(user="ana")
    task = start(visitor, "export", {"format": "xlsx"})
    allow(settings, users.size_bytes + 10)
    work_off()
    run = TaskRun.objects.get(pk=task["task_id"])
    assert (run.state, (run.error or {})["code"]) == (State.FAILURE, "export-store-full")
    assert files_of(settings) == {users.path}


def test_files_in_the_making_count(make_export: MakeExport, settings: Settings) -> None:
    export = make_export()
    (settings.EXPORT_ROOT / "other.1.csv.part").write_bytes(b"x" * 1000)
    assert export_store.count_bytes() == export.size_bytes + 1000


def test_file_of_a_visitor_who_signed_in_is_a_users(visitor: Client, settings: Settings) -> None:
    exported = start(visitor, "export", {"format": "csv"})
    work_off()
    ExportFile.objects.update(created_at=Now() - timedelta(seconds=3600))
    assert ExportFile.objects.get().address
    User.objects.create_user("ana", password="right")
    visitor.post("/login/", {"username": "ana", "password": "right"})
    allow(settings, 1)
    with pytest.raises(ExportStoreFull):
        export_store.make_room()
    assert str(ExportFile.objects.get(deleted_at=None).pk) == exported["task_id"]
    assert not ExportFile.objects.get().address


def test_estimate_says_that_a_file_would_not_fit(visitor: Client, settings: Settings) -> None:
    allow(settings, 100)
    estimate = post(visitor, f"{TASKS}export/estimate/", {"format": "csv"}).json()
    assert estimate["limit_exceeded"]["name"] == "EXPORT_STORE_MAX_GB"


def test_clean_up_removes_expired_files(make_export: MakeExport) -> None:
    export = make_export()
    ExportFile.objects.update(expires_at=Now() - timedelta(seconds=1))
    maintenance.clean_up()
    assert ExportFile.objects.get(pk=export.pk).deleted_at is not None
