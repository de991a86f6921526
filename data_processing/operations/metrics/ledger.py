"""Figures of the rows, which every process finds alike and no restart loses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from data_processing.kinds.registry import KINDS
from data_processing.lifecycle.runs import tallies
from data_processing.lifecycle.runs.tallies import BOUNDS_S, Key, Metric
from data_processing.models import FINISHED
from data_processing.operations import lacks
from data_processing.operations.metrics.families import (
    add_buckets,
    make_counter,
    make_figure,
    make_gauge,
    make_histogram,
)
from data_processing.operations.overview import QueueReport
from data_processing.outputs import export_store

CELERY = "celery_"


def measure_queues(queues: Iterable[QueueReport]) -> Iterator[Family]:
    """What waits, runs and was given up, by queue and in all."""
    unfinished = make_gauge("unfinished_runs", "Accepted runs that have not ended", "queue", "state")
    oldest = make_gauge("oldest_waiting_seconds", "Age of the oldest waiting run", "queue")
    given_up = make_gauge("open_dead_letters", "Given-up tasks that wait for an operator", "queue")
    for queue in queues:
        unfinished.add_metric([queue.name, "held"], queue.held)
        unfinished.add_metric([queue.name, "pending"], queue.pending - queue.held)
        unfinished.add_metric([queue.name, "running"], queue.running)
        unfinished.add_metric([queue.name, "retry"], queue.retry)
        oldest.add_metric([queue.name], queue.oldest_waiting_s or 0)
        given_up.add_metric([queue.name], queue.open_dead_letters)
    yield from (unfinished, oldest, given_up)
    dead = sum(queue.open_dead_letters + (queue.dead or 0) for queue in queues)
    meaning = "Given-up tasks that wait for an operator, with messages that are not filed yet"
    yield GaugeMetricFamily(f"{CELERY}dead_letter_queue_size", meaning, value=dead)
    running = sum(queue.running for queue in queues)
    yield GaugeMetricFamily(f"{CELERY}active_tasks", "Tasks that a worker holds", value=running)


def measure_ends() -> Iterator[Family]:
    """What has ended since the beginning of records, how long it took, and what it wrote."""
    counts = tallies.read()
    yield _count_ends(counts)
    yield CounterMetricFamily(
        f"{CELERY}task_retries",
        "Attempts that failed, or were lost with their worker, and were followed by another one",
        value=counts.get((Metric.RETRIED, ""), 0),
    )
    took = make_histogram("task_duration_seconds", "From the last claim to the end", "kind", prefix=CELERY)
    waited = make_histogram("task_wait_seconds", "From the request to the first claim", "kind")
    for family, metric, total in (
        (took, Metric.TOOK, Metric.TOOK_S),
        (waited, Metric.WAITED, Metric.WAITED_S),
    ):
        for kind, by_bound in _group_by_bound(counts, metric).items():
            add_buckets(family, [kind], by_bound, total=counts.get((total, kind), 0))
        yield family
    rows = make_counter("export_rows", "Rows of all files that were made", "format")
    written = make_counter("export_written_bytes", "Bytes of all files that were made", "format")
    for counter, metric in ((rows, Metric.EXPORT_ROWS), (written, Metric.EXPORT_BYTES)):
        for labels, value in _select(counts, metric):
            counter.add_metric(labels, value)
        yield counter


def measure_lacks() -> Iterator[Family]:
    """Runs that wait because the worker that had them lacks their dataset version."""
    waiting = make_gauge("lacking_dataset_runs", "Runs handed back by a worker", "worker", "version")
    for lack in lacks.list_lacks():
        waiting.add_metric([lack.worker, lack.version], lack.runs)
    yield waiting


def measure_exports() -> Iterator[Family]:
    """What the export files take now."""
    yield make_figure("export_bytes", "What all export files take", export_store.count_bytes())
    yield make_figure("export_bytes_limit", "What they may take", export_store.limit_bytes())


def _count_ends(counts: Mapping[Key, float]) -> CounterMetricFamily:
    family = make_counter("task", "Tasks that have ended", "kind", "state", prefix=CELERY)
    # From 0 on, before there is any: Prometheus sees no rise in a series that begins with its first event.
    known = {(name, state.value): 0.0 for name, kind in KINDS.items() if kind.is_there for state in FINISHED}
    ended = {(kind, state): value for (kind, state), value in _select(counts, Metric.ENDED)}
    for labels, value in {**known, **ended}.items():
        family.add_metric(labels, value)
    return family


def _group_by_bound(counts: Mapping[Key, float], metric: Metric) -> dict[str, dict[float, float]]:
    """Each kind's counts by upper bound; the bounds that have none yet are there too."""
    empty = dict.fromkeys(BOUNDS_S, 0.0)
    groups = defaultdict(empty.copy, {name: dict(empty) for name, kind in KINDS.items() if kind.is_there})
    for (kind, bound), value in _select(counts, metric):
        groups[kind][float(bound)] = value
    return groups


def _select(counts: Mapping[Key, float], metric: Metric) -> Iterator[tuple[list[str], float]]:
    """Labels and value of each count of the metric."""
    return (
        (labels.split(), value) for (name, labels), value in sorted(counts.items(), key=str) if name is metric
    )
