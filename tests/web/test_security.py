"""The policy that goes with every answer."""

from __future__ import annotations

import asyncio

import pytest
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


@pytest.mark.parametrize("path", ["/api/docs/", "/api/docs/?script=", "/api/redoc/", "/admin/login/"])
def test_packaged_pages_may_write_their_own_markup(client: Client, path: str) -> None:
    assert client.get(path)["Content-Security-Policy"] == PACKAGED_POLICY


@pytest.mark.parametrize("path", ["/api/docs/", "/api/redoc/"])
def test_pages_of_the_api_name_no_other_host(client: Client, path: str) -> None:
    page = client.get(path).content.decode()
    assert "//" not in page
    assert "<style" not in page


def test_policy_goes_with_answers_of_the_asynchronous_server() -> None:
    response = asyncio.run(AsyncClient().get("/help/"))
    assert response["Content-Security-Policy"] == OWN_POLICY
