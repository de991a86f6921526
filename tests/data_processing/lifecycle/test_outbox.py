"""Runs reach the broker: at once, after it was away, after it lost its data; no more often than needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models.functions import Now

from data_processing.lifecycle import outbox
from data_processing.lifecycle.publisher import publisher
from data_processing.lifecycle.runs import publishing
from data_processing.models import TaskRun
from data_processing.operations import maintenance
from tests import brokers
from tests.brokers import count_ready, take_task_ids
from tests.machine import MakeRun
from tools.stack.servers import RabbitMQ

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("broker_up")]


def make_due(run: TaskRun) -> None:
    TaskRun.objects.filter(id=run.id).update(publish_at=Now())


def published(run: TaskRun, *, seconds_ago: float, republish_after_s: float = 300) -> None:
    """Let the run's last publishing be longer ago."""
    TaskRun.objects.filter(id=run.id).update(
        publish_at=Now() + timedelta(seconds=republish_after_s - seconds_ago)
    )


def wait_until(condition: Callable[[], object], *, within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s:g} s"
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_new_run_is_published_at_once_under_its_own_id(make_run: MakeRun) -> None:
    run = make_run("search")
    outbox.publish_new(run)
    wait_until(lambda: count_ready("high") == 1, within_s=2)
    assert take_task_ids("high") == [str(run.id)]
    outbox.background.stop()
    assert outbox.publish_due() == 0, "the sweeper finds nothing left to do"


@pytest.mark.django_db(transaction=True)
def test_sent_runs_are_noted_before_the_sweeper_would_send_them_again(make_run: MakeRun) -> None:
    made = [make_run("search", {"page": page}) for page in (1, 2, 3)]
    for run in made:
        outbox.publish_new(run)
    noted = TaskRun.objects.filter(publishes=1, publish_at__gt=Now() + timedelta(seconds=60))
    wait_until(lambda: noted.count() == 3, within_s=outbox.FIRST_PUBLISH_GRACE_S)
    assert sorted(take_task_ids("high")) == sorted(str(run.id) for run in made)


@pytest.mark.django_db(transaction=True)
def test_run_that_was_put_off_before_it_was_noted_stays_put_off(make_run: MakeRun) -> None:
    run = make_run("search")
    outbox.publish_new(run)
    wait_until(lambda: count_ready("high") == 1)
    assert publishing.put_off(run.id, in_s=30, worker="w1")
    outbox.background.stop()
    run.refresh_from_db()
    assert run.publishes == 0
    assert run.publish_at == run.next_attempt_at


def test_each_kind_goes_to_its_queue(make_run: MakeRun) -> None:
    export = make_run("export")
    outbox.publish_new(export)
    outbox.background.stop()
    assert take_task_ids("normal") == [str(export.id)]


def test_run_survives_a_broker_that_is_away_and_is_published_when_it_is_back(
    make_run: MakeRun, rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run("search")
    brokers.lose_broker(monkeypatch)
    outbox.publish_new(run)
    outbox.background.stop()
    assert outbox.publish_due() == 0
    brokers.use_broker(monkeypatch, rabbitmq.url)
    assert outbox.publish_due() == 1
    assert take_task_ids("high") == [str(run.id)]


def test_requests_after_a_failed_publish_do_not_try_again_at_once(
    make_run: MakeRun, rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers.lose_broker(monkeypatch)
    outbox.publish_new(make_run("search"))
    outbox.background.stop()
    monkeypatch.setenv("CELERY_BROKER_URL", rabbitmq.url)
    outbox.publish_new(make_run("search", {"page": 2}))
    outbox.background.stop()
    assert count_ready("high") == 0
    brokers.use_broker(monkeypatch, rabbitmq.url)
    assert outbox.publish_due() == 2


def test_queue_that_is_missing_counts_as_not_published(make_run: MakeRun) -> None:
    run = make_run("search")
    outbox.publish_due()
    brokers.delete_queues()
    make_due(run)
    assert outbox.publish_due() == 0
    brokers.empty_queues()
    publisher.forget()
    make_due(run)
    assert outbox.publish_due() == 1
    assert take_task_ids("high") == [str(run.id)]


def test_run_of_an_unknown_kind_does_not_stop_the_others(make_run: MakeRun) -> None:
    strange, run = make_run("search"), make_run("search", {"page": 2})
    TaskRun.objects.filter(id=strange.id).update(kind="of-a-later-version")
    assert outbox.publish_due() == 1
    assert take_task_ids("high") == [str(run.id)]


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_at_once_publish_a_run_once(make_run: MakeRun) -> None:
    made = {str(make_run("search", {"page": page}).id) for page in range(1, 31)}
    barrier = threading.Barrier(2)

    def sweep() -> None:
        barrier.wait()
        try:
            outbox.publish_due()
        finally:
            connections.close_all()

    sweepers = [threading.Thread(target=sweep) for _ in range(2)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join()
    ids = take_task_ids("high")
    assert sorted(ids) == sorted(made)


def test_message_lost_in_a_purge_is_noticed_and_sent_again(make_run: MakeRun) -> None:
    run = make_run("search")
    outbox.publish_due()
    brokers.empty_queues()
    published(run, seconds_ago=outbox.LOST_AFTER_S + 1)
    maintenance.sweep()
    assert take_task_ids("high") == [str(run.id)]


def test_run_whose_message_waits_in_its_queue_is_not_sent_again(make_run: MakeRun) -> None:
    run = make_run("search")
    outbox.publish_due()
    published(run, seconds_ago=60)
    maintenance.sweep()
    assert take_task_ids("high") == [str(run.id)]


def test_each_further_search_for_a_lost_message_waits_longer(make_run: MakeRun) -> None:
    run = make_run("search")
    outbox.publish_due()
    brokers.empty_queues()
    published(run, seconds_ago=outbox.LOST_AFTER_S + 1)
    assert outbox.recover_lost_messages() == 1
    outbox.publish_due()
    brokers.empty_queues()
    published(run, seconds_ago=outbox.LOST_AFTER_S + 1)
    assert outbox.recover_lost_messages() == 0
    published(run, seconds_ago=2 * outbox.LOST_AFTER_S + 1)
    assert outbox.recover_lost_messages() == 1


def test_run_that_was_put_off_is_not_taken_for_lost(make_run: MakeRun) -> None:
    run = make_run("search")
    outbox.publish_due()
    assert take_task_ids("high") == [str(run.id)]
    assert publishing.put_off(run.id, in_s=30, worker="w1")
    maintenance.sweep()
    assert count_ready("high") == 0


def test_lost_messages_are_not_guessed_at_while_the_broker_is_away(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run("search")
    outbox.publish_due()
    published(run, seconds_ago=60)
    brokers.lose_broker(monkeypatch)
    assert outbox.recover_lost_messages() == 0
