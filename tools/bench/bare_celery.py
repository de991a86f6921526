"""The peer: the same no-op as plain Celery, with Celery's own results and started state."""

from __future__ import annotations

import os

from celery import Celery

app = Celery("bare", broker=os.environ["CELERY_BROKER_URL"], backend=os.environ["CELERY_RESULT_BACKEND"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_track_started=True,
    worker_prefetch_multiplier=1,
    task_default_queue="bare",
    task_default_queue_type="quorum",
    broker_connection_retry_on_startup=True,
)


@app.task(name="bare.nothing")
def nothing(number: int) -> dict[str, int]:
    return {"number": number}
