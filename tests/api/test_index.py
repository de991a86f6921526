"""The index names what there is, and every address takes what it declares and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from api.urls import urlpatterns
from tests.api.conftest import TASKS, start

pytestmark = pytest.mark.django_db

INDEX = "/api/v1/"
VALUES = {"task_id": "00000000-0000-0000-0000-000000000000", "dead_letter_id": "1", "version": "x"}
VALUES |= {"export_id": VALUES["task_id"], "kind": "contractors", "slug": "x", "name": "x"}
VALUES |= {"reference": "31", "award": "31", "search_id": VALUES["task_id"], "key": "x"}
VALUES |= dict.fromkeys(("group_id", "receiver_id", "delivery_id", "share_id"), VALUES["task_id"])
VALUES |= {"monitor_id": VALUES["task_id"], "alert_id": VALUES["task_id"], "feed": "x"}


def read_index(client: Client) -> dict[str, dict[str, Any]]:
    answer = client.get(INDEX)
    assert answer.status_code == 200
    return {one["name"]: one for one in answer.json()["endpoints"]}


def address_of(endpoint: dict[str, Any]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: VALUES[found[1]], endpoint["url"])


def test_index_names_every_address_with_words_for_each(visitor: Client, settings: Any) -> None:
    settings.REHEARSALS = True
    found = read_index(visitor)
    assert set(found) == {pattern.name for pattern in urlpatterns if pattern.name}
    assert all(len(one["description"]) > 10 and one["methods"] for one in found.values())
    assert found["task-search"]["url"] == f"{TASKS}search/"
    assert found["task-detail"]["methods"] == ["GET", "DELETE"]
    assert found["task-detail"]["url"] == f"{TASKS}{{task_id}}/"
    assert found["suggest"]["parameters"] == ["field", "q", "contains", "limit"]
    assert visitor.get(visitor.get(INDEX).json()["document"]).status_code == 200


def test_index_leaves_out_what_this_installation_has_not(visitor: Client, settings: Any) -> None:
    settings.REHEARSALS = False
    assert "task-rehearsal" not in read_index(visitor)


def test_index_is_for_who_has_to_sign_in_too(visitor: Client, settings: Any) -> None:
    settings.ANONYMOUS_ACCESS = False
    assert "task-search" in read_index(visitor)


def test_addresses_of_the_index_lead_to_an_endpoint(visitor: Client) -> None:
    for one in read_index(visitor).values():
        found = get_resolver().resolve(address_of(one))
        assert found.url_name == one["name"], one


def test_unknown_parameter_is_named_at_every_address(staff: Client) -> None:
    for one in read_index(staff).values():
        for method in one["methods"]:
            address = f"{address_of(one)}?colour=red"
            answer = staff.generic(method, address, b"{}", content_type="application/json")
            assert answer.status_code == 400, (method, address, answer.content)
            (error,) = answer.json()["errors"]
            assert (error["in"], error["pointer"]) == ("query", "/colour"), (method, address)
            for known in one["parameters"]:
                assert known in error["detail"]


# --- Without the slash at its end ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reader_who_leaves_out_the_last_slash_is_led_there(visitor: Client, method: str) -> None:
    for path in ("/api/v1", "/api/v1/datasets", "/api/schema", f"{TASKS}status", f"{TASKS}active"):
        answer = visitor.generic(method, f"{path}?q=a%20b&x=%2F")
        assert (answer.status_code, answer["Location"]) == (301, f"{path}/?q=a%20b&x=%2F")
    task = start(visitor, "search")
    followed = visitor.get(f"{TASKS}status?task_id={task['task_id']}", follow=True)
    assert followed.json()["task_id"] == task["task_id"]


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH", "OPTIONS"])
def test_writer_who_leaves_out_the_last_slash_is_told_the_address(visitor: Client, method: str) -> None:
    answer = visitor.generic(method, f"{TASKS}search?x=1", b"{}", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "missing-slash")
    assert f"{TASKS}search/" in answer.json()["detail"]
    assert visitor.get(TASKS).json()["results"] == []


@pytest.mark.parametrize(
    "path", ["/api", "/api/nothing", "/api/v1/datasets//", "/health/live/", "/health", "/metrics/", "/api//x"]
)
def test_nothing_is_made_of_other_addresses(visitor: Client, path: str) -> None:
    for method in ("GET", "POST"):
        answer = visitor.generic(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), path


def test_redirect_leads_to_no_other_host(visitor: Client) -> None:
    answer = visitor.get("/", PATH_INFO="//evil.example/api/v1/datasets")
    assert answer.status_code == 404


# --- How many names -----------------------------------------------------------------------------------------


def test_suggest_gives_as_many_names_as_are_asked_for(visitor: Client) -> None:
    address = "/api/v1/contracts/suggest/"
    known = visitor.get(address).json()["suggestions"]
    assert len(known) > 1
    assert visitor.get(address, {"limit": "1"}).json()["suggestions"] == known[:1]
    for wrong in ("0", "-1", "1001", "2.5", "ten", "²", ""):
        answer = visitor.get(address, {"limit": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/limit")
