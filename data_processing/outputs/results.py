"""Redis: result payloads for Celery's clients, cached answers, live progress, and the news that a run has
ended. All of it may be lost.

Nothing here raises when Redis is away or refuses: the rows hold the truth, and readers fall back to them.
What lies in Redis may come from another version or from anybody: what cannot be read counts as missing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NoReturn, TypeVar, cast

import redis
import redis.asyncio
from celery import current_app, states
from celery.backends.redis import RedisBackend
from django.conf import settings
from pydantic import JsonValue
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.client import Pipeline

from contracts.progress import Progress

logger = logging.getLogger(__name__)
T = TypeVar("T")
TaskId = TypeVar("TaskId", uuid.UUID, str)

PAUSE_AFTER_OUTAGE_S = 2.0
OUTAGES = (redis.ConnectionError, redis.TimeoutError, redis.InvalidResponse, OSError)
"""What a Redis that is away makes a call raise; redis.ResponseError comes from one that is there."""

# What the columns of a row hold.
LARGEST_COUNT = 2**63 - 1
TIMES_S = range(10**9, 10**11)
ENDED = "runs:ended"
"""The channel that tells the ids of runs that have just ended."""


PROGRESS = "PROGRESS"
"""What Celery's clients know as the state of a task that tells how far it is."""
WHOLE = "results:whole"
"""A key that is there as long as Redis has not been emptied since somebody looked at all results."""


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

    @classmethod
    def read(cls, text: str | bytes) -> LiveProgress:
        """Raises ValueError for anything that ``store_progress`` of this version does not write."""
        data = _read_object(text)
        if data.keys() != _PROGRESS_TYPES.keys():
            raise ValueError("other members")
        for name, type_ in _PROGRESS_TYPES.items():
            # Not isinstance, for which True is a whole number.
            if type(data[name]) is not type_:
                raise ValueError(f"{name} is of another type")
        counts, times = (data[n] for n in ("attempt", "current", "total")), (data["began"], data["at"])
        if any(not 0 <= count <= LARGEST_COUNT for count in counts):
            raise ValueError("a count is out of bounds")
        if any(not TIMES_S.start <= at < TIMES_S.stop for at in times):
            raise ValueError("a time is out of bounds")
        return cls(**data)


_PROGRESS_TYPES: Mapping[str, type] = {
    "attempt": int,
    "phase": str,
    "current": int,
    "total": int,
    "unit": str,
    "began": float,
    "at": float,
}


class _Outage:
    """Remembers that Redis was away, so that not every call waits for its time-out."""

    until = 0.0


class _Told:
    """Remembers what the log has been told, so that it is not told with every task."""

    refusals_until = 0.0
    unreadable: ClassVar[set[str]] = set()


def store_success(run_id: uuid.UUID, payload: Mapping[str, object] | None) -> None:
    """Make ``AsyncResult(run_id).get()`` answer with ``payload``."""
    _store(run_id, states.SUCCESS, payload)


def tell_failure(task_id: uuid.UUID | str, *, message: str) -> None:
    """Make ``AsyncResult(task_id).get()`` raise TaskFailed, and say that the run has ended."""
    _store(task_id, states.FAILURE, _backend().prepare_exception(TaskFailed(message)))
    announce_end(task_id)


def tell_cancel(run_id: uuid.UUID) -> None:
    """Make ``AsyncResult(run_id).get()`` raise TaskCancelled, and say that the run has ended."""
    _store(run_id, states.REVOKED, _backend().prepare_exception(TaskCancelled("cancelled")))
    announce_end(run_id)


def store_started(run_id: uuid.UUID, *, worker: str) -> None:
    """Make ``AsyncResult(run_id)`` say that a worker is at it."""
    _store_meanwhile(run_id, states.STARTED, {"pid": os.getpid(), "hostname": worker})


def store_retry(run_id: uuid.UUID, *, message: str) -> None:
    """Make ``AsyncResult(run_id)`` say that an attempt has failed and another one follows."""
    _store_meanwhile(run_id, states.RETRY, _backend().prepare_exception(TaskFailed(message)))


