"""Faults of RabbitMQ, Redis and PostgreSQL: stopped, crashed, emptied; running again when they return."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import psycopg
import redis

from tools.chaos.scene import Missed, Scene
from tools.stack.errors import StackError
from tools.stack.servers import RabbitMQ

FREEZE_S = 4.0
LADEN, LADEN_WITHIN_S = 3, 6.0
ALARM_S = (4.0, 8.0)
ALARM_WITHIN_S = 15.0
MEMORY_LIMIT = ("set_vm_memory_high_watermark", "0.4")
DISK_LIMIT = ("set_disk_free_limit", "50MB")
NOTICED_WITHIN_S, RECOVERED_WITHIN_S = 0.2, 60.0


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


def alarm_memory(scene: Scene) -> None:
    """RabbitMQ has more in memory than it may: it takes no messages for some seconds."""
    _alarm(scene, "memory", by=("set_vm_memory_high_watermark", "0"), lift=MEMORY_LIMIT)


def alarm_disk(scene: Scene) -> None:
    """RabbitMQ has less free disk than it must: it takes no messages for some seconds."""
    _alarm(scene, "disk", by=("set_disk_free_limit", "1000000GB"), lift=DISK_LIMIT)


def _alarm(scene: Scene, what: str, *, by: tuple[str, str], lift: tuple[str, str]) -> None:
    rabbitmq = scene.arena.rabbitmq
    try:
        rabbitmq.run_ctl(*by)
        _wait_for_alarm(rabbitmq, True)
        with scene.chronicle.alarm(what):
            time.sleep(scene.rng.uniform(*ALARM_S))
    finally:
        rabbitmq.run_ctl(*lift)
    _wait_for_alarm(rabbitmq, False)


def _wait_for_alarm(rabbitmq: RabbitMQ, wanted: bool) -> None:
    deadline = time.monotonic() + ALARM_WITHIN_S
    while rabbitmq.is_in_alarm() is not wanted:
        if time.monotonic() > deadline:
            raise StackError(f"RabbitMQ is {'not ' * wanted}in alarm after {ALARM_WITHIN_S:g} s")
        time.sleep(0.1)


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
    _wait_for_database(scene)


def _wait_for_database(scene: Scene) -> None:
    deadline = time.monotonic() + RECOVERED_WITHIN_S
    time.sleep(NOTICED_WITHIN_S)
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.Error):
            scene.arena.ask("SELECT 1")
            return
        time.sleep(0.05)
