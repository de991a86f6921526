"""Messages reach a broker that takes them, and nobody waits long for one that does not, whatever it does."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from data_processing import broker
from data_processing.broker import ERRORS, Blocked
from data_processing.lifecycle.publisher import BrokerAway, publisher
from tests.brokers import blocked_by_alarm, count_ready, take_task_ids, use_broker
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.servers import RabbitMQ

pytestmark = pytest.mark.usefixtures("broker_up")

TASK = "data_processing.tasks.sample_add"
WITHIN_S = 8.0
"""The sum of a publisher's deadlines, and some room for a busy machine."""


def send(task_id: str) -> None:
    publisher.send(TASK, (1, 2), queue="critical", task_id=task_id)


def seconds_of(act: Callable[[], object], *, raises: type[Exception] | tuple[type[Exception], ...]) -> float:
    began = time.monotonic()
    with pytest.raises(raises):
        act()
    return time.monotonic() - began


def wait_until_willing() -> None:
    deadline = time.monotonic() + 15
    while not publisher.willing:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def silent_address() -> Iterator[str]:
    """Where connections are taken and nothing is ever said."""
    with socket.create_server((LOOPBACK, 0)) as server:
        yield f"amqp://guest:guest@{LOOPBACK}:{server.getsockname()[1]}//"


def test_blocked_broker_is_noticed_at_once_and_again_when_it_takes_messages(rabbitmq: RabbitMQ) -> None:
    send("before")
    with blocked_by_alarm(rabbitmq):
        assert seconds_of(lambda: send("amid"), raises=Blocked) < 2
        assert not publisher.willing
        assert seconds_of(lambda: send("amid too"), raises=Blocked) < 1
        assert seconds_of(publisher.probe, raises=Blocked) < 1
    wait_until_willing()
    publisher.probe()
    send("after")
    arrived = take_task_ids("critical")
    assert [task_id for task_id in arrived if task_id != "amid"] == ["before", "after"]


def test_frozen_broker_holds_nobody_up(rabbitmq: RabbitMQ) -> None:
    send("before")
    rabbitmq.freeze()
    try:
        assert seconds_of(lambda: send("amid"), raises=ERRORS) < WITHIN_S
        assert seconds_of(lambda: send("amid"), raises=BrokerAway) < 1
        assert seconds_of(broker.inspect_queues, raises=ERRORS) < WITHIN_S
    finally:
        rabbitmq.thaw()
    wait_until_willing()
    send("after")
    assert take_task_ids("critical")[-1] == "after"


def test_connection_that_the_broker_has_closed_is_replaced_without_a_failure(rabbitmq: RabbitMQ) -> None:
    send("before")
    rabbitmq.run_ctl("close_all_connections", "a test")
    send("after")
    assert take_task_ids("critical") == ["before", "after"]


def test_addresses_that_are_dead_or_silent_are_passed_over(
    rabbitmq: RabbitMQ, silent_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = f"amqp://guest:guest@{LOOPBACK}:{pick_port()}//"
    use_broker(monkeypatch, f"{dead};{silent_address};{rabbitmq.url}")
    assert broker.is_rabbitmq()
    send("hello")
    assert {queue.name: queue.ready for queue in broker.inspect_queues()}["critical"] == 1
    # From then on nobody waits for the silent one again.
    assert broker.addresses.options()["url"].startswith(rabbitmq.url)
    use_broker(monkeypatch, rabbitmq.url)
    assert take_task_ids("critical") == ["hello"]


def test_child_process_does_not_speak_over_its_parents_connection() -> None:
    send("parent")
    child = os.fork()
    if child == 0:
        os._exit(0 if publisher._connection is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    send("parent again")
    assert count_ready("critical") == 2
