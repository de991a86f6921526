"""Task calls as the incumbent's documents and load scripts send them, on paths that are ours."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from data_processing.models import TaskRun
from tests.api.conftest import TASKS, post, start, work_off

pytestmark = pytest.mark.django_db

EMPTY: dict[str, Any] = {
    name: []
    for name in ("contractors", "areas", "organizations", "business_categories", "keywords", "time_ranges")
}


def follow(client: Client, task_id: str) -> dict[str, Any]:
    work_off()
    body: dict[str, Any] = client.get(f"{TASKS}status/", {"task_id": task_id}).json()
    assert body["state"] == "SUCCESS"
    return body


def test_an_export_takes_filters_without_a_wrapping_and_counts_its_rows(old: Client) -> None:
    started = start(old, "export", {**EMPTY, "contractors": ["Peña"]})
    assert started["status"] == "queued"
    assert {"task_id", "export_id", "message"} <= started.keys()
    status = follow(old, started["task_id"])
    assert (status["progress"], status["ready"], status["successful"]) == (100, True, True)
    assert (status["result"]["status"], status["result"]["record_count"]) == ("completed", 31)
    assert status["result"]["name"].endswith(".xlsx")


def test_a_search_takes_page_and_order_among_the_filters(old: Client) -> None:
    inside = {"page": 2, "page_size": 20, "sort_by": "contract_amount", "sort_direction": "asc"}
    started = start(old, "search", {"filters": {**EMPTY, **inside}})
    waiting = old.get(f"{TASKS}result/", {"cache_key": started["cache_key"]})
    assert (waiting.status_code, waiting.json()["status"]) == (202, "not_ready")
    status = follow(old, started["task_id"])
    assert (status["result"]["record_count"], status["result"]["total_count"]) == (12, 32)
    assert status["result"]["cache_key"] == started["cache_key"]
    result = old.get(f"{TASKS}result/", {"cache_key": started["cache_key"]}).json()
    assert result["status"] == "success"
    assert len(result["data"]["results"]) == len(result["data"]["data"]) == 12
    assert result["data"]["pagination"]["total_pages"] == 2
    assert result["data"]["data"][0]["contract_amount"] == 20000.0
    # Beside it, what our own clients read.
    assert (result["page"], result["total_rows"], len(result["rows"])) == (2, 32, 12)
    again = post(old, f"{TASKS}search/", {"filters": {**EMPTY, **inside}}).json()
    assert (again["status"], again["data"]["pagination"]["page"], again["data"]["page"]) == ("cached", 2, 2)


def test_analytics_are_totals(old: Client) -> None:
    started = start(old, "analytics", {"filters": EMPTY})
    assert TaskRun.objects.get(id=started["task_id"]).kind == "aggregates"
    assert follow(old, started["task_id"])["result"]["record_count"] == 32
    result = old.get(f"{TASKS}result/", {"cache_key": started["cache_key"]}).json()
    assert result["data"]["data"]["summary"][0]["count"] == 32
    assert result["data"]["data"]["by_contractor"][0]["label"] == "Peña & Sons"


@pytest.mark.parametrize("entity", ["area", "by_area"])
def test_analytics_by_pages_are_a_table(old: Client, entity: str) -> None:
    wanted = {"filters": {"keywords": ["chairs"]}, "entity_type": entity, "page": 1, "page_size": 20}
    started = start(old, "analytics-paginated", wanted)
    follow(old, started["task_id"])
    result = old.get(f"{TASKS}result/", {"cache_key": started["cache_key"]}).json()
    assert [row["label"] for row in result["data"]["results"]] == ["(none given)"]
    assert result["data"]["pagination"]["current_page"] == 1


def test_a_body_in_our_language_is_answered_as_ever(old: Client) -> None:
    started = start(old, "search", {"filters": {"contractors": ["Peña"]}, "page": 1})
    asked = TaskRun.objects.get(id=started["task_id"]).request
    # Exactly that name, as ours means it, and not the names that hold it.
    assert asked["filters"]["contractors"] == ["Peña"]
    assert follow(old, started["task_id"])["result"]["total_count"] == 0


@pytest.mark.parametrize(
    ("kind", "body", "pointer"),
    [
        ("search", {"filter": {}}, "/filter"),
        ("search", {"filters": {"contractor": ["x"]}}, "/filters/contractor"),
        ("export", {"filters": {}, "formats": "csv"}, "/formats"),
        ("aggregates", {"dimensions": ["by_moon"]}, "/dimensions/0"),
    ],
)
def test_a_mistake_in_our_language_is_told_as_ever(
    old: Client, kind: str, body: dict[str, Any], pointer: str
) -> None:
    refusal = post(old, f"{TASKS}{kind}/", body)
    assert refusal.status_code == 400
    assert refusal.json()["errors"][0]["pointer"] == pointer


def test_unknown_parameters_of_status_and_result_are_passed_over(old: Client) -> None:
    task_id = start(old, "search", {})["task_id"]
    assert old.get(f"{TASKS}status/", {"task_id": task_id, "_": "1"}).status_code == 200
    assert old.get(f"{TASKS}result/", {"task_id": task_id, "_": "1"}).status_code == 202


@pytest.mark.parametrize("call", ["status", "result"])
def test_a_task_that_nobody_knows_is_a_problem(old: Client, call: str) -> None:
    assert old.get(f"{TASKS}{call}/", {"task_id": "00000000-0000-0000-0000-000000000000"}).status_code == 404
    assert old.get(f"{TASKS}{call}/", {"task_id": "x"}).status_code == 400
    assert old.get(f"{TASKS}{call}/").status_code == 400


def test_a_script_that_keeps_no_cookie_follows_what_it_has_started(old: Client) -> None:
    started = start(Client(), "search", {"filters": {**EMPTY, "page": 1}})
    asked = {"cache_key": started["cache_key"]}
    assert Client().get(f"{TASKS}result/", asked).json()["status"] == "not_ready"
    assert follow(Client(), started["task_id"])["result"]["total_count"] == 32
    assert Client().get(f"{TASKS}result/", {"task_id": started["task_id"]}).json()["total_rows"] == 32
    assert post(Client(), f"{TASKS}cancel/", {"task_id": started["task_id"]}).status_code == 404


def test_what_a_user_has_started_is_shown_to_nobody_else(old: Client, staff: Client) -> None:
    started = start(staff, "search", {})
    for name in ("task_id", "cache_key"):
        for call in ("status", "result") if name == "task_id" else ("result",):
            assert old.get(f"{TASKS}{call}/", {name: started[name]}).status_code == 404