def forget(run_id: uuid.UUID) -> None:
    """The run, which had ended, is to run again."""
    _call(lambda: _client().delete(_key_of(run_id)))


def store_answer(cache_key: str, payload: Mapping[str, object]) -> None:
    """Keep the answer to a question for the next one who asks it."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    _call(lambda: _client().set(f"answer:{cache_key}", text, ex=settings.CELERY_RESULT_EXPIRES))


def get_answer(cache_key: str) -> dict[str, JsonValue] | None:
    """The kept answer, or None."""
    key = f"answer:{cache_key}"
    text = _call(lambda: _client().get(key))
    return None if text is None else _try_to_read(key, text, _read_object)


def announce_end(run_id: uuid.UUID | str) -> None:
    """Say that the run has ended, to whoever waits for that. Comes last: who hears it finds all the rest."""
    _call(lambda: _client().publish(ENDED, str(run_id)))


async def hear_ends(*, listening: Callable[[], None], ended: Callable[[uuid.UUID], None]) -> None:
    """Call ``ended`` for each end that is announced, for ever, and ``listening`` whenever listening begins
    (again): what was said before that is lost."""
    while True:
        try:
            async with _listening_client() as client, client.pubsub() as channel:
                await channel.subscribe(ENDED)
                async for message in channel.listen():
                    if message["type"] == "subscribe":
                        listening()
                    elif (run_id := _read_id(message["data"])) is not None:
                        ended(run_id)
        except (redis.RedisError, OSError) as error:
            _note(error)
        await asyncio.sleep(PAUSE_AFTER_OUTAGE_S)


def store_progress(run_id: uuid.UUID, *, attempt: int, progress: Progress, began: float) -> None:
    """Show live how far the run is, also to ``AsyncResult(run_id)``: clients know ``current``, ``total`` and
    ``status`` from the programs that these tasks come from."""
    live = LiveProgress(attempt=attempt, began=began, at=time.time(), **asdict(progress))
    _call(lambda: _client().set(f"progress:{run_id}", json.dumps(asdict(live)), ex=24 * 3600))
    known = {"current": live.current, "total": live.total, "status": live.phase, "unit": live.unit}
    _store_meanwhile(run_id, PROGRESS, {**known, "attempt": attempt})


def get_progress_of(run_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, LiveProgress]:
    """The live progress of many runs, of whatever attempt, in one round trip; empty when Redis is away."""
    keys = [f"progress:{run_id}" for run_id in run_ids]
    texts = _call(lambda: _client().mget(keys)) if keys else None
    if texts is None:
        return {}
    there = ((i, k, text) for i, k, text in zip(run_ids, keys, texts, strict=True) if text is not None)
    found = {run_id: _try_to_read(key, text, LiveProgress.read) for run_id, key, text in there}
    return {run_id: live for run_id, live in found.items() if live is not None}


def list_missing(task_ids: Sequence[TaskId]) -> list[TaskId] | None:
    """Of the tasks, those whose result Redis does not hold; None when it is away."""
    found = _call(lambda: _which_exist([_key_of(one) for one in task_ids]))
    return None if found is None else [one for one, there in zip(task_ids, found, strict=True) if not there]


def is_whole() -> bool:
    """Whether Redis has lost nothing since `note_whole`, but perhaps the last moments before it failed."""
    return bool(_call(lambda: _client().exists(WHOLE)))


def note_whole() -> None:
    """Redis has all results that it should have."""
    _call(lambda: _client().set(WHOLE, "1"))


def _which_exist(keys: Sequence[str | bytes]) -> list[int]:
    pipeline = _client().pipeline(transaction=False)
    for key in keys:
        pipeline.exists(key)
    return list(pipeline.execute())


def ask(question: Callable[[redis.Redis], T]) -> T | None:
    """What ``question`` learns from Redis, or None when it is away or refuses."""
    return _call(lambda: question(_client()))


def ping() -> None:
    """Raise one of OUTAGES when Redis does not answer."""
    _client().ping()


def _backend() -> RedisBackend:
    return cast(RedisBackend, current_app.backend)


def _listening_client() -> redis.asyncio.Redis:
    # Without retries of its own, which wait longer and longer.
    tls = settings.CELERY_REDIS_BACKEND_USE_SSL or {}
    return redis.asyncio.from_url(settings.CELERY_RESULT_BACKEND, retry=Retry(NoBackoff(), 0), **tls)


def _read_id(said: bytes) -> uuid.UUID | None:
    try:
        return uuid.UUID(said.decode("ascii"))
    except ValueError:
        return None


def _client() -> redis.Redis:
    client: redis.Redis = _backend().client
    return client


def _store(task_id: uuid.UUID | str, status: str, result: Any) -> None:
    # store_result would first read what is there, lest a lost worker's failure replace a success: only who
    # has ended the run comes here, and what is there may be of another form.
    _call(lambda: _backend().set(_key_of(task_id), _encode(task_id, status, result)))


def _store_meanwhile(run_id: uuid.UUID, status: str, result: Any) -> None:
    """Store a state that is not the last one, unless the last one is there: a worker that was paused says
    late what it was at, and who waits for the result would wait for ever."""
    key, text = _key_of(run_id), _encode(run_id, status, result)

    def write(pipeline: Pipeline) -> None:
        stored = cast("bytes | None", pipeline.get(key))
        known = None if stored is None else _try_to_read("result:", stored, _read_object)
        pipeline.multi()
        if known is None or known.get("status") not in states.READY_STATES:
            pipeline.set(key, text, ex=settings.CELERY_RESULT_EXPIRES)
            pipeline.publish(key, text)

    _call(lambda: _client().transaction(write, key))


def _key_of(task_id: uuid.UUID | str) -> str:
    key: str | bytes = _backend().get_key_for_task(str(task_id))
    return key if isinstance(key, str) else key.decode()


def _encode(task_id: uuid.UUID | str, status: str, result: Any) -> str:
    """As Celery's clients read it."""
    ended = current_app.now().isoformat() if status in states.READY_STATES else None
    meta = {"status": status, "result": result, "traceback": None, "children": [], "date_done": ended}
    return cast(str, _backend().encode({"task_id": str(task_id), **meta}))


