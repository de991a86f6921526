"""How this process brings messages to the broker: one connection, confirms, a deadline on every wait."""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from celery import current_app
from kombu import Connection

from data_processing import broker
from data_processing.broker import ERRORS, Blocked
from data_processing.origins import Origin

logger = logging.getLogger(__name__)

# To be said at each call: there is no setting for it, and without it a publisher waits for ever for a broker
# that is frozen, or short of memory.
CONFIRM_WITHIN_S = 2.0
TURN_WITHIN_S = 2.0
# After a failure nothing is tried for so long: not every caller shall wait for a broker that is away.
REST_S = 2.0
# A routing key that no queue has: the broker confirms such a message and drops it.
NOWHERE = "nowhere"


class BrokerAway(ConnectionError):
    """The broker was away a moment ago; nothing is tried yet."""


def _declared() -> list[Any] | None:
    """What Celery is to declare before it publishes; None: the queue."""
    # Nothing on RabbitMQ, where who may declare a queue with a place for its dead messages may take from it:
    # workers do, and a queue that is missing refuses the message (`mandatory`). On Redis the binding is lost
    # with the data, and nobody refuses.
    return [] if broker.is_rabbitmq() else None


class Publisher:
    """Publishes over one connection that is kept. May be used by many threads; they take turns.

    A broker that blocks publishers (memory or disk alarm) says so in the first message's wait. The connection
    stays open then, because the broker tells only this one when it takes messages again, and would keep every
    further one that publishes until then.
    """

    def __init__(self) -> None:
        self._forget()

    @property
    def willing(self) -> bool:
        """Whether a message would be tried now. Costs no wait."""
        if not self._blocked:
            return time.monotonic() >= self._rests_until
        if self._lock.acquire(blocking=False):
            try:
                self._hear()
            finally:
                self._lock.release()
        return not self._blocked

    def send(
        self,
        task: str,
        args: Sequence[str | int],
        *,
        queue: str,
        task_id: str | None = None,
        in_words: str | None = None,
        origin: Origin | None = None,
    ) -> None:
        """Bring a task's message to its queue and wait until the broker has it; ``in_words`` is what monitors
        show as its arguments, ``origin`` goes into its headers. Raises one of ERRORS within seconds; whether
        the message has arrived is unknown then."""
        with self._turn() as connection:
            amqp = current_app.amqp
            producer = amqp.Producer(connection.default_channel, auto_declare=False)
            # What send_task does, without looking up routes and options, which takes as long again.
            message = amqp.create_task_message(
                task_id or uuid.uuid4().hex,
                task,
                list(args),
                {},
                ignore_result=True,
                argsrepr=in_words,
            )
            amqp.send_task_message(
                producer,
                task,
                message,
                queue=queue,
                headers=dict(origin or {}),
                declare=_declared(),
                # Without it, a message that no queue takes is confirmed like any other.
                mandatory=True,
                confirm_timeout=CONFIRM_WITHIN_S,
                # Celery would try three times more, each to its own end: 18 s with a frozen broker.
                retry=False,
            )

    def send_by_options(self, task: str, args: Sequence[object], **options: object) -> None:
        """The same for a message with more to it, such as a time of expiry. ``options`` are Celery's."""
        send: Any = current_app.send_task
        with self._turn() as connection:
            send(
                task,
                args=list(args),
                producer=current_app.amqp.Producer(connection.default_channel, auto_declare=False),
                # Celery would listen in Redis for a result.
                ignore_result=True,
                add_to_parent=False,
                declare=_declared(),
                mandatory=True,
                confirm_timeout=CONFIRM_WITHIN_S,
                retry=False,
                **options,
            )

    def send_event(self, event: str, *, worker: str, **facts: object) -> None:
        """Tell Celery's monitors something, as ``worker`` would. Raises one of ERRORS."""
        with self._turn() as connection:
            dispatcher = current_app.events.Dispatcher(
                connection, hostname=worker, buffer_while_offline=False
            )
            dispatcher.send(event, **facts)

    def probe(self) -> None:
        """Raise one of ERRORS when the broker does not take messages now: Blocked when it says so itself."""
        if not broker.is_rabbitmq():
            with broker.connect():
                return
        with self._turn() as connection:
            # By a message, because a broker that blocks publishers answers everything else.
            producer = connection.Producer(auto_declare=False)
            producer.publish(b"", exchange="", routing_key=NOWHERE, confirm_timeout=CONFIRM_WITHIN_S)

    def forget(self) -> None:
        """Start anew, without a word to the broker: after a fork, or where the address has changed."""
        connection = self._connection
        self._forget()
        if connection is not None:
            connection.collect()

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._blocked = False
        self._rests_until = 0.0

    @contextmanager
    def _turn(self) -> Iterator[Connection]:
        """The connection, for one message. Raises one of ERRORS."""
        if not self._lock.acquire(timeout=TURN_WITHIN_S):
            raise TimeoutError("another message still waits for the broker's confirm")
        try:
            yield self._take_connection()
        except ERRORS as error:
            if self._blocked:
                raise Blocked("the broker takes no messages for now: its memory or disk is short") from error
            self._rest()
            raise
        except BaseException:
            # Interrupted amid a message: its confirm would be taken for the next one's.
            self._drop()
            raise
        finally:
            self._lock.release()

    def _take_connection(self) -> Connection:
        self._hear()
        if self._blocked:
            raise Blocked("still blocked")
        if time.monotonic() < self._rests_until:
            raise BrokerAway("the broker was away a moment ago")
        if self._connection is None:
            self._connection = broker.open_connection(
                within_s=CONFIRM_WITHIN_S,
                confirm_publish=True,
                on_blocked=self._note_blocked,
                on_unblocked=self._note_unblocked,
            )
        return self._connection

    def _hear(self) -> None:
        """Take in what the broker has said since the last message: that it takes messages again, or that the
        connection has ended."""
        was_blocked = self._blocked
        try:
            while self._connection is not None and broker.is_rabbitmq():
                self._connection.drain_events(timeout=0)
        except TimeoutError:
            pass
        except ERRORS:
            self._drop()
        if was_blocked and not self._blocked:
            # The confirm of the message that was blocked comes now, and would be taken for the next one's.
            self._drop()
            logger.warning("the broker takes messages again")

    def _note_blocked(self, reason: str) -> None:
        self._blocked = True
        logger.warning("the broker takes no messages for now")
        # Out of the wait for the confirm, which would not come before the deadline.
        raise Blocked(reason)

    def _note_unblocked(self) -> None:
        self._blocked = False

    def _rest(self) -> None:
        # Not while it rests: what was refused for that would prolong it, for ever where somebody always asks.
        if time.monotonic() < self._rests_until:
            return
        if self._connection is not None and broker.addresses.are_many:
            # The next message tries another node, at once. Where there was no connection, all were tried.
            broker.addresses.note_failed(self._connection)
        else:
            self._rests_until = time.monotonic() + REST_S
        # py-amqp takes any confirm for the one that it waits for: on a channel that went on after a missed
        # one, 21 of 300 messages counted as arrived that were not.
        self._drop()

    def _drop(self) -> None:
        connection, self._connection, self._blocked = self._connection, None, False
        if connection is not None:
            # Not closed in order: that would wait for an answer, without a deadline.
            connection.collect()


publisher = Publisher()
# Parent and child would read each other's confirms from the socket that they share.
os.register_at_fork(after_in_child=publisher._forget)
