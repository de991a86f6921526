"""Makes the worker survive messages it cannot read: they go to the dead-letter queue.

Without this, Celery 5.7.0 ends the whole worker on some of them and acknowledges, that is loses, others
(tests/integration/test_poison_messages.py shows each case).
"""

from __future__ import annotations

import logging
from typing import Any

from celery import Task
from celery.exceptions import InvalidTaskError
from celery.worker.consumer import Consumer
from celery.worker.request import Request

logger = logging.getLogger(__name__)


class SafeRequest(Request):
    """A request that rejects a message of the wrong shape in the one way that Celery handles."""

    _args: Any
    _kwargs: Any

    def __init__(self, message: Any, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(message, *args, **kwargs)
            for limit in self.time_limits:
                if limit is not None:
                    float(limit)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
            raise InvalidTaskError(f"malformed task message: {error!r}") from error
        if not isinstance(self._args, list | tuple) or not isinstance(self._kwargs, dict):
            raise InvalidTaskError("malformed task message: arguments are not a list and an object")


class SafeTask(Task):  # type: ignore[type-arg]
    """Base of all tasks of the app."""

    Request = "data_processing.consumer:SafeRequest"


class DeadLetteringConsumer(Consumer):
    """A consumer that rejects what it cannot decode instead of acknowledging it."""

    connection_errors: tuple[type[Exception], ...]

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        logger.error("undecodable message goes to the dead-letter queue: %r", exc)
        message.reject_log_error(logger, self.connection_errors)
