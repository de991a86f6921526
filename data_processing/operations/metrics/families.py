"""How a figure is written for Prometheus. Ours begin with ``philgeps_``, those whose names a Celery site
expects with ``celery_``."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

PREFIX = "philgeps_"


def make_gauge(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, meaning, labels=labels)


def make_figure(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    """A gauge without labels."""
    return GaugeMetricFamily(PREFIX + name, meaning, value=value)


def make_counter(name: str, meaning: str, *labels: str, prefix: str = PREFIX) -> CounterMetricFamily:
    """``name`` without the ``_total`` that it is shown with."""
    return CounterMetricFamily(prefix + name, meaning, labels=labels)


def make_histogram(name: str, meaning: str, *labels: str, prefix: str = PREFIX) -> HistogramMetricFamily:
    return HistogramMetricFamily(prefix + name, meaning, labels=labels)


def add_buckets(
    family: HistogramMetricFamily, labels: Sequence[str], counts: dict[float, float], *, total: float
) -> None:
    """Add what was counted at or below each upper bound, but above the next lower one; ``total`` is the sum
    of all values."""
    seen, buckets = 0.0, []
    for bound in sorted({*counts, inf}):
        seen += counts.get(bound, 0)
        buckets.append(("+Inf" if bound == inf else str(bound), seen))
    family.add_metric(labels, buckets, total)
