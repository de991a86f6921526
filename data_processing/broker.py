"""What the broker and its workers say when they are asked, and the messages in the dead-letter queues.

Every connection made here has a deadline on each wait: a broker that is frozen, or that takes no messages for
now, does not hold up whoever asks it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import redis
from amqp.exceptions import AMQPError, NotFound
from celery import current_app
from kombu import Connection, Producer, uuid
from kombu.exceptions import ChannelError, KombuError

ERRORS = (KombuError, AMQPError, redis.RedisError, OSError)
"""What any call to a broker may raise while it is away."""

KILL = "kill_run"
"""The remote control command of data_processing.worker.control."""

ANSWER_WITHIN_S = 2.0
"""How long one answer to a question may take."""


class Blocked(ConnectionError):
    """The broker is there, but takes no messages: it is short of memory or disk."""


@dataclass(frozen=True, kw_only=True)
class QueueDepth:
    """Messages that wait in a queue and in its dead-letter queue. None: the broker does not know."""

    name: str
    ready: int
    consumers: int | None
    dead: int | None


@dataclass(frozen=True, kw_only=True)
class DeadMessage:
    """A message as it lies in a dead-letter queue, undecoded."""

    queue: str
    body: bytes
    headers: Mapping[str, Any]


PASS_ON = "pass on"
"""Our failover strategy, as kombu knows it."""


class Addresses:
    """The addresses that CELERY_BROKER_URL names. One that has failed is the last to be tried from then on.

    Without this each new connection of a process would begin with the first one again, and wait some seconds
    for a node that is frozen; a worker opens two connections, and each of its children has one.
    """

    def __init__(self) -> None:
        self._failed_at: dict[str, float] = {}

    @property
    def are_many(self) -> bool:
        return len(self._list()) > 1

    def options(self) -> dict[str, Any]:
        """What Celery is to be told for a new connection: the addresses in order, and a look over kombu's
        shoulder."""
        ordered = sorted(self._list(), key=lambda url: self._failed_at.get(url, 0.0))
        return {"url": ";".join(ordered), "failover_strategy": PASS_ON}

    def note_failed(self, connection: Connection) -> None:
        """The address of this connection has stopped to answer."""
        for url in self._list():
            parts = urlsplit(url)
            # kombu's own name for this machine.
            host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
            if host == connection.hostname and parts.port in (connection.port, None):
                self._failed_at[url] = time.monotonic()

    def pass_on(self, urls: Iterable[str]) -> Iterator[str]:
        """A failover strategy of kombu's, which asks for the next address when one could not be reached."""
        for url in itertools.cycle(urls):
            yield url
            self._failed_at[url] = time.monotonic()

    def _list(self) -> list[str]:
        return str(current_app.conf.broker_url).split(";")


addresses = Addresses()
# By a name: `celery inspect stats` sends the options of the connection as JSON.
Connection.failover_strategies[PASS_ON] = addresses.pass_on


def queue_names() -> tuple[str, ...]:
    return tuple(current_app.amqp.queues)


def is_rabbitmq() -> bool:
    """By the first address, where CELERY_BROKER_URL names several."""
    return str(current_app.conf.broker_url).startswith(("amqp", "pyamqp"))


def open_connection(*, within_s: float, **options: Any) -> Connection:
    """A new connection, with ``within_s`` as deadline of each wait for an answer; ``options`` are RabbitMQ's
    connection's own. Raises one of ERRORS."""
    deadlines = {"read_timeout": within_s, "write_timeout": within_s, **options} if is_rabbitmq() else {}
    connection = current_app.connection_for_write(**addresses.options(), transport_options=deadlines)
    try:
        # This way of connecting tries every address and keeps to the options of the transport.
        connection.default_channel  # noqa: B018
    except ERRORS:
        connection.collect()
        raise
    return connection


@contextmanager
def connect() -> Iterator[Connection]:
    """A connection for some questions, closed at the end. Raises one of ERRORS."""
    connection = open_connection(within_s=ANSWER_WITHIN_S, on_blocked=_raise_blocked)
    try:
        yield connection
    except ERRORS:
        addresses.note_failed(connection)
        # Closing in order would wait for an answer of the broker that has just failed to give one.
        connection.collect()
        raise
    finally:
        connection.release()


def inspect_queues() -> list[QueueDepth]:
    """Depths of all task queues. Raises one of ERRORS."""
    with connect() as connection:
        return [_inspect(connection, name) for name in queue_names()]


def ask_workers(command: str, *, within_s: float, **arguments: str) -> dict[str, Any]:
    """The answers of those workers that answer a remote control command within ``within_s``, by their names.
    Raises one of ERRORS."""
    with connect() as connection:
        mailbox, ticket = _mailbox(connection), uuid()
        _command_workers(mailbox, command, arguments, reply_ticket=ticket, timeout=within_s)
        replies = mailbox._collect(ticket, timeout=within_s, channel=connection.default_channel)
    return {name: answer for reply in replies for name, answer in reply.items()}


def kill_process_of(task_id: str) -> None:
    """Tell all workers to kill the process that is at this task. Raises one of ERRORS."""
    with connect() as connection:
        _command_workers(_mailbox(connection), KILL, {"task_id": task_id})


def drain_dead_queues(limit: int) -> Iterator[DeadMessage]:
    """Take messages out of the dead-letter queues. Raises one of ERRORS."""
    if not is_rabbitmq():
        return
    with connect() as connection:
        channel: Any = connection.channel()
        for name in queue_names():
            for _ in range(limit):
                # By the channel itself: kombu would decode the body, for which it may have died.
                message = channel.basic_get(f"{name}.dead")
                if message is None:
                    break
                headers = message.properties.get("application_headers") or {}
                body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
                yield DeadMessage(queue=name, body=body, headers=headers)
                # When the next one is asked for: a caller that fails leaves it where it was.
                channel.basic_ack(message.delivery_tag)


class _OnceProducer(Producer):
    """Celery's remote control publishes with retries that have no end."""

    def publish(self, body: Any, **options: Any) -> None:  # type: ignore[override]
        super().publish(body, **{**options, "retry": False})


def _mailbox(connection: Connection) -> Any:
    """Celery's remote control on this connection. Its own methods would publish over another one, of the
    app's pool, which has no deadlines; hence the private ones of the mailbox."""
    control: Any = current_app.control
    return control.mailbox(connection)


def _command_workers(mailbox: Any, command: str, arguments: Mapping[str, Any], **options: Any) -> None:
    channel = mailbox.connection.default_channel
    producer = _OnceProducer(channel, auto_declare=False)
    mailbox._publish(command, dict(arguments), channel=channel, producer=producer, **options)


def _raise_blocked(reason: str) -> None:
    raise Blocked(reason)


def _inspect(connection: Connection, name: str) -> QueueDepth:
    ready, consumers = _count(connection, name)
    if not is_rabbitmq():
        return QueueDepth(name=name, ready=ready, consumers=None, dead=None)
    dead, _ = _count(connection, f"{name}.dead")
    return QueueDepth(name=name, ready=ready, consumers=consumers, dead=dead)


def _count(connection: Connection, name: str) -> tuple[int, int]:
    """Ready messages and consumers. A queue that does not exist (yet, or since the broker lost its data)
    holds nothing."""
    # One for each question: the broker closes a channel that asked for a queue which is not there.
    channel: Any = connection.channel()
    try:
        found = channel.queue_declare(queue=name, passive=True)
    except (NotFound, ChannelError):
        return 0, 0
    finally:
        channel.close()
    return found.message_count, found.consumer_count
