"""What errors look like when they leave."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from pytest_django import Settings

from api.problems import MEDIA_TYPE, handle_exception
from tests.api.conftest import TASKS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("error", [OperationalError("connection refused"), InterfaceError("closed")])
def test_request_during_an_outage_of_the_database_is_told_to_come_again(error: Exception) -> None:
    answer = handle_exception(error, {})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert json.loads(answer.content)["code"] == "database-unavailable"
    assert "refused" not in answer.content.decode()


def test_unknown_error_leaves_without_details() -> None:
    answer = handle_exception(ZeroDivisionError("in /srv/secret.py"), {})
    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()


PATHS = ["/api", "/api/", "/api/nothing/", "/health", "/health/x", "/metrics/x", "/api/schema/", "/api/docs/"]


def is_problem(response: Any) -> bool:
    body: dict[str, Any] = response.json()
    whole = {"type", "code", "title", "status", "detail"} <= body.keys()
    return whole and bool(response["Content-Type"] == MEDIA_TYPE and body["status"] == response.status_code)


@pytest.mark.parametrize("accept", ["application/json", "text/html", "image/png", "application/yaml", "x"])
@pytest.mark.parametrize("path", PATHS)
def test_error_is_json_whatever_was_accepted(visitor: Client, path: str, accept: str) -> None:
    response = visitor.get(path, headers={"Accept": accept})
    if path in ("/api/schema/", "/api/docs/") and response.status_code == 200:
        assert response["Content-Type"].startswith(accept)
    else:
        assert response.status_code in (404, 406)
        assert is_problem(response)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("path", [*PATHS, "/api/v1/datasets/", "/health/live"])
def test_unknown_host_is_a_problem_on_the_paths_of_the_api(
    visitor: Client, settings: Settings, path: str, debug: bool
) -> None:
    settings.DEBUG = debug
    response = visitor.get(path, headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert is_problem(response)


def test_unknown_host_is_a_page_elsewhere(visitor: Client, settings: Settings) -> None:
    settings.DEBUG = False
    response = visitor.get("/help/", headers={"Host": "evil.example"})
    assert (response.status_code, response["Content-Type"].split(";")[0]) == (400, "text/html")


@pytest.mark.parametrize("path", ["/api", "/api/docs/", "/api/schema/", f"{TASKS}status/", "/health/live"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_method_that_is_not_there_is_a_problem(
    visitor: Client, settings: Settings, method: str, path: str
) -> None:
    settings.DEBUG = True
    response = visitor.generic(method, path)
    assert response.status_code == (404 if path == "/api" else 405)
    assert is_problem(response)


def test_missing_csrf_token_is_a_problem(ana: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ana)
    response = client.post(f"{TASKS}search/", {}, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (403, "permission-denied")
    assert is_problem(response)


def test_failure_of_a_middleware_is_a_problem_without_details(visitor: Client, settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.api.test_problems.break_down"]
    visitor.raise_request_exception = False
    response = visitor.get(f"{TASKS}active/")
    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    assert is_problem(response)
    assert b"secret" not in response.content
    assert visitor.get("/help/")["Content-Type"].startswith("text/html")


def break_down(get_response: object) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware that fails."""

    def fail(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError("in /srv/secret.py")

    return fail


@pytest.fixture
def ana(visitor: Client) -> User:
    return User.objects.create_user("ana")
