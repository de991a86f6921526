"""Answers of the API as tools give them: rows as objects, counts that are exact, a link for people, and
which data it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse

from api.access.owners import VISITOR_COOKIE
from assistants.arguments import MOST_ROWS
from assistants.calls import Api
from assistants.permalinks import Pairs, link_charts, link_comparison, link_rows, link_table
from contracts.errors import SnapshotMissing
from contracts.snapshot.citation import SAMPLE_WARNING
from data_processing import datasets
from data_processing.kinds.aggregates import AggregatesRequest
from data_processing.kinds.compare import CompareRequest
from data_processing.kinds.export import ExportRequest
from data_processing.kinds.kind import TaskRequest
from data_processing.kinds.search import SearchRequest
from data_processing.kinds.table import TableRequest
from data_processing.kinds.table_export import TableExportRequest

Body = dict[str, Any]
REMARKS = ("unknown_names", "implausible", "nothing_found")


def link(api: Api, pairs: Pairs | None) -> str | None:
    """The whole address of the explorer with these parameters; None where no link can say it."""
    return None if pairs is None else api.address(reverse("explorer"), pairs)


def link_request(api: Api, request: TaskRequest) -> str | None:
    """A page where people see what was asked for."""
    match request:
        case SearchRequest() | ExportRequest():
            return link(api, link_rows(request.filters, request.sort))
        case TableRequest() | TableExportRequest():
            return link(api, link_table(request))
        case AggregatesRequest():
            return link(api, link_charts(request.filters))
        case CompareRequest():
            pairs = link_comparison(request)
            return None if pairs is None else api.address(reverse("compare"), pairs)
        case _:
            return None


def date_version(version: str) -> Body:
    """Which data it is."""
    told: Body = {"dataset_version": version, "as_of": _read_as_of(version)}
    # Only where it is so: what assistants read is counted.
    return {**told, "sample": SAMPLE_WARNING} if datasets.is_sample(version) else told


def date_current() -> Body:
    """The same of the version that is current now. Reads files."""
    return date_version(datasets.current_snapshot().version)


def _read_as_of(version: str) -> str | None:
    try:
        return datasets.describe_version(version).as_of.isoformat()
    except SnapshotMissing:
        return None


def shape_rows(*shown: str) -> Callable[[Mapping[str, Any]], Body]:
    """Takes these members of a page of rows, as far as it has them."""

    def shape(data: Mapping[str, Any]) -> Body:
        # An answer that an older release has kept may know fewer.
        answer = {name: data[name] for name in shown if name in data}
        return {**answer, "truncated": len(data["rows"]) < data["total_rows"]}

    return shape


def shape_totals(data: Mapping[str, Any]) -> Body:
    groups = {name: rows for name, rows in data.items() if isinstance(rows, list) and name not in REMARKS}
    cut = [name for name, rows in groups.items() if len(rows) > MOST_ROWS or any(map(_is_others, rows))]
    return {
        "summary": data["summary"],
        # Lists of names are bounded by top_n and one row of all others; of many months the last are wanted.
        **{name: rows[-MOST_ROWS - 1 :] for name, rows in groups.items()},
        "truncated": bool(cut),
        "truncated_lists": cut,
    }


SHAPES: Mapping[str, Callable[[Mapping[str, Any]], Body]] = {
    "search": shape_rows("total_rows", "total_value", "rows", "page", "pages"),
    "aggregates": shape_totals,
    "table": shape_rows("whole", "columns", "total_rows", "rows", "page", "pages"),
    "compare": shape_rows(
        "summary", "by_year", "total_rows", "rows", "page", "pages", "a_remarks", "b_remarks"
    ),
}
"""Kind -> what becomes of its result. Of the others it is the file."""


def complete(api: Api, kind: str, request: TaskRequest, data: Mapping[str, Any]) -> Body:
    """The answer to a question that a task has answered."""
    return {
        "asked": request.describe(),
        **SHAPES[kind](data),
        **{name: data[name] for name in REMARKS if data.get(name)},
        "permalink": link_request(api, request),
        **date_version(data["dataset_version"]),
    }


def describe_file(api: Api, task: Mapping[str, Any], ticket: str | None) -> Body:
    """How to fetch the file of a finished export."""
    send = "Authorization, as with this call" if ticket is None else f"Cookie: {VISITOR_COOKIE}={ticket}"
    return {
        "file": task["result"],
        "download": {"url": api.address(task["links"]["download"]), "send_header": send},
        "expires_at": task["expires_at"],
    }


def _is_others(row: Mapping[str, Any]) -> bool:
    return bool(row.get("others"))
