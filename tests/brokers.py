"""Driving the broker from tests: empty it, lose it, put messages into it that no publisher of ours sends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import amqp
import pytest

from backend import topology
from backend.celery import app
from data_processing import broker
from data_processing.lifecycle import outbox
from data_processing.lifecycle.publisher import publisher
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.servers import RabbitMQ

RUN_TASK = "data_processing.tasks.process_full_table_search"


@contextmanager
def publish_like_the_web() -> Iterator[None]:
    """While inside, this process publishes and remembers no outage; all queues start empty."""
    reset_connections()
    empty_queues()
    try:
        yield
    finally:
        outbox.background.stop()
        reset_connections()


def lose_broker(patch: pytest.MonkeyPatch) -> None:
    """From here on, nobody listens at the broker's address; `use_broker` ends this."""
    patch.setenv("CELERY_BROKER_URL", f"amqp://guest:guest@{LOOPBACK}:{pick_port()}//")
    reset_connections()


def use_broker(patch: pytest.MonkeyPatch, url: str) -> None:
    """The broker is at its address (or one of several), and the pause after an outage is over."""
    patch.setenv("CELERY_BROKER_URL", url)
    patch.setitem(app.conf, "broker_transport_options", topology.transport_options(url))
    reset_connections()


@contextmanager
def blocked_by_alarm(rabbitmq: RabbitMQ) -> Iterator[None]:
    """While inside, the broker has an alarm: it answers questions and takes no messages."""
    rabbitmq.run_ctl("set_vm_memory_high_watermark", "0.00000001")
    try:
        yield
    finally:
        rabbitmq.run_ctl("set_vm_memory_high_watermark", "0.4")


@contextmanager
def out_of_reach(rabbitmq: RabbitMQ) -> Iterator[None]:
    """While inside, the broker has closed all connections and takes none, as if it were dead; a dead one
    takes five seconds of computing to start again."""
    closing = ("suspend_all_client_listeners()", "close_all_client_connections()")
    rabbitmq.run_ctl("eval", ", ".join(f"rabbit_maintenance:{act}" for act in closing) + ".")
    try:
        yield
    finally:
        rabbitmq.run_ctl("eval", "rabbit_maintenance:resume_all_client_listeners().")


def reset_connections() -> None:
    """Forget this process's open connections, so that the next one follows the configuration of now."""
    app._after_fork()  # type: ignore[attr-defined]
    publisher.forget()


def declare_queues() -> None:
    """Make the queues that are not there."""
    with app.connection_for_write() as connection:
        topology.declare(connection)


def empty_queues() -> None:
    """Declare all queues and drop what lies in them."""
    declare_queues()
    with app.connection_for_write() as connection:
        channel: Any = connection.channel()
        for name in queue_names():
            channel.queue_purge(name)


def delete_queues() -> None:
    """Lose all queues with their messages, as a broker does whose data is wiped."""
    with app.connection_for_write() as connection:
        channel: Any = connection.channel()
        for name in queue_names():
            channel.queue_delete(name)


def queue_names() -> list[str]:
    return [*topology.QUEUES, *(f"{name}.dead" for name in topology.QUEUES)]


def count_ready(queue: str) -> int:
    """Messages that wait in a queue."""
    with app.connection_for_write() as connection:
        channel: Any = connection.channel()
        return int(channel.queue_declare(queue=queue, passive=True).message_count)


def take_task_ids(queue: str) -> list[str]:
    """Take all messages out of a queue; the ids of their tasks, oldest first."""
    ids = []
    with app.connection_for_write() as connection:
        channel: Any = connection.channel()
        while (message := channel.basic_get(queue, no_ack=True)) is not None:
            ids.append(message.properties["application_headers"]["id"])
    return ids


def publish_raw(
    body: bytes | str,
    *,
    queue: str,
    headers: Mapping[str, Any] | None = None,
    exchange: str = topology.EXCHANGE,
    **properties: Any,
) -> None:
    """Put any bytes into a queue and wait until the broker has them."""
    if headers is not None:
        properties["application_headers"] = dict(headers)
    with app.connection_for_write() as connection:
        channel: Any = connection.channel()
        message = amqp.Message(body, delivery_mode=2, **properties)
        channel.basic_publish_confirm(message, exchange=exchange, routing_key=queue, mandatory=True)


def publish_dead(body: bytes | str, *, queue: str, headers: Mapping[str, Any] | None = None) -> None:
    """Put any bytes into a queue's dead-letter queue."""
    publish_raw(body, queue=f"{queue}.dead", headers=headers, exchange=topology.DEAD_EXCHANGE)


def task_message(*args: Any) -> str:
    """The body of a task message with these arguments, in Celery's protocol 2."""
    embed = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    return json.dumps([list(args), {}, embed])


def is_rabbitmq_reachable() -> bool:
    try:
        broker.inspect_queues()
    except broker.ERRORS:
        return False
    return True
