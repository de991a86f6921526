"""Brings the ids of pending runs to the broker: at once after a request, and again by the sweeper when that
failed or the message may be lost. A message is only a hint to look at the row: a second one does no harm."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from typing import Any

from celery import current_app, group
from django.conf import settings

from data_processing import broker, runs
from data_processing.kinds import KINDS
from data_processing.models import TaskRun

logger = logging.getLogger(__name__)

FIRST_PUBLISH_GRACE_S = 3.0
"""How long the web process has for its own first try before the sweeper steps in."""

PAUSE_AFTER_OUTAGE_S = 2.0
CONFIRM_TIMEOUT_S = 3
LOST_AFTER_S = 4.0

PART_TASK, PART_QUEUE = "data_processing.tasks.write_export_part", "normal"


class _Outage:
    """Remembers that the broker was away, so that not every request waits for its time-out."""

    until = 0.0


def publish_new(run: TaskRun) -> None:
    """Try once to bring a new run to the broker; after a failure the sweeper goes on."""
    if time.monotonic() < _Outage.until:
        return
    if _send(run.id, kind=run.kind, queue=run.queue):
        runs.schedule_publishing(run.id, publishes=0, in_s=settings.REPUBLISH_AFTER_S, sent=True)
    else:
        _Outage.until = time.monotonic() + PAUSE_AFTER_OUTAGE_S


def publish_due(limit: int = 200) -> int:
    """Publish the runs that are due; returns how many. Two sweepers at once do not send a message twice."""
    sent = 0
    # What this version cannot send is left alone: one such row must not keep the others back.
    for run in runs.due_for_publishing(limit, kinds=KINDS.keys(), queues=broker.queue_names()):
        mine = runs.schedule_publishing(
            run.id, publishes=run.publishes, in_s=settings.REPUBLISH_AFTER_S, sent=True
        )
        if not mine:
            continue
        if not _send(run.id, kind=run.kind, queue=run.queue):
            runs.schedule_publishing(run.id, publishes=run.publishes + 1, in_s=1.0, sent=False)
            break
        sent += 1
    return sent


def offer_parts(run_id: uuid.UUID, attempt: int, parts: Sequence[int]) -> None:
    """Tell the other workers that they may write these parts of a running export. Nothing is lost with an
    offer: what nobody takes, the run's holder does itself."""
    offers = group(
        current_app.signature(
            PART_TASK, args=(str(run_id), attempt, part), immutable=True, ignore_result=True
        )
        for part in parts
    )
    try:
        sent: Any = offers.apply_async(
            queue=PART_QUEUE, add_to_parent=False, confirm_timeout=CONFIRM_TIMEOUT_S, retry=False
        )
        for offer in sent.results:
            # A group listens for results in Redis; these tasks have none.
            offer.backend.remove_pending_result(offer)
    except broker.ERRORS as error:
        logger.warning("parts of run %s could not be offered: %s", run_id, error)


def recover_lost_messages() -> int:
    """Make runs due again whose message is nowhere: their queue is empty, yet no worker has taken them.

    A broker that lost its data is noticed so within seconds. A message that a worker holds back unseen
    looks the same, therefore each further try waits twice as long. Returns how many runs are due again.
    """
    waiting = runs.published_before(seconds=LOST_AFTER_S, republish_after_s=settings.REPUBLISH_AFTER_S)
    if not waiting:
        return 0
    try:
        empty = {queue.name for queue in broker.inspect_queues() if queue.ready == 0}
    except broker.ERRORS as error:
        logger.warning("queues cannot be inspected now: %s", error)
        return 0
    lost = [
        run
        for run, age_s in waiting
        if run.queue in empty and age_s > LOST_AFTER_S * 2 ** min(run.publishes - 1, 6)
    ]
    return sum(runs.schedule_publishing(run.id, publishes=run.publishes, in_s=0, sent=False) for run in lost)


def _send(run_id: uuid.UUID, *, kind: str, queue: str) -> bool:
    try:
        current_app.send_task(
            KINDS[kind].task_name,
            args=[str(run_id)],
            task_id=str(run_id),
            queue=queue,
            ignore_result=True,
            mandatory=True,
            confirm_timeout=CONFIRM_TIMEOUT_S,
            retry=False,
        )
    except broker.ERRORS as error:
        logger.warning("could not publish run %s: %s", run_id, error)
        return False
    return True
