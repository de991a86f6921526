"""The policy that goes with every answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from web.security import OWN_POLICY, PACKAGED_POLICY


@pytest.mark.parametrize("policy", [OWN_POLICY, PACKAGED_POLICY])
def test_policy_allows_nothing_inline_and_no_other_host(policy: str) -> None:
    assert "unsafe" not in policy
    assert "http" not in policy
    assert policy.startswith("default-src 'none';")


@pytest.mark.parametrize(
    "path", ["/", "/help/", "/nowhere/", "/static/web/base.css", "/api/v1/contracts/columns/"]
)
def test_own_answers_forbid_text_to_become_markup(client: Client, path: str) -> None:
    assert client.get(path)["Content-Security-Policy"] == OWN_POLICY


@pytest.mark.parametrize("path", ["/api/docs/", "/api/docs/?script=", "/admin/login/"])
def test_packaged_pages_may_write_their_own_markup(client: Client, path: str) -> None:
    assert client.get(path)["Content-Security-Policy"] == PACKAGED_POLICY


def test_page_of_the_api_names_no_other_host(client: Client) -> None:
    page = client.get("/api/docs/").content.decode()
    assert "//" not in page
    assert "<style" not in page


def test_policy_goes_with_answers_of_the_asynchronous_server() -> None:
    # In a thread of its own: the browser tests leave a running loop in this one.
    with ThreadPoolExecutor(max_workers=1) as executor:
        response = executor.submit(async_to_sync(AsyncClient().get), "/help/").result()
    assert response["Content-Security-Policy"] == OWN_POLICY
