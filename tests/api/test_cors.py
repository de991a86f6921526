"""Pages of other origins: named ones may ask, without cookies, and see the headers that they need."""

from __future__ import annotations

from typing import Any

import pytest
from corsheaders.checks import check_settings
from django.conf import settings as product
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from api.access.tokens import make_token
from api.models import READ
from api.requests import headers
from api.requests.headers import AnswerHeader, Header
from tests.api.conftest import TASKS, post

pytestmark = pytest.mark.django_db

HERE, ELSEWHERE = "https://news.example", "https://evil.example"
ALLOWED = "Access-Control-Allow-Origin"


@pytest.fixture
def page(visitor: Client, settings: Settings) -> Client:
    """A browser in which a page of HERE asks."""
    settings.CORS_ALLOWED_ORIGINS = [HERE]
    settings.MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *settings.MIDDLEWARE]
    return Client(headers={"Origin": HERE})


def preflight(client: Client, path: str, *, method: str = "POST", origin: str = HERE) -> Any:
    asked = {"Access-Control-Request-Method": method, "Origin": origin}
    return client.options(path, headers={**asked, "Access-Control-Request-Headers": "authorization,prefer"})


def split(text: str) -> set[str]:
    return {part.strip().lower() for part in text.split(",")}


def test_no_origin_is_allowed_unless_a_setting_names_it(visitor: Client) -> None:
    assert product.CORS_ALLOWED_ORIGINS == []
    assert not [name for name in product.MIDDLEWARE if "cors" in name]
    for answer in (visitor.get(TASKS, headers={"Origin": HERE}), preflight(visitor, f"{TASKS}search/")):
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_named_origin_asks_first_and_may_send_what_the_api_heeds(page: Client) -> None:
    for path in (f"{TASKS}search/", TASKS, "/api/schema/"):
        answer = preflight(page, path)
        assert (answer.status_code, answer[ALLOWED]) == (200, HERE)
        assert {"get", "post", "delete"} <= split(answer["Access-Control-Allow-Methods"])
        assert {"authorization", "content-type"} <= split(answer["Access-Control-Allow-Headers"])
    declared = {one.name.lower() for one in vars(headers).values() if type(one) is Header}
    assert len(declared) > 4
    assert declared <= split(answer["Access-Control-Allow-Headers"])


def test_page_of_a_named_origin_sees_the_headers_that_answers_declare(page: Client) -> None:
    answer = post(page, f"{TASKS}search/", Prefer="wait=0")
    assert (answer.status_code, answer[ALLOWED]) == (202, HERE)
    seen = split(answer["Access-Control-Expose-Headers"])
    declared = {one.name.lower() for one in vars(headers).values() if isinstance(one, AnswerHeader)}
    assert len(declared) > 7
    assert declared | {"x-request-id"} <= seen


def test_errors_can_be_read_too(page: Client) -> None:
    for answer in (
        page.get("/api/nothing/"),
        page.get(f"{TASKS}?x=1"),
        page.put(TASKS),
        page.get("/api/v1/datasets"),
    ):
        assert answer[ALLOWED] == HERE, answer.status_code


def test_other_origins_and_paths_get_nothing(page: Client) -> None:
    for origin in (ELSEWHERE, f"{HERE}.evil.example", "http://news.example", "null", "https://", "x"):
        assert ALLOWED not in page.get(TASKS, headers={"Origin": origin})
        assert ALLOWED not in preflight(page, f"{TASKS}search/", origin=origin)
    for path in ("/", "/help/", "/login/", "/admin/login/", "/health/live", "/metrics"):
        assert ALLOWED not in page.get(path), path


def test_cookies_stay_where_they_belong_and_tokens_travel(page: Client) -> None:
    answer = page.get(TASKS)
    assert "Access-Control-Allow-Credentials" not in answer
    assert "origin" in answer["Vary"].lower()
    token = make_token(User.objects.create_user("ana"), name="page", scopes=[READ], days=1)
    mine = page.get(TASKS, headers={"Authorization": f"Bearer {token}"})
    assert (mine.status_code, mine[ALLOWED]) == (200, HERE)


@pytest.mark.parametrize("origin", ["news.example", "*", "https://news.example/page"])
def test_origin_that_is_none_is_an_error_of_the_settings(settings: Settings, origin: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = [origin]
    assert check_settings(app_configs=None)
