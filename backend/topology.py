"""Queues and exchanges of the broker: what is declared, and how publishers and workers connect."""

from __future__ import annotations

from typing import Any

from kombu import Connection, Exchange, Queue

EXCHANGE, DEAD_EXCHANGE = "tasks", "tasks.dead"
QUEUES = ("critical", "high", "normal", "low")
DEFAULT_QUEUE = "normal"
# RabbitMQ 4's own limit. Version 3 has none: a message that kills its worker would kill one after the other.
DELIVERY_LIMIT = 20

TRY_WITHIN_S = 10
# How long a worker waits for any answer. A question that was on its way when a node froze gets none, although
# the others have gone on; the next one does.
ANSWERED_WITHIN_S = 5


def is_amqp(broker_url: str) -> bool:
    return broker_url.startswith(("amqp", "pyamqp"))


def task_queues(broker_url: str) -> tuple[Queue, ...]:
    """The four task queues: on RabbitMQ quorum queues whose undeliverable messages go to ``<name>.dead``."""
    exchange = Exchange(EXCHANGE, type="topic", durable=True)
    return tuple(
        Queue(name, exchange=exchange, routing_key=name, queue_arguments=_arguments(name, broker_url))
        for name in QUEUES
    )


def dead_queues() -> tuple[Queue, ...]:
    """The dead-letter queue of each task queue."""
    # Without limits: what lands here waits for a person, and a look at it counts as a delivery.
    exchange = Exchange(DEAD_EXCHANGE, type="topic", durable=True)
    return tuple(
        Queue(
            f"{name}.dead",
            exchange=exchange,
            routing_key=f"{name}.dead",
            queue_arguments={"x-queue-type": "quorum"},
        )
        for name in QUEUES
    )


def declare(connection: Connection) -> None:
    """Declare all queues, idempotently."""
    broker_url = connection.as_uri()
    with connection.channel() as channel:
        # Dead-letter queues first: at-least-once keeps a dead message where it is until it has a place.
        for queue in (*(dead_queues() if is_amqp(broker_url) else ()), *task_queues(broker_url)):
            queue(channel).declare()


def transport_options(broker_url: str) -> dict[str, Any]:
    """Options of every connection: each address of the list is tried once, and a broker that is away is
    reported at once."""
    # The outbox waits for the broker, and nobody else should.
    tries = broker_url.count(";") + 1
    quick = {"max_retries": tries - 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
    if not is_amqp(broker_url):
        # What was not acknowledged for so long, kombu hands out again: longer than any task may take.
        return {**quick, "visibility_timeout": 24 * 3600, "socket_timeout": 5, "socket_connect_timeout": 3}
    # kombu takes the time limit of one connecting for that of all tries: a silent address would be the last.
    quick["connect_retries_timeout"] = tries * TRY_WITHIN_S
    return {**quick, "read_timeout": ANSWERED_WITHIN_S, "write_timeout": ANSWERED_WITHIN_S}


def _arguments(name: str, broker_url: str) -> dict[str, Any] | None:
    if not is_amqp(broker_url):
        return None
    # None of these may change: RabbitMQ refuses to declare a queue that is there with others (406), and no
    # worker would start. What operators may want to change, such as a length, goes into a policy.
    return {
        # A classic queue has no delivery limit.
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD_EXCHANGE,
        "x-dead-letter-routing-key": f"{name}.dead",
        # By the default a dead message is dropped where it cannot be delivered; this way needs the last line.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
