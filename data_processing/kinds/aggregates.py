"""Aggregates: totals of the contracts by year, contractor, organization and so on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.engine.aggregates import Answer
from contracts.progress import Progress
from contracts.questions.query import Aggregation
from contracts.questions.reading import reject_unknown
from data_processing.kinds.context import Context, Outcome, Work


class AggregatesResult(Answer):
    """The totals that were asked for, and of what."""

    filters_in_words: str
    include_flood_control: bool
    dataset_version: str


def parse(data: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical request. Raises contracts.errors.InvalidQuery."""
    return _read(data).to_json()


def describe(request: Mapping[str, Any]) -> str:
    return f"Totals: {_read(request).filters.describe()}"


def compute_aggregates(request: Mapping[str, Any], context: Context) -> Work:
    """Payload: the summary and the asked dimensions, money as strings with two places."""
    aggregation = _read(request)
    yield Progress(phase="computing", current=0, total=1, unit="steps")
    with context.open_reader() as reader:
        answer = reader.aggregate(aggregation)
    payload: AggregatesResult = {
        **answer,
        "filters_in_words": aggregation.filters.describe(),
        "include_flood_control": aggregation.filters.include_flood_control,
        "dataset_version": context.dataset_version,
    }
    return Outcome(payload=payload)


def _read(data: Mapping[str, Any]) -> Aggregation:
    reject_unknown(data, ("filters", "dimensions", "top_n"))
    return Aggregation.from_json(data)
