"""The roll of the workers: who has answered before is missed, and who died and came back is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now

from data_processing.models import KnownWorker, Pulse
from data_processing.operations import pulses
from data_processing.operations.watch import roll
from data_processing.operations.watch.conditions import list_conditions
from tests import brokers

pytestmark = pytest.mark.django_db

ALL = ["critical", "high", "normal", "low"]


def answer(queues: list[str] = ALL, process: str = "7-1000") -> dict[str, Any]:
    return {"queues": queues, "pid": 7, "process": process}


def silent() -> list[str]:
    return [worker.name for worker in roll.read().silent]


def test_worker_that_does_not_answer_twice_is_silent_until_it_answers_again() -> None:
    roll.note({"high@a": answer(), "bulk@a": answer()})
    roll.note({"bulk@a": answer()})
    assert silent() == [], "a busy machine may miss a call"
    KnownWorker.objects.filter(name="high@a").update(answered_at=Now() - timedelta(seconds=11))
    roll.note({"bulk@a": answer()})
    (missed,) = roll.read().silent
    assert missed.name == "high@a"
    assert missed.silent_s == pytest.approx(11, abs=2)
    roll.note({"high@a": answer(), "bulk@a": answer()})
    assert silent() == []


def test_worker_that_ends_in_order_is_not_missed_although_its_last_answer_comes_late() -> None:
    roll.note({"high@a": answer()})
    roll.note_stop("high@a")
    roll.note({"high@a": answer()})
    for _ in range(3):
        roll.note({})
    assert roll.read().workers == ()


def test_worker_that_died_and_came_back_is_told_for_an_hour_and_one_that_was_restarted_is_not() -> None:
    roll.note({"high@a": answer(process="7-1000"), "bulk@a": answer(process="9-1000")})
    roll.note_stop("bulk@a")
    roll.note({"high@a": answer(process="7-1001"), "bulk@a": answer(process="10-1001")})
    roll.note({"high@a": answer(process="7-1002"), "bulk@a": answer(process="10-1001")})
    (restarted,) = roll.read().restarted
    assert (restarted.name, restarted.restarts) == ("high@a", 2)
    KnownWorker.objects.update(restarted_at=F("restarted_at") - timedelta(minutes=61))
    assert roll.read().restarted == []


def test_worker_that_is_silent_for_an_hour_is_forgotten() -> None:
    roll.note({"high@a": answer()})
    KnownWorker.objects.update(answered_at=Now() - timedelta(minutes=61))
    roll.note({})
    assert not KnownWorker.objects.exists()


def test_broker_that_is_away_says_nothing_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    roll.note({"high@a": answer()})
    brokers.lose_broker(monkeypatch)
    for _ in range(3):
        Pulse.objects.filter(name=roll.TURN).update(beaten_at=Now() - timedelta(minutes=1))
        roll.call()
    assert silent() == []
    assert {"broker-down"} <= {one.name for one in list_conditions()}


@pytest.mark.usefixtures("broker_up", "redis_up")
def test_silent_and_restarted_workers_and_their_queues_are_conditions() -> None:
    pulses.beat(pulses.SWEEP)
    pulses.beat(pulses.BEAT)
    roll.note({"high@a": answer(["high"]), "bulk@a": answer(["normal", "low"], process="9-1000")})
    for _ in range(2):
        roll.note({"bulk@a": answer(["normal", "low"], process="9-1001")})
    found = {one.name: one for one in list_conditions()}
    assert found["silent-workers"].text.startswith("high@a does not answer")
    assert found["silent-workers"].serious
    assert found["restarted-workers"].text.startswith("bulk@a died and came back, 1 time within the hour")
    assert not found["restarted-workers"].serious
    assert "no-worker-high" in found
    serious = [one.serious for one in list_conditions()]
    assert serious == sorted(serious, reverse=True)


@pytest.mark.usefixtures("broker_up")
def test_roll_that_nobody_calls_any_more_is_not_judged_by() -> None:
    roll.note({"high@a": answer(["high"])})
    for _ in range(2):
        roll.note({})
    assert "silent-workers" in {one.name for one in list_conditions()}
    Pulse.objects.filter(name=roll.CALLED).update(beaten_at=Now() - timedelta(minutes=1))
    assert "silent-workers" not in {one.name for one in list_conditions()}
