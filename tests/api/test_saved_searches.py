"""Saved searches: kept for their owner alone, shared by links that can be revoked, carried as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from api.access.tokens import make_token
from api.models import READ, WATCH
from contracts.questions.filters import Filters
from monitors.builtin import BUILT_IN
from monitors.models import SavedSearch
from monitors.questions import MOST_SEARCHES
from tests.api.conftest import TASKS, post

pytestmark = pytest.mark.django_db

SAVED = "/api/v1/saved-searches/"
DIKES = {"name": "Dikes", "note": "for the story", "filters": {"text": "dike or levee"}}


def save(client: Client, **changed: Any) -> dict[str, Any]:
    answer = post(client, SAVED, {**DIKES, **changed})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def patch(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.patch(path, json.dumps(body), content_type="application/json")


def names(client: Client) -> list[str]:
    return [one["name"] for one in client.get(SAVED).json()["searches"]]


def test_search_is_saved_and_can_be_asked_as_it_is(visitor: Client) -> None:
    made = save(visitor)
    assert (made["name"], made["note"], made["filters_in_words"]) == (
        "Dikes",
        "for the story",
        "words: dike or levee",
    )
    assert visitor.get(made["links"]["self"]).json() == made
    assert post(visitor, f"{TASKS}search/", {"filters": made["filters"]}).status_code == 202


def test_what_was_used_last_stands_first(visitor: Client) -> None:
    first = save(visitor, name="first")
    save(visitor, name="second")
    assert names(visitor) == ["second", "first"]
    assert post(visitor, f"{first['links']['self']}use/").status_code == 204
    assert names(visitor) == ["first", "second"]


def test_change_leaves_what_it_does_not_give(visitor: Client) -> None:
    path = save(visitor)["links"]["self"]
    changed = patch(visitor, path, {"name": "  Dams \n"}).json()
    assert (changed["name"], changed["note"], changed["filters"]["text"]) == (
        "Dams",
        "for the story",
        "dike or levee",
    )
    assert patch(visitor, path, {"filters": {"areas": ["Cebu"]}, "note": ""}).json()["note"] == ""
    assert visitor.get(path).json()["filters_in_words"] == "area: Cebu"


def test_copy_is_one_of_its_own(visitor: Client) -> None:
    made = save(visitor)
    copied = post(visitor, made["links"]["copy"])
    assert (copied.status_code, copied["Location"]) == (201, copied.json()["links"]["self"])
    assert names(visitor) == ["Copy of Dikes", "Dikes"]
    assert visitor.delete(made["links"]["self"]).status_code == 204
    assert names(visitor) == ["Copy of Dikes"]


def test_link_shows_the_search_until_it_is_revoked(visitor: Client, other: Client) -> None:
    made = save(visitor)
    assert made["links"]["shared"] is None
    shared = post(visitor, made["links"]["share"]).json()["links"]["shared"]
    assert post(visitor, made["links"]["share"]).json()["links"]["shared"] == shared
    shown = other.get(shared).json()
    assert {"name", "note", "filters", "filters_in_words", "key"} == set(shown)
    assert shown["filters"] == made["filters"]
    assert [other.delete(shared).status_code, patch(other, shared, {"name": "mine"}).status_code] == [
        405,
        405,
    ]
    assert visitor.delete(made["links"]["share"]).status_code == 204
    assert other.get(shared).status_code == 404
    assert post(visitor, made["links"]["share"]).json()["links"]["shared"] != shared


@pytest.mark.parametrize("who", ["other", "staff"])
def test_nobody_sees_or_touches_those_of_others(
    visitor: Client, who: str, request: pytest.FixtureRequest
) -> None:
    made = save(visitor)
    stranger, path = request.getfixturevalue(who), made["links"]["self"]
    before = SavedSearch.objects.values().get()
    answers = [
        stranger.get(path),
        patch(stranger, path, {"name": "mine"}),
        stranger.delete(path),
        post(stranger, made["links"]["copy"]),
        post(stranger, f"{path}use/"),
        post(stranger, made["links"]["share"]),
        stranger.delete(made["links"]["share"]),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not-found")}
    assert SavedSearch.objects.values().get() == before
    assert names(stranger) == []
    assert stranger.get(f"{SAVED}export/").json()["searches"] == []


def test_visitor_who_signs_in_keeps_them(visitor: Client) -> None:
    save(visitor)
    User.objects.create_user("ana", password="right")
    visitor.post("/login/", {"username": "ana", "password": "right"})
    assert names(visitor) == ["Dikes"]
    visitor.post("/logout/")
    assert names(visitor) == []


def test_file_carries_them_to_somebody_else(visitor: Client, other: Client) -> None:
    save(visitor)
    save(visitor, name="Roads", filters={"value_range": {"min": "1.50"}})
    carried = visitor.get(f"{SAVED}export/").json()
    answer = post(other, f"{SAVED}import/", carried)
    assert (answer.status_code, sorted(names(other))) == (201, ["Dikes", "Roads"])
    assert other.get(f"{SAVED}export/").json()["searches"] in (carried["searches"], carried["searches"][::-1])


def test_file_with_one_bad_search_brings_none(visitor: Client) -> None:
    answer = post(visitor, f"{SAVED}import/", {"searches": [DIKES, {"name": "x", "filters": {"area": []}}]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/searches/1/filters/area")
    assert names(visitor) == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"filters": {}}, "/name"),
        ({"name": " \u0007 "}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": "a\x00b"}, "/name"),
        ({"name": "x", "note": "\ud800"}, "/note"),
        ({"name": "x", "filters": {"areas": "Cebu"}}, "/filters/areas"),
        ({"name": "x", "owner": "user:1"}, "/owner"),
    ],
    ids=str,
)
def test_bad_search_is_named_by_its_pointer(visitor: Client, body: dict[str, Any], pointer: str) -> None:
    answer = post(visitor, SAVED, body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_there_is_a_bound_for_each_owner(visitor: Client, other: Client) -> None:
    many = {"searches": [DIKES] * MOST_SEARCHES}
    assert post(visitor, f"{SAVED}import/", many).status_code == 201
    for refused in (post(visitor, SAVED, DIKES), post(visitor, f"{SAVED}import/", {"searches": [DIKES]})):
        assert (refused.status_code, refused.json()["code"]) == (409, "too-many-saved")
    assert len(names(visitor)) == MOST_SEARCHES
    save(other)


@pytest.mark.parametrize("filters", [{"regions": ["III"]}, ["text"], None, "dike"])
def test_search_of_another_version_is_shown_beside_the_others(visitor: Client, filters: Any) -> None:
    made = save(visitor)
    SavedSearch.objects.filter(pk=made["id"]).update(filters=filters if filters is not None else "null")
    save(visitor, name="other")
    assert sorted(names(visitor)) == ["Dikes", "other"]
    shown = visitor.get(made["links"]["self"]).json()
    assert (shown["filters"], "another version" in shown["filters_in_words"]) == (None, True)
    assert post(visitor, made["links"]["copy"]).status_code == 404
    assert len(visitor.get(f"{SAVED}export/").json()["searches"]) == 1
    assert (
        patch(visitor, made["links"]["self"], {"filters": {"text": "dike"}}).json()["filters"]["text"]
        == "dike"
    )


def test_built_in_searches_can_be_read_and_asked(visitor: Client) -> None:
    shown = visitor.get(f"{SAVED}built-in/").json()["searches"]
    assert [one["key"] for one in shown] == list(BUILT_IN)
    for one in shown:
        assert Filters.from_json(one["filters"]).describe() == one["filters_in_words"]
        assert post(visitor, f"{TASKS}search/", {"filters": one["filters"]}).status_code == 202


def test_token_needs_its_scope_to_change_them(visitor: Client) -> None:
    ana = User.objects.create_user("ana")
    reading, watching = (
        Client(headers={"Authorization": f"Bearer {make_token(ana, name='x', scopes=scopes, days=1)}"})
        for scopes in ([READ], [READ, WATCH])
    )
    refused = post(reading, SAVED, DIKES)
    assert (refused.status_code, refused.json()["scope"]) == (403, WATCH)
    save(watching)
    assert names(reading) == ["Dikes"]
