"""Redis: result payloads for Celery's clients, cached answers, live progress. All of it may be lost.

Nothing here raises when Redis is away: the rows hold the truth, and readers fall back to them.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any, TypeVar, cast

import redis
from celery import current_app, states
from celery.backends.redis import RedisBackend
from django.conf import settings

from contracts.progress import Progress

logger = logging.getLogger(__name__)
T = TypeVar("T")

PAUSE_AFTER_OUTAGE_S = 2.0
OUTAGES = (redis.RedisError, OSError)


class TaskFailed(Exception):
    """What Celery's ``AsyncResult.get()`` raises for a run that failed: its code and message."""


class TaskCancelled(Exception):
    """What Celery's ``AsyncResult.get()`` raises for a run that was cancelled."""


@dataclass(frozen=True, kw_only=True)
class LiveProgress:
    """Progress of one attempt; times are Unix seconds, ``began`` is when the phase's first row was seen."""

    attempt: int
    phase: str
    current: int
    total: int
    unit: str
    began: float
    at: float


_progress_at_hand: ContextVar[Mapping[uuid.UUID, LiveProgress] | None] = ContextVar(
    "progress_at_hand", default=None
)


class _Outage:
    """Remembers that Redis was away, so that not every call waits for its time-out."""

    until = 0.0


def store_success(run_id: uuid.UUID, payload: Any) -> None:
    """Make ``AsyncResult(run_id).get()`` answer with ``payload``."""
    # store_result would first read what is there, lest a lost worker's failure replace a success: only the
    # holder of the run comes here.
    meta = {
        "task_id": str(run_id),
        "status": states.SUCCESS,
        "result": payload,
        "traceback": None,
        "children": [],
        "date_done": current_app.now().isoformat(),
    }
    backend = _backend()
    _attempt(lambda: backend.set(backend.get_key_for_task(str(run_id)), backend.encode(meta)))


def store_failure(run_id: uuid.UUID, message: str) -> None:
    _attempt(lambda: _backend().store_result(str(run_id), TaskFailed(message), states.FAILURE))


def store_revoked(run_id: uuid.UUID) -> None:
    _attempt(lambda: _backend().store_result(str(run_id), TaskCancelled("cancelled"), states.REVOKED))


def store_answer(cache_key: str, payload: Any) -> None:
    """Keep the answer to a question for the next one who asks it."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    _attempt(lambda: _client().set(f"answer:{cache_key}", text, ex=settings.CELERY_RESULT_EXPIRES))


def find_answer(cache_key: str) -> Any | None:
    """The kept answer, or None."""
    text = _attempt(lambda: _client().get(f"answer:{cache_key}"))
    return None if text is None else json.loads(text)


def store_progress(run_id: uuid.UUID, *, attempt: int, progress: Progress, began: float) -> None:
    live = LiveProgress(attempt=attempt, began=began, at=time.time(), **asdict(progress))
    _attempt(lambda: _client().set(f"progress:{run_id}", json.dumps(asdict(live)), ex=24 * 3600))


def find_progress(run_id: uuid.UUID, *, attempt: int) -> LiveProgress | None:
    """The live progress of this very attempt, or None."""
    at_hand = _progress_at_hand.get()
    live = find_progress_of([run_id]).get(run_id) if at_hand is None else at_hand.get(run_id)
    return live if live and live.attempt == attempt else None


def find_progress_of(run_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, LiveProgress]:
    """The live progress of many runs, of whatever attempt, in one round trip; empty when Redis is away."""
    texts = _attempt(lambda: _client().mget([f"progress:{r}" for r in run_ids])) if run_ids else None
    if texts is None:
        return {}
    found = zip(run_ids, texts, strict=True)
    return {run_id: LiveProgress(**json.loads(text)) for run_id, text in found if text is not None}


@contextlib.contextmanager
def progress_at_hand(found: Mapping[uuid.UUID, LiveProgress]) -> Iterator[None]:
    """Inside, ``find_progress`` answers from ``found`` and does not ask Redis run by run."""
    token = _progress_at_hand.set(found)
    try:
        yield
    finally:
        _progress_at_hand.reset(token)


def find_missing(run_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Of the runs, those whose result Redis does not hold; none when it is away."""
    found = _attempt(lambda: _which_exist([_backend().get_key_for_task(str(run_id)) for run_id in run_ids]))
    return [] if found is None else [r for r, there in zip(run_ids, found, strict=True) if not there]


def _which_exist(keys: Sequence[str | bytes]) -> list[int]:
    pipeline = _client().pipeline(transaction=False)
    for key in keys:
        pipeline.exists(key)
    return list(pipeline.execute())


def ask(question: Callable[[redis.Redis], T]) -> T | None:
    """What ``question`` learns from Redis, or None when it is away."""
    return _attempt(lambda: question(_client()))


def ping() -> None:
    """Raise one of OUTAGES when Redis does not answer."""
    _client().ping()


def _backend() -> RedisBackend:
    return cast(RedisBackend, current_app.backend)


def _client() -> redis.Redis:
    client: redis.Redis = _backend().client
    return client


def _attempt(call: Callable[[], T]) -> T | None:
    if time.monotonic() < _Outage.until:
        return None
    try:
        return call()
    except OUTAGES as error:
        _Outage.until = time.monotonic() + PAUSE_AFTER_OUTAGE_S
        logger.warning("Redis is away, results and live progress pause: %s", error)
        return None
