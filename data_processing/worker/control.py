"""What Celery's remote control does to runs: Flower's buttons Revoke and Terminate, ``celery control``,
``AsyncResult.revoke()``.

Celery's own command has each worker refuse the id from then on. The row would know nothing of it: the run
would be published and refused, again and again, until the workers restart. These take its place.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from celery.concurrency.prefork import TaskPool as ForkingPool
from celery.worker.control import control_command
from celery.worker.state import active_requests
from django.db import connection

from data_processing.broker import KILL
from data_processing.errors import NotFound, NotUnderstood
from data_processing.kinds.registry import HOUSEKEEPING_QUEUE
from data_processing.lifecycle import ends
from data_processing.lifecycle.runs import cancellation
from data_processing.models import FINISHED, State

Answer = dict[str, str]

ELSEWHERE = (
    f"the worker of the queue {HOUSEKEEPING_QUEUE}, which has --pool threads, cancels: send this to all "
    "workers, or to that one"
)
NO_STAMPS = "runs are cancelled by their ids; they have no stamps"


@control_command(name="revoke", variadic="task_id", signature="[id1 [id2 [... [idN]]]]")
def revoke(state: Any, task_id: str | Sequence[str], **_: Any) -> Answer:
    """Cancel runs, waiting or at work, as their owners would, however many requests wait for them."""
    # All workers hear this. Where the pool forks, the children would inherit a connection to the database.
    if not keeps_house(state.app) or isinstance(state.consumer.pool, ForkingPool):
        return {"ok": ELSEWHERE}
    ids = [task_id] if isinstance(task_id, str) else task_id
    try:
        return {"ok": "; ".join(f"{each} {_cancel(each)}" for each in ids)}
    finally:
        connection.close()


@control_command(
    name="terminate",
    args=[("signal", str)],
    variadic="task_id",
    signature="<signal> [id1 [id2 [... [idN]]]]",
)
def terminate(state: Any, task_id: str | Sequence[str], **_: Any) -> Answer:
    """The same: work that is cancelled stops at its next batch, and is killed when it does not."""
    answer: Answer = revoke(state, task_id)
    return answer


@control_command(name="revoke_by_stamped_headers", variadic="headers", signature="[key1=value1 [...]]")
def revoke_by_stamped_headers(state: Any, **_: Any) -> Answer:
    """Refused: runs have no stamps."""
    # Not as an error: Celery's client would trip over it.
    return {"ok": NO_STAMPS}


@control_command(name=KILL)
def kill_run(state: Any, task_id: str) -> Answer:
    """Kill the process that is at a run which has been fenced out."""
    for request in list(active_requests):
        if request.id == task_id:
            request.terminate(state.consumer.pool, signal="SIGKILL")
            return {"ok": f"{task_id} is killed"}
    return {"ok": f"{task_id} is not here"}


def keeps_house(app: Any) -> bool:
    """Whether this worker is there for what keeps the promises."""
    return HOUSEKEEPING_QUEUE in app.amqp.queues.consume_from


def _cancel(task_id: str) -> str:
    """What has become of it, in words."""
    try:
        run_id = uuid.UUID(str(task_id))
        state = cancellation.request_cancel(run_id)
    except (ValueError, NotFound):
        return "is no run; only runs can be cancelled"
    except NotUnderstood as error:
        return f"is left alone: {error}"
    if state == State.REVOKED:
        ends.tell_ends([run_id])
        return "is cancelled"
    return f"has ended already, as {state}" if state in FINISHED else "is asked to stop"
