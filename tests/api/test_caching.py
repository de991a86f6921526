"""What browsers and proxies may keep of the answers."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.api.conftest import EXPORTS, TASKS, post, start, work_off

PRIVATE = "private, no-store"
READS = [
    TASKS,
    f"{TASKS}active/",
    EXPORTS,
    "/api/v1/datasets/",
    "/api/v1/contracts/suggest/?q=a",
    "/api/v1/ops/pace/",
    "/api/nothing/",
    f"{TASKS}status/?task_id=1",
    "/health/ready",
    "/metrics",
]


@pytest.mark.usefixtures("redis_up")
@pytest.mark.parametrize("path", READS)
def test_answers_are_kept_by_nobody(staff: Client, path: str) -> None:
    assert staff.get(path)["Cache-Control"] == PRIVATE


def test_answers_to_posts_and_problems_are_kept_by_nobody(visitor: Client) -> None:
    assert post(visitor, f"{TASKS}search/")["Cache-Control"] == PRIVATE
    assert post(visitor, f"{TASKS}search/", {"page": 0})["Cache-Control"] == PRIVATE
    assert visitor.get("/api/v1/ops/queues/")["Cache-Control"] == PRIVATE


def test_what_has_an_etag_may_be_asked_for_again(visitor: Client) -> None:
    exported = start(visitor, "export", {"format": "csv"})
    work_off()
    assert visitor.get(exported["links"]["status"])["Cache-Control"] == "private, no-cache"
    assert visitor.get(exported["links"]["download"])["Cache-Control"] == "private, no-transform"
    assert visitor.get(f"{exported['links']['self']}events/")["Cache-Control"].startswith(PRIVATE)
