"""Aggregates: totals of the contracts by year, contractor, organization and so on."""

from __future__ import annotations

from contracts.engine.absence import Remarks
from contracts.engine.aggregates import Answer
from contracts.progress import Progress
from contracts.questions.query import Aggregation
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest


class AggregatesRequest(TaskRequest, Aggregation):
    """Which totals, of which contracts."""

    def describe(self) -> str:
        return f"Totals: {self.filters.describe()}"


class AggregatesResult(Answer, Remarks):
    """The totals that were asked for, and of what."""

    filters_in_words: str
    include_flood_control: bool
    dataset_version: str
    sample: bool


def compute_aggregates(request: AggregatesRequest, context: Context) -> Work:
    """Payload: the summary and the asked dimensions, money as strings with two places."""
    yield Progress(phase="computing", current=0, total=1, unit="steps")
    with context.open_reader() as reader:
        answer = reader.aggregate(request)
        remarks = reader.remark(request.filters)
    payload: AggregatesResult = {
        **answer,
        "filters_in_words": request.filters.describe(),
        "include_flood_control": request.filters.include_flood_control,
        **remarks,
        "dataset_version": context.dataset_version,
        "sample": context.sample,
    }
    return Outcome(payload=payload)


KIND = TaskKind(
    name="aggregates",
    task="compute_heavy_aggregates",
    queue="high",
    about="Compute totals by year, contractor, organization and so on.",
    request=AggregatesRequest,
    result=AggregatesResult,
    work=compute_aggregates,
    time_limit_s=120,
    cached=True,
)
