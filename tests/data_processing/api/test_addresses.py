"""Whom a request is counted for."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from data_processing.api.addresses import address_key, find_address


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
    assert find_address(RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers=headers)) == found


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
