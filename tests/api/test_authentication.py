"""Passwords by form, by the admin's form and by Basic: what is asked for, and how often one may try."""

from __future__ import annotations

import base64
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from data_processing.errors import TooManyTries
from data_processing.models import SignInTry
from data_processing.operations.maintenance import clean_up
from tests.api.conftest import TASKS, post

QUEUES = "/api/v1/ops/queues/"
OPEN_PATHS = [
    "/health/live",
    "/health/ready",
    "/metrics",
    "/api/schema/",
    "/api/docs/",
    "/api/nothing/",
    "/help/",
]


class CountingHasher(MD5PasswordHasher):
    """Django's quickest, with a pause where a test wants one; says how many passwords were looked at."""

    looked_at = 0
    pause_s = 0.0

    def encode(self, password: str, salt: str) -> str:
        type(self).looked_at += 1
        time.sleep(self.pause_s)
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def few_tries(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    settings.SIGN_IN_TRIES, settings.ADDRESS_SIGN_IN_TRIES = 3, 5
    settings.BASIC_AUTH = True


@pytest.fixture
def ana(visitor: Client) -> User:
    user = User.objects.create_user("ana", password="right", is_staff=True)
    CountingHasher.looked_at = 0
    return user


def basic(name: str = "ana", password: str = "right") -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def sign_in(
    client: Client, *, name: str = "ana", password: str = "wrong", path: str = "/login/", at: str = ""
) -> Any:
    extra: dict[str, Any] = {"REMOTE_ADDR": at} if at else {}
    return client.post(path, {"username": name, "password": password}, **extra)


def call(
    client: Client, *, name: str = "ana", password: str = "wrong", path: str = TASKS, at: str = ""
) -> Any:
    extra: dict[str, Any] = {"REMOTE_ADDR": at} if at else {}
    return client.get(path, headers=basic(name, password), **extra)


# --- What is asked for ------------------------------------------------------------------------------------


def schemes(answer: Any) -> list[str]:
    """The ways to sign in that an answer names."""
    return re.findall(r"(\w+) realm=", answer["WWW-Authenticate"])


@pytest.mark.parametrize("path", [QUEUES, f"{TASKS}status/", "/metrics"])
def test_path_that_needs_a_login_asks_for_one(visitor: Client, settings: Settings, path: str) -> None:
    settings.ANONYMOUS_ACCESS = False
    bearer = [] if path == "/metrics" else ["Bearer"]
    answer = visitor.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")
    basic = [] if path == "/metrics" else ["Basic"]
    assert schemes(answer) == [*bearer, "Session", *basic]
    by_script = visitor.get(path, headers={"Sec-Fetch-Dest": "empty"})
    assert schemes(by_script) == [*bearer, "Session"]
    settings.BASIC_AUTH = False
    assert schemes(visitor.get(path)) == [*bearer, "Session"]


def test_basic_makes_the_user_the_owner(visitor: Client, ana: User) -> None:
    answer = post(visitor, f"{TASKS}search/", Authorization=basic()["Authorization"])
    assert answer.status_code == 202
    task = {"task_id": answer.json()["task_id"]}
    assert visitor.get(f"{TASKS}status/", task, headers=basic()).status_code == 200
    assert Client().get(f"{TASKS}status/", task).status_code == 404
    assert "visitor" not in visitor.cookies


def test_basic_is_nobodys_business_unless_a_setting_turns_it_on(
    visitor: Client, ana: User, settings: Settings
) -> None:
    settings.BASIC_AUTH = False
    assert call(visitor, password="right", path=QUEUES).status_code == 401
    assert call(visitor, path=TASKS).status_code == 200
    assert CountingHasher.looked_at == 0


@pytest.mark.parametrize("path", OPEN_PATHS)
def test_wrong_header_costs_no_hash_where_no_login_is_needed(visitor: Client, ana: User, path: str) -> None:
    call(visitor, path=path)
    assert CountingHasher.looked_at == 0
    assert not SignInTry.objects.exists()


@pytest.mark.parametrize("name", ["an\x00a", "a" * 151, "", "ñ"])
@pytest.mark.parametrize("path", [*OPEN_PATHS, TASKS, QUEUES, "/api/v1/contracts/columns/"])
def test_no_name_in_a_header_breaks_a_path(visitor: Client, ana: User, name: str, path: str) -> None:
    assert call(visitor, name=name, path=path).status_code < 500


# --- How often one may try --------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["/login/", "/admin/login/", "basic"])
def test_tries_at_an_account_are_limited_at_every_door(visitor: Client, ana: User, door: str) -> None:
    def knock(password: str) -> Any:
        if door == "basic":
            return call(visitor, password=password)
        return sign_in(visitor, password=password, path=door)

    refused = [knock("wrong").status_code for _ in range(5)]
    assert refused == [401 if door == "basic" else 200] * 3 + [429] * 2
    answer = knock("right")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 900
    assert CountingHasher.looked_at == 3
    if door == "basic":
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "too-many-tries"
    else:
        assert "Too many passwords were tried from here; try again in 15 minutes." in answer.content.decode()


def test_tries_of_all_doors_count_together(visitor: Client, ana: User) -> None:
    statuses = [sign_in(visitor).status_code, sign_in(visitor, path="/admin/login/").status_code]
    assert [*statuses, call(visitor).status_code, call(visitor).status_code] == [200, 200, 401, 429]


def test_lock_ends_by_itself_and_is_not_prolonged(visitor: Client, ana: User) -> None:
    for _ in range(6):
        sign_in(visitor)
    SignInTry.objects.update(at=timezone.now() - timedelta(seconds=901))
    assert sign_in(visitor, password="right").status_code == 302


def test_nobody_can_lock_a_user_out_from_everywhere(visitor: Client, ana: User) -> None:
    for address in ("198.51.100.1", "198.51.100.2", "198.51.100.3"):
        for _ in range(4):
            sign_in(visitor, at=address)
    assert sign_in(visitor, password="right", at="198.51.100.4").status_code == 302


def test_an_address_that_tries_many_accounts_is_locked_for_all(visitor: Client, ana: User) -> None:
    statuses = [sign_in(visitor, name=f"user{number}").status_code for number in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    assert sign_in(visitor, password="right").status_code == 429
    assert sign_in(visitor, password="right", at="198.51.100.4").status_code == 302


def test_right_password_counts_for_nothing_and_forgives_nothing(visitor: Client, ana: User) -> None:
    assert {call(visitor, password="right").status_code for _ in range(8)} == {200}
    assert not SignInTry.objects.exists()
    tried = [
        call(visitor, password=password).status_code
        for password in ("no", "right", "no", "right", "no", "right")
    ]
    assert tried == [401, 200, 401, 200, 401, 429]


def test_unknown_names_are_limited_too_and_no_name_is_kept(visitor: Client, ana: User) -> None:
    assert [call(visitor, name="nobody").status_code for _ in range(4)] == [401] * 3 + [429]
    assert "nobody" not in str(SignInTry.objects.values_list())
    assert "127.0.0.1" not in str(SignInTry.objects.values_list())


@pytest.mark.django_db(transaction=True)
def test_asynchronous_callers_come_by_the_same_door(ana: User) -> None:
    request = RequestFactory().post("/login/")

    def try_wrong() -> object:
        try:
            return async_to_sync(aauthenticate)(request, username="ana", password="wrong")
        finally:
            connection.close()

    # In a thread of its own: the browser tests leave a running loop in this one.
    with ThreadPoolExecutor(max_workers=1) as thread:
        assert [thread.submit(try_wrong).result() for _ in range(3)] == [None] * 3
        with pytest.raises(TooManyTries):
            thread.submit(try_wrong).result()


def test_old_tries_are_cleaned_up(visitor: Client, ana: User) -> None:
    sign_in(visitor)
    clean_up()
    assert SignInTry.objects.count() == 1
    SignInTry.objects.update(at=timezone.now() - timedelta(seconds=901))
    clean_up()
    assert not SignInTry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_time_count_too(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CountingHasher, "pause_s", 0.3)

    def guess(number: int) -> int:
        try:
            return int(sign_in(Client(), password=str(number)).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=12) as threads:
        statuses = list(threads.map(guess, range(24)))
    assert CountingHasher.looked_at == statuses.count(200) <= 3
    assert statuses.count(429) == 24 - statuses.count(200)
