"""What operators see of queues, workers, the pace and the schedules: the rows' figures beside what broker and
workers say. The rows are always there; what a broker that is away would have said is None."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypedDict

from django.db.models import Count, Min, Q
from django.db.models.functions import Now, TruncHour
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from data_processing import broker
from data_processing.broker import QueueDepth
from data_processing.kinds.registry import lane_of
from data_processing.lifecycle.outbox import FIRST_PUBLISH_GRACE_S
from data_processing.lifecycle.publisher import BrokerAway, publisher
from data_processing.models import UNFINISHED, DeadLetter, KnownWorker, State, TaskRun

logger = logging.getLogger(__name__)

REPLY_WITHIN_S = 1.0
DESCRIBE = "describe_worker"
SEES_EXPORT = "sees_export"
"""Remote control commands of data_processing.worker.inspection."""

BrokerState = Literal["up", "blocked", "down"]
"""``blocked``: it answers, but takes no messages, because its memory or disk is short."""

NO_ROWS: Mapping[str, Any] = {"pending": 0, "held": 0, "running": 0, "retry": 0, "oldest": None}


@dataclass(frozen=True, kw_only=True)
class QueueReport:
    """One task queue. From the broker (None while it is away): ``depth`` messages ready, ``consumers``,
    ``dead`` messages not filed yet. From the rows: the rest; ``held`` are the pending runs that wait for
    their owner's turn, ``oldest_waiting_s`` is how long ago the oldest pending run was accepted."""

    name: str
    lane: str
    depth: int | None
    consumers: int | None
    dead: int | None
    pending: int
    held: int
    running: int
    retry: int
    oldest_waiting_s: float | None
    open_dead_letters: int


class Child(TypedDict):
    """A process of a worker. ``run_id`` and ``kind`` are None while it has no run, ``task`` is Celery's
    name."""

    pid: int
    memory_mb: float | None
    run_id: str | None
    kind: str | None
    task: str | None


@dataclass(frozen=True, kw_only=True)
class WorkerReport:
    """One worker. ``alive`` is False for one that does not answer, although it holds runs by their rows or
    has answered before; then nothing is known of its processes. ``answered_at`` is when it last has, and
    ``restarted_at`` when it last came back without having ended in order."""

    name: str
    alive: bool
    since: datetime | None
    answered_at: datetime | None
    restarted_at: datetime | None
    lane: str | None
    queues: list[str]
    pid: int | None
    memory_mb: float | None
    children: list[Child]
    run_ids: list[str]

    @property
    def lanes(self) -> frozenset[str]:
        """A worker that serves several is one of each."""
        return frozenset(lane_of([name]) for name in self.queues)


@dataclass(frozen=True, kw_only=True)
class HourReport:
    """How many runs ended in the hour that begins at ``began_at`` (UTC), by how they ended."""

    began_at: datetime
    succeeded: int
    failed: int
    cancelled: int


@dataclass(frozen=True, kw_only=True)
class ScheduleReport:
    """One entry of Beat: when it sends which task, and when it last did."""

    name: str
    task: str
    schedule: str
    enabled: bool
    last_run_at: datetime | None
    total_runs: int


def report_pace(hours: int) -> list[HourReport]:
    """Each of the last ``hours`` hours, oldest first; the last one is not over yet."""
    # In UTC, where no hour is missing and none comes twice.
    now = timezone.now().astimezone(UTC)
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)
    ended = TaskRun.objects.filter(finished_at__gte=first)
    ends = ended.annotate(hour=TruncHour("finished_at", tzinfo=UTC)).values_list("hour", "state")
    found = {(hour, state): count for hour, state, count in ends.annotate(Count("pk")).order_by()}
    return [
        HourReport(
            began_at=hour,
            succeeded=found.get((hour, State.SUCCESS), 0),
            failed=found.get((hour, State.FAILURE), 0),
            cancelled=found.get((hour, State.REVOKED), 0),
        )
        for hour in (first + timedelta(hours=number) for number in range(hours))
    ]


def report_schedules() -> list[ScheduleReport]:
    """What Beat sends, by name."""
    return [
        ScheduleReport(
            name=entry.name,
            task=entry.task,
            schedule=_say_schedule(entry.scheduler),
            enabled=entry.enabled,
            last_run_at=entry.last_run_at,
            total_runs=entry.total_run_count,
        )
        for entry in PeriodicTask.objects.select_related("interval", "crontab", "solar", "clocked").order_by(
            "name"
        )
    ]


def _say_schedule(schedule: object) -> str:
    return str(schedule.human_readable if isinstance(schedule, CrontabSchedule) else schedule)


def list_lanes() -> list[str]:
    """The lanes of all queues, each once."""
    return list(dict.fromkeys(lane_of([name]) for name in broker.queue_names()))


