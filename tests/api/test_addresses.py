"""Whom a request is counted for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from pytest_django import Settings

from api.access.addresses import address_key, read_address
from data_processing.models import TaskRun
from tests.api.conftest import TASKS, post


def key(peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return address_key(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, "198.51.100.1", "10.0.0.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (2, "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (2, "10.0.0.2", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "unknown", "10.0.0.1"),
        (1, "198.51.100.1 evil", "10.0.0.1"),
    ],
)
def test_forwarded_address_counts_only_as_far_as_our_proxies_reach(
    settings: Settings, proxies: int, forwarded: str | None, found: str
) -> None:
    settings.PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    assert read_address(RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers=headers)) == found


def test_key_is_the_addresses_own_and_does_not_show_it(settings: Settings) -> None:
    assert key("198.51.100.1") == key("::ffff:198.51.100.1")
    assert key("198.51.100.1") != key("198.51.100.2")
    assert "198" not in key("198.51.100.1")
    before = key("198.51.100.1")
    settings.SECRET_KEY = "another"
    assert key("198.51.100.1") != before


def test_client_with_a_whole_network_of_ipv6_is_one() -> None:
    assert key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::2")
    assert key("2001:db8:1:2::1") != key("2001:db8:1:3::1")


def ask(page: int = 1, *, at: str = "198.51.100.1", user: User | None = None) -> Any:
    """Start a search as somebody without a cookie."""
    client = Client(REMOTE_ADDR=at)
    if user is not None:
        client.force_login(user)
    return post(client, f"{TASKS}search/", {"page": page})


def test_without_a_cookie_the_address_is_limited(visitor: Client, settings: Settings) -> None:
    settings.ADDRESS_MAX_UNFINISHED = 5
    answers = [ask() for _ in range(8)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429] * 3
    assert "from your address" in answers[-1].json()["detail"]
    assert len(set(TaskRun.objects.values_list("owner", flat=True))) == 5
    assert ask(at="198.51.100.2").status_code == 202
    ana = User.objects.create_user("ana")
    assert [ask(page, user=ana).status_code for page in range(1, 7)] == [202] * 6
    assert "198.51" not in str(TaskRun.objects.values_list())


@pytest.mark.django_db(transaction=True)
def test_limit_of_an_address_is_exact_for_those_who_ask_at_once(visitor: Client, settings: Settings) -> None:
    settings.ADDRESS_MAX_UNFINISHED = 5

    def ask_at_once(_: int) -> int:
        try:
            return int(ask().status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as threads:
        statuses = list(threads.map(ask_at_once, range(16)))
    assert statuses.count(202) == 5 == TaskRun.objects.count()
    assert statuses.count(429) == 11
