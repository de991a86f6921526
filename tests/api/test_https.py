"""The API behind a proxy that ends HTTPS."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from tests.api.conftest import TASKS, start

BY_HTTPS = {"X-Forwarded-Proto": "https", "Host": "testserver"}


@pytest.fixture
def behind_proxy(settings: Settings, visitor: Client) -> Client:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 3600
    # The handler of a client that has asked before keeps the settings of then.
    return Client()


def test_links_say_https_where_the_client_came_by_it(behind_proxy: Client) -> None:
    for page in (1, 2):
        behind_proxy.get(TASKS, headers=BY_HTTPS)
        behind_proxy.post(
            f"{TASKS}search/", {"page": page}, content_type="application/json", headers=BY_HTTPS
        )
    answer = behind_proxy.get(TASKS, {"page_size": 1}, headers=BY_HTTPS)
    assert answer.json()["next"].startswith(f"https://testserver{TASKS}?")
    assert answer["Strict-Transport-Security"] == "max-age=3600"


def test_header_means_nothing_without_the_setting(visitor: Client) -> None:
    for page in (1, 2):
        start(visitor, "search", {"page": page})
    answer = visitor.get(TASKS, {"page_size": 1}, headers=BY_HTTPS)
    assert answer.json()["next"].startswith("http://")


def test_http_is_sent_to_https_but_not_the_health_checks(behind_proxy: Client) -> None:
    assert behind_proxy.get("/tasks/")["Location"] == "https://testserver/tasks/"
    assert behind_proxy.get("/tasks/", headers={"X-Forwarded-Proto": "http"}).status_code == 301
    assert behind_proxy.get("/health/live").status_code == 200
    assert behind_proxy.get("/metrics").status_code == 401
