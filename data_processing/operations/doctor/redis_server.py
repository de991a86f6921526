"""Redis: whether it would throw results away, and what a restart of it costs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import redis

from data_processing.operations.doctor.database import judge_clock
from data_processing.operations.doctor.findings import Findings, error, ok, warning
from data_processing.outputs import results

REDIS = "redis"
OLDEST = 6
NEARLY_FULL = 0.9


def check_redis() -> Findings:
    asked = results.ask(_ask)
    if asked is None:
        yield error(
            REDIS,
            "it does not answer, or refuses to tell of itself (INFO)",
            "start it; compare the password in CELERY_RESULT_BACKEND. Nothing is lost meanwhile",
        )
        return
    told, ahead_s = asked
    version = str(told["redis_version"])
    if int(version.split(".")[0]) < OLDEST:
        yield error(REDIS, f"Redis {version} is too old", "upgrade to 8.0; 6 and newer will do")
    yield from _check_memory(told)
    yield from _check_persistence(told)
    yield from judge_clock(ahead_s, whose=REDIS)
    yield ok(REDIS, f"Redis {version} answers, {told['used_memory_human']} are used")


def _ask(client: redis.Redis) -> tuple[Mapping[str, Any], float]:
    """What it tells of itself, and how far its clock is before this machine's."""
    told = client.info()
    seconds, microseconds = client.time()
    return told, seconds + microseconds / 1e6 - time.time()


def _check_memory(told: Mapping[str, Any]) -> Findings:
    policy, most = told.get("maxmemory_policy", "noeviction"), told.get("maxmemory", 0)
    if policy != "noeviction":
        yield error(
            REDIS,
            f"its maxmemory-policy is {policy}: when it is full, results and limits go",
            "set maxmemory-policy to noeviction; a full Redis refuses, and the database answers",
        )
    if most and told["used_memory"] > NEARLY_FULL * most:
        yield warning(
            REDIS,
            f"{told['used_memory_human']} of {told['maxmemory_human']} are used",
            "raise maxmemory, or lower RESULT_KEEP_HOURS",
        )


def _check_persistence(told: Mapping[str, Any]) -> Findings:
    if told.get("aof_last_write_status", "ok") != "ok" or told.get("rdb_last_bgsave_status", "ok") != "ok":
        yield warning(REDIS, "it could not write its data to disk lately", "look at its log and its disk")
    elif not told.get("aof_enabled") and not told.get("rdb_last_save_time"):
        yield warning(REDIS, "it writes nothing to disk", "set appendonly to yes, unless that is meant")
    elif not told.get("aof_enabled"):
        yield warning(
            REDIS,
            "it has no append-only file: its restart forgets rates and progress, results come back slowly",
            "set appendonly to yes, unless that is meant",
        )
