"""What a task run and an export file look like to a client."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import cast

from django.conf import settings
from django.urls import get_script_prefix, reverse
from django.utils import timezone

from api.access.owners import Return, name_owners
from api.document.shapes import (
    PROGRESS,
    Accepted,
    Attempt,
    Export,
    Started,
    TaskLinks,
    TaskProgress,
    TaskStatus,
)
from data_processing import datasets
from data_processing.kinds.registry import KINDS, describe
from data_processing.lifecycle.runs import claims, reads
from data_processing.models import ExportFile, State, TaskRun
from data_processing.outputs import results

# The id in the path that is remembered for all.
NOBODY = uuid.UUID(int=0)
NEWS_FOR_S = 5.0
"""So long what a worker last told of its pace is believed; work that goes on tells it four times a second."""


def task_links(run: TaskRun) -> TaskLinks:
    links: TaskLinks = {
        "self": _path_of_one("task-detail", run.id),
        "status": f"{_path('task-status')}?task_id={run.id}",
        "result": f"{_path('task-result')}?task_id={run.id}",
        "cancel": _path("task-cancel"),
        "rerun": _path("task-rerun"),
    }
    if makes_file(run):
        links["export"] = _path_of_one("export-detail", run.id)
        links["download"] = _path_of_one("export-download", run.id)
    return links


def _words(run: TaskRun) -> str:
    """The request in words; rows of older versions have none."""
    return run.description or describe(run.kind, run.request)


def makes_file(run: TaskRun) -> bool:
    """Whether the run's result is an export file."""
    kind = KINDS.get(run.kind)
    return kind is not None and bool(kind.formats)


def task_accepted(run: TaskRun, *, new: bool) -> Accepted:
    """The answer to a POST that created or joined a task."""
    body: Accepted = {
        "task_id": str(run.id),
        "status": "queued" if run.state == State.PENDING else run.state.lower(),
        "state": run.state,
        "message": _words(run),
        "deduplicated": not new,
        "links": task_links(run),
    }
    if makes_file(run):
        body["export_id"] = str(run.id)
    else:
        body["cache_key"] = run.request_key
    return body


def task_started(run: TaskRun, *, new: bool, reused: bool, come_back: Return | None = None) -> Started:
    """The answer to a start; ``reused`` when the run has its result from an earlier one. ``come_back`` tells
    a client without a cookie how to be known again."""
    accepted = task_accepted(run, new=new)
    if come_back is None:
        return cast(Started, {**accepted, "reused": reused})
    return {
        **accepted,
        "reused": reused,
        "come_back": come_back.words,
        "come_back_with": come_back.headers,
    }


def task_status(run: TaskRun) -> TaskStatus:
    """Everything a client may know of a run; ``result`` and ``error`` are None until there is one."""
    (status,) = task_list([run])
    return status


def task_list(asked: Sequence[TaskRun], *, owners: bool = False) -> list[TaskStatus]:
    """``task_status`` of each, for one question to the database and one to Redis, however many there are;
    with ``owners`` by name, whose each is."""
    places = reads.locate_in_line([run.id for run in asked if run.state == State.PENDING])
    lives = results.get_progress_of([run.id for run in asked if run.state == State.STARTED])
    told = [describe_task(run, place=places.get(run.id), live=lives.get(run.id)) for run in asked]
    if owners:
        names = name_owners(run.owner for run in asked)
        for run, status in zip(asked, told, strict=True):
            status["owner"] = names[run.owner]
    return told


def describe_task(run: TaskRun, *, place: int | None, live: results.LiveProgress | None) -> TaskStatus:
    """``task_status`` of a run whose place in line, or live progress of whatever attempt, is known."""
    meta = _meta(run, place, live)
    state = PROGRESS if run.state == State.STARTED and meta["current"] else run.state
    return {
        "task_id": str(run.id),
        "kind": run.kind,
        "state": state,
        "status": _sentence(run, meta),
        "ready": run.finished,
        "successful": run.state == State.SUCCESS,
        "result": run.result if makes_file(run) else None,
        "error": run.error,
        "meta": meta,
        "request": run.request if run.kind in KINDS and isinstance(run.request, dict) else None,
        "description": _words(run),
        "dataset_version": run.dataset_version,
        "sample": datasets.is_sample(run.dataset_version),
        "cancel_requested": run.cancel_requested_at is not None,
        "created_at": _time(run.created_at),
        "started_at": _time(run.started_at),
        "finished_at": _time(run.finished_at),
        "expires_at": _time(run.expires_at),
        "next_attempt_at": _time(run.next_attempt_at),
        "attempts": _attempts(run),
        "links": task_links(run),
    }


