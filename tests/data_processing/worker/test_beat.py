"""What Beat sends arrives, late perhaps: its messages are confirmed, and sent again where they were not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from data_processing.lifecycle.publisher import publisher
from data_processing.operations import schedules
from data_processing.worker.beat import ConfirmedScheduler
from tests import brokers
from tests.brokers import count_ready
from tools.stack.servers import RabbitMQ

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker_up")]

LONG_AGO = timedelta(hours=3)
HOURLY = "prune snapshots"


@pytest.fixture
def scheduler() -> Iterator[ConfirmedScheduler]:
    """A Beat with one entry, which is due."""
    schedules.sync()
    PeriodicTask.objects.exclude(name=HOURLY).delete()
    PeriodicTask.objects.update(last_run_at=timezone.now() - LONG_AGO)
    scheduler = ConfirmedScheduler(app=current_app, lazy=True)
    yield scheduler
    scheduler.close()


def entry() -> Any:
    return PeriodicTask.objects.get(name=HOURLY)


def was_sent() -> bool:
    return bool(entry().last_run_at > timezone.now() - LONG_AGO / 2)


def tick(scheduler: ConfirmedScheduler) -> None:
    for _ in range(3):
        scheduler.tick()


def test_due_entry_is_sent_once(scheduler: ConfirmedScheduler) -> None:
    tick(scheduler)
    assert count_ready("low") == 1
    assert was_sent()
    assert entry().total_run_count == 1


def test_entry_of_an_outage_is_sent_when_the_broker_is_back(
    scheduler: ConfirmedScheduler, rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers.lose_broker(monkeypatch)
    tick(scheduler)
    assert not was_sent(), "a Beat that starts now has to send it"
    brokers.use_broker(monkeypatch, rabbitmq.url)
    tick(scheduler)
    assert count_ready("low") == 1
    assert was_sent()
    assert entry().total_run_count == 1


def test_message_that_no_queue_took_is_sent_again(scheduler: ConfirmedScheduler) -> None:
    publisher.send("data_processing.tasks.prune_snapshots", (), queue="low")
    brokers.delete_queues()
    tick(scheduler)
    assert not was_sent()
    brokers.empty_queues()
    publisher.forget()
    tick(scheduler)
    assert count_ready("low") == 1


def test_entry_that_was_removed_meanwhile_is_not_sent(
    scheduler: ConfirmedScheduler, rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers.lose_broker(monkeypatch)
    tick(scheduler)
    entry().delete()
    brokers.use_broker(monkeypatch, rabbitmq.url)
    tick(scheduler)
    assert count_ready("low") == 0
