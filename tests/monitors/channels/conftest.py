"""What tests of channels share: an alert that is to be told, and a server that is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from data_processing.outputs import results
from monitors import receivers, sweeping
from monitors.models import Alert, Delivery, Monitor, Receiver, SavedSearch
from monitors.questions import ReceiverToMake
from tests.listeners import Listener
from tests.monitors.conftest import ANA, Publish, work_off

MATCH = {
    "change": "new",
    "title": "Dike <!channel> & dam",
    "contractor": "Peña & Sons",
    "organization": None,
    "award_date": "2024-01-02",
    "amount": "1500.25",
    "before": None,
    "path": "/contracts/R2/A2/",
}


@pytest.fixture(autouse=True)
def no_turns_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Redis runs, it counts from zero: all tests post to the same host."""
    monkeypatch.setattr(results._Outage, "until", 0.0)
    results.ask(lambda client: client.flushdb())


@pytest.fixture
def receiver(publish: Publish, listener: Listener) -> Receiver:
    return add_receiver(listener)


def add_receiver(listener: Listener, *, channel: str = "webhook", owner: str = ANA) -> Receiver:
    wanted = ReceiverToMake.from_json({"name": "Desk", "channel": channel, "url": listener.url})
    return receivers.add(owner, wanted)


def raise_alerts(count: int, *ways: tuple[str, str], owner: str = ANA, **changed: Any) -> Sequence[Alert]:
    """Alerts of one monitor as checks make them, to be told by ``ways``: channels and targets."""
    search = SavedSearch.objects.create(owner=owner, name="Dikes <b>", filters={})
    monitor = Monitor.objects.create(owner=owner, search=search, schedule="version")
    told = {"new": 1, "amended": 0, "new_value": Decimal("1500.25"), "matches": [MATCH], **changed}
    alerts = [
        Alert.objects.create(owner=owner, monitor=monitor, number=number, dataset_version="v", **told)
        for number in range(count)
    ]
    for alert in alerts:
        for channel, target in ways:
            Delivery.objects.create(
                owner=owner, alert=alert, channel=channel, target=target, due_at=timezone.now()
            )
    return alerts


def way(receiver: Receiver) -> tuple[str, str]:
    return receiver.channel, str(receiver.pk)


def send_due() -> None:
    """What Beat and a worker do with deliveries."""
    sweeping.ask_deliveries()
    work_off()


def let_pass(seconds: float) -> None:
    """So much later: all that was noted lies so much further back."""
    for delivery in Delivery.objects.all():
        lease_until = delivery.lease_until and delivery.lease_until - timedelta(seconds=seconds)
        due_at = delivery.due_at - timedelta(seconds=seconds)
        Delivery.objects.filter(pk=delivery.pk).update(due_at=due_at, lease_until=lease_until)