def export_file(export: ExportFile) -> Export:
    return {
        "export_id": str(export.pk),
        "task_id": str(export.pk),
        "name": export.name,
        "format": export.format,
        "rows": export.rows,
        "size_bytes": export.size_bytes,
        "sha256": export.sha256,
        "filters_in_words": export.filters_in_words,
        "dataset_version": export.dataset_version,
        "sample": datasets.is_sample(export.dataset_version),
        "created_at": _time(export.created_at),
        "expires_at": _time(export.expires_at),
        "available": export.deleted_at is None and export.expires_at > timezone.now(),
        "links": {
            "download": _path_of_one("export-download", export.pk),
            "self": _path_of_one("export-detail", export.pk),
        },
    }


def error_message(run: TaskRun) -> str:
    """Why the run failed, as far as this version can read what the row says of it."""
    message = run.error.get("message") if isinstance(run.error, Mapping) else None
    return message if isinstance(message, str) else "for a reason that this version cannot read"


def retry_after_s(run: TaskRun) -> int:
    """How long a polling client should wait: short at first, longer for old tasks."""
    age_s = (timezone.now() - run.created_at).total_seconds()
    return 1 if age_s < 10 else 2 if age_s < 60 else 5


def _meta(run: TaskRun, place: int | None, live: results.LiveProgress | None) -> TaskProgress:
    current, total, phase, unit = run.current, run.total, run.phase, run.unit
    rate = eta_s = None
    if live is not None and _is_news(live, run):
        current, total, phase, unit = live.current, live.total, live.phase, live.unit
        rate, eta_s = _pace(live)
    return {
        "current": current,
        "total": total,
        "unit": unit,
        "percent": _percent(run, current, total),
        "rate": rate,
        "phase": phase,
        "eta_seconds": eta_s,
        "queue": run.queue,
        "queue_position": place,
        "attempt": run.attempt,
        "max_attempts": _count_most_attempts(run),
    }


def _count_most_attempts(run: TaskRun) -> int:
    """With how many its last one would be. Those that a worker's death has ended count against no limit of
    retries, and neither do those before a replay."""
    counted = sum(attempt["outcome"] != "lost" for attempt in claims.read_attempts(run.attempts))
    free = run.attempt - counted - (run.state == State.STARTED)
    return len(settings.RETRY_DELAYS_S) + 1 + max(0, free)


def _is_news(live: results.LiveProgress, run: TaskRun) -> bool:
    """Whether it is of this attempt and not behind the row."""
    # Behind, where it lies in Redis since an outage in which the row went on.
    behind = live.phase == run.phase and live.current < run.current
    return run.state == State.STARTED and live.attempt == run.attempt and not behind


def _attempts(run: TaskRun) -> list[Attempt]:
    """Those that have ended, and the one that a worker is at."""
    ended = [cast(Attempt, dict(attempt)) for attempt in claims.read_attempts(run.attempts)]
    if run.state != State.STARTED:
        return ended
    now: Attempt = {"number": run.attempt, "worker": run.worker, "started_at": _time(run.claimed_at)}
    return [*ended, now]


def _pace(live: results.LiveProgress) -> tuple[float | None, float | None]:
    elapsed_s, silent_s = live.at - live.began, time.time() - live.at
    # Nobody can say how long it takes when nothing goes on: its worker is frozen, dead, or stuck.
    if live.unit != "rows" or not live.current or elapsed_s <= 0 or silent_s > NEWS_FOR_S:
        return None, None
    rate = live.current / elapsed_s
    # Less what has passed since it was told, in which the work went on.
    left_s = (live.total - live.current) / rate - silent_s
    return round(rate, 1), round(max(0.0, left_s), 1)


def _percent(run: TaskRun, current: int, total: int) -> float:
    if run.state == State.SUCCESS:
        return 100.0
    return round(100 * current / total, 1) if total else 0.0


def _path(name: str) -> str:
    return _remembered_path(name, get_script_prefix())


def _path_of_one(name: str, key: uuid.UUID) -> str:
    return _remembered_path(name, get_script_prefix(), NOBODY).replace(str(NOBODY), str(key))


@cache
def _remembered_path(name: str, prefix: str, *arguments: uuid.UUID) -> str:
    # Remembered, because asking for the paths of a task took half as long as asking for its row; by the
    # ``prefix`` under which the site is served, which belongs to the request.
    return reverse(name, args=arguments)


def _sentence(run: TaskRun, meta: TaskProgress) -> str:
    match run.state:
        case State.PENDING:
            return f"Waiting in line, position {meta['queue_position']}."
        case State.STARTED if run.cancel_requested_at:
            return "Stopping."
        case State.STARTED if meta["unit"] == "rows" and meta["total"]:
            return f"{meta['phase'].capitalize()}: {meta['current']:,} of {meta['total']:,}."
        case State.STARTED:
            return f"{(meta['phase'] or 'working').capitalize()}."
        case State.RETRY:
            return f"Failed ({error_message(run)}); the next attempt follows."
        case State.SUCCESS:
            return "Done."
        case State.FAILURE:
            return f"Failed: {error_message(run)}."
        case State.REVOKED:
            return "Cancelled."
        case _:
            return "In a state that this version of the program does not know."


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
