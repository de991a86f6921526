"""What the broker says of its queues, and the raw letters in its dead-letter queues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import redis
from amqp.exceptions import AMQPError, NotFound
from celery import current_app
from kombu.exceptions import ChannelError, KombuError

ERRORS = (KombuError, AMQPError, redis.RedisError, OSError)
"""What any call to a broker may raise while it is away."""


@dataclass(frozen=True, kw_only=True)
class QueueDepth:
    """Messages that wait in a queue and in its dead-letter queue. None: the broker does not know."""

    name: str
    ready: int
    consumers: int | None
    dead: int | None


@dataclass(frozen=True, kw_only=True)
class RawLetter:
    """A message as it lies in a dead-letter queue, undecoded."""

    queue: str
    body: bytes
    headers: Mapping[str, Any]


def queue_names() -> tuple[str, ...]:
    return tuple(current_app.amqp.queues)


def is_rabbitmq() -> bool:
    return str(current_app.conf.broker_url).startswith(("amqp", "pyamqp"))


def inspect_queues() -> list[QueueDepth]:
    """Depths of all task queues. Raises one of ERRORS."""
    # Not from the pool: after an outage that holds dead connections, and closed ones that raise other errors.
    with current_app.connection_for_read() as connection:
        return [_inspect(connection, name) for name in queue_names()]


def drain_dead_letters(limit: int) -> Iterator[RawLetter]:
    """Take letters out of the dead-letter queues; each is acknowledged when the next one is asked for, so
    that a caller that fails leaves the letter where it was. Raises one of ERRORS."""
    if not is_rabbitmq():
        return
    with current_app.connection_for_write() as connection:
        channel: Any = connection.channel()
        for name in queue_names():
            for _ in range(limit):
                message = channel.basic_get(f"{name}.dead")
                if message is None:
                    break
                headers = message.properties.get("application_headers") or {}
                body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
                yield RawLetter(queue=name, body=body, headers=headers)
                channel.basic_ack(message.delivery_tag)


def _inspect(connection: Any, name: str) -> QueueDepth:
    ready, consumers = _count(connection, name)
    if not is_rabbitmq():
        return QueueDepth(name=name, ready=ready, consumers=None, dead=None)
    dead, _ = _count(connection, f"{name}.dead")
    return QueueDepth(name=name, ready=ready, consumers=consumers, dead=dead)


def _count(connection: Any, name: str) -> tuple[int, int]:
    """Ready messages and consumers. A queue that does not exist (yet, or since the broker lost its data)
    holds nothing."""
    channel: Any = connection.channel()
    try:
        found = channel.queue_declare(queue=name, passive=True)
    except (NotFound, ChannelError):
        return 0, 0
    finally:
        channel.close()
    return found.message_count, found.consumer_count
