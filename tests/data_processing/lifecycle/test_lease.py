"""The hold of one attempt: it notices why the work must stop, whenever the reason comes."""

from __future__ import annotations

from typing import Any

import pytest
from celery.result import AsyncResult
from pytest_django import Settings

from data_processing.errors import WorkCancelled
from data_processing.lifecycle import lease
from data_processing.lifecycle.lease import Hold
from data_processing.lifecycle.runs import cancellation, claims
from data_processing.models import TaskRun
from tests.machine import MakeRun


@pytest.fixture
def run(make_run: MakeRun) -> TaskRun:
    return make_run("search")


@pytest.fixture
def hold(run: TaskRun, monkeypatch: pytest.MonkeyPatch) -> Hold:
    """A hold that looks at each tick; the test is its keeper."""
    monkeypatch.setattr(lease, "TICK_S", 0.0)
    claim = claims.claim(run.id, worker="w", lease_s=60)
    assert claim is not None
    return Hold(claim, time_limit_s=60)


def test_cancel_that_comes_before_the_query_can_be_interrupted_stops_the_work(
    run: TaskRun, hold: Hold
) -> None:
    hold.check()
    cancellation.request_cancel(run.id)
    hold.tick()
    with pytest.raises(WorkCancelled), hold.interruptible(lambda: None):
        pytest.fail("the query has begun")


def test_work_is_interrupted_again_until_it_stops(run: TaskRun, hold: Hold) -> None:
    interrupted: list[str] = []
    with hold.interruptible(lambda: interrupted.append("again")):
        hold.tick()
        assert not interrupted
        cancellation.request_cancel(run.id)
        hold.tick()
        hold.tick()
        assert interrupted == ["again", "again"], "DuckDB forgets what comes between two queries"
    hold.tick()
    assert len(interrupted) == 2


@pytest.mark.usefixtures("redis_up")
def test_celery_clients_hear_that_work_has_started_once_it_has_lasted_a_moment(
    run: TaskRun, hold: Hold
) -> None:
    seen: AsyncResult[Any] = AsyncResult(str(run.id))
    assert seen.state == "PENDING"
    hold.tick()
    assert (seen.state, seen.info["hostname"]) == ("STARTED", "w")


def test_work_that_is_asked_to_stop_keeps_its_lease_until_it_has(
    run: TaskRun, hold: Hold, settings: Settings
) -> None:
    cancellation.request_cancel(run.id)
    hold.tick()
    before = TaskRun.objects.get(id=run.id).lease_until
    settings.LEASE_S = 0.001
    hold.tick()
    assert TaskRun.objects.get(id=run.id).lease_until != before
