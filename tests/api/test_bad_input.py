"""Bad requests: a clear 4xx that names the culprit, and nothing half-done behind it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from data_processing.models import TaskRun
from tests.api.conftest import EXPORTS, TASKS, post

pytestmark = pytest.mark.django_db

BAD_BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("search", {"filter": {}}, "/filter"),
    ("search", {"filters": {"contractor": ["x"]}}, "/filters/contractor"),
    ("search", {"filters": {"contractors": "x"}}, "/filters/contractors"),
    ("search", {"filters": {"contractors": [1]}}, "/filters/contractors/0"),
    ("search", {"filters": []}, "/filters"),
    ("search", {"filters": {"contractors": ["x", {"contains": ""}]}}, "/filters/contractors/1/contains"),
    ("search", {"filters": {"contractors": [{"holds": "x"}]}}, "/filters/contractors/0/holds"),
    ("search", {"filters": {"text": 'flood "control'}}, "/filters/text"),
    ("search", {"filters": {"text": ["flood"]}}, "/filters/text"),
    ("search", {"filters": {"numbers": [4711]}}, "/filters/numbers/0"),
    ("search", {"filters": {"keywords": ["a && "]}}, "/filters/keywords/0"),
    ("search", {"filters": {"keywords": ["a\x00b"]}}, "/filters/keywords/0"),
    ("search", {"filters": {"value_range": {"min": "many"}}}, "/filters/value_range/min"),
    ("search", {"filters": {"value_range": {"min": 5, "max": 1}}}, "/filters/value_range"),
    ("search", {"filters": {"value_range": {"max": "1e9999"}}}, "/filters/value_range/max"),
    (
        "search",
        {"filters": {"time_ranges": [{"type": "yearly", "year": 20245}]}},
        "/filters/time_ranges/0/year",
    ),
    (
        "search",
        {
            "filters": {
                "time_ranges": [{"type": "custom", "start_date": "2024-06-30", "end_date": "2024-01-01"}]
            }
        },
        "/filters/time_ranges/0",
    ),
    ("search", {"page": 0}, "/page"),
    ("search", {"page_size": 10_000_000}, "/page_size"),
    ("search", {"page": True}, "/page"),
    ("search", {"sort": "price"}, "/sort"),
    ("search", {"columns": ["id", "nope"]}, "/columns/1"),
    ("export", {"format": "pdf"}, "/format"),
    ("export", {"page": 1}, "/page"),
    ("export", {"format": "csv", "formula_guard": "no"}, "/formula_guard"),
    ("export", {"format": "parquet", "formula_guard": True}, "/formula_guard"),
    ("export", {"formula_guard": False}, "/formula_guard"),
    ("table", {"rows": "planet"}, "/rows"),
    ("table", {"bands": {"scale": "linear"}, "rows": "value_band"}, "/bands/width"),
    ("table/export", {"page": 1}, "/page"),
    ("compare", {"filters": {}}, "/filters"),
    ("compare", {"b": {"areas": [7]}}, "/b/areas/0"),
    ("compare", {"by": "planet"}, "/by"),
    ("compare", {"sort": "-share"}, "/sort"),
    ("aggregates", {"dimensions": ["by_moon"]}, "/dimensions/0"),
    ("aggregates", {"top_n": 0}, "/top_n"),
    ("cancel", {}, "/task_id"),
    ("cancel", {"task_id": 7}, "/task_id"),
    ("cancel", {"task_id": "\x00"}, "/task_id"),
    ("cancel", {"task_id": "00000000-0000-4000-8000-000000000000", "all": "yes"}, "/all"),
    ("rerun", {"task_id": "nonsense"}, "/task_id"),
]


@pytest.mark.parametrize(("call", "body", "pointer"), BAD_BODIES, ids=lambda value: str(value)[:60])
def test_bad_value_is_named_by_its_pointer(
    visitor: Client, call: str, body: dict[str, Any], pointer: str
) -> None:
    response = post(visitor, f"{TASKS}{call}/", body)
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == "invalid-query"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert not TaskRun.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"x"',
        b'{"page": NaN}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a": ' + b"9" * 50_000 + b"}",
    ],
    ids=["broken", "list", "text", "NaN", "not UTF-8", "deep", "huge number"],
)
def test_body_that_is_no_json_object_is_refused(visitor: Client, body: bytes) -> None:
    response = visitor.post(f"{TASKS}search/", body, content_type="application/json")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert not TaskRun.objects.exists()


LONG = "9" * 5000
BAD_QUERIES = [
    (f"{TASKS}?cursor=cD1hYmM=", "/cursor"),
    (f"{TASKS}?cursor=cD0wMDAxLTAxLTAxIDAwOjAwOjAwKzE0OjAw", "/cursor"),
    (f"{TASKS}?cursor=%00", "/cursor"),
    (f"{TASKS}?page_size=0", "/page_size"),
    (f"{TASKS}?page_size=201", "/page_size"),
    (f"{TASKS}?page_size=²", "/page_size"),
    (f"{TASKS}?kind=", "/kind"),
    (f"{TASKS}?kind=search&kind=export", "/kind"),
    (f"{TASKS}?limit=5", "/limit"),
    (f"{TASKS}?format=json", "/format"),
    (f"{TASKS}?a~/b=1", "/a~0~1b"),
    (f"{TASKS}?kind=%ff", ""),
    (f"{TASKS}?" + "x&" * 101, ""),
    (f"{TASKS}status/", "/task_id"),
    (f"{TASKS}status/?task_id=", "/task_id"),
    (f"{TASKS}status/?task_id=nonsense", "/task_id"),
    (f"{TASKS}status/?task_id=%00", "/task_id"),
    (f"{TASKS}status/?task_id={{00000000-0000-4000-8000-000000000000}}", "/task_id"),
    (f"{TASKS}result/", "/task_id"),
    (f"{TASKS}result/?cache_key=%00", "/cache_key"),
    (f"{TASKS}result/?cache_key=" + "a" * 65, "/cache_key"),
    (f"{EXPORTS}?state=gone", "/state"),
    ("/api/v1/ops/pace/?hours=0", "/hours"),
    ("/api/v1/ops/pace/?hours=169", "/hours"),
    ("/api/v1/ops/pace/?hours=1.5", "/hours"),
    (f"/api/v1/ops/pace/?hours={LONG}", "/hours"),
    ("/api/v1/ops/queues/?name=high", "/name"),
    ("/api/v1/contracts/suggest/?q=%00", "/q"),
    ("/api/v1/contracts/suggest/?field=price", "/field"),
    ("/api/v1/datasets/?page=2", "/page"),
    ("/health/live?t=1", "/t"),
    ("/metrics?name[]=a", "/name[]"),
    ("/api/schema/?format=xml", "/format"),
]


@pytest.mark.parametrize(("address", "pointer"), BAD_QUERIES, ids=lambda value: str(value)[:60])
def test_query_parameter_that_cannot_be_read_is_named(staff: Client, address: str, pointer: str) -> None:
    response = staff.get(address)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    (error,) = response.json()["errors"]
    assert error["pointer"] == pointer
    if pointer:
        assert error["in"] == "query"
        assert response.json()["detail"].startswith("query parameter ")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Prefer", "wait=²"),
        ("Prefer", f"wait={LONG}"),
        ("Prefer", "respond-async, wait"),
        ("Prefer", "wait=-1"),
        ("Prefer", "wait=1.5"),
        ("Idempotency-Key", ""),
        ("Idempotency-Key", "a\x00b"),
        ("Idempotency-Key", "k" * 201),
    ],
    ids=lambda value: value[:20],
)
def test_header_that_cannot_be_read_is_named_and_nothing_is_recorded(
    visitor: Client, header: str, value: str
) -> None:
    headers: dict[str, Any] = {header: value}
    response = visitor.post(f"{TASKS}search/", {}, content_type="application/json", headers=headers)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert (error["in"], error["pointer"]) == ("header", f"/{header}")
    assert not TaskRun.objects.exists()


@pytest.mark.parametrize(
    ("value", "applied"),
    [
        ("wait=0", "wait=0"),
        ('respond-async, WAIT = "0"; x=1', "wait=0"),
        ("respond-async, handling=strict; wait=x", None),
        ("", None),
    ],
)
def test_preferences_that_mean_nothing_here_are_ignored(
    visitor: Client, value: str, applied: str | None
) -> None:
    response = post(visitor, f"{TASKS}search/", Prefer=value)
    assert (response.status_code, response.get("Preference-Applied")) == (202, applied)


@pytest.mark.parametrize("path", [f"{TASKS}", "/api/schema/", "/help/", "/health/live"])
@pytest.mark.parametrize("name", ["a\x00b", "\x00", "a"])
def test_basic_user_name_with_nul_is_nobody(visitor: Client, path: str, name: str) -> None:
    credentials = base64.b64encode(f"{name}:x".encode()).decode()
    response = visitor.get(path, headers={"Authorization": f"Basic {credentials}"})
    assert response.status_code in ((200,) if path == "/help/" else (200, 401, 403))


def test_query_string_of_a_page_is_for_its_scripts(visitor: Client) -> None:
    assert visitor.get("/?contractors=%00&x=%ff&page=²").status_code == 200


def test_body_of_five_megabytes_is_refused(visitor: Client) -> None:
    body = b'{"filters": {"keywords": ["' + b"x" * 5_000_000 + b'"]}}'
    response = visitor.post(f"{TASKS}search/", body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (413, "bad-request-body")


def test_other_content_types_are_refused(visitor: Client) -> None:
    response = visitor.post(f"{TASKS}search/", {"page": "1"})
    assert response.status_code == 415


def test_wrong_method_is_refused_as_a_problem(visitor: Client) -> None:
    response = visitor.get(f"{TASKS}search/")
    assert (response.status_code, response["Content-Type"]) == (405, "application/problem+json")


def test_unknown_path_of_the_api_is_a_problem(visitor: Client, settings: Settings) -> None:
    settings.DEBUG = False
    response = visitor.get("/api/v1/nothing/")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


def test_surrogates_are_refused(visitor: Client) -> None:
    body = rb'{"filters": {"keywords": ["\ud800"]}}'
    response = visitor.post(f"{TASKS}search/", body, content_type="application/json")
    assert response.status_code == 400
