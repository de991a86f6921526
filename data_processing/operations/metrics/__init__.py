"""Figures for Prometheus, found when they are asked for: any web process answers alike, and a restart loses
nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector

from data_processing.operations import overview, process_counts
from data_processing.operations.metrics import ledger, servers


def render_metrics() -> bytes:
    """All figures in Prometheus's text format. What a server that is away would have said is left out."""
    return generate_latest(_of(_measure()))


def _measure() -> Iterator[Metric]:
    queues, broker = overview.report_queues()
    yield from servers.measure_broker(broker, queues)
    yield from servers.measure_redis()
    yield from servers.measure_pulses()
    yield from servers.measure_database()
    yield from servers.measure_disk()
    yield from ledger.measure_queues(queues)
    yield from ledger.measure_lacks()
    yield from ledger.measure_ends()
    yield from ledger.measure_exports()
    yield from process_counts.measure_processes()
    yield from servers.measure_workers()


class _Found(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _of(families: Iterable[Metric]) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Found(list(families)))
    return registry
