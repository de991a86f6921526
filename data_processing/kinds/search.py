"""Search: one page of contracts and how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from contracts.fields import FIELDS, Also, Pesos
from contracts.progress import Progress
from contracts.questions.query import Filters, Page, Query
from contracts.questions.reading import reject_unknown
from data_processing.kinds.context import Context, Outcome, Work

MEMBERS = ("filters", "columns", "sort", "page", "page_size")

ROW = {
    "type": "object",
    "description": "a contract, by the columns that were asked for; null where the source has none",
    "properties": {
        field.name: {
            **field.type.json_schema,
            "type": [field.type.json_schema["type"], "null"],
            "description": field.description,
        }
        for field in FIELDS
    },
    "additionalProperties": False,
}


class SearchResult(TypedDict):
    """A page of contracts, and how many all pages hold."""

    rows: Annotated[list[dict[str, Any]], Also(items=ROW)]
    page: int
    page_size: int
    pages: int
    total_rows: int
    total_value: Pesos
    filters_in_words: str
    include_flood_control: bool
    dataset_version: str


def parse(data: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical request. Raises contracts.errors.InvalidQuery."""
    query, page = _read(data)
    return {**query.to_json(), "page": page.number, "page_size": page.size}


def describe(request: Mapping[str, Any]) -> str:
    # Columns and order are not in the words, and take as long to read as all the rest.
    reject_unknown(request, MEMBERS)
    filters, page = Filters.from_json(request.get("filters")), Page.from_json(request)
    return f"Search: {filters.describe()}, page {page.number}"


def search_contracts(request: Mapping[str, Any], context: Context) -> Work:
    """Payload: rows of the page, total rows and value (pesos) of all pages."""
    query, page = _read(request)
    yield Progress(phase="searching", current=0, total=1, unit="steps")
    with context.open_reader() as reader:
        totals, rows = reader.find(query, page)
    payload: SearchResult = {
        "rows": rows,
        "page": page.number,
        "page_size": page.size,
        "pages": -(-totals.rows // page.size),
        "total_rows": totals.rows,
        "total_value": f"{totals.total_value:.2f}",
        "filters_in_words": query.filters.describe(),
        "include_flood_control": query.filters.include_flood_control,
        "dataset_version": context.dataset_version,
    }
    return Outcome(payload=payload)


def _read(data: Mapping[str, Any]) -> tuple[Query, Page]:
    reject_unknown(data, MEMBERS)
    return Query.from_json(data), Page.from_json(data)
