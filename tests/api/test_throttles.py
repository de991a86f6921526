"""How often a token, a user and the visitors of an address may ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.conf import settings as product
from django.contrib.auth.models import User
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from pytest_django import Settings

from api.access.throttles import RATES, _take_turn
from api.access.tokens import make_token
from api.models import READ
from backend.checks import check_rate_limits

pytestmark = pytest.mark.django_db

COLUMNS = "/api/v1/contracts/columns/"
Rates = dict[str, tuple[int, float]]


@pytest.fixture
def ana(visitor: Client, live: redis.Redis) -> User:
    return User.objects.create_user("ana")


def ask(client: Client, times: int, *, at: str = "10.0.0.1") -> list[int]:
    return [client.get(COLUMNS, REMOTE_ADDR=at).status_code for _ in range(times)]


def program(user: User) -> Client:
    token = make_token(user, name="script", scopes=[READ], days=1)
    return Client(headers={"Authorization": f"Bearer {token}"})


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def limit(settings: Settings, **rates: tuple[int, float]) -> None:
    settings.REQUEST_RATE_LIMITS = rates


def test_nobody_is_limited_unless_a_setting_says_so(visitor: Client) -> None:
    assert product.REQUEST_RATE_LIMITS == {}
    assert set(ask(visitor, 30)) == {200}


def test_token_has_a_rate_of_its_own(ana: User, settings: Settings) -> None:
    limit(settings, token=(3, 60))
    one, two = program(ana), program(ana)
    assert ask(one, 5) == [200] * 3 + [429] * 2
    assert ask(two, 3) == [200] * 3
    assert set(ask(browser(ana), 5)) == {200}


def test_user_has_one_rate_for_all_tokens_and_browsers(ana: User, settings: Settings) -> None:
    limit(settings, user=(3, 60))
    assert ask(program(ana), 2) == [200] * 2
    assert ask(browser(ana), 2, at="10.0.0.2") == [200, 429]
    assert ask(program(ana), 1) == [429]
    assert ask(browser(User.objects.create_user("bob")), 3) == [200] * 3
    assert set(ask(Client(), 5)) == {200}


def test_visitors_of_an_address_have_one_rate_without_cookies(ana: User, settings: Settings) -> None:
    limit(settings, address=(3, 60))
    assert [ask(Client(), 1)[0] for _ in range(5)] == [200] * 3 + [429] * 2
    assert ask(Client(), 1, at="10.0.0.2") == [200]
    # Who has signed in at that address does not stand in their way, nor they in theirs.
    assert set(ask(browser(ana), 5)) == {200}


def test_refusal_is_a_problem_that_says_when_to_come_again(
    visitor: Client, live: redis.Redis, settings: Settings
) -> None:
    limit(settings, address=(1, 40))
    ask(visitor, 1)
    answer = visitor.get(COLUMNS, REMOTE_ADDR="10.0.0.1")
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-requests")
    assert 30 <= int(answer["Retry-After"]) <= 40
    (key,) = live.keys("asked:*")
    # No address is kept, and nothing longer than the rate's seconds.
    assert b"10.0.0.1" not in key
    assert 0 < live.pttl(key) <= 40_000
    live.pexpire(key, 1)
    while live.exists(key):
        pass
    assert ask(visitor, 1) == [200]


def test_requests_at_the_same_moment_are_all_counted(live: redis.Redis) -> None:
    with ThreadPoolExecutor(16) as threads:
        waits = list(threads.map(lambda _: _take_turn(live, "asked:x", 10, 60), range(64)))
    assert waits.count(0.0) == 10


def test_supervisors_and_scrapers_are_not_limited(
    staff: Client, live: redis.Redis, settings: Settings
) -> None:
    limit(settings, address=(1, 60), user=(1, 60), token=(1, 60))
    for path in ("/health/live", "/api/v1/", "/metrics"):
        assert [staff.get(path).status_code for _ in range(3)] == [200] * 3, path


def test_document_tells_of_the_rates_where_there_are_some(settings: Settings) -> None:
    def declared() -> bool:
        document: Any = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
        return "429" in document["paths"][COLUMNS]["get"]["responses"]

    assert not declared()
    limit(settings, user=(1, 60))
    assert declared()


def test_rate_for_what_has_none_is_an_error_of_the_settings(settings: Settings) -> None:
    limit(settings, **dict.fromkeys(RATES, (1, 60)))
    assert check_rate_limits() == []
    limit(settings, visitor=(1, 60))
    (complaint,) = check_rate_limits()
    assert "REQUEST_RATE_LIMITS names visitor" in complaint.msg
