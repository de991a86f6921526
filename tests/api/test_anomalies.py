"""Anomalies by the API: before there is a model, after an operator had one made, and by their filters."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from tests.api.conftest import TASKS, post, start, work_off
from tests.contracts.unusual_awards import RISEN, make_unusual
from tests.datasets import publish_awards

pytestmark = pytest.mark.django_db
ANOMALIES, MODEL = "/api/v1/anomalies/", "/api/v1/ops/anomaly-model/"


@pytest.fixture
def trained(staff: Client, settings: Settings) -> None:
    publish_awards(Path(settings.DATASET_ROOT), make_unusual())
    post(staff, MODEL)
    work_off()


def test_anomalies_without_a_model_are_no_empty_list(visitor: Client) -> None:
    answer = visitor.get(ANOMALIES)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-trained")
    assert f"POST {MODEL}" in answer.json()["detail"]
    assert "Sunday" in answer.json()["detail"]


def test_operator_has_a_model_made(staff: Client) -> None:
    first, second = post(staff, MODEL), post(staff, MODEL)
    assert (first.status_code, first.json()["state"]) == (202, "PENDING")
    assert second.json() == first.json()
    work_off()
    body = staff.get(ANOMALIES).json()
    assert (body["count"], body["dataset_version"]) == (0, first.json()["dataset_version"])
    assert body["model"]["coverage"]["contracts"] == 32


@pytest.mark.usefixtures("trained")
def test_filters_of_an_anomaly_find_what_it_counts(visitor: Client) -> None:
    body = visitor.get(ANOMALIES, {"organization": RISEN}).json()
    [level] = body["anomalies"]
    assert (level["kind"], level["contracts"]) == ("level", 12)
    started = start(visitor, "search", {"filters": level["filters"]})
    work_off()
    found = visitor.get(started["links"]["result"]).json()
    assert (found["total_rows"], found["total_value"]) == (level["contracts"], level["total_value"])
    assert level["evidence"][0]["address"]
    assert "not an accusation" in body["caution"]


@pytest.mark.usefixtures("trained")
def test_answer_that_has_not_changed_is_not_sent_again(visitor: Client) -> None:
    etag = visitor.get(ANOMALIES)["ETag"]
    assert visitor.get(ANOMALIES, headers={"if-none-match": etag}).status_code == 304
    assert visitor.get(f"{ANOMALIES}?kind=month", headers={"if-none-match": etag}).status_code == 200


@pytest.mark.parametrize(
    "query", ["kind=guilt", "score=-1", "score=high", "page=0", "page_size=51", "category=%00", "area=x"]
)
def test_what_cannot_be_meant_is_refused(visitor: Client, query: str) -> None:
    answer = visitor.get(f"{ANOMALIES}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-query")
    assert answer.json()["errors"][0]["pointer"] == f"/{query.split('=')[0]}"


def test_only_operators_have_a_model_made(visitor: Client) -> None:
    assert post(visitor, MODEL).status_code in (401, 403)
    assert post(visitor, f"{TASKS}train/anomalies/").status_code == 404
