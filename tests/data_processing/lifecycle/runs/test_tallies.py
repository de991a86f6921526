"""Counts of ends: right whatever becomes of the rows, and never lower than before."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Now

from data_processing.lifecycle.runs import cancellation, claims, endings, recovery, tallies
from data_processing.lifecycle.runs.claims import Claim
from data_processing.lifecycle.runs.endings import Ending
from data_processing.lifecycle.runs.tallies import Metric
from data_processing.models import ExportFile, State, Tally, TaskRun

BROKEN = Ending(code="broken", message="it broke", retryable=True)
ALL = Q()


@pytest.fixture
def rows(transactional_db: None) -> Iterator[None]:
    """Transactions are real here."""
    yield
    Tally.objects.all().delete()


def add_run(kind: str = "search") -> TaskRun:
    return TaskRun.objects.create(
        kind=kind, owner="o", request={}, request_key=uuid.uuid4().hex, dataset_version="v", queue="high"
    )


def take(run: TaskRun) -> Claim:
    claim = claims.claim(run.id, worker="w", lease_s=30)
    assert claim is not None
    return claim


def succeed(run: TaskRun) -> TaskRun:
    assert endings.succeed(take(run), result={}, keep_s=60)
    return run


def fail(run: TaskRun) -> TaskRun:
    assert endings.fail(take(run), BROKEN)
    return run


def move_back(run: TaskRun, **times: timedelta) -> None:
    """Let things have happened earlier than they did."""
    TaskRun.objects.filter(id=run.id).update(**{name: Now() - by for name, by in times.items()})


def count(metric: Metric, labels: str) -> float:
    return tallies.read().get((metric, labels), 0)


def add_up() -> None:
    """Let an hour go by, and add up."""
    hour = timedelta(hours=1)
    times = ("created_at", "started_at", "claimed_at", "finished_at")
    TaskRun.objects.update(**{name: F(name) - hour for name in times})
    tallies.add_up()


def delete() -> None:
    recovery.delete_ended(ALL)


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    "acts", [[], [add_up], [delete], [add_up, delete], [delete, add_up], [add_up, add_up]]
)
def test_ends_stay_counted_whether_their_rows_are_added_up_or_deleted(acts: list[Callable[[], None]]) -> None:
    succeed(add_run())
    succeed(add_run())
    fail(add_run("export"))
    cancellation.request_cancel(add_run().id)
    add_run()
    for act in acts:
        act()
    succeed(add_run())
    assert count(Metric.ENDED, "search SUCCESS") == 3
    assert count(Metric.ENDED, "search REVOKED") == 1
    assert count(Metric.ENDED, "export FAILURE") == 1


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("acts", [[], [add_up]])
def test_failure_that_is_replayed_stays_counted_beside_its_second_end(acts: list[Callable[[], None]]) -> None:
    run = fail(add_run())
    for act in acts:
        act()
    assert recovery.replay([run.id]) == 1
    assert recovery.replay([run.id]) == 0
    assert count(Metric.ENDED, "search FAILURE") == 1
    succeed(run)
    assert count(Metric.ENDED, "search FAILURE") == 1
    assert count(Metric.ENDED, "search SUCCESS") == 1


@pytest.mark.usefixtures("rows")
def test_end_is_not_added_up_while_its_transaction_may_be_open() -> None:
    run = succeed(add_run())
    tallies.add_up()
    assert not Tally.objects.filter(metric=Metric.ENDED).exists()
    move_back(run, finished_at=timedelta(seconds=tallies.LATE_S + 60))
    succeed(add_run())
    Tally.objects.all().delete()
    tallies.add_up()
    assert Tally.objects.get(metric=Metric.ENDED).value == 1
    assert count(Metric.ENDED, "search SUCCESS") == 2


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("added_up", [False, True])
def test_durations_lie_under_the_bound_above_them(added_up: bool) -> None:
    second = timedelta(seconds=1)
    for took, waited in ((0.2, -0.5), (2.5, 3.0), (4000.0, 8000.0)):
        run = succeed(add_run())
        ended = 10_000 * second
        began = ended + took * second
        move_back(
            run, finished_at=ended, claimed_at=began, started_at=began, created_at=began + waited * second
        )
    cancelled = add_run()
    claims.claim(cancelled.id, worker="w", lease_s=30)
    cancellation.request_cancel(cancelled.id)
    if added_up:
        add_up()
    counts = tallies.read()
    took_s = {labels: n for (metric, labels), n in counts.items() if metric is Metric.TOOK}
    waited_s = {labels: n for (metric, labels), n in counts.items() if metric is Metric.WAITED}
    assert took_s == {"search 0.25": 1, "search 2.5": 1, "search inf": 1}
    assert waited_s == {"search 0.01": 1, "search 5.0": 1, "search inf": 1}
    assert counts[Metric.TOOK_S, "search"] == pytest.approx(4002.7)
    assert counts[Metric.WAITED_S, "search"] == pytest.approx(8003.0)


@pytest.mark.usefixtures("rows")
def test_each_further_attempt_is_a_retry() -> None:
    postponed, lost, given_up = add_run(), add_run(), add_run()
    assert endings.postpone(take(postponed), BROKEN, delay_s=60)
    take(lost)
    take(given_up)
    TaskRun.objects.filter(state=State.STARTED).update(lease_until=Now() - timedelta(seconds=1))
    TaskRun.objects.filter(id=given_up.id).update(attempts=[{"outcome": "lost"}])
    recovery.release_lost(at_most=2)
    given_up.refresh_from_db()
    assert given_up.state == State.FAILURE
    assert count(Metric.RETRIED, "") == 2
    fail(lost)
    recovery.delete_ended(ALL)
    assert count(Metric.RETRIED, "") == 2


@pytest.mark.usefixtures("rows")
def test_what_exports_wrote_stays_counted_when_they_are_gone() -> None:
    for format_, rows, size in (("csv", 10, 1000), ("csv", 5, 500), ("xlsx", 1, 7000)):
        run = succeed(add_run("export"))
        ExportFile.objects.create(
            run=run, owner="o", format=format_, rows=rows, size_bytes=size, expires_at=Now()
        )
    acts: tuple[Callable[[], None], ...] = (tallies.add_up, delete, add_up)
    for act in acts:
        act()
        counts = tallies.read()
        assert counts[Metric.EXPORT_ROWS, "csv"] == 15
        assert counts[Metric.EXPORT_BYTES, "csv"] == 1500
        assert counts[Metric.EXPORT_BYTES, "xlsx"] == 7000


@pytest.mark.usefixtures("rows")
def test_reader_sees_a_deleted_row_or_its_count_and_never_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    succeed(add_run())
    count_rows = tallies._count

    def count_then_let_it_go(runs: Any) -> Any:
        counts = count_rows(runs)
        monkeypatch.setattr(tallies, "_count", count_rows)
        deleting = Thread(target=_delete_all)
        deleting.start()
        deleting.join()
        return counts

    monkeypatch.setattr(tallies, "_count", count_then_let_it_go)
    assert count(Metric.ENDED, "search SUCCESS") == 1
    assert not TaskRun.objects.exists()
    assert count(Metric.ENDED, "search SUCCESS") == 1


def _delete_all() -> None:
    try:
        recovery.delete_ended(ALL)
    finally:
        connection.close()