def _read_object(text: str | bytes) -> dict[str, Any]:
    """The JSON object. Raises ValueError for anything that could not be sent on as JSON."""
    data = json.loads(text, parse_constant=_reject_constant)
    if not isinstance(data, dict):
        raise ValueError("not an object")
    if b"\\ud" in (text.encode() if isinstance(text, str) else text).lower():
        # Half a character, which JSON can name and UTF-8 cannot hold.
        json.dumps(data, ensure_ascii=False).encode()
    return data


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _try_to_read(key: str, text: str | bytes, read: Callable[[str | bytes], T]) -> T | None:
    """What the value is, or None where it cannot be read; of each sort of value the log hears once."""
    try:
        return read(text)
    except (ValueError, RecursionError) as error:
        sort, _, _ = key.partition(":")
        if sort not in _Told.unreadable:
            _Told.unreadable.add(sort)
            logger.warning("%s in Redis cannot be read and counts as missing: %s", key, error)
        return None


def _call(call: Callable[[], T]) -> T | None:
    if time.monotonic() >= _Outage.until:
        try:
            return call()
        except (redis.ResponseError, *OUTAGES) as error:
            _note(error)
    return None


def _note(error: Exception) -> None:
    """Log what Redis has answered, at most once a pause; when it is away, nobody asks it during the pause."""
    now = time.monotonic()
    if isinstance(error, OUTAGES):
        if now >= _Outage.until:
            logger.warning("Redis is away; results, live progress and news of ends pause: %s", error)
        _Outage.until = now + PAUSE_AFTER_OUTAGE_S
    elif now >= _Told.refusals_until:
        # It answers, so nobody else has to wait: the key holds something else, the memory is full, and so on.
        _Told.refusals_until = now + PAUSE_AFTER_OUTAGE_S
        logger.warning("Redis refuses, which counts as missing: %s", error)
