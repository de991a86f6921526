"""Makes the worker survive messages it cannot read or would have to keep: they go to the dead-letter queue.

Without this, Celery 5.7.0 ends the whole worker on some of them and acknowledges, that is loses, others
(tests/integration/test_poison_messages.py shows each case).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from celery import Task
from celery.exceptions import InvalidTaskError
from celery.signals import worker_process_shutdown
from celery.worker.consumer import Consumer
from celery.worker.request import Request
from celery.worker.state import maybe_shutdown
from django.db import close_old_connections

from data_processing import origins, tracing
from data_processing.broker import addresses
from data_processing.operations.process_counts import pusher

logger = logging.getLogger(__name__)

MALFORMED = (KeyError, ValueError, TypeError, AttributeError, IndexError)
"""What Celery trips over in a message of the wrong shape; none of them is an error of the connection."""


class OutOfMemory(Exception):
    """A task wanted more memory than there is."""


# An eta of now is no wish to wait, also where the sender's clock is ahead of this one.
CLOCKS_DIFFER_S = 1.0


class SafeRequest(Request):
    """A request that rejects a message of the wrong shape, or one that asks to be kept until later, in the
    one way that Celery handles."""

    _args: Any
    _kwargs: Any

    def __init__(self, message: Any, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(message, *args, **kwargs)
            # Where these are no numbers, the worker ends when it hands the task on.
            for limit in self.time_limits:
                if limit is not None:
                    float(limit)
            waits_s = 0.0 if self.eta is None else (self.eta - _now_for(self.eta)).total_seconds()
        except MALFORMED as error:
            raise InvalidTaskError(f"malformed task message: {error!r}") from error
        if not isinstance(self._args, list | tuple) or not isinstance(self._kwargs, dict):
            raise InvalidTaskError("malformed task message: arguments are not a list and an object")
        # It would hold a place of the prefetch, and some of them the whole lane. What has to wait waits in
        # the database; nobody of ours sends such a message.
        if waits_s > CLOCKS_DIFFER_S:
            raise InvalidTaskError(f"task message that would have to be kept until {self.eta}")

    def maybe_expire(self) -> Literal[True] | None:
        """Whether its time is over."""
        # Celery's own would have this worker refuse the id from now on: a run is published again under the
        # same one.
        return True if self.expires is not None and _now_for(self.expires) > self.expires else None


def _now_for(time: datetime) -> datetime:
    """Now, to be compared with a time with or without a zone."""
    return datetime.now(UTC if time.tzinfo else None)


class SafeTask(Task):  # type: ignore[type-arg]
    """Base of all tasks of the app."""

    Request = "data_processing.worker.consumer:SafeRequest"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # Connections are kept from task to task; one that an outage has broken is dropped here.
        origin = origins.read(vars(self.request))
        origins.begin(origin, task_id=self.request.id)
        close_old_connections()
        pusher.ensure_running()
        try:
            with tracing.span(f"run {self.name}", kind="CONSUMER", parent=origin) as span:
                span.note(celery_task_id=str(self.request.id), celery_worker=str(self.request.hostname))
                return super().__call__(*args, **kwargs)
        except MemoryError as error:
            # Celery hands this one error on to the worker's main process, which ends then.
            raise OutOfMemory("the task ran out of memory") from error


@worker_process_shutdown.connect
def bring_notes(**_: Any) -> None:
    """Bring what a child has counted and traced before it ends, which it does without running what waits for
    that."""
    pusher.finish()
    tracing.flush()


def _log_outage(error: Exception, pause_s: float) -> None:
    logger.warning("the broker is away, trying again in %.0f s: %s", pause_s, error)


class DeadLetteringConsumer(Consumer):
    """A consumer that rejects what it cannot decode or understand, instead of acknowledging it or ending."""

    connection_errors: tuple[type[Exception], ...]
    event_dispatcher: Any

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc, valid-type]
        # Not Celery's queues for messages with a delay, of which there are none here: before the worker may
        # consume, that step visits every address of the broker, 17 s for one that is dead.
        default_steps: ClassVar = [
            step for step in Consumer.Blueprint.default_steps if not step.endswith(":DelayedDelivery")
        ]

    def connection_for_read(self, heartbeat: float | None = None) -> Any:
        """A new connection, to an address that has not failed before to one that has."""
        return self.ensure_connected(self.app.connection_for_read(**addresses.options(), heartbeat=heartbeat))

    def connection_for_write(self, url: str | None = None, heartbeat: float | None = None) -> Any:
        """The same, for events."""
        return self.ensure_connected(
            self.app.connection_for_write(**addresses.options(), heartbeat=heartbeat)
        )

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Leave the node without a word, and turn to another one."""
        if self.connection is not None:
            addresses.note_failed(self.connection)
        # Celery closes the connection of its events in order: it waits for two answers, of a node that may
        # be frozen.
        if self.event_dispatcher is not None and self.event_dispatcher.connection is not None:
            self.event_dispatcher.connection.collect()
        super().on_connection_error_after_connected(exc)

    def ensure_connected(self, conn: Any) -> Any:
        """Connect within a second of the broker's return."""
        # Celery's own pauses for longer and longer, up to 30 s.
        conn.ensure_connection(
            _log_outage, interval_start=1, interval_step=0, interval_max=1, callback=maybe_shutdown
        )
        return super().ensure_connected(conn)

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], None]:
        handle = super().create_task_handler(*args, **kwargs)

        def handle_or_reject(message: Any) -> None:
            # Celery ends the worker here. The broker would hand the message to the next one, and so on.
            try:
                handle(message)
            except MALFORMED as error:
                self.on_decode_error(message, error)

        return handle_or_reject

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        # Celery's own acknowledges it: all that is left of the message is a line in the log.
        logger.error("unreadable message goes to the dead-letter queue: %r", exc)
        message.reject_log_error(logger, self.connection_errors)
