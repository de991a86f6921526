"""Endpoints over the engine that need no task: suggestions, columns, dataset versions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from contracts.errors import SnapshotMissing
from contracts.fields import DEFAULT_COLUMNS, FIELDS, NAME_FILTERS
from contracts.snapshot import Snapshot
from data_processing import datasets
from data_processing.api.parameters import Choice, Text
from data_processing.api.view import ApiView

SUGGESTIONS = 10
MAX_TYPED = 200


class Suggest(ApiView):
    """Names that match what a person types, best first, with their contracts and value."""

    query = (
        Choice(name="field", meaning="which names", choices=tuple(NAME_FILTERS), default="contractors"),
        Text(name="q", meaning="what was typed", at_most=MAX_TYPED, default=""),
    )

    def get(self, request: Request) -> Response:
        field, typed = self.asked["field"], self.asked["q"]
        with datasets.current_store().reader() as reader:
            found = reader.suggest(field, typed, SUGGESTIONS)
        return Response(
            {
                "field": field,
                "q": typed,
                "suggestions": [
                    {"label": s.label, "count": s.count, "total_value": str(s.total_value)} for s in found
                ],
            }
        )


class Columns(ApiView):
    """The column table."""

    def get(self, request: Request) -> Response:
        return Response(
            {
                "columns": [
                    {
                        "name": field.name,
                        "label": field.label,
                        "type": field.type.value,
                        "unit": field.unit,
                        "description": field.description,
                        "filterable": field.filterable,
                        "filter": field.filter,
                        "sortable": field.sortable,
                        "default": field.default,
                    }
                    for field in FIELDS
                ],
                "default": list(DEFAULT_COLUMNS),
            }
        )


class DatasetList(ApiView):
    """All dataset versions on disk, newest first."""

    def get(self, request: Request) -> Response:
        current = datasets.current_snapshot().version
        return Response(
            {
                "current": current,
                "datasets": list(_list_datasets(current=current)),
            }
        )


class CurrentDataset(ApiView):
    """The dataset version that questions are answered from now."""

    def get(self, request: Request) -> Response:
        snapshot = datasets.current_snapshot()
        return Response(_dataset(snapshot, current=snapshot.version))


def _list_datasets(*, current: str) -> Iterator[dict[str, Any]]:
    for snapshot in datasets.list_snapshots():
        with contextlib.suppress(SnapshotMissing):  # pruned since it was listed
            yield _dataset(snapshot, current=current)


def _dataset(snapshot: Snapshot, *, current: str) -> dict[str, Any]:
    return {**snapshot.manifest().to_json(), "current": snapshot.version == current}
