"""API tokens: kept as hashes, ended by time and by their users, allowed what their scopes say, and never more
than their users."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from knox.models import get_token_model
from pytest_django import DjangoAssertNumQueries, Settings

from api.access.tokens import list_tokens, make_token
from api.models import EXPORT, READ, ApiToken
from tests.api.conftest import EXPORTS, TASKS, post, start, work_off

pytestmark = pytest.mark.django_db

UNKNOWN = "pgx_" + "0" * 64


@pytest.fixture
def ana(visitor: Client) -> User:
    return User.objects.create_user("ana", password="right")


def bearer(user: User, *scopes: str, days: int = 30) -> Client:
    """A program without cookies, which acts for the user."""
    token = make_token(user, name="script", scopes=scopes, days=days)
    return Client(headers={"Authorization": f"Bearer {token}"})


def by_session(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- What is kept -------------------------------------------------------------------------------------------


def test_token_is_kept_as_a_hash_alone(ana: User) -> None:
    token = make_token(ana, name="script", scopes=[READ], days=30)
    assert re.fullmatch(r"pgx_[0-9a-f]{64}", token)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM api_apitoken")
        row = " ".join(map(str, cursor.fetchone()))
    assert token not in row
    assert token[15:] not in row
    assert token[:15] in row
    assert get_token_model() is ApiToken
    assert "knox_authtoken" not in connection.introspection.table_names()
    assert ApiToken.objects.get().digest not in str(ApiToken.objects.get())


def test_token_ends_when_its_time_is_over(ana: User) -> None:
    program = bearer(ana, READ, days=1)
    assert program.get(TASKS).status_code == 200
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    answer = program.get(TASKS)
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication-failed")
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


def test_ended_tokens_go_when_another_is_made(ana: User) -> None:
    bearer(ana, READ)
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    bearer(ana, READ)
    assert list_tokens(ana).get().expiry > timezone.now()


@pytest.mark.parametrize(
    "brought", [UNKNOWN, "x", "", "a b", "\xff", "a\x00b", "pgx_", "9" * 5000, "'; --", "²"], ids=repr
)
def test_wrong_token_is_refused_where_visitors_may_come_in_too(visitor: Client, brought: str) -> None:
    for path in (TASKS, "/api/v1/contracts/columns/", "/api/v1/ops/queues/"):
        answer = visitor.get(path, headers={"Authorization": f"Bearer {brought}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "authentication-failed"), path
    for path in ("/health/live", "/api/v1/", "/help/"):
        assert visitor.get(path, headers={"Authorization": f"Bearer {brought}"}).status_code == 200, path


def test_token_of_a_user_who_may_not_come_in_is_refused(ana: User) -> None:
    program = bearer(ana, READ)
    User.objects.update(is_active=False)
    assert program.get(TASKS).status_code == 401
    ana.delete()
    assert not ApiToken.objects.exists()


def test_use_is_remembered_at_no_write_for_each_request(
    ana: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    program = bearer(ana, READ)
    program.get("/api/v1/contracts/columns/")
    used = ApiToken.objects.get().last_used_at
    assert used is not None
    with django_assert_num_queries(2):
        program.get("/api/v1/contracts/columns/")
    assert ApiToken.objects.get().last_used_at == used


# --- Whose what it starts is ----------------------------------------------------------------------------


def test_token_acts_as_its_user(ana: User, visitor: Client) -> None:
    program, browser = bearer(ana, READ, EXPORT), by_session(ana)
    exported = start(program, "export", {"format": "csv"})
    searched = start(browser, "search")
    assert "come_back" not in exported
    assert not program.cookies
    work_off()
    for client in (program, browser):
        ids = {task["task_id"] for task in client.get(TASKS).json()["results"]}
        assert ids == {exported["task_id"], searched["task_id"]}
        assert client.get(exported["links"]["download"]).status_code == 200
    assert visitor.get(exported["links"]["download"]).status_code == 404
    bob = bearer(User.objects.create_user("bob"), READ, EXPORT)
    assert bob.get(exported["links"]["status"]).status_code == 404
    assert bob.get(TASKS).json()["results"] == []


def test_token_goes_before_the_cookies_that_come_with_it(ana: User) -> None:
    browser = by_session(User.objects.create_user("bob"))
    program = bearer(ana, READ)
    program.cookies = browser.cookies
    # And no CSRF token is asked for: no page of another site can make a browser send this header.
    program.handler.enforce_csrf_checks = True
    assert start(program, "search")["task_id"]
    assert browser.get(TASKS).json()["results"] == []


def test_token_of_staff_is_no_key_to_the_machine(staff: Client, ana: User) -> None:
    start(by_session(ana), "search")
    program = bearer(User.objects.get(username="ops"), READ, EXPORT)
    assert len(staff.get(TASKS).json()["results"]) == 1
    assert program.get(TASKS).json()["results"] == []
    for path in ("/api/v1/ops/queues/", "/api/v1/ops/dead-letters/"):
        assert (staff.get(path).status_code, program.get(path).status_code) == (200, 403)
    assert program.get("/metrics").status_code == 401
    assert program.get("/admin/").status_code == 302
    assert User.objects.get(username="ops").is_staff


# --- Scopes -------------------------------------------------------------------------------------------------


def is_wrong_scope(answer: Any, scope: str) -> bool:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (403, "wrong-scope"), answer.content
    assert f"`{scope}`" in body["detail"]
    assert f'error="insufficient_scope", scope="{scope}"' in answer["WWW-Authenticate"]
    return bool(body["scope"] == scope)


def test_token_to_read_searches_and_starts_no_exports(ana: User) -> None:
    program, browser = bearer(ana, READ), by_session(ana)
    for kind in ("search", "aggregates", "table"):
        start(program, kind)
    for kind in ("export", "table/export"):
        assert post(program, f"{TASKS}{kind}/estimate/").status_code == 200
        assert is_wrong_scope(post(program, f"{TASKS}{kind}/"), EXPORT)
    exported = start(browser, "export", {"format": "csv"})
    work_off()
    export = f"{EXPORTS}{exported['export_id']}/"
    assert program.get(export).status_code == program.get(f"{export}download/").status_code == 200
    for call in ("cancel", "rerun"):
        answer = post(program, f"{TASKS}{call}/", {"task_id": exported["task_id"]})
        assert is_wrong_scope(answer, EXPORT)
    assert is_wrong_scope(program.delete(export), EXPORT)
    assert is_wrong_scope(program.delete(f"{TASKS}{exported['task_id']}/"), EXPORT)
    assert browser.get(f"{export}download/").status_code == 200
    searched = start(program, "search", {"page": 2})
    assert post(program, f"{TASKS}cancel/", {"task_id": searched["task_id"]}).status_code == 202
    assert post(program, f"{TASKS}rerun/", {"task_id": searched["task_id"]}).status_code == 202


def test_token_to_export_reads_nothing(ana: User) -> None:
    program = bearer(ana, EXPORT)
    exported = start(program, "export", {"format": "csv"})
    assert is_wrong_scope(program.get(TASKS), READ)
    assert is_wrong_scope(program.head(TASKS), READ) if program.head(TASKS).content else True
    assert is_wrong_scope(program.get(exported["links"]["status"]), READ)
    assert is_wrong_scope(post(program, f"{TASKS}search/"), READ)


def test_every_endpoint_says_which_scope_it_needs(ana: User) -> None:
    document = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    assert document["components"]["securitySchemes"]["tokenAuth"]["scheme"] == "bearer"
    nothing = bearer(ana)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            (scope,) = [
                one["tokenAuth"][0] for one in operation.get("security", ()) if "tokenAuth" in one
            ] or [None]
            address = re.sub(
                r"\{\w+_id\}", "1" if "dead-letters" in path else "0" * 8 + "-0000" * 3 + "-" + "0" * 12, path
            )
            # Of other parts their names do.
            address = re.sub(r"\{(\w+)\}", r"\1", address)
            answer = nothing.generic(method.upper(), address, b"{}", content_type="application/json")
            if scope is not None:
                assert is_wrong_scope(answer, scope), (method, path)
            elif path.startswith("/api/v1/ops/"):
                assert answer.status_code == 403
    assert "scope" in document["components"]["schemas"]["Problem"]["properties"]


# --- The command --------------------------------------------------------------------------------------------


def test_command_makes_a_token_and_prints_it_alone(ana: User) -> None:
    out, told = StringIO(), StringIO()
    call_command("make_token", "ana", name="nightly", scope=["export"], days=7, stdout=out, stderr=told)
    token = out.getvalue().strip()
    kept = ApiToken.objects.get()
    assert (kept.name, kept.scopes, kept.token_key) == ("nightly", ["export"], token[:15])
    assert kept.expiry - timezone.now() < timedelta(days=7)
    program = Client(headers={"Authorization": f"bearer {token}"})
    assert start(program, "export", {"format": "csv"})
    assert "ana" in told.getvalue()
    assert token not in told.getvalue()


@pytest.mark.parametrize(
    ("user", "options", "why"),
    [
        ("bob", {}, "no user"),
        ("ana", {"days": 0}, "days"),
        ("ana", {"days": 999}, "365"),
        ("ana", {"name": " "}, "name"),
    ],
)
def test_command_says_what_it_cannot_do(ana: User, user: str, options: dict[str, Any], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("make_token", user, **options)
    assert not ApiToken.objects.exists()


def test_operators_see_and_revoke_tokens_in_the_admin(ana: User, settings: Settings) -> None:
    program = bearer(ana, READ)
    root = by_session(User.objects.create_superuser("root"))
    key = ApiToken.objects.get().pk
    assert "script" in root.get("/admin/api/apitoken/").content.decode()
    assert root.get(f"/admin/api/apitoken/{key}/change/").status_code == 200
    assert root.get("/admin/api/apitoken/add/").status_code == 403
    root.post(f"/admin/api/apitoken/{key}/delete/", {"post": "yes"})
    assert program.get(TASKS).status_code == 401
