"""Searches, totals and analyses of contracts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from compat import answers, bodies
from compat.asking import ask
from compat.bodies import Body
from compat.view import OldView
from contracts.engine.store import Reader
from contracts.errors import InvalidQuery
from contracts.questions.filters import Filters
from contracts.questions.query import Aggregation
from contracts.questions.reading import integer
from data_processing import datasets
from data_processing.kinds.aggregates import AggregatesRequest
from data_processing.kinds.search import SearchRequest
from data_processing.kinds.table import TableRequest

MEASURES = ("count", "total_value", "avg_value")
PARTS = ("by_year", "by_month", *answers.NAMED_PARTS)
FEWEST_BINS, MOST_BINS, USUAL_BINS = 10, 10_000, 1000


def make_search(body: Body) -> SearchRequest:
    """The page of contracts that ``body`` asks for. Raises InvalidQuery, as all of these."""
    columns = ("id", *answers.COLUMNS.values())
    return SearchRequest.from_json(
        {
            "filters": read_filters(body),
            "columns": columns,
            "sort": bodies.read_sort(body),
            **bodies.read_page(body),
        }
    )


def make_aggregates(body: Body) -> AggregatesRequest:
    return AggregatesRequest.from_json(
        {"filters": read_filters(body), "dimensions": PARTS, "top_n": bodies.read_top(body)}
    )


def make_table(body: Body) -> TableRequest:
    return TableRequest.from_json({**read_table(body), **bodies.read_page(body)})


def read_table(body: Body) -> dict[str, Any]:
    """The members of a table of names and their totals."""
    rows = bodies.read_dimension(body)
    if rows not in bodies.DIMENSIONS.values():
        raise InvalidQuery("/dimension", f"choose from {', '.join(bodies.DIMENSIONS)}")
    return {
        "filters": read_filters(body),
        "rows": rows,
        "measures": MEASURES,
        "sort": bodies.read_table_sort(body),
    }


def read_filters(body: Body) -> Filters:
    with datasets.current_store().reader() as reader:
        return bodies.read_filters(body, reader)


class Search(OldView):
    """One page of contracts."""

    def post(self, request: Request) -> HttpResponseBase:
        return ask(request, "search", make_search(self.body_of(request)), answers.shape_search)


class Aggregates(OldView):
    """Totals by year, month and name."""

    def post(self, request: Request) -> HttpResponseBase:
        return ask(request, "aggregates", make_aggregates(self.body_of(request)), answers.shape_aggregates)


class AggregatesPage(OldView):
    """One page of names with their totals."""

    def post(self, request: Request) -> HttpResponseBase:
        return ask(request, "table", make_table(self.body_of(request)), answers.shape_table)


class Analysis(OldView):
    """An analysis of the amounts of all contracts that are meant, about as quick as an estimate."""

    def post(self, request: Request) -> Response:
        body = self.body_of(request)
        with datasets.current_store().reader() as reader:
            return Response(self.analyse(body, bodies.read_filters(body, reader), reader))

    def analyse(self, body: Body, filters: Filters, reader: Reader) -> Mapping[str, Any]:
        raise NotImplementedError


class Distribution(Analysis):
    """The amounts in bins of equal width."""

    def analyse(self, body: Body, filters: Filters, reader: Reader) -> Mapping[str, Any]:
        given = body.get("num_bins", USUAL_BINS)
        number = integer(given, "/num_bins", low=FEWEST_BINS, high=MOST_BINS)
        return answers.shape_bins(reader.find_bins(filters, number=number), number=number)


class BenfordsLaw(Analysis):
    """First digits beside Benford's law."""

    def analyse(self, body: Body, filters: Filters, reader: Reader) -> Mapping[str, Any]:
        return answers.shape_benford(reader.count_digits(filters))


class RoundingPatterns(Analysis):
    """How round the amounts are."""

    def analyse(self, body: Body, filters: Filters, reader: Reader) -> Mapping[str, Any]:
        return answers.shape_rounding(reader.count_digits(filters))


def list_years(reader: Reader) -> list[int]:
    """The years in which contracts were awarded."""
    everything = Filters(include_flood_control=True)
    answer = reader.aggregate(Aggregation(filters=everything, dimensions=("by_year",)))
    return [int(part["label"]) for part in answer["by_year"] if part["label"] is not None]
