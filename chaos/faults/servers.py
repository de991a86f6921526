"""Faults of RabbitMQ, Redis and PostgreSQL: stopped, crashed, emptied; running again when they return."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import psycopg
import redis

from chaos.scene import Missed, Scene

FREEZE_S = 4.0
LADEN, LADEN_WITHIN_S = 3, 6.0


def restart_broker(scene: Scene) -> None:
    """RabbitMQ stops in order and starts again with its data."""
    scene.arena.rabbitmq.restart()


def crash_broker(scene: Scene) -> None:
    """SIGKILL to RabbitMQ; it starts again with what is on its disk."""
    scene.arena.rabbitmq.kill()
    scene.arena.rabbitmq.start()


def wipe_broker(scene: Scene) -> None:
    """RabbitMQ loses everything: queues, exchanges, messages, at a moment when there are some."""
    _wait_for_messages(scene)
    scene.arena.rabbitmq.kill()
    scene.arena.rabbitmq.wipe()
    scene.arena.rabbitmq.start()


def _wait_for_messages(scene: Scene) -> None:
    waiting = "SELECT count(*) FROM data_processing_taskrun WHERE state = 'PENDING' AND publishes > 0"
    deadline = time.monotonic() + LADEN_WITHIN_S
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.Error):
            ((count,),) = scene.arena.ask(waiting)
            if count >= LADEN:
                return
        time.sleep(0.05)


def freeze_broker(scene: Scene) -> None:
    """RabbitMQ keeps its connections and answers nobody for some seconds."""
    scene.arena.rabbitmq.freeze()
    time.sleep(FREEZE_S)
    scene.arena.rabbitmq.thaw()


def flush_redis(scene: Scene) -> None:
    """Redis loses all keys."""
    try:
        with redis.Redis.from_url(scene.arena.redis.url, socket_timeout=3) as client:
            client.flushall()
    except redis.RedisError:
        raise Missed from None


def restart_redis(scene: Scene) -> None:
    """Redis stops for a second and starts again."""
    scene.arena.redis.stop()
    time.sleep(1)
    scene.arena.redis.start()


def restart_database(scene: Scene) -> None:
    """PostgreSQL ends all sessions, stops in order and starts again."""
    scene.arena.postgres.restart()


def crash_database(scene: Scene) -> None:
    """PostgreSQL stops at once (SIGQUIT: nothing is flushed) and recovers from its log."""
    postgres = scene.arena.postgres
    os.kill(postgres.pid, signal.SIGQUIT)
    postgres.stop()
    postgres.start()


def crash_session(scene: Scene) -> None:
    """SIGKILL to one session's process: PostgreSQL ends all the others too and recovers."""
    try:
        rows = scene.arena.ask(
            "SELECT pid FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
    except psycopg.Error:
        raise Missed from None
    if not rows:
        raise Missed
    try:
        os.kill(scene.rng.choice(rows)[0], signal.SIGKILL)
    except ProcessLookupError:
        raise Missed from None
