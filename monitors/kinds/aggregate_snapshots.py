"""Aggregate snapshots: what each monitor and the whole dataset come to on a day; Beat asks for it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, TypedDict

from pydantic import PlainSerializer

from contracts.progress import Progress
from contracts.questions.periods import Day
from contracts.snapshot.arrays import sparing_memory
from data_processing import datasets
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest
from monitors.daily import figures
from monitors.kinds.check import MEMORY_MB


class AggregateSnapshotsRequest(TaskRequest):
    """Of which ``day``."""

    # Pydantic warns of a day that it has made text of, unless this says so.
    day: Annotated[Day, PlainSerializer(date.isoformat, return_type=str)]

    def describe(self) -> str:
        return f"Keep the figures of {self.day}"


class AggregateSnapshotsResult(TypedDict):
    """Of how many monitors figures were kept, and how many had none, as they are gone or cannot be read."""

    kept: int
    left_out: int


def aggregate_snapshots(request: AggregateSnapshotsRequest, context: Context) -> Work:
    """Payload: AggregateSnapshotsResult. What is kept stays, and is kept once however often it is done."""
    version = context.dataset_version
    figures.keep_dataset(datasets.get_snapshot(version).manifest(), request.day)
    kept = left_out = 0
    total = figures.list_watched().count()
    for number, monitor in enumerate(figures.list_watched().iterator()):
        yield Progress(phase="adding up", current=number, total=total, unit="monitors")
        with sparing_memory(), context.open_reader(memory_mb=MEMORY_MB) as reader:
            found = figures.keep_monitor(monitor, reader, request.day, version=version)
        kept, left_out = kept + found, left_out + (not found)
    payload: AggregateSnapshotsResult = {"kept": kept, "left_out": left_out}
    return Outcome(payload=payload)


KIND = TaskKind(
    name="aggregate_snapshots",
    task="aggregate_snapshots_task",
    queue="low",
    about="Keep the figures of a day, so that growth can be drawn.",
    request=AggregateSnapshotsRequest,
    result=AggregateSnapshotsResult,
    work=aggregate_snapshots,
    time_limit_s=1800,
    by_clients=False,
)