def report_queues(known: BrokerState | None = None) -> tuple[list[QueueReport], BrokerState]:
    """All task queues, and how the broker is, where the caller has not just found out and says it. Takes a
    few seconds at most, whatever the broker does."""
    state, depths = _ask_broker(known or _judge_broker())
    rows, dead_letters = _count_rows(), _count_open_dead_letters()
    names = broker.queue_names()
    return [
        _report_queue(name, depths.get(name), rows.get(name, NO_ROWS), dead_letters.get(name, 0))
        for name in names
    ], state


def report_workers() -> tuple[list[WorkerReport], BrokerState]:
    """Workers that answer within REPLY_WITHIN_S and those that should have; how the broker is. Takes a few
    seconds at most, whatever the broker does; while it is away or blocked workers cannot answer, and only
    those that hold runs are told."""
    state, answers = _ask_workers()
    held = _runs_by_worker()
    known = KnownWorker.objects.filter(stopped_at=None).in_bulk()
    missed = known.keys() if state == "up" else set()
    names = [*sorted(answers), *sorted((held.keys() | missed) - answers.keys())]
    return [
        _report_worker(name, answers.get(name), known.get(name), held.get(name, [])) for name in names
    ], state


def _ask_workers() -> tuple[BrokerState, Mapping[str, Any]]:
    state = _judge_broker()
    if state != "up":
        return state, {}
    try:
        return state, broker.ask_workers(DESCRIBE, within_s=REPLY_WITHIN_S)
    except broker.Blocked:
        return "blocked", {}
    except broker.ERRORS as error:
        logger.warning("workers cannot be asked now: %s", error)
        return "down", {}


def _ask_broker(state: BrokerState) -> tuple[BrokerState, Mapping[str, QueueDepth]]:
    if state == "down":
        return state, {}
    try:
        return state, {queue.name: queue for queue in broker.inspect_queues()}
    except broker.ERRORS as error:
        logger.warning("queues cannot be inspected now: %s", error)
        return "down", {}


def _judge_broker() -> BrokerState:
    """By a message over the one connection that is kept: a blocked broker holds on to each that tries."""
    try:
        publisher.probe()
    except broker.Blocked:
        return "blocked"
    except BrokerAway:
        # That was a moment ago; the question that follows tells how it is now.
        return "up"
    except broker.ERRORS as error:
        logger.warning("the broker takes no messages now: %s", error)
        return "down"
    return "up"


def _count_rows() -> dict[str, Mapping[str, Any]]:
    pending = Q(state=State.PENDING)
    # A job that was enqueued for later waits for its hour, not for a worker.
    soon = Now() + timedelta(seconds=FIRST_PUBLISH_GRACE_S)
    due = pending & (Q(publish_at=None) | Q(publishes__gt=0) | Q(publish_at__lte=soon))
    unfinished = TaskRun.objects.filter(state__in=UNFINISHED).values("queue")
    counted = unfinished.annotate(
        pending=Count("pk", filter=pending),
        held=Count("pk", filter=pending & Q(publish_at=None)),
        running=Count("pk", filter=Q(state=State.STARTED)),
        retry=Count("pk", filter=Q(state=State.RETRY)),
        oldest=Min("created_at", filter=due),
    )
    return {row["queue"]: row for row in counted}


def _count_open_dead_letters() -> dict[str, int]:
    counted = DeadLetter.objects.filter(resolved_at=None).values_list("queue").annotate(Count("pk"))
    return dict(counted)


def _report_queue(
    name: str, depth: QueueDepth | None, rows: Mapping[str, Any], open_dead_letters: int
) -> QueueReport:
    oldest = rows["oldest"]
    age_s = None if oldest is None else max(0.0, (timezone.now() - oldest).total_seconds())
    return QueueReport(
        name=name,
        lane=lane_of([name]),
        depth=depth.ready if depth else None,
        consumers=depth.consumers if depth else None,
        dead=depth.dead if depth else None,
        pending=rows["pending"],
        held=rows["held"],
        running=rows["running"],
        retry=rows["retry"],
        oldest_waiting_s=None if age_s is None else round(age_s, 1),
        open_dead_letters=open_dead_letters,
    )


def _runs_by_worker() -> dict[str, list[str]]:
    started = TaskRun.objects.filter(state=State.STARTED).order_by("started_at")
    held: dict[str, list[str]] = {}
    for name, run_id in started.values_list("worker", "id"):
        held.setdefault(name, []).append(str(run_id))
    return held


def _report_worker(
    name: str, answer: Mapping[str, Any] | None, known: KnownWorker | None, run_ids: list[str]
) -> WorkerReport:
    said = answer or {}
    queues = said.get("queues", known.queues if known else [])
    return WorkerReport(
        name=name,
        alive=answer is not None,
        since=known.since if known else None,
        answered_at=known.answered_at if known else None,
        restarted_at=known.restarted_at if known else None,
        lane=lane_of(queues) if queues else None,
        queues=queues,
        pid=said.get("pid"),
        memory_mb=said.get("memory_mb"),
        children=said.get("children", []),
        run_ids=run_ids,
    )
