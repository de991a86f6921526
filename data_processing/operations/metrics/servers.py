"""Figures of the servers that the product stands on, and of its own workers, as they answer when they are
asked."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from math import inf

import redis
from django.conf import settings
from django.db import connection
from prometheus_client import Metric as Family

from data_processing.database.load import read_load
from data_processing.operations import overview, pulses
from data_processing.operations.metrics.families import make_figure, make_gauge
from data_processing.operations.overview import BrokerState, QueueReport
from data_processing.outputs import results


def measure_broker(state: BrokerState, queues: Iterable[QueueReport]) -> Iterator[Family]:
    """How the broker is, and what it says of its queues; left out is what it does not say."""
    yield make_figure("broker_up", "Whether the broker answers", state != "down")
    yield make_figure("broker_blocked", "Whether the broker takes no messages", state == "blocked")
    ready = make_gauge("queue_messages", "Messages ready in a queue", "queue")
    dead = make_gauge("queue_dead_messages", "Undeliverable messages not filed yet", "queue")
    consumers = make_gauge("queue_consumers", "Workers that take from a queue", "queue")
    for queue in queues:
        for gauge, figure in ((ready, queue.depth), (dead, queue.dead), (consumers, queue.consumers)):
            if figure is not None:
                gauge.add_metric([queue.name], figure)
    yield from (ready, dead, consumers)


def measure_workers() -> Iterator[Family]:
    """Workers by lane; nothing while the broker is away, because then none can be asked. Takes a second."""
    reports, state = overview.report_workers()
    if state != "up":
        return
    found: Counter[str] = Counter()
    processes: Counter[str] = Counter()
    for report in reports:
        for lane in report.lanes:
            found[lane] += 1
            processes[lane] += len(report.children)
    workers = make_gauge("workers", "Workers that answer", "lane")
    children = make_gauge("worker_processes", "Their processes that do the work", "lane")
    for lane in overview.list_lanes():
        workers.add_metric([lane], found[lane])
        children.add_metric([lane], processes[lane])
    yield from (workers, children)
    silent = sum(not report.alive for report in reports)
    yield make_figure("silent_workers", "Workers that should answer and do not", silent)


def measure_redis() -> Iterator[Family]:
    yield make_figure("redis_up", "Whether Redis answers", results.ask(redis.Redis.ping) is not None)


def measure_pulses() -> Iterator[Family]:
    ages = make_gauge("pulse_age_seconds", "Since the sweeper or Beat last had an effect", "name")
    for pulse in pulses.report():
        ages.add_metric([pulse.name], inf if pulse.age_s is None else pulse.age_s)
    yield ages


def measure_database() -> Iterator[Family]:
    """The connections of PostgreSQL, of whomever they are."""
    if connection.vendor != "postgresql":
        return
    load = read_load()
    yield make_figure("database_connections", "Connections to the database server", load.used)
    yield make_figure("database_connections_limit", "How many it takes", load.most)


def measure_disk() -> Iterator[Family]:
    """The file systems of datasets and exports, as this process sees them."""
    free = make_gauge("disk_free_bytes", "Free on the file system of a folder", "folder")
    size = make_gauge("disk_size_bytes", "Size of the file system of a folder", "folder")
    for name, folder in (("datasets", settings.DATASET_ROOT), ("exports", settings.EXPORT_ROOT)):
        if folder.is_dir():
            usage = shutil.disk_usage(folder)
            free.add_metric([name], usage.free)
            size.add_metric([name], usage.total)
    yield from (free, size)
