"""Endpoints over the engine that need no task: suggestions, columns, dataset versions."""

from __future__ import annotations

from typing import ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from api.document import shapes
from api.requests.parameters import Choice, Pattern, Text, Whole
from api.view import Answer, ApiView, refusal
from contracts.engine.names import NameMatches
from contracts.fields import DEFAULT_COLUMNS, FIELDS, Field
from contracts.questions.filters import EXACT, FILTER_OF
from contracts.snapshot.versions import Manifest
from data_processing import datasets

SUGGESTIONS = 10
MOST_NAMES = 1000
MAX_TYPED = 200
WITHOUT_DATA = {503: refusal("no dataset has been imported yet, or the database is away")}


class Suggest(ApiView):
    """Names that match what a person types, best first, with their contracts and value."""

    query = (
        Choice(name="field", meaning="which names", choices=tuple(EXACT), default="contractors"),
        Text(name="q", meaning="what was typed", at_most=MAX_TYPED, default=""),
        Pattern(name="contains", meaning="only the names that this pattern means"),
        Whole(name="limit", meaning="at most so many names", low=1, high=MOST_NAMES, default=SUGGESTIONS),
    )
    answers: ClassVar = {"GET": {200: Answer(meaning="the names", shape=shapes.Suggestions), **WITHOUT_DATA}}

    def get(self, request: Request) -> Response:
        field, typed, limit = self.asked["field"], self.asked["q"], self.asked["limit"]
        with datasets.current_store().reader() as reader:
            found = reader.suggest(field, typed, limit, within=self.asked["contains"])
        body: shapes.Suggestions = {
            "field": field,
            "q": typed,
            "suggestions": [one.to_json() for one in found.best],
            "all_names": _all_names(found) if found.patterns else None,
        }
        return Response(body)


class Columns(ApiView):
    """The column table."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the columns", shape=shapes.Columns)}}

    def get(self, request: Request) -> Response:
        body: shapes.Columns = {
            "columns": [_column(field) for field in FIELDS],
            "default": list(DEFAULT_COLUMNS),
        }
        return Response(body)


class DatasetList(ApiView):
    """All dataset versions on disk, newest first."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the versions", shape=shapes.Datasets), **WITHOUT_DATA}}

    def get(self, request: Request) -> Response:
        current = datasets.current_snapshot().version
        body: shapes.Datasets = {
            "current": current,
            "datasets": [represent_dataset(one, current=current) for one in datasets.list_manifests()],
        }
        return Response(body)


class CurrentDataset(ApiView):
    """The dataset version that questions are answered from now."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the version", shape=shapes.Dataset), **WITHOUT_DATA}}

    def get(self, request: Request) -> Response:
        snapshot = datasets.current_snapshot()
        return Response(represent_dataset(snapshot.manifest(), current=snapshot.version))


def _all_names(found: NameMatches) -> shapes.AllNames:
    return {
        "patterns": [{"contains": pattern.contains} for pattern in found.patterns],
        "names": found.names,
        "count": found.count,
        "total_value": f"{found.total_value:.2f}",
    }


def _column(field: Field) -> shapes.Column:
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type.value,
        "unit": field.unit,
        "description": field.description,
        "filterable": field.name in FILTER_OF,
        "filter": FILTER_OF.get(field.name),
        "sortable": field.sortable,
        "default": field.default,
    }


def represent_dataset(manifest: Manifest, *, current: str) -> shapes.Dataset:
    known = {**manifest.to_json(), "current": manifest.version == current}
    return cast(shapes.Dataset, known)
