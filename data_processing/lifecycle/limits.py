"""How often something may be done, such as runs of a kind start, over all workers together: counted in Redis,
by Redis's clock."""

from __future__ import annotations

import random
from typing import cast

import redis
from django.conf import settings
from pyrate_limiter import Decision, Rate, RateItem, RedisBucket
from redis.exceptions import LockError

from data_processing.outputs import results

ONE_MS = 0.001
LOCK_S = 2.0
BUSY_WAIT_S = (0.2, 1.0)


def take_start(kind: str) -> float:
    """0.0 when a run of ``kind`` may start now, and then the start is counted; otherwise the seconds until it
    may ask again."""
    rate = settings.TASK_RATE_LIMITS.get(kind)
    return 0.0 if rate is None else take_turn(kind, rate)


def take_turn(name: str, rate: tuple[int, float]) -> float:
    """The same of whatever else has a ``rate``, a count and the seconds in no span of which it happens more
    often. While Redis is away, it may always."""
    count, seconds = rate
    wait_s = results.ask(lambda client: _take_turn(client, name, Rate(count, round(seconds * 1000))))
    # Without Redis it may start: a rate protects from overload and is no promise to anybody, but that Redis
    # may be lost is one.
    return 0.0 if wait_s is None else wait_s


def _take_turn(client: redis.Redis, name: str, rate: Rate) -> float:
    # One at a time: the bucket counts up to the asker's time, so an earlier asker who comes later would not
    # see the start of a later one who came first.
    lock = client.lock(f"rate:{name}:lock", timeout=LOCK_S, blocking_timeout=LOCK_S, sleep=ONE_MS)
    try:
        with lock:
            decision = _decide(client, name, rate)
    except LockError:
        # An error of Redis by its class, yet no outage: the lock was not to be had in time, or was lost to
        # another asker while this process paused, whose start the bucket may have missed.
        return random.uniform(*BUSY_WAIT_S)
    return 0.0 if decision.allowed else max(ONE_MS, (decision.retry_after_ms or 0) / 1000)


def _decide(client: redis.Redis, name: str, rate: Rate) -> Decision:
    # Made anew each time: a bucket's script is gone once Redis has restarted, and making it loads it.
    bucket = cast(RedisBucket, RedisBucket.init([rate], client, f"rate:{name}"))
    seconds, microseconds = client.time()
    now_ms = seconds * 1000 + microseconds // 1000
    decision = cast(Decision, bucket.put_decision(RateItem(name, now_ms)))
    bucket.leak(now_ms)
    client.pexpire(bucket.bucket_key, rate.interval)
    return decision
