"""The page on which users make, see and revoke their API tokens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from api.access.tokens import MOST_TOKENS, make_token
from api.models import READ, ApiToken

pytestmark = pytest.mark.django_db

PAGE, REVOKE = "/tokens/", "/tokens/revoke/"
COLUMNS = "/api/v1/contracts/columns/"
GOOD = {"name": "my script", "scopes": ["read"], "days": "30"}


@pytest.fixture
def ana(client: Client) -> User:
    user = User.objects.create_user("ana")
    client.force_login(user)
    return user


def read_made(answer: Any) -> str:
    found = re.search(r'<code id="made">(.*?)</code>', answer.content.decode())
    assert found is not None, answer.content.decode()
    return found[1]


def status_with(token: str) -> int:
    return Client(headers={"Authorization": f"Bearer {token}"}).get(COLUMNS).status_code


def test_token_is_shown_once_and_works_until_it_is_revoked(client: Client, ana: User) -> None:
    answer = client.post(PAGE, GOOD)
    assert "no-store" in answer["Cache-Control"]
    token = read_made(answer)
    assert status_with(token) == 200
    listed = client.get(PAGE).content.decode()
    assert token not in listed
    assert token[:15] in listed
    assert "my script" in listed
    assert client.post(REVOKE, {"token": token[:15]})["Location"] == PAGE
    assert status_with(token) == 401
    assert "my script" not in client.get(PAGE).content.decode()


def test_nobody_sees_or_revokes_the_tokens_of_others(client: Client, ana: User) -> None:
    bobs = make_token(User.objects.create_user("bob"), name="of bob", scopes=[READ], days=1)
    assert "of bob" not in client.get(PAGE).content.decode()
    client.post(REVOKE, {"token": bobs[:15]})
    assert status_with(bobs) == 200


@pytest.mark.parametrize(
    "wrong",
    [
        *({"name": name} for name in ("", " ", "n" * 61, "a\x00b")),
        *({"days": days} for days in ("0", "-1", "366", "x", "", "1e9", "9" * 5000)),
        *({"scopes": scopes} for scopes in ([], ["admin"], ["read", "x"])),
    ],
    ids=str,
)
def test_wrong_form_is_shown_again_with_the_reason(client: Client, ana: User, wrong: dict[str, Any]) -> None:
    answer = client.post(PAGE, {**GOOD, **wrong})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_what_was_typed_is_escaped(client: Client, ana: User) -> None:
    answer = client.post(PAGE, {**GOOD, "name": '"><script>alert(1)</script>', "days": "0"})
    assert "<script>alert" not in answer.content.decode()
    client.post(PAGE, {**GOOD, "name": "<i>x</i>"})
    assert "&lt;i&gt;x" in client.get(PAGE).content.decode()


def test_users_have_a_number_of_tokens_that_they_can_look_through(client: Client, ana: User) -> None:
    for number in range(MOST_TOKENS):
        make_token(ana, name=str(number), scopes=[READ], days=1)
    answer = client.post(PAGE, GOOD)
    assert (answer.status_code, ApiToken.objects.count()) == (400, MOST_TOKENS)
    assert "revoke one" in answer.content.decode()


def test_visitors_are_asked_to_sign_in_and_see_no_link(client: Client) -> None:
    assert client.get(PAGE)["Location"] == f"/login/?next={PAGE}"
    assert client.post(PAGE, GOOD).status_code == 302
    assert client.post(REVOKE, {"token": "x"}).status_code == 302
    assert not ApiToken.objects.exists()
    assert PAGE not in client.get("/").content.decode()


def test_no_other_site_makes_a_token(ana: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ana)
    assert browser.post(PAGE, GOOD).status_code == 403
    assert browser.post(REVOKE, {"token": "x"}).status_code == 403
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("token", ["", "a\x00b", "9" * 5000])
def test_revoking_what_is_not_there_changes_nothing(client: Client, ana: User, token: str) -> None:
    assert client.post(REVOKE, {"token": token}).status_code == 302
    assert client.get(REVOKE).status_code == 405
