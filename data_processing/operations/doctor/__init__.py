"""Looks at a deployment as an engineer would who has been called: at settings, servers, folders and workers.
Says in words what is wrong and what to do; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import Error as DatabaseError

from data_processing import broker
from data_processing.operations.doctor import configuration, database, queues, redis_server, storage, workers
from data_processing.operations.doctor.findings import Check, Finding, error

__all__ = ["Finding", "examine"]

CHECKS: tuple[tuple[str, Check], ...] = (
    (configuration.SETTINGS, configuration.check_django),
    (configuration.SETTINGS, configuration.check_fit),
    (configuration.SECRETS, configuration.check_secrets),
    (database.DATABASE, database.check_server),
    (database.DATABASE, database.check_tables),
    (database.DATABASE, database.check_clock),
    (queues.BROKER, queues.check_broker),
    (redis_server.REDIS, redis_server.check_redis),
    (storage.STORAGE, storage.check_folders),
    (storage.STORAGE, storage.check_store),
    (storage.DATASET, storage.check_dataset),
    (workers.WORKERS, workers.check_workers),
    (workers.RUNNING, workers.check_conditions),
)


def examine() -> Iterator[Finding]:
    """All findings, part by part; takes seconds, because workers are asked."""
    for about, check in CHECKS:
        try:
            yield from check()
        except DatabaseError as reason:
            yield error(
                about, f"the database does not answer: {_say(reason)}", "compare DATABASE_URL, start it"
            )
        except broker.ERRORS as reason:
            yield error(
                about, f"the broker does not answer: {_say(reason)}", "compare CELERY_BROKER_URL, start it"
            )


def _say(reason: Exception) -> str:
    first, _, _ = str(reason).strip().partition("\n")
    return first or type(reason).__name__
