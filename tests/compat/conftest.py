"""A client of the incumbent's, and the paths that it knows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module, reload
from typing import Any

import pytest
import redis
from django.test import Client
from django.urls import clear_url_caches
from pytest_django import Settings

from tests.api.conftest import live, post, staff, visitor, work_off

__all__ = ["live", "post", "staff", "visitor"]

CONTRACTS = "/api/v1/contracts/"
DATA = "/api/v1/data-processing/"


def read_urls_again() -> None:
    """Make the paths anew, from the setting as it is now."""
    for name in ("backend.urls", "compat.urls"):
        if name in sys.modules:
            reload(import_module(name))
    clear_url_caches()


@pytest.fixture
def switched_on(settings: Settings) -> Iterator[None]:
    """The room is on."""
    settings.COMPAT = True
    read_urls_again()
    yield
    settings.COMPAT = False
    read_urls_again()


@pytest.fixture
def old(switched_on: None, visitor: Client, live: redis.Redis) -> Client:
    """A client of the incumbent's in front of this system, whose paths it knows."""
    return visitor


def ask(client: Client, path: str, body: dict[str, Any] | None = None) -> Any:
    """The answer to a call: here no event loop waits, so a worker works and the client asks again."""
    response = post(client, path, body)
    if response.status_code == 202:
        work_off()
        response = post(client, path, body)
    assert response.status_code == 200, read(response)
    return response


def read(response: Any) -> bytes:
    """The body, streamed or not."""
    if response.streaming:
        return b"".join(response)
    body: bytes = response.content
    return body


def answer(client: Client, path: str, body: dict[str, Any] | None = None) -> Any:
    """The JSON that a call is answered with."""
    return json.loads(read(ask(client, path, body)))
