"""Endpoints over the engine that need no task: suggestions, columns, dataset versions."""

from __future__ import annotations

from typing import ClassVar, cast

from django.http import HttpResponseBase, HttpResponsePermanentRedirect
from rest_framework.request import Request
from rest_framework.response import Response

from api import records
from api.document import shapes
from api.requests.headers import ETAG, IF_NONE_MATCH, LOCATION, names_etag
from api.requests.parameters import Choice, Pattern, Text, Whole
from api.view import Answer, ApiView, refusal
from contracts.engine.names import NameMatches
from contracts.fields import DEFAULT_COLUMNS, FIELDS, Field
from contracts.questions.filters import FILTER_OF, NAMED
from contracts.questions.query import digest
from contracts.snapshot.citation import cite
from contracts.snapshot.versions import Manifest
from data_processing import datasets

SUGGESTIONS = 10
MOST_NAMES = 1000
MAX_TYPED = 200
WITHOUT_DATA = {503: refusal("no dataset has been imported yet, or the database is away")}


class Suggest(ApiView):
    """Names that match what a person types, best first, with their contracts and value."""

    query = (
        Choice(name="field", meaning="which names", choices=NAMED, default="contractors"),
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


class ContractAtAddress(ApiView):
    """One contract by the numbers that it bears: all columns, the raw rows it was read from, those of its
    notice, and those before and after of the same organization and contractor."""

    query = (
        Text(name="key", meaning="which of several contracts with the same numbers, by its link", at_most=16),
    )
    heeds = (IF_NONE_MATCH,)
    answers: ClassVar = {
        "GET": {
            200: Answer(meaning="the contract", shape=records.ContractRecord, headers=(ETAG,)),
            300: Answer(meaning="several contracts bear these numbers", shape=records.RecordChoices),
            301: Answer(meaning="the one address of what was asked for", headers=(LOCATION,)),
            304: Answer(meaning="nothing has changed", headers=(ETAG,)),
            410: refusal("an earlier dataset version had it, or the current one is of an older program"),
            **WITHOUT_DATA,
        }
    }

    def get(self, request: Request, reference: str, award: str) -> HttpResponseBase:
        located = records.locate(reference, award, self.asked["key"])
        if (moved := located.find_move(reference, award, self.asked["key"])) is not None:
            return HttpResponsePermanentRedirect(f"{records.API}{moved}")
        if located.record is None:
            return Response(records.represent_choices(located), status=300)
        body = records.represent(located, located.record)
        # Of the body, which names the dataset version: another release may say more of the same version.
        etag = f'"{digest(body)[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if names_etag(request, etag):
            return Response(status=304, headers=headers)
        return Response(body, headers=headers)


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
    told = {"current": manifest.version == current, "sample": manifest.sample, "citation": cite(manifest)}
    known = {**manifest.to_json(), **told}
    return cast(shapes.Dataset, known)
