"""The red flags by the API: what they are, and a task that judges by them."""

from __future__ import annotations

import pytest
from django.test import Client

from contracts.flags.registry import FLAGS
from tests.api.conftest import TASKS, post, start, work_off

pytestmark = pytest.mark.django_db


def test_flags_say_formula_source_thresholds_and_caution(visitor: Client) -> None:
    body = visitor.get("/api/v1/flags/").json()
    assert [one["code"] for one in body["flags"]] == list(FLAGS)
    assert body["caution"] == "A flag is a reason to look, never a verdict."
    split = next(one for one in body["flags"] if one["code"] == "split-purchases")
    assert "39.1" in split["source"]
    assert {one["name"]: one["value"] for one in split["thresholds"]} == {"days": 7, "least": 3}
    assert split["keys"] == ["organization", "contractor"]
    assert "reference_id" in split["fields"]


def test_task_judges_by_the_flags_that_are_named(visitor: Client) -> None:
    started = start(visitor, "flags", {"flags": ["weekend-award"], "filters": {"areas": ["nowhere"]}})
    work_off()
    result = visitor.get(started["links"]["result"]).json()
    assert [one["code"] for one in result["flags"]] == ["weekend-award"]
    assert result["flags"][0]["rows"] == 0


@pytest.mark.parametrize(
    ("kind", "body", "pointer"),
    [
        ("flags", {"flags": ["guilty"]}, "/flags/0"),
        ("flags", {"flags": []}, "/flags"),
        ("flags", {"page_size": 101}, "/page_size"),
        ("flags/export", {}, "/flag"),
        ("flags/export", {"flag": "guilty"}, "/flag"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    visitor: Client, kind: str, body: dict[str, object], pointer: str
) -> None:
    answer = post(visitor, f"{TASKS}{kind}/", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
