"""Search: one page of contracts and how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.progress import Progress
from contracts.query import Page, Query
from contracts.reading import reject_unknown
from data_processing.work.context import Context, Outcome, Work


def parse(data: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical request. Raises contracts.errors.InvalidQuery."""
    query, page = _read(data)
    return {**query.to_json(), "page": page.number, "page_size": page.size}


def describe(request: Mapping[str, Any]) -> str:
    query, page = _read(request)
    return f"Search: {query.filters.describe()}, page {page.number}"


def search_contracts(request: Mapping[str, Any], context: Context) -> Work:
    """Payload: rows of the page, total rows and value (pesos) of all pages."""
    query, page = _read(request)
    yield Progress(phase="searching", current=0, total=1, unit="steps")
    with context.open_reader() as reader:
        totals, rows = reader.find(query, page)
    return Outcome(
        payload={
            "rows": rows,
            "page": page.number,
            "page_size": page.size,
            "pages": -(-totals.rows // page.size),
            "total_rows": totals.rows,
            "total_value": str(totals.total_value),
            "filters_in_words": query.filters.describe(),
            "include_flood_control": query.filters.include_flood_control,
            "dataset_version": context.dataset_version,
        }
    )


def _read(data: Mapping[str, Any]) -> tuple[Query, Page]:
    reject_unknown(data, ("filters", "columns", "sort", "page", "page_size"))
    return Query.from_json(data), Page.from_json(data)
