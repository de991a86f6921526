"""Whose work it is when an anonymous visitor signs in, and how long somebody is signed in."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as product
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from api.access.owners import VISITOR_COOKIE
from data_processing.models import ExportFile, TaskRun
from data_processing.operations.maintenance import clean_up
from data_processing.outputs import files
from data_processing.outputs.files import PublishedFile
from tests.api.conftest import TASKS, post, start, work_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(dataset: object) -> User:
    return User.objects.create_user("ana", password="right")


@pytest.fixture
def root(dataset: object) -> User:
    return User.objects.create_superuser("root", password="right")


def sign_in(client: Client, name: str) -> None:
    """By the form: signing in is a request of the visitor's, with all cookies."""
    assert client.post("/login/", {"username": name, "password": "right"}).status_code == 302


def list_tasks(client: Client) -> set[str]:
    return {task["task_id"] for task in client.get(TASKS).json()["results"]}


def test_visitor_who_signs_in_keeps_tasks_files_and_keys(visitor: Client, ana: User) -> None:
    exported = start(visitor, "export", {"format": "csv"})
    work_off()
    waiting = start(visitor, "search")
    keyed = post(visitor, f"{TASKS}aggregates/", Idempotency_Key="mine").json()
    sign_in(visitor, "ana")
    assert list_tasks(visitor) == {exported["task_id"], waiting["task_id"], keyed["task_id"]}
    assert visitor.get(exported["links"]["download"]).status_code == 200
    again = post(visitor, f"{TASKS}aggregates/", Idempotency_Key="mine").json()
    assert again["task_id"] == keyed["task_id"]
    visitor.post("/logout/")
    assert list_tasks(visitor) == set()
    assert visitor.get(exported["links"]["download"]).status_code == 404


def test_export_that_ends_after_the_sign_in_is_the_users(
    visitor: Client, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = files.publish

    def sign_in_first(partial: Path, *, sha256: str | None) -> PublishedFile:
        sign_in(visitor, "ana")
        return publish(partial, sha256=sha256)

    monkeypatch.setattr(files, "publish", sign_in_first)
    exported = start(visitor, "export", {"format": "csv"})
    work_off()
    assert ExportFile.objects.get().owner == f"user:{ana.pk}"
    assert visitor.get(exported["links"]["download"]).status_code == 200


def test_what_the_user_is_asking_already_stays_the_visitors(
    visitor: Client, other: Client, ana: User
) -> None:
    sign_in(other, "ana")
    body: dict[str, Any] = {"filters": {"keywords": ["river"]}}
    users = post(other, f"{TASKS}search/", body, Idempotency_Key="k").json()
    visitors = post(visitor, f"{TASKS}search/", body, Idempotency_Key="k").json()
    assert users["task_id"] != visitors["task_id"]
    sign_in(visitor, "ana")
    assert list_tasks(visitor) == {users["task_id"]}
    again = post(visitor, f"{TASKS}search/", body, Idempotency_Key="k").json()
    assert again["task_id"] == users["task_id"]


def test_user_who_signs_out_becomes_a_fresh_visitor(visitor: Client, ana: User) -> None:
    start(visitor, "search")
    before = visitor.cookies[VISITOR_COOKIE].value
    sign_in(visitor, "ana")
    assert visitor.cookies[VISITOR_COOKIE].value == ""
    visitor.post("/logout/")
    assert list_tasks(visitor) == set()
    assert visitor.cookies[VISITOR_COOKIE].value not in ("", before)


def test_cookie_copied_before_signing_out_is_refused_afterwards(visitor: Client, root: User) -> None:
    sign_in(visitor, "root")
    thief = Client()
    thief.cookies["sessionid"] = visitor.cookies["sessionid"].value
    assert thief.get("/admin/").status_code == 200
    visitor.post("/logout/")
    assert thief.get("/admin/")["Location"].startswith("/admin/login/")
    assert thief.get("/api/v1/ops/queues/").status_code in (401, 403)


def test_new_password_ends_the_other_sessions(visitor: Client, other: Client, root: User) -> None:
    sign_in(visitor, "root")
    sign_in(other, "root")
    fields = {"old_password": "right", "new_password1": "better one", "new_password2": "better one"}
    assert visitor.post("/admin/password_change/", fields).status_code == 302
    assert visitor.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302


def test_session_ends_a_while_after_the_sign_in_soonest_for_staff(
    visitor: Client, other: Client, root: User, ana: User
) -> None:
    sign_in(visitor, "root")
    sign_in(other, "ana")
    hours = [client.session.get_expiry_age() / 3600 for client in (visitor, other)]
    assert hours == pytest.approx([product.STAFF_SESSION_HOURS, product.SESSION_HOURS], abs=0.1)
    assert visitor.cookies["sessionid"]["max-age"] <= product.STAFF_SESSION_HOURS * 3600
    # Later changes prolong nothing.
    session = visitor.session
    end = session.get_expiry_date()
    session["seen"] = True
    session.save()
    assert Session.objects.get(pk=session.session_key).expire_date == end


def test_visitors_take_no_row_and_ended_sessions_are_cleaned_up(visitor: Client, ana: User) -> None:
    start(visitor, "search")
    assert not Session.objects.exists()
    sign_in(visitor, "ana")
    clean_up()
    Session.objects.get()
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert visitor.get("/tasks/").context["user"].is_anonymous
    clean_up()
    assert not Session.objects.exists()


@pytest.mark.parametrize("cookie", ['"' + "a" * 31 + r"\000" + '"', "a" * 31, "A" * 32, "a:b:c", "é" * 32])
def test_what_cannot_be_a_session_asks_nothing_of_the_database(
    visitor: Client, cookie: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert visitor.get("/help/", headers={"Cookie": f"sessionid={cookie}"}).status_code == 200


def test_client_without_a_cookie_is_told_how_to_come_back(
    visitor: Client, ana: User, settings: Settings
) -> None:
    first = post(visitor, f"{TASKS}search/", Prefer="wait=0")
    assert "cookie `visitor`" in first.json()["come_back"]
    by_hand = Client(headers=first.json()["come_back_with"])
    assert list_tasks(by_hand) == {first.json()["task_id"]}
    assert not by_hand.cookies
    assert "Basic" not in first.json()["come_back"]
    status = {"task_id": first.json()["task_id"]}
    assert visitor.get(f"{TASKS}status/", status).status_code == 200
    assert not {"come_back", "come_back_with"} & post(visitor, f"{TASKS}search/", {"page": 2}).json().keys()
    settings.BASIC_AUTH = True
    assert "Basic" in post(Client(), f"{TASKS}search/").json()["come_back"]
    sign_in(visitor, "ana")
    assert "come_back" not in post(visitor, f"{TASKS}search/", {"page": 3}).json()


def test_nothing_is_done_for_somebody_else_than_the_page_was_made_for(visitor: Client) -> None:
    user = User.objects.create_user("ana")
    refused = post(visitor, f"{TASKS}search/", X_Signed_In_As=str(user.pk))
    assert (refused.status_code, refused.json()["code"]) == (401, "session-ended")
    assert not TaskRun.objects.exists()
    visitor.force_login(user)
    assert post(visitor, f"{TASKS}search/", X_Signed_In_As=str(user.pk)).status_code == 202
    other = visitor.get(TASKS, headers={"X-Signed-In-As": ""})
    assert (other.status_code, other.json()["code"]) == (409, "signed-in-otherwise")
