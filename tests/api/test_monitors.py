"""Monitors and alerts by the API: whose they are, what may be said of them, and the feed."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.test import Client

from data_processing import datasets
from data_processing.lifecycle import runner
from data_processing.models import TaskRun
from monitors import sweeping
from monitors.models import Alert, Monitor
from monitors.watching import MOST_MONITORS
from tests.api.conftest import post
from tests.api.test_saved_searches import save

pytestmark = pytest.mark.django_db

MONITORS, ALERTS = "/api/v1/monitors/", "/api/v1/alerts/"
ATOM = "{http://www.w3.org/2005/Atom}"


def watch(client: Client, **how: Any) -> dict[str, Any]:
    answer = post(client, MONITORS, {"search": save(client)["id"], **how})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def patch(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.patch(path, json.dumps(body), content_type="application/json")


def raise_alert(monitor: Monitor, **changed: Any) -> Alert:
    """An alert as a check makes it."""
    match = {
        "change": "new",
        "title": "Dike <1>",
        "contractor": "Peña & Sons",
        "organization": None,
        "award_date": "2024-01-02",
        "amount": "1500.25",
        "before": None,
        "path": "/contracts/31/31/",
    }
    told = {"new": 1, "amended": 0, "new_value": "1500.25", "matches": [match], **changed}
    number = monitor.alerts.count() + 1
    return Alert.objects.create(
        owner=monitor.owner, monitor=monitor, number=number, dataset_version="v", **told
    )


def test_monitor_is_made_shown_changed_and_deleted(visitor: Client) -> None:
    made = watch(visitor)
    assert (made["name"], made["schedule"], made["channels"], made["contracts"]) == (
        "Dikes",
        "version",
        [],
        None,
    )
    assert visitor.get(MONITORS).json()["monitors"] == [made]
    changed = patch(visitor, made["links"]["self"], {"schedule": "0  6 * * 1-5", "channels": ["mail"]}).json()
    assert (changed["schedule"], changed["channels"], changed["paused"]) == ("0 6 * * 1-5", ["mail"], False)
    assert changed["next_check_at"] is not None
    assert patch(visitor, made["links"]["self"], {"paused": True}).json()["schedule"] == "0 6 * * 1-5"
    assert visitor.delete(made["links"]["self"]).status_code == 204
    assert visitor.get(MONITORS).json()["monitors"] == []
    assert visitor.get(made["links"]["search"]).status_code == 200


def test_search_is_watched_once(visitor: Client) -> None:
    made = watch(visitor)
    refused = post(visitor, MONITORS, {"search": made["search"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "already-watched")


def test_monitors_are_bounded(visitor: Client, other: Client) -> None:
    for _ in range(MOST_MONITORS):
        watch(visitor)
    refused = post(visitor, MONITORS, {"search": save(visitor)["id"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-saved")
    watch(other)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"schedule": "hourly"}, "/schedule"),
        ({"schedule": "61 * * * *"}, "/schedule"),
        ({"schedule": "0 0 31 2 *"}, "/schedule"),
        ({"schedule": "0 0 * * *\x00"}, "/schedule"),
        ({"channels": ["pigeon"]}, "/channels/0"),
        ({"paused": "yes"}, "/paused"),
        ({"owner": "user:1"}, "/owner"),
    ],
    ids=str,
)
def test_bad_value_is_named_by_its_pointer(visitor: Client, body: dict[str, Any], pointer: str) -> None:
    answer = patch(visitor, watch(visitor)["links"]["self"], body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_check_now_compares_at_once(visitor: Client) -> None:
    search = save(visitor, filters={"text": "flood control"})
    made = post(visitor, MONITORS, {"search": search["id"]}).json()
    version = datasets.current_snapshot().version
    for _ in range(2):
        asked = post(visitor, made["links"]["check"])
        assert (asked.status_code, asked.json()) == (200, {"checking": True, "dataset_version": version})
    run = TaskRun.objects.get(kind="check_now")
    assert (run.queue, run.owner) == ("high", "program")
    assert sweeping.ask_checks() == 0
    runner.run_attempt(run.id, worker="test")
    shown = visitor.get(made["links"]["self"]).json()
    assert (shown["checking"], shown["checked_version"], shown["contracts"]) == (False, version, 30)
    assert post(visitor, made["links"]["check"]).json()["checking"] is False
    # The program's own runs are nobody's to see.
    assert visitor.get("/api/v1/data-processing/tasks/").json()["results"] == []


@pytest.mark.parametrize("who", ["other", "staff"])
def test_nobody_sees_or_touches_those_of_others(
    visitor: Client, who: str, request: pytest.FixtureRequest
) -> None:
    made = watch(visitor)
    alert = raise_alert(Monitor.objects.get())
    stranger, path = request.getfixturevalue(who), made["links"]["self"]
    before = Monitor.objects.values().get(), Alert.objects.values().get()
    answers = [
        stranger.get(path),
        patch(stranger, path, {"paused": True}),
        stranger.delete(path),
        post(stranger, f"{path}check/"),
        post(stranger, f"{path}feed/"),
        stranger.delete(f"{path}feed/"),
        stranger.get(f"{ALERTS}{alert.pk}/"),
        post(stranger, MONITORS, {"search": made["search"]}),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not-found")}
    assert post(stranger, f"{ALERTS}read/").status_code == 204
    assert (Monitor.objects.values().get(), Alert.objects.values().get()) == before
    assert stranger.get(MONITORS).json()["monitors"] == stranger.get(ALERTS).json()["results"] == []


def test_visitor_who_signs_in_keeps_monitors_and_alerts(visitor: Client) -> None:
    watch(visitor)
    raise_alert(Monitor.objects.get())
    User.objects.create_user("ana", password="right")
    visitor.post("/login/", {"username": "ana", "password": "right"})
    assert len(visitor.get(MONITORS).json()["monitors"]) == len(visitor.get(ALERTS).json()["results"]) == 1


def test_alerts_are_listed_newest_first_and_noted_as_read(visitor: Client) -> None:
    watch(visitor)
    first, second = (raise_alert(Monitor.objects.get(), new=new) for new in (1, 2))
    page = visitor.get(f"{ALERTS}?page_size=1").json()
    assert [one["id"] for one in page["results"]] == [str(second.pk)]
    assert [one["id"] for one in visitor.get(page["next"]).json()["results"]] == [str(first.pk)]
    assert page["results"][0]["read_at"] is None
    assert post(visitor, f"{ALERTS}read/").status_code == 204
    shown = visitor.get(f"{ALERTS}{second.pk}/").json()
    assert shown["read_at"] is not None
    assert (shown["name"], shown["new_value"], shown["matches"][0]["contractor"]) == (
        "Dikes",
        "1500.25",
        "Peña & Sons",
    )


def test_feed_tells_alerts_to_whoever_has_its_address(visitor: Client, other: Client, settings: Any) -> None:
    made = watch(visitor)
    alert = raise_alert(Monitor.objects.get())
    assert made["links"]["feed"] is None
    feed = post(visitor, f"{made['links']['self']}feed/").json()["links"]["feed"]
    # Also where all others have to sign in: a reader of feeds cannot.
    settings.ANONYMOUS_ACCESS = False
    answer = other.get(feed)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    root = ElementTree.fromstring(answer.content)
    [entry] = root.findall(f"{ATOM}entry")
    assert root.findtext(f"{ATOM}title") == "Dikes"
    assert entry.findtext(f"{ATOM}id") == alert.pk.urn
    assert entry.findtext(f"{ATOM}title") == "1 new contract worth 1,500.25 pesos"
    assert "Dike <1> · Peña & Sons" in (entry.findtext(f"{ATOM}summary") or "")
    rss = other.get(f"{feed}rss/")
    assert (rss.status_code, rss["Content-Type"]) == (200, "application/rss+xml; charset=utf-8")
    told = ElementTree.fromstring(rss.content).find("channel/item")
    assert told is not None
    assert (told.findtext("title"), told.findtext("guid")) == (entry.findtext(f"{ATOM}title"), alert.pk.urn)
    settings.ANONYMOUS_ACCESS = True
    again = post(visitor, f"{made['links']['self']}feed/").json()["links"]["feed"]
    assert [other.get(feed).status_code, other.get(again).status_code] == [404, 200]
    assert visitor.get(made["links"]["self"]).json()["links"]["rss"] == f"{again}rss/"
    assert visitor.delete(f"{made['links']['self']}feed/").status_code == 204
    assert other.get(again).status_code == other.get(f"{again}rss/").status_code == 404
