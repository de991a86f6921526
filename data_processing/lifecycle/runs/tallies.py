"""Counts of what has ended, which never fall.

Rows that ended a while ago have been added up, once, to a small table; the others are counted when somebody
asks. A row that goes, or is run again, before it was added up, is added then.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import inf
from typing import TypeAlias

from django.db import transaction
from django.db.models import (
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Greatest
from django.db.models.lookups import IsNull, LessThanOrEqual

from data_processing.database import locks
from data_processing.database.moments import one_moment
from data_processing.models import ExportFile, State, Tally, TaskRun

BOUNDS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, inf)
"""Of how long work took, and how long it waited: from a remembered answer to the largest export."""
LATE_S = 600
"""A row whose end is older than that is committed for sure: ends are stamped when their statement begins."""


class Metric(StrEnum):
    """What is counted; behind each, the labels of its counts."""

    ENDED = "ended"  # kind, state
    TOOK = "took"  # kind, upper bound in seconds: from the last claim to the end
    TOOK_S = "took-seconds"  # kind
    WAITED = "waited"  # kind, upper bound in seconds: from the request to the first claim
    WAITED_S = "waited-seconds"  # kind
    RETRIED = "retried"  # none: another attempt was to follow
    EXPORT_ROWS = "export-rows"  # format
    EXPORT_BYTES = "export-bytes"  # format
    ADDED_UP_UNTIL = "added-up-until"  # none: Unix seconds


Key = tuple[Metric, str]
"""A metric, and the values of its labels with blanks between them."""
Span: TypeAlias = "ExpressionWrapper[CombinedExpression]"
MARK: Key = (Metric.ADDED_UP_UNTIL, "")


def read() -> Mapping[Key, float]:
    """All counts as they are now."""
    with one_moment():
        counts = _count(TaskRun.objects.filter(finished_at__gt=_read_mark()))
        # Another version may count more.
        known = Tally.objects.filter(metric__in=list(Metric))
        for metric, labels, value in known.values_list("metric", "labels", "value"):
            counts[Metric(metric), labels] += value
    return counts


def note_retry() -> None:
    """Count one attempt more, in the transaction that lets it follow."""
    # The one count that is kept as it happens: of retries the row has a list only, which a replay empties.
    # Ends are the frequent ones, and cost nothing here.
    _add({(Metric.RETRIED, ""): 1})


def keep(runs: QuerySet[TaskRun]) -> None:
    """Count runs that are about to go, or to run again, in the transaction in which they do so."""
    # Prometheus takes a count that falls for a program that began anew.
    locks.hold("tallies")
    _add(_count(runs.filter(finished_at__gt=_read_mark())))


@transaction.atomic
def add_up() -> None:
    """Add up the runs that have ended since the last time. Repeatable."""
    locks.hold("tallies")
    since, until = _read_mark(), datetime.fromtimestamp(int(time.time() - LATE_S), UTC)
    if since < until:
        ended = TaskRun.objects.filter(finished_at__gt=since, finished_at__lte=until)
        _add({**_count(ended), MARK: until.timestamp() - since.timestamp()})


def _read_mark() -> datetime:
    metric, labels = MARK
    mark = Tally.objects.filter(metric=metric, labels=labels).values_list("value", flat=True).first()
    return datetime.fromtimestamp(mark or 0, UTC)


def _add(counts: Mapping[Key, float]) -> None:
    missing = [Tally(metric=metric, labels=labels) for metric, labels in counts]
    Tally.objects.bulk_create(missing, ignore_conflicts=True)
    for (metric, labels), value in counts.items():
        Tally.objects.filter(metric=metric, labels=labels).update(value=F("value") + value)


def _count(runs: QuerySet[TaskRun]) -> defaultdict[Key, float]:
    counts: defaultdict[Key, float] = defaultdict(float)
    took, waited = _span("claimed_at", "finished_at"), _span("created_at", "started_at")
    groups = runs.order_by().values("kind", "state", took_s=_bound(took), waited_s=_bound(waited))
    for group in groups.annotate(runs=Count("pk"), took=_sum(took), waited=_sum(waited)):
        kind, state, runs_there = group["kind"], group["state"], group["runs"]
        counts[Metric.ENDED, f"{kind} {state}"] += runs_there
        # What was cancelled took as long as its owner liked.
        if group["took_s"] is not None and state != State.REVOKED:
            counts[Metric.TOOK, f"{kind} {group['took_s']}"] += runs_there
            counts[Metric.TOOK_S, kind] += group["took"].total_seconds()
        if group["waited_s"] is not None:
            counts[Metric.WAITED, f"{kind} {group['waited_s']}"] += runs_there
            counts[Metric.WAITED_S, kind] += group["waited"].total_seconds()
    exports = ExportFile.objects.filter(run__in=runs).order_by().values("format")
    for made in exports.annotate(all_rows=Sum("rows"), all_bytes=Sum("size_bytes")):
        counts[Metric.EXPORT_ROWS, made["format"]] += made["all_rows"]
        counts[Metric.EXPORT_BYTES, made["format"]] += made["all_bytes"]
    return counts


def _span(begin: str, end: str) -> Span:
    return ExpressionWrapper(F(end) - F(begin), output_field=DurationField())


def _sum(span: Span) -> Sum:
    # The clock of the web server, which says when a run was created, may be ahead: no sum must fall by that.
    return Sum(Greatest(span, Value(timedelta(0), output_field=DurationField())))


def _bound(span: Span) -> Case:
    """The least of BOUNDS_S that is not below the span; null where the span has no beginning."""
    upper = [
        When(condition=LessThanOrEqual(span, timedelta(seconds=s)), then=Value(s)) for s in BOUNDS_S[:-1]
    ]
    never = When(condition=IsNull(span, True), then=Value(None))
    return Case(never, *upper, default=Value(inf), output_field=FloatField())
