"""What operators should know of. Each condition has a name, and says what is wrong and what to do.

Thresholds are the settings ALERT_….
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import redis
from django.conf import settings
from django.db.models import Count, Q
from django.db.models.functions import Now

from data_processing.models import OWN, State, TaskRun
from data_processing.operations import lacks, overview, pulses
from data_processing.operations.overview import QueueReport
from data_processing.outputs import results

FAILURES_WITHIN = timedelta(minutes=15)
FEWEST_FAILURES = 5
"""Fewer are bad luck: one failed task in a quiet night is all that ended, and 100 % of it."""
GB = 1_000_000_000

START_WORKER = {
    "housekeeping": "start the worker of `critical`",
    "interactive": "start a worker of `high`",
    "bulk": "start a worker of `normal` and `low`",
}


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Something that holds now. While it does, its ``name`` stays; its ``text`` may say new figures."""

    name: str
    text: str


def list_conditions() -> list[Condition]:
    """All that hold now. Raises django.db.Error: without the database nothing can be told."""
    queues, broker = overview.report_queues()
    found = [*_look_at_broker(broker), *(found for queue in queues for found in _look_at_queue(queue))]
    return found + [condition for look in LOOKS for condition in look()]


def _look_at_broker(state: overview.BrokerState) -> Iterator[Condition]:
    if state == "down":
        yield Condition(
            name="broker-down",
            text="RabbitMQ does not answer. Accepted tasks wait and are kept; start it, or look at its log.",
        )
    if state == "blocked":
        yield Condition(
            name="broker-blocked",
            text="RabbitMQ takes no messages, because its memory or disk is short; its own page says which. "
            "Accepted tasks wait and are kept.",
        )


def _look_at_queue(queue: QueueReport) -> Iterator[Condition]:
    name, waiting_s = queue.name, queue.oldest_waiting_s or 0
    if queue.consumers == 0:
        yield Condition(
            name=f"no-worker-{name}",
            text=f"No worker takes tasks from the queue {name}; {START_WORKER[queue.lane]}.",
        )
    most_s = settings.ALERT_BULK_WAIT_S if queue.lane == "bulk" else settings.ALERT_INTERACTIVE_WAIT_S
    if waiting_s > most_s:
        yield Condition(
            name=f"waiting-{name}",
            text=f"A task in the queue {name} has waited for {waiting_s:,.0f} s, more than {most_s:,.0f}. "
            f"Look whether its workers are alive and busy, and add one.",
        )
    if queue.pending > settings.ALERT_QUEUE_LENGTH:
        yield Condition(
            name=f"length-{name}",
            text=f"{queue.pending:,} tasks wait in the queue {name}, more than "
            f"{settings.ALERT_QUEUE_LENGTH:,}; add workers, or find out whose they are.",
        )
    if queue.open_dead_letters:
        yield Condition(
            name=f"dead-letters-{name}",
            text=f"{queue.open_dead_letters:,} dead letters of the queue {name} wait for somebody: the page "
            "Operations shows why each was given up, and replays or discards it.",
        )


def _look_at_redis() -> Iterator[Condition]:
    if results.ask(redis.Redis.ping) is None:
        yield Condition(
            name="redis-down",
            text="Redis does not answer. Nothing is lost; progress is coarser and answers are not reused.",
        )


def _look_at_pulses() -> Iterator[Condition]:
    effects = {
        pulses.SWEEP: "tasks of dead workers, retries and lost messages stand still: start the worker of "
        "`critical`, or look at its log",
        pulses.BEAT: "nothing is cleaned up and no dead letter is filed: start Beat, or look at its log",
    }
    for pulse in pulses.report():
        if pulse.late:
            since = (
                "has never been seen" if pulse.age_s is None else f"was last seen {pulse.age_s:,.0f} s ago"
            )
            yield Condition(
                name=f"silent-{pulse.name}", text=f"The pulse of {pulse.name} {since}; {effects[pulse.name]}."
            )


def _look_at_datasets() -> Iterator[Condition]:
    lacking = lacks.list_lacks()
    if lacking:
        what = "; ".join(lack.describe() for lack in lacking)
        yield Condition(
            name="lacking-dataset",
            text=f"{what}. Copy the version to it, or let all hosts mount one folder of datasets; tasks that "
            "nobody can do fail after a quarter of an hour.",
        )


def _look_at_failures() -> Iterator[Condition]:
    # Our own jobs are left out: an alert that cannot be sent would be told by a further alert.
    ended = TaskRun.objects.filter(finished_at__gt=Now() - FAILURES_WITHIN).exclude(owner=OWN)
    counts = ended.aggregate(all=Count("pk"), failed=Count("pk", filter=Q(state=State.FAILURE)))
    failed, of = counts["failed"], counts["all"]
    if failed >= FEWEST_FAILURES and 100 * failed >= settings.ALERT_FAILED_PERCENT * of:
        yield Condition(
            name="failures",
            text=f"{failed:,} of the {of:,} tasks that ended in the last 15 minutes have failed; the history "
            "of tasks and the log of the workers say why.",
        )


def _look_at_disk() -> Iterator[Condition]:
    if not settings.DATA_DIR.is_dir():
        yield Condition(name="no-data", text=f"There is no folder {settings.DATA_DIR}: is its disk mounted?")
        return
    free_gb = shutil.disk_usage(settings.DATA_DIR).free / GB
    if free_gb < settings.ALERT_DISK_FREE_GB:
        yield Condition(
            name="disk",
            text=f"The disk of {settings.DATA_DIR} has {free_gb:.1f} GB left, less than "
            f"{settings.ALERT_DISK_FREE_GB:g}. `manage.py clean_up` removes what has expired.",
        )


LOOKS: tuple[Callable[[], Iterator[Condition]], ...] = (
    _look_at_redis,
    _look_at_pulses,
    _look_at_datasets,
    _look_at_failures,
    _look_at_disk,
)
