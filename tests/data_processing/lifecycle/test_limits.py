"""A kind's rate holds over all workers, costs no attempt, and lets work pass while Redis is away."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import redis
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from pyrate_limiter import Decision, Rate
from pytest_django import Settings

from backend import env
from backend.celery import app
from data_processing.lifecycle import limits, runner
from data_processing.models import State
from data_processing.outputs import results
from tests.machine import MakeRun
from tools.stack.ports import LOOPBACK, pick_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def rates(redis_up: None, settings: Settings) -> Iterator[dict[str, tuple[int, float]]]:
    """The rates that hold, none at first; Redis counts from zero."""
    results.ask(lambda client: client.flushdb())
    settings.TASK_RATE_LIMITS = {}
    yield settings.TASK_RATE_LIMITS
    results.ask(lambda client: client.flushdb())


def test_no_more_than_the_count_start_and_the_next_is_told_how_long_to_wait(
    rates: dict[str, tuple[int, float]],
) -> None:
    rates["search"] = (3, 60)
    assert [limits.take_start("search") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 55 < limits.take_start("search") <= 60.1


def test_start_is_free_again_when_the_wait_is_over(rates: dict[str, tuple[int, float]]) -> None:
    rates["search"] = (1, 0.3)
    assert limits.take_start("search") == 0.0
    wait_s = limits.take_start("search")
    threading.Event().wait(wait_s + 0.01)
    assert limits.take_start("search") == 0.0


def test_kinds_are_counted_apart_and_kinds_without_a_rate_never_wait(
    rates: dict[str, tuple[int, float]],
) -> None:
    rates |= {"search": (1, 60), "export": (1, 60)}
    assert limits.take_start("search") == 0.0
    assert limits.take_start("export") == 0.0
    assert limits.take_start("search") > 0
    assert {limits.take_start("aggregates") for _ in range(50)} == {0.0}


def test_rate_holds_over_many_askers_at_once(rates: dict[str, tuple[int, float]]) -> None:
    rates["search"] = (10, 60)
    waits: list[float] = []

    def ask() -> None:
        waits.extend(limits.take_start("search") for _ in range(10))

    askers = [threading.Thread(target=ask) for _ in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(waits) == 60
    assert waits.count(0.0) == 10


def test_run_over_the_rate_is_put_off_and_costs_no_attempt(
    make_run: MakeRun, rates: dict[str, tuple[int, float]]
) -> None:
    rates["search"] = (1, 60)
    first, second = make_run("search"), make_run("search", {"page": 2})
    for run in (first, second):
        runner.run_attempt(run.id, worker="test")
        run.refresh_from_db()
    assert first.state == State.SUCCESS
    assert second.state == State.PENDING
    assert (second.attempt, second.attempts) == (0, [])
    assert second.publish_at is not None
    assert 50 < (second.publish_at - second.created_at).total_seconds() < 65


def test_message_of_a_finished_run_uses_up_no_start(
    make_run: MakeRun, rates: dict[str, tuple[int, float]]
) -> None:
    rates["search"] = (2, 60)
    run, other = make_run("search"), make_run("search", {"page": 2})
    for _ in range(3):
        runner.run_attempt(run.id, worker="test")
    runner.run_attempt(other.id, worker="test")
    other.refresh_from_db()
    assert other.state == State.SUCCESS


def test_script_that_redis_forgot_is_loaded_again(rates: dict[str, tuple[int, float]]) -> None:
    rates["search"] = (1, 60)
    assert limits.take_start("search") == 0.0
    results.ask(lambda client: client.script_flush())
    assert limits.take_start("search") > 0


def test_asker_who_does_not_get_the_lock_waits_and_takes_it_for_no_outage(
    rates: dict[str, tuple[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rates["search"] = (100, 60)
    monkeypatch.setattr(limits, "LOCK_S", 0.05)
    results.ask(lambda client: client.set("rate:search:lock", "somebody else"))
    assert 0 < limits.take_start("search") <= 1
    assert results.ask(lambda client: client.ping()), "results pause"
    results.ask(lambda client: client.delete("rate:search:lock"))
    assert limits.take_start("search") == 0.0


def test_asker_who_loses_the_lock_does_not_start(
    rates: dict[str, tuple[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rates["search"] = (100, 60)
    decide = limits._decide

    def lose_lock(client: redis.Redis, kind: str, rate: Rate) -> Decision:
        client.set("rate:search:lock", "somebody else")
        return decide(client, kind, rate)

    monkeypatch.setattr(limits, "_decide", lose_lock)
    assert limits.take_start("search") > 0
    assert results.ask(lambda client: client.ping()), "results pause"


def test_runs_start_while_redis_is_away(
    rates: dict[str, tuple[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rates["search"] = (1, 60)
    away = app._get_backend()  # type: ignore[attr-defined]
    away.connparams = {**away.connparams, "host": LOOPBACK, "port": pick_port()}
    monkeypatch.setattr(results, "_backend", lambda: away)
    assert [limits.take_start("search") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert results.ask(lambda client: client.ping()) is None


def test_rates_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASK_RATE_LIMITS", "export=30/60, search=5/0.5")
    assert env.rates("TASK_RATE_LIMITS") == {"export": (30, 60.0), "search": (5, 0.5)}
    monkeypatch.delenv("TASK_RATE_LIMITS")
    assert env.rates("TASK_RATE_LIMITS") == {}


@pytest.mark.parametrize("text", ["export", "export=30", "export=0/60", "export=3/0", "export=-1/5", "=3/4"])
def test_rate_that_cannot_be_read_names_the_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TASK_RATE_LIMITS", text)
    with pytest.raises(ImproperlyConfigured, match="TASK_RATE_LIMITS"):
        env.rates("TASK_RATE_LIMITS")


def test_rate_of_an_unknown_kind_is_a_configuration_error(settings: Settings) -> None:
    settings.TASK_RATE_LIMITS = {"exports": (1, 60)}
    assert "backend.E003" in {message.id for message in run_checks()}
    settings.TASK_RATE_LIMITS = {"export": (1, 60)}
    assert "backend.E003" not in {message.id for message in run_checks()}
