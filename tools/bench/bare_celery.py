"""The peer: the same no-op as plain Celery, with Celery's own results and started state, on the servers that
CELERY_BROKER_URL and CELERY_RESULT_BACKEND name."""

from __future__ import annotations

from celery import Celery

app = Celery("bare")
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
