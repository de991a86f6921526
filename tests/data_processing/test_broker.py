"""What the broker says of its queues, and the raw letters in its dead-letter queues."""

from __future__ import annotations

import pytest

from backend import topology
from data_processing import broker
from data_processing.broker import QueueDepth
from tests import brokers
from tests.brokers import publish_dead, publish_raw

pytestmark = pytest.mark.usefixtures("broker_up")


def depth_of(name: str) -> QueueDepth:
    return next(queue for queue in broker.inspect_queues() if queue.name == name)


def test_depths_tell_waiting_messages_from_dead_ones() -> None:
    for _ in range(3):
        publish_raw("x", queue="high")
    publish_dead("x", queue="high")
    assert depth_of("high") == QueueDepth(name="high", ready=3, consumers=0, dead=1)
    assert depth_of("low") == QueueDepth(name="low", ready=0, consumers=0, dead=0)


def test_depths_name_the_four_queues_in_order_of_urgency() -> None:
    assert [queue.name for queue in broker.inspect_queues()] == list(topology.QUEUES)


def test_queues_that_a_wiped_broker_has_lost_hold_nothing() -> None:
    brokers.delete_queues()
    assert [queue.ready for queue in broker.inspect_queues()] == [0, 0, 0, 0]


def test_broker_that_is_away_raises_one_of_the_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    brokers.lose_broker(monkeypatch)
    with pytest.raises(broker.ERRORS):
        broker.inspect_queues()


def test_dead_messages_come_with_their_queue_and_bytes_and_only_once() -> None:
    publish_dead(b"\xff\x00", queue="low", headers={"task": "a"})
    publish_dead("text", queue="critical")
    letters = {letter.queue: letter for letter in broker.drain_dead_queues(limit=10)}
    assert letters["low"].body == b"\xff\x00"
    assert letters["low"].headers["task"] == "a"
    assert letters["critical"].body == b"text"
    assert list(broker.drain_dead_queues(limit=10)) == []


def test_reader_that_fails_leaves_the_message_where_it_was() -> None:
    publish_dead("kept", queue="high")
    reading = broker.drain_dead_queues(limit=10)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert [letter.body for letter in broker.drain_dead_queues(limit=10)] == [b"kept"]


def test_limit_bounds_the_messages_of_each_queue() -> None:
    for _ in range(3):
        publish_dead("x", queue="high")
    assert len(list(broker.drain_dead_queues(limit=2))) == 2
    assert depth_of("high").dead == 1


def test_lost_dead_letter_queues_are_an_error_not_an_empty_list() -> None:
    brokers.delete_queues()
    with pytest.raises(broker.ERRORS):
        list(broker.drain_dead_queues(limit=10))
