"""Signing in and out."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return User.objects.create_user("ana", password="right")


def sign_in(client: Client, *, password: str = "right", next: str = "") -> str:
    """Send the form as a browser does, token included; where the answer leads, or ''."""
    page = client.get(f"/login/?next={next}").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    fields = {"username": "ana", "password": password, "next": next, "csrfmiddlewaretoken": token[1]}
    return client.post("/login/", fields).headers.get("Location", "")


def test_signing_in_leads_back_to_where_one_wanted_to_go(ana: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client, next="/tasks/") == "/tasks/"
    assert "ana" in client.get("/").content.decode()


def test_signing_in_never_leads_to_another_host(ana: User) -> None:
    assert sign_in(Client(), next="https://evil.example/") == "/"


def test_wrong_password_is_said_and_the_name_is_kept(ana: User, client: Client) -> None:
    page = client.post("/login/", {"username": 'a"><b>', "password": "wrong"}).content.decode()
    assert "The name or the password is not right" in page
    assert 'value="a&quot;&gt;&lt;b&gt;"' in page


def test_signing_out_takes_a_form_with_a_token(ana: User) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client)
    assert client.post("/logout/").status_code == 403
    token = client.cookies["csrftoken"].value
    assert client.post("/logout/", {"csrfmiddlewaretoken": token})["Location"] == "/"
    assert "Sign in" in client.get("/").content.decode()
