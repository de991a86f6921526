"""An alert is neither lost nor told twice, wherever the process that makes or sends it dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from data_processing import datasets
from data_processing.lifecycle import runner
from data_processing.lifecycle.runs import recovery
from data_processing.models import TaskRun
from monitors import saved, sweeping, watching
from monitors.checking import check as checking
from monitors.checking.matches import describe_matches
from monitors.models import Alert, Delivery, Monitor, SavedSearch, SeenPart
from monitors.questions import MonitorChange, SearchChange
from monitors.sending import claims, tries
from tests.listeners import Listener
from tests.monitors.channels.conftest import add_receiver, let_pass, raise_alerts, way
from tests.monitors.conftest import Publish, Watch, award, work

pytestmark = pytest.mark.django_db(transaction=True)

MOST_STATEMENTS = 60


class Killed(BaseException):
    """As a process that is killed: nothing catches it, nothing is tidied up."""


@contextmanager
def dying(at: int, *, after: bool) -> Iterator[None]:
    """The process dies before, or after, its statement with this number."""
    count = 0

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += 1
        if count == at and not after:
            raise Killed
        done = run(sql, params, many, context)
        if count == at:
            raise Killed
        return done

    with connection.execute_wrapper(execute):
        yield


def check(monitor: Monitor) -> int | None:
    version = datasets.current_snapshot().version
    with datasets.current_store().reader() as reader:
        return checking.check(str(monitor.pk), reader, version=version)


@pytest.fixture
def changed(publish: Publish, watch: Watch) -> Monitor:
    """A monitor with a baseline; one contract is new since, and one has another amount."""
    publish([award(1), award(2)])
    monitor = watch()
    Monitor.objects.update(channels=["mail"])
    work()
    publish([award(1, "1.00"), award(2), award(3)])
    return monitor


def expect_one_alert() -> None:
    alert = Alert.objects.get()
    assert (alert.new, alert.amended) == (1, 1)
    assert Delivery.objects.get().alert == alert


@pytest.mark.parametrize("after", [False, True])
def test_check_that_dies_at_any_statement_tells_once(changed: Monitor, after: bool) -> None:
    for at in range(1, MOST_STATEMENTS):
        try:
            with dying(at, after=after):
                check(changed)
            break
        except Killed:
            # All of it, or nothing.
            told = Alert.objects.count()
            assert told == Delivery.objects.count() == SeenPart.objects.count() - 1
    else:
        pytest.fail("it never came to its end")
    assert at > 6
    expect_one_alert()
    check(changed)
    expect_one_alert()


def test_run_whose_worker_dies_at_any_statement_tells_once(changed: Monitor) -> None:
    sweeping.ask_checks()
    run = TaskRun.objects.get(kind="check", state="PENDING")
    for at in range(1, MOST_STATEMENTS):
        try:
            with dying(at, after=False):
                runner.run_attempt(run.id, worker="w")
        except Killed:
            TaskRun.objects.filter(state="STARTED").update(lease_until=timezone.now() - timedelta(seconds=1))
            recovery.release_lost(at_most=1000)
        if TaskRun.objects.get(id=run.id).state == "SUCCESS":
            break
    assert TaskRun.objects.get(id=run.id).state == "SUCCESS"
    expect_one_alert()
    assert Monitor.objects.get().asked_at is None


def test_sweep_that_dies_at_any_statement_asks_once(changed: Monitor) -> None:
    for at in range(1, MOST_STATEMENTS):
        try:
            with dying(at, after=True):
                sweeping.ask_checks()
            break
        except Killed:
            continue
    assert TaskRun.objects.filter(kind="check", state="PENDING").count() == 1
    work()
    expect_one_alert()


@pytest.mark.parametrize("count", [1, claims.TOGETHER_FROM])
@pytest.mark.parametrize("after", [False, True])
def test_sending_that_dies_at_any_statement_loses_nothing_and_sends_all_under_one_id(
    publish: Publish, listener: Listener, after: bool, count: int
) -> None:
    alerts = raise_alerts(count, way(add_receiver(listener)))
    for at in range(1, MOST_STATEMENTS):
        try:
            waiting = Delivery.objects.filter(state="waiting", told_with=None).earliest("created_at")
            with dying(at, after=after):
                tries.send([str(waiting.pk)])
            break
        except Killed:
            let_pass(claims.LEASE_S + 1)
    else:
        pytest.fail("it never came to its end")
    assert at > 6
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert len(set(listener.ids)) == 1
    told = listener.posted[0].read()["data"]
    assert [one["id"] for one in told.get("alerts", [told])] == [str(alert.pk) for alert in alerts]


def test_second_check_at_the_same_time_tells_nothing(
    changed: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    results: list[int | None] = []

    def check_meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(checking, "describe_matches", describe_matches)
        results.append(check(changed))
        return describe_matches(*given)

    monkeypatch.setattr(checking, "describe_matches", check_meanwhile)
    results.append(check(changed))
    assert results == [2, None]
    expect_one_alert()


def test_check_of_filters_that_change_meanwhile_tells_nothing(
    changed: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:

    def change_meanwhile(*given: Any) -> Any:
        saved.change(SavedSearch.objects.get(), SearchChange.from_json({"filters": {"areas": ["Cebu"]}}))
        return describe_matches(*given)

    monkeypatch.setattr(checking, "describe_matches", change_meanwhile)
    assert check(changed) is None
    monkeypatch.undo()
    assert (Alert.objects.count(), SeenPart.objects.count()) == (0, 0)
    check(changed)
    assert (Alert.objects.count(), Monitor.objects.get().contracts) == (0, 0)


def test_pause_during_a_check_is_kept(changed: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:

    def pause_meanwhile(*given: Any) -> Any:
        watching.change(changed, MonitorChange.from_json({"paused": True}))
        return describe_matches(*given)

    monkeypatch.setattr(checking, "describe_matches", pause_meanwhile)
    check(changed)
    assert Monitor.objects.get().paused


def test_monitor_that_is_deleted_meanwhile_leaves_nothing(
    changed: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:

    def delete_meanwhile(*given: Any) -> Any:
        Monitor.objects.all().delete()
        return describe_matches(*given)

    monkeypatch.setattr(checking, "describe_matches", delete_meanwhile)
    assert check(changed) is None
    assert not Alert.objects.exists()
    assert not SeenPart.objects.exists()
