"""What is noted of requests: counts by route, which no client can make many, and an id for log lines."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pytest_django import Settings

from data_processing.instruments import HTTP_REQUESTS, HTTP_SECONDS
from data_processing.models import TaskRun
from tests.api.exchange import Exchange

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("dataset", "redis_up")]

TASKS = "/api/v1/data-processing/tasks"


@pytest.fixture(autouse=True)
def no_counts() -> None:
    HTTP_REQUESTS.clear()
    HTTP_SECONDS.clear()


def ask(path: str, *, method: str = "", body: dict[str, Any] | None = None) -> int:
    """The status of the answer."""

    async def scene() -> int:
        exchange = Exchange(path, body=body)
        if method:
            exchange._communicator.scope["method"] = method
        await exchange.start()
        await exchange.receive()
        await exchange.end()
        return exchange.status

    return asyncio.run(scene())


def counted() -> dict[tuple[str, ...], float]:
    (family,) = HTTP_REQUESTS.collect()
    return {
        tuple(sample.labels.values()): sample.value
        for sample in family.samples
        if sample.name.endswith("_total")
    }


def test_requests_are_counted_by_method_route_and_status() -> None:
    task = f"{TASKS}/0f9d1f0e-0000-4000-8000-00000000000"
    assert [ask("/health/live"), ask(f"{task}1/"), ask(f"{task}2/")] == [200, 404, 404]
    assert counted() == {
        ("GET", "/health/live", "200"): 1,
        ("GET", f"{TASKS}/<uuid:task_id>/", "404"): 2,
    }
    (family,) = HTTP_SECONDS.collect()
    counts = {sample.labels["route"]: sample.value for sample in family.samples if "_count" in sample.name}
    assert counts == {"/health/live": 1, f"{TASKS}/<uuid:task_id>/": 2}


def test_paths_and_methods_that_nobody_knows_share_a_label() -> None:
    for number in range(3):
        assert ask(f"/api/v1/nothing/{number}/") == 404
        assert ask(f"/nowhere/{number}") == 404
        assert ask("/health/live", method=f"INVENTED{number}") == 405
    assert counted() == {("GET", "(unknown)", "404"): 6, ("other", "/health/live", "405"): 3}


def test_body_that_is_refused_unread_is_counted(settings: Settings) -> None:
    settings.MAX_REQUEST_BYTES = 10
    assert ask(f"{TASKS}/search/", body={"page_size": 100}) == 413
    assert counted() == {("POST", "(unknown)", "413"): 1}


@pytest.mark.parametrize(("sent", "taken"), [("abc-1", True), ("a b", False), ("x" * 65, False)])
def test_request_id_is_answered_and_kept_with_the_run(sent: str, taken: bool) -> None:
    async def scene() -> tuple[str, str]:
        exchange = Exchange(f"{TASKS}/search/", body={}, X_Request_ID=sent)
        await exchange.start()
        task_id = (await exchange.receive_json())["task_id"]
        await exchange.end()
        return exchange.headers["x-request-id"], task_id

    answered, task_id = asyncio.run(scene())
    assert (answered == sent) == taken
    assert TaskRun.objects.get(id=task_id).origin == {"request_id": answered}


def test_refused_body_is_answered_with_an_id_too(settings: Settings) -> None:
    settings.MAX_REQUEST_BYTES = 10

    async def scene() -> str:
        exchange = Exchange(f"{TASKS}/search/", body={"page_size": 100}, X_Request_ID="abc-2")
        await exchange.start()
        return exchange.headers["x-request-id"]

    assert asyncio.run(scene()) == "abc-2"
