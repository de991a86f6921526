"""Endpoints over the engine that need no task: suggestions, columns, dataset versions."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contracts.errors import InvalidQuery
from contracts.fields import DEFAULT_COLUMNS, FIELDS, NAME_FILTERS
from contracts.reading import choice
from contracts.snapshot import Snapshot
from data_processing import datasets

SUGGESTIONS = 10
MAX_TYPED = 200


class Suggest(APIView):
    """Names that match what a person types, best first, with their contracts and value."""

    query = ("field", "q")

    def get(self, request: Request) -> Response:
        field = choice(
            request.query_params.get("field"), "/field", tuple(NAME_FILTERS), default="contractors"
        )
        typed = request.query_params.get("q", "")
        if "\x00" in typed or len(typed) > MAX_TYPED:
            raise InvalidQuery("/q", f"must be text of at most {MAX_TYPED} characters without NUL")
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


class Columns(APIView):
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


class DatasetList(APIView):
    """All dataset versions on disk, newest first."""

    def get(self, request: Request) -> Response:
        current = datasets.current_snapshot().version
        return Response(
            {
                "current": current,
                "datasets": [_dataset(snapshot, current=current) for snapshot in datasets.list_snapshots()],
            }
        )


class CurrentDataset(APIView):
    """The dataset version that questions are answered from now."""

    def get(self, request: Request) -> Response:
        snapshot = datasets.current_snapshot()
        return Response(_dataset(snapshot, current=snapshot.version))


def _dataset(snapshot: Snapshot, *, current: str) -> dict[str, Any]:
    return {**snapshot.manifest().to_json(), "current": snapshot.version == current}
