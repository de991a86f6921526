"""What operators should know of. Each condition has a name, and says what is wrong and what to do.

Messages, the page of operations, ``/health/ready`` and the doctor all judge by what is listed here.
Thresholds are the settings ALERT_….
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import redis
from django.conf import settings
from django.db.models import Count, Q
from django.db.models.functions import Now

from data_processing.models import OWN, State, TaskRun
from data_processing.operations import lacks, overview, pulses
from data_processing.operations.overview import BrokerState, QueueReport
from data_processing.operations.watch import roll
from data_processing.operations.watch.roll import Roll, Seen
from data_processing.outputs import results

FAILURES_WITHIN = timedelta(minutes=15)
FEWEST_FAILURES = 5
"""Fewer are bad luck: one failed task in a quiet night is all that ended, and 100 % of it."""
GB = 1_000_000_000
NAMED = 3

START_WORKER = {
    "housekeeping": "start the worker of `critical`",
    "interactive": "start a worker of `high`",
    "bulk": "start a worker of `normal` and `low`",
}


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Something that holds now. While it does, its ``name`` stays; its ``text`` may say new figures. What is
    not ``serious`` keeps no work from being done: it waits for somebody to look at it."""

    name: str
    text: str
    serious: bool = True


def list_conditions(broker: BrokerState | None = None) -> list[Condition]:
    """All that hold now, the serious ones first. Who has just found out how the broker is says so. Raises
    django.db.Error: without the database nothing can be told."""
    queues, broker = overview.report_queues(broker)
    # While the broker is away nobody can say of a worker whether it is well.
    called = roll.read() if broker == "up" else None
    found = [
        *_look_at_broker(broker),
        *(condition for queue in queues for condition in _look_at_consumers(queue, called)),
        *_look_at_workers(called),
        *(condition for look in LOOKS for condition in look()),
        *(condition for queue in queues for condition in _look_at_queue(queue)),
    ]
    return sorted(found, key=lambda condition: not condition.serious)


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


def _look_at_consumers(queue: QueueReport, called: Roll | None) -> Iterator[Condition]:
    # A frozen worker is a consumer to the broker, until its heartbeat is overdue; Redis counts none.
    unserved = called is not None and called.current and not called.serves(queue.name)
    if queue.consumers == 0 or unserved:
        yield Condition(
            name=f"no-worker-{queue.name}",
            text=f"No worker takes tasks from the queue {queue.name}; {START_WORKER[queue.lane]}.",
        )


def _look_at_workers(called: Roll | None) -> Iterator[Condition]:
    if called is None or not called.current:
        return
    if silent := called.silent:
        longest_s = max(worker.silent_s or 0 for worker in silent)
        yield Condition(
            name="silent-workers",
            text=f"{_name_some(silent)} {'does' if len(silent) == 1 else 'do'} not answer, for "
            f"{longest_s:,.0f} s: frozen, dead or cut off from the broker. Restart what has such a name; "
            "tasks that it held are taken over.",
        )
    if restarted := called.restarted:
        times = sum(worker.restarts for worker in restarted)
        yield Condition(
            name="restarted-workers",
            text=f"{_name_some(restarted)} died and came back, {times:,} "
            f"{'time' if times == 1 else 'times'} within the hour; the log of the workers, or of the system "
            "where memory was short, says why.",
            serious=False,
        )


def _name_some(workers: Sequence[Seen]) -> str:
    named = ", ".join(worker.name for worker in workers[:NAMED])
    return named if len(workers) <= NAMED else f"{named} and {len(workers) - NAMED:,} more workers"


def _look_at_queue(queue: QueueReport) -> Iterator[Condition]:
    name, waiting_s = queue.name, queue.oldest_waiting_s or 0
    most_s = settings.ALERT_BULK_WAIT_S if queue.lane == "bulk" else settings.ALERT_INTERACTIVE_WAIT_S
    if waiting_s > most_s:
        yield Condition(
            name=f"waiting-{name}",
            text=f"A task in the queue {name} has waited for {waiting_s:,.0f} s, more than {most_s:,.0f}. "
            f"Look whether its workers are alive and busy, and add one.",
            serious=queue.lane != "bulk",
        )
    if queue.pending > settings.ALERT_QUEUE_LENGTH:
        yield Condition(
            name=f"length-{name}",
            text=f"{queue.pending:,} tasks wait in the queue {name}, more than "
            f"{settings.ALERT_QUEUE_LENGTH:,}; add workers, or find out whose they are.",
            serious=False,
        )
    if queue.open_dead_letters:
        yield Condition(
            name=f"dead-letters-{name}",
            text=f"{queue.open_dead_letters:,} dead letters of the queue {name} wait for somebody: the page "
            "Operations shows why each was given up, and replays or discards it.",
            serious=False,
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
            serious=False,
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
