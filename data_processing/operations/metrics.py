"""Figures for Prometheus, counted from the rows and the broker when they are asked for: they need no memory
of this process, so any number of web processes answer alike and a restart loses nothing."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

import redis
from django.db.models import Count
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from data_processing.models import TaskRun
from data_processing.operations import overview, pulses
from data_processing.operations.overview import QueueReport
from data_processing.outputs import export_store, results

PREFIX = "philgeps"


def render_metrics() -> bytes:
    """All figures in Prometheus's text format. Those of the broker are left out while it is away."""
    registry = CollectorRegistry()
    queues, broker = overview.report_queues()
    _gauge(registry, "broker_up", "Whether the broker answers").set(broker != "down")
    _gauge(registry, "broker_blocked", "Whether the broker takes no messages").set(broker == "blocked")
    _gauge(registry, "redis_up", "Whether Redis answers").set(results.ask(_ping) is not None)
    _measure_pulses(registry)
    _measure_rows(registry, queues)
    if broker != "down":
        _measure_broker(registry, queues)
    _measure_runs(registry)
    _gauge(registry, "export_bytes", "What all export files take").set(export_store.count_bytes())
    return generate_latest(registry)


def _ping(client: redis.Redis) -> bool:
    return bool(client.ping())


def _measure_pulses(registry: CollectorRegistry) -> None:
    ages = _gauge(registry, "pulse_age_seconds", "Since the sweeper or Beat last had an effect", "name")
    for pulse in pulses.report():
        ages.labels(pulse.name).set(inf if pulse.age_s is None else pulse.age_s)


def _measure_rows(registry: CollectorRegistry, queues: Iterable[QueueReport]) -> None:
    unfinished = _gauge(registry, "unfinished_runs", "Accepted runs that have not ended", "queue", "state")
    oldest = _gauge(registry, "oldest_waiting_seconds", "Age of the oldest waiting run", "queue")
    dead_letters = _gauge(registry, "open_dead_letters", "Given-up tasks that wait for an operator", "queue")
    for queue in queues:
        unfinished.labels(queue.name, "held").set(queue.held)
        unfinished.labels(queue.name, "pending").set(queue.pending - queue.held)
        unfinished.labels(queue.name, "running").set(queue.running)
        unfinished.labels(queue.name, "retry").set(queue.retry)
        oldest.labels(queue.name).set(queue.oldest_waiting_s or 0)
        dead_letters.labels(queue.name).set(queue.open_dead_letters)


def _measure_broker(registry: CollectorRegistry, queues: Iterable[QueueReport]) -> None:
    ready = _gauge(registry, "queue_messages", "Messages ready in a queue", "queue")
    dead = _gauge(registry, "queue_dead_messages", "Undeliverable messages not filed yet", "queue")
    consumers = _gauge(registry, "queue_consumers", "Workers that take from a queue", "queue")
    for queue in queues:
        for gauge, figure in ((ready, queue.depth), (dead, queue.dead), (consumers, queue.consumers)):
            if figure is not None:
                gauge.labels(queue.name).set(figure)


def _measure_runs(registry: CollectorRegistry) -> None:
    runs = _gauge(registry, "runs", "Runs on record, until they are cleaned up", "kind", "state")
    for kind, state, count in TaskRun.objects.values_list("kind", "state").annotate(Count("pk")):
        runs.labels(kind, state).set(count)


def _gauge(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"{PREFIX}_{name}", text, labels, registry=registry)
