"""Suggestions, columns, dataset versions, health, the schema."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from contracts.fields import FIELDS
from tests.datasets import AWARDS, publish_awards

pytestmark = pytest.mark.django_db


def test_suggest_finds_names_by_word_starts_without_accents(visitor: Client) -> None:
    body = visitor.get("/api/v1/contracts/suggest/?field=contractors&q=senor").json()
    assert [s["label"] for s in body["suggestions"]] == ["Señor O'Brien"]
    assert body["suggestions"][0]["count"] == 1
    assert body["suggestions"][0]["total_value"] == "0.54"


def test_suggest_offers_all_names_that_hold_what_was_typed_as_one(visitor: Client) -> None:
    whole = visitor.get("/api/v1/contracts/suggest/?field=contractors").json()
    assert whole["all_names"] is None
    body = visitor.get("/api/v1/contracts/suggest/?field=contractors&q=o%27brien+senor&limit=1").json()
    assert body["all_names"]["patterns"] == [{"contains": "o'brien && senor"}]
    assert (body["all_names"]["names"], body["all_names"]["count"]) == (1, 1)
    assert body["all_names"]["total_value"] == "0.54"
    held = visitor.get("/api/v1/contracts/suggest/?field=contractors&contains=senor&limit=1000").json()
    assert [one["label"] for one in held["suggestions"]] == ["Señor O'Brien"]


@pytest.mark.parametrize(
    "query",
    [
        "field=areas&contains=a+%26%26",
        "limit=0",
        "limit=1001",
        "field=price&q=x",
        "field=areas&q=%00",
        "field=areas&q=" + "x" * 300,
    ],
)
def test_suggest_refuses_what_it_cannot_look_up(visitor: Client, query: str) -> None:
    assert visitor.get(f"/api/v1/contracts/suggest/?{query}").status_code == 400


def test_columns_are_the_table_of_the_engine(visitor: Client) -> None:
    body = visitor.get("/api/v1/contracts/columns/").json()
    assert [column["name"] for column in body["columns"]] == [field.name for field in FIELDS]


def test_datasets_tell_versions_and_sources(visitor: Client, settings: Settings) -> None:
    newer = publish_awards(settings.DATASET_ROOT)
    body = visitor.get("/api/v1/datasets/").json()
    assert len(body["datasets"]) == 2
    current = visitor.get("/api/v1/datasets/current/").json()
    assert (current["version"], current["rows"], current["current"]) == (newer.version, len(AWARDS), True)
    assert current["sources"][0]["file"] == "2024.csv"


def test_sample_is_told_with_the_version_wherever_it_stands(visitor: Client, settings: Settings) -> None:
    assert visitor.get("/api/v1/datasets/current/").json()["sample"] is False
    publish_awards(settings.DATASET_ROOT, sample=True)
    current = visitor.get("/api/v1/datasets/current/").json()
    assert current["sample"] is True
    assert "SAMPLE" in current["citation"]
    started = visitor.post("/api/v1/data-processing/tasks/search/", {}, "application/json").json()
    assert visitor.get(started["links"]["status"]).json()["sample"] is True


def test_ready_names_each_dependency_and_what_is_down(
    visitor: Client, settings: Settings, redis_server: object
) -> None:
    body = visitor.get("/health/ready").json()
    assert body["database"] == body["dataset"] == body["redis"] == "ok"
    assert visitor.get("/health/live").json() == {"status": "ok"}
    settings.DATASET_ROOT = settings.DATASET_ROOT / "elsewhere"
    answer = visitor.get("/health/ready")
    assert (answer.status_code, answer.json()["dataset"]) == (503, "down: NoDataset")


def test_schema_is_generated_and_its_pages_load_nothing_from_elsewhere(visitor: Client) -> None:
    schema = visitor.get("/api/schema/?format=json").json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/data-processing/tasks/export/" in schema["paths"]
    page = visitor.get("/api/docs/").content.decode()
    assert "https://" not in page
