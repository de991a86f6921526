"""Receivers by the API: kept, shown without their secrets, tested, and what went there."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from monitors import sweeping
from monitors.models import Delivery, Receiver
from monitors.questions import MOST_RECEIVERS
from tests.api.conftest import post, work_off
from tests.api.test_monitors import patch, watch
from tests.listeners import NETWORKS, Listener, listen

pytestmark = pytest.mark.django_db

RECEIVERS = "/api/v1/receivers/"


@pytest.fixture
def listener(settings: Settings) -> Iterator[Listener]:
    settings.WEBHOOK_NETWORKS = [ip_network(NETWORKS)]
    with listen() as listener:
        yield listener


def add(client: Client, url: str = "https://desk.example/hook", **how: Any) -> dict[str, Any]:
    answer = post(client, RECEIVERS, {"name": "Desk", "url": url, **how})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def send_due() -> None:
    sweeping.ask_deliveries()
    work_off()


def test_receiver_is_added_shown_changed_and_deleted(visitor: Client) -> None:
    made = add(visitor)
    assert made["secret"].startswith("whsec_")
    shown = {**made, "secret": None}
    assert visitor.get(RECEIVERS).json()["receivers"] == [shown]
    assert visitor.get(made["links"]["self"]).json() == shown
    changed = patch(visitor, made["links"]["self"], {"name": "News", "disabled": True}).json()
    assert (changed["name"], changed["disabled_at"] is None, changed["reason"]) == (
        "News",
        False,
        "switched off by its owner",
    )
    assert patch(visitor, made["links"]["self"], {"disabled": False}).json()["disabled_at"] is None
    assert visitor.delete(made["links"]["self"]).status_code == 204
    assert visitor.get(RECEIVERS).json()["receivers"] == []


def test_secret_is_shown_once_and_replaced(visitor: Client) -> None:
    made = add(visitor)
    rotated = post(visitor, made["links"]["secret"]).json()
    assert rotated["secret"] != made["secret"]
    assert rotated["secrets"] == 2
    for text in (visitor.get(RECEIVERS).content, visitor.get(made["links"]["self"]).content):
        assert b"whsec_" not in text
    slack = add(visitor, channel="slack")
    refused = post(visitor, slack["links"]["secret"])
    assert (slack["secret"], refused.status_code, refused.json()["code"]) == (None, 409, "signs-nothing")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://127.0.0.1/"}, "/url"),
        ({"url": "ftp://a.example"}, "/url"),
        ({"channel": "mail"}, "/channel"),
        ({"name": " "}, "/name"),
        ({"secret": "whsec_AAAA"}, "/secret"),
    ],
    ids=str,
)
def test_bad_value_is_named_by_its_pointer(visitor: Client, body: dict[str, Any], pointer: str) -> None:
    answer = post(visitor, RECEIVERS, {"name": "Desk", "url": "https://a.example/", **body})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_receivers_are_bounded(visitor: Client, other: Client) -> None:
    for _ in range(MOST_RECEIVERS):
        add(visitor)
    refused = post(visitor, RECEIVERS, {"name": "Desk", "url": "https://a.example/"})
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-saved")
    add(other)


def test_test_arrives_and_stands_in_the_list_with_its_tries(visitor: Client, listener: Listener) -> None:
    made = add(visitor, listener.url)
    sending = post(visitor, made["links"]["test"]).json()
    assert (sending["tells"], sending["state"], sending["tries"]) == ("test", "waiting", [])
    send_due()
    [listed] = visitor.get(made["links"]["deliveries"]).json()["results"]
    assert (listed["id"], listed["state"], listed["tries"][0]["said"]) == (sending["id"], "sent", "200 ok")
    assert post(visitor, listed["links"]["replay"]).json()["state"] == "waiting"
    send_due()
    assert listener.ids == [sending["id"]] * 2


def test_monitor_names_its_receivers(visitor: Client) -> None:
    made = add(visitor)
    watched = watch(visitor, receivers=[made["id"]])
    assert watched["receivers"] == [made["id"]]
    assert patch(visitor, watched["links"]["self"], {"receivers": []}).json()["receivers"] == []
    again = patch(visitor, watched["links"]["self"], {"receivers": [made["id"], made["id"]]})
    assert again.json()["receivers"] == [made["id"]]
    visitor.delete(made["links"]["self"])
    assert visitor.get(watched["links"]["self"]).json()["receivers"] == []


@pytest.mark.parametrize("who", ["other", "staff"])
def test_nobody_sees_or_touches_those_of_others(
    visitor: Client, who: str, request: pytest.FixtureRequest
) -> None:
    made = add(visitor)
    sent = post(visitor, made["links"]["test"]).json()
    stranger, path = request.getfixturevalue(who), made["links"]["self"]
    before = Receiver.objects.values().get(), Delivery.objects.values().get()
    answers = [
        stranger.get(path),
        patch(stranger, path, {"disabled": True}),
        stranger.delete(path),
        post(stranger, f"{path}secret/"),
        post(stranger, f"{path}test/"),
        stranger.get(f"{path}deliveries/"),
        post(stranger, sent["links"]["replay"]),
        post(stranger, f"{add(stranger)['links']['deliveries']}{sent['id']}/replay/"),
        patch(stranger, watch(stranger)["links"]["self"], {"receivers": [made["id"]]}),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not-found")}
    assert Receiver.objects.values().get(pk=made["id"]) == before[0]
    assert Delivery.objects.values().get() == before[1]


def test_visitor_who_signs_in_keeps_receivers_and_what_went_there(visitor: Client) -> None:
    made = add(visitor)
    post(visitor, made["links"]["test"])
    User.objects.create_user("ana", password="right")
    visitor.post("/login/", {"username": "ana", "password": "right"})
    assert [one["id"] for one in visitor.get(RECEIVERS).json()["receivers"]] == [made["id"]]
    assert len(visitor.get(made["links"]["deliveries"]).json()["results"]) == 1
