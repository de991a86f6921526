"""Faults of RabbitMQ, Redis and PostgreSQL: stopped, crashed, emptied; running again when they return."""

from __future__ import annotations

import os
import signal
import time

import redis

from tools.chaos.scene import Missed, Scene
from tools.stack.errors import StackError
from tools.stack.polling import poll
from tools.stack.servers import RabbitMQCluster

FREEZE_S = 4.0
LADEN_WITHIN_S = 6.0
LADEN = """
    SELECT count(*) FROM data_processing_taskrun WHERE state = 'PENDING' AND publishes > 0
    HAVING count(*) >= 3
"""
ALARM_S = (4.0, 8.0)
ALARM_WITHIN_S = 15.0
MEMORY_LIMIT = ("set_vm_memory_high_watermark", "0.6")
DISK_LIMIT = ("set_disk_free_limit", "50MB")
NOTICED_WITHIN_S, RECOVERED_WITHIN_S = 0.2, 60.0


def restart_broker(scene: Scene) -> None:
    """RabbitMQ stops in order and starts again with its data."""
    scene.arena.network.broker.restart()


def crash_broker(scene: Scene) -> None:
    """SIGKILL to RabbitMQ; it starts again with what is on its disk."""
    scene.arena.network.broker.kill()
    scene.arena.network.broker.start()


def wipe_broker(scene: Scene) -> None:
    """RabbitMQ loses everything: queues, exchanges, messages, at a moment when there are some."""
    poll(lambda: scene.arena.has(LADEN), within_s=LADEN_WITHIN_S)
    scene.arena.network.broker.kill()
    scene.arena.network.broker.wipe()
    scene.arena.network.broker.start()


def freeze_broker(scene: Scene) -> None:
    """RabbitMQ keeps its connections and answers nobody for some seconds."""
    scene.arena.network.broker.freeze()
    time.sleep(FREEZE_S)
    scene.arena.network.broker.thaw()
    # Nodes that had lost sight of each other start anew.
    scene.arena.network.broker.wait_until_whole()


def alarm_memory(scene: Scene) -> None:
    """RabbitMQ has more in memory than it may: it takes no messages for some seconds."""
    _alarm(scene, "memory", by=("set_vm_memory_high_watermark", "0"), lift=MEMORY_LIMIT)


def alarm_disk(scene: Scene) -> None:
    """RabbitMQ has less free disk than it must: it takes no messages for some seconds."""
    _alarm(scene, "disk", by=("set_disk_free_limit", "1000000GB"), lift=DISK_LIMIT)


def _alarm(scene: Scene, what: str, *, by: tuple[str, str], lift: tuple[str, str]) -> None:
    broker = scene.arena.network.broker
    try:
        broker.run_ctl(*by)
        _wait_for_alarm(broker, True)
        with scene.chronicle.alarm(what):
            time.sleep(scene.rng.uniform(*ALARM_S))
    finally:
        broker.run_ctl(*lift)
    _wait_for_alarm(broker, False)


def _wait_for_alarm(broker: RabbitMQCluster, wanted: bool) -> None:
    if not poll(lambda: broker.is_in_alarm() is wanted, within_s=ALARM_WITHIN_S, every_s=0.1):
        raise StackError(f"RabbitMQ is {'not ' * wanted}in alarm after {ALARM_WITHIN_S:g} s")


def flush_redis(scene: Scene) -> None:
    """Redis loses all keys."""
    with redis.Redis.from_url(scene.arena.network.redis.url, socket_timeout=3) as client:
        client.flushall()


def restart_redis(scene: Scene) -> None:
    """Redis stops for a second and starts again."""
    scene.arena.network.redis.stop()
    time.sleep(1)
    scene.arena.network.redis.start()


def restart_database(scene: Scene) -> None:
    """PostgreSQL ends all sessions, stops in order and starts again."""
    scene.arena.network.database.restart()


def crash_database(scene: Scene) -> None:
    """PostgreSQL stops at once (SIGQUIT: nothing is flushed) and recovers from its log."""
    postgres = scene.arena.postgres
    os.kill(postgres.pid, signal.SIGQUIT)
    postgres.stop()
    postgres.start()


def replace_primary(scene: Scene) -> None:
    """PostgreSQL's primary is killed, its standby takes over, and another one is made."""
    database = scene.arena.network.database
    database.fail_over()
    database.follow()


def crash_session(scene: Scene) -> None:
    """SIGKILL to one session's process: PostgreSQL ends all the others too and recovers."""
    sessions = (
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    rows = scene.arena.ask(sessions)
    if not rows:
        raise Missed
    os.kill(scene.rng.choice(rows)[0], signal.SIGKILL)
    time.sleep(NOTICED_WITHIN_S)
    poll(lambda: scene.arena.has("SELECT 1"), within_s=RECOVERED_WITHIN_S)
