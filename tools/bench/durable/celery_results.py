"""Celery with django-celery-results, set to lose nothing: late acknowledgement, a quorum queue, confirmed
publishing, results and started state in PostgreSQL."""

from __future__ import annotations

import os

from celery import Celery

from tools.bench.durable.work import work

app = Celery("peer", broker=os.environ["CELERY_BROKER_URL"], backend="django-db")
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_track_started=True,
    worker_prefetch_multiplier=1,
    task_default_queue="peer",
    task_default_queue_type="quorum",
    broker_connection_retry_on_startup=True,
    broker_transport_options={"confirm_publish": True},
    # Or a connection would be made anew for each task.
    CELERY_DB_REUSE_MAX=1_000_000_000,
)
nothing = app.task(name="peer.nothing")(work)


def enqueue(number: int, asked_at: float, takes_s: float) -> None:
    nothing.delay(number, asked_at, takes_s)
