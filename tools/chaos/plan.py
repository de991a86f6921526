"""Which fault comes when: a shuffled deck, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tools.chaos.faults import disk, lines, messages, nodes, processes, publishing, servers
from tools.chaos.scene import Scene

EVERY_S = 2.6
FIRST_AFTER_S = 3.0


@dataclass(frozen=True)
class Fault:
    """One kind of fault: how often it is in the deck, what it does, which target it needs for itself, and
    whether it needs a cluster."""

    name: str
    cards: int
    strike: Callable[[Scene], None]
    target: str | None = None
    clustered: bool = False


FAULTS = (
    Fault("worker child killed", 9, processes.kill_worker_child),
    Fault("worker killed", 5, processes.kill_worker),
    Fault("worker paused past its lease", 3, processes.pause_worker),
    Fault("worker restarted (SIGTERM)", 2, processes.stop_worker),
    Fault("all restarted in turn (SIGTERM)", 1, processes.restart_all, "beat"),
    Fault("web server killed", 3, processes.kill_web),
    Fault("web server killed before publish", 2, publishing.kill_web_before_publish, "broker"),
    Fault("beat killed", 2, processes.kill_beat, "beat"),
    Fault("housekeeping killed", 2, processes.kill_housekeeping),
    Fault("second beat", 1, processes.run_second_beat, "beat"),
    Fault("RabbitMQ restarted", 1, servers.restart_broker, "broker"),
    Fault("RabbitMQ crashed", 1, servers.crash_broker, "broker"),
    Fault("RabbitMQ wiped", 2, servers.wipe_broker, "broker"),
    Fault("RabbitMQ frozen", 1, servers.freeze_broker, "broker"),
    Fault("RabbitMQ in memory alarm", 2, servers.alarm_memory, "broker"),
    Fault("RabbitMQ in disk alarm", 2, servers.alarm_disk, "broker"),
    Fault("RabbitMQ node killed", 1, nodes.kill_node, "broker", clustered=True),
    Fault("RabbitMQ leader killed", 1, nodes.kill_leader, "broker", clustered=True),
    Fault("RabbitMQ node frozen", 1, nodes.freeze_node, "broker", clustered=True),
    Fault("two of three RabbitMQ nodes stopped", 1, nodes.stop_two, "broker", clustered=True),
    Fault("broker address silent", 1, lines.silence_address, "broker"),
    Fault("web cut off from the broker", 1, lines.drop_web_to_broker, "lines"),
    Fault("workers cut off from the database", 1, lines.drop_workers_to_database, "lines"),
    Fault("Redis flushed", 2, servers.flush_redis, "redis"),
    Fault("Redis restarted", 2, servers.restart_redis, "redis"),
    Fault("PostgreSQL restarted", 1, servers.restart_database, "database"),
    Fault("PostgreSQL crashed", 1, servers.crash_database, "database"),
    Fault("PostgreSQL session crashed", 1, servers.crash_session, "database"),
    Fault("PostgreSQL replaced by its standby", 2, servers.replace_primary, "database", clustered=True),
    Fault("messages duplicated", 4, messages.duplicate_messages),
    Fault("messages corrupted", 3, messages.corrupt_messages),
    Fault("cleanup amid the work", 2, disk.clean_up, "disk"),
    Fault("export disk full", 3, disk.fill_disk, "disk"),
)
LIGHT = FAULTS[0]
"""What is done when a fault's target is busy with another fault."""


def list_faults(*, clustered: bool) -> list[Fault]:
    """The faults that servers of one node, or of a cluster, can have."""
    return [fault for fault in FAULTS if clustered or not fault.clustered]


def draw_plan(
    seed: int, *, seconds: float, clustered: bool, every_s: float = EVERY_S
) -> list[tuple[float, Fault]]:
    """(seconds after the start, fault), in order; each deck holds every kind."""
    rng = random.Random(f"{seed} plan")
    plan: list[tuple[float, Fault]] = []
    deck: list[Fault] = []
    at = FIRST_AFTER_S
    while at < seconds:
        if not deck:
            deck = [fault for fault in list_faults(clustered=clustered) for _ in range(fault.cards)]
            rng.shuffle(deck)
        plan.append((at, deck.pop()))
        at += every_s * rng.uniform(0.5, 1.5)
    return plan
