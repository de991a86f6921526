"""Whose work it is when an anonymous visitor signs in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from data_processing import files
from data_processing.files import PublishedFile
from data_processing.models import ExportFile
from tests.data_processing.api.conftest import TASKS, post, start, work_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(dataset: object) -> User:
    return User.objects.create_user("ana")


def list_tasks(client: Client) -> set[str]:
    return {task["task_id"] for task in client.get(TASKS).json()["results"]}


def test_visitor_who_signs_in_keeps_tasks_files_and_keys(visitor: Client, ana: User) -> None:
    exported = start(visitor, "export", {"format": "csv"})
    work_off()
    waiting = start(visitor, "search")
    keyed = post(visitor, f"{TASKS}aggregates/", Idempotency_Key="mine").json()
    visitor.force_login(ana)
    assert list_tasks(visitor) == {exported["task_id"], waiting["task_id"], keyed["task_id"]}
    assert visitor.get(exported["links"]["download"]).status_code == 200
    again = post(visitor, f"{TASKS}aggregates/", Idempotency_Key="mine").json()
    assert again["task_id"] == keyed["task_id"]
    visitor.logout()
    assert list_tasks(visitor) == set()
    assert visitor.get(exported["links"]["download"]).status_code == 404


def test_export_that_ends_after_the_sign_in_is_the_users(
    visitor: Client, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = files.publish

    def sign_in_first(partial: Path) -> PublishedFile:
        visitor.force_login(ana)
        return publish(partial)

    monkeypatch.setattr(files, "publish", sign_in_first)
    exported = start(visitor, "export", {"format": "csv"})
    work_off()
    assert ExportFile.objects.get().owner == f"user:{ana.pk}"
    assert visitor.get(exported["links"]["download"]).status_code == 200


def test_what_the_user_is_asking_already_stays_the_visitors(
    visitor: Client, other: Client, ana: User
) -> None:
    other.force_login(ana)
    body: dict[str, Any] = {"filters": {"keywords": ["river"]}}
    users = post(other, f"{TASKS}search/", body, Idempotency_Key="k").json()
    visitors = post(visitor, f"{TASKS}search/", body, Idempotency_Key="k").json()
    assert users["task_id"] != visitors["task_id"]
    visitor.force_login(ana)
    assert list_tasks(visitor) == {users["task_id"]}
    again = post(visitor, f"{TASKS}search/", body, Idempotency_Key="k").json()
    assert again["task_id"] == users["task_id"]
