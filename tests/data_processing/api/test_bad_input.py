"""Bad requests: a clear 4xx that names the culprit, and nothing half-done behind it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from data_processing.models import TaskRun
from tests.data_processing.api.conftest import TASKS, post

pytestmark = pytest.mark.django_db

BAD_BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("search", {"filter": {}}, "/filter"),
    ("search", {"filters": {"contractor": ["x"]}}, "/filters/contractor"),
    ("search", {"filters": {"contractors": "x"}}, "/filters/contractors"),
    ("search", {"filters": {"contractors": [1]}}, "/filters/contractors/0"),
    ("search", {"filters": []}, "/filters"),
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
    ("aggregates", {"dimensions": ["by_moon"]}, "/dimensions/0"),
    ("aggregates", {"top_n": 0}, "/top_n"),
    ("cancel", {}, "/task_id"),
    ("cancel", {"task_id": 7}, "/task_id"),
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
