"""What an export would be: rows from the engine; size and time from what recent exports took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol, TypedDict

from django.conf import settings

from contracts.engine.absence import Remarks
from contracts.engine.store import Totals
from contracts.fields import DEFAULT_COLUMNS, Also, Pesos
from contracts.questions.filters import Filters
from contracts.questions.query import Query
from contracts.questions.tables import USUAL_MEASURES, Table
from data_processing import datasets
from data_processing.models import ExportFile, TaskRun

Count = Annotated[int, Also(minimum=0)]
RECENT = 20
OVERHEAD_S = 0.3
ADDED_UP_S = 2e-7


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How exports of a format come out: bytes and seconds for one row of the default columns."""

    bytes_per_row: float
    seconds_per_row: float


class BrokenLimit(TypedDict):
    """The limit that an export would break."""

    name: str
    limit: Count


class Asked(Protocol):
    """A question about the contracts of a filter."""

    @property
    def filters(self) -> Filters: ...


class ExportEstimate(Remarks):
    """What an export would be: rows are exact, bytes and seconds are not."""

    rows: Count
    total_value: Pesos
    bytes: Count
    sheets: Count | None
    seconds: Annotated[float, Also(minimum=0)]
    limit_exceeded: BrokenLimit | None
    filters_in_words: str
    dataset_version: str


FIRST_GUESS = {
    "export": {
        "xlsx": Pace(bytes_per_row=110, seconds_per_row=8e-6),
        "csv": Pace(bytes_per_row=400, seconds_per_row=4e-6),
        "csv.gz": Pace(bytes_per_row=50, seconds_per_row=4e-6),
        "parquet": Pace(bytes_per_row=35, seconds_per_row=3e-6),
    },
    "table_export": {
        "xlsx": Pace(bytes_per_row=40, seconds_per_row=4e-6),
        "csv": Pace(bytes_per_row=65, seconds_per_row=2e-6),
        "csv.gz": Pace(bytes_per_row=25, seconds_per_row=2e-6),
        "parquet": Pace(bytes_per_row=20, seconds_per_row=2e-6),
    },
    "ocds": {"zip": Pace(bytes_per_row=255, seconds_per_row=1.1e-4)},
}
"""By kind and format: measured by tools/bench/exports.py, used until this installation has made exports of
its own."""


def estimate_export(query: Query, *, format: str, version: str) -> ExportEstimate:
    """What an export of the query would be."""
    with datasets.open_store(version).reader() as reader:
        totals, remarks = reader.count(query.filters), reader.remark(query.filters)
    width = len(query.columns) / len(DEFAULT_COLUMNS)
    return _estimate(
        "export",
        query.filters,
        totals,
        remarks,
        format=format,
        version=version,
        rows=totals.rows,
        width=width,
    )


def estimate_table(table: Table, *, format: str, version: str) -> ExportEstimate:
    """What an export of the table would be."""
    with datasets.open_store(version).reader() as reader:
        totals, remarks = reader.count(table.filters), reader.remark(table.filters)
        size = reader.measure_table(table)
    width = (1 + size.figures) / (1 + len(USUAL_MEASURES))
    return _estimate(
        "table_export",
        table.filters,
        totals,
        remarks,
        format=format,
        version=version,
        rows=size.rows,
        width=width,
        # The figures of a table are of all its contracts, however few rows it has.
        before_s=totals.rows * ADDED_UP_S,
    )


def estimate_ocds(question: Asked, *, format: str, version: str) -> ExportEstimate:
    """What an archive of OCDS releases would be; its rows are the contracts."""
    filters = question.filters
    with datasets.open_store(version).reader() as reader:
        totals, remarks = reader.count(filters), reader.remark(filters)
    return _estimate(
        "ocds", filters, totals, remarks, format=format, version=version, rows=totals.rows, width=1
    )


def _estimate(
    kind: str,
    filters: Filters,
    totals: Totals,
    remarks: Remarks,
    *,
    format: str,
    version: str,
    rows: int,
    width: float,
    before_s: float = 0.0,
) -> ExportEstimate:
    """``width`` is how much wider a row is than that of an export with the usual columns, ``before_s`` what
    is to be done before the first one."""
    pace = _recent_pace(kind, format)
    size_bytes = round(rows * pace.bytes_per_row * width)
    return {
        "rows": rows,
        "total_value": str(totals.total_value),
        "bytes": size_bytes,
        "sheets": max(1, -(-rows // settings.EXPORT_SPLIT_ROWS)) if format == "xlsx" else None,
        "seconds": round(OVERHEAD_S + before_s + rows * pace.seconds_per_row * width, 1),
        "limit_exceeded": _name_broken_limit(rows=rows, size_bytes=size_bytes),
        "filters_in_words": filters.describe(),
        **remarks,
        "dataset_version": version,
    }


def _name_broken_limit(*, rows: int, size_bytes: int) -> BrokenLimit | None:
    store_gb = settings.EXPORT_STORE_MAX_GB
    if rows > settings.EXPORT_MAX_ROWS:
        return {"name": "EXPORT_MAX_ROWS", "limit": settings.EXPORT_MAX_ROWS}
    return {"name": "EXPORT_STORE_MAX_GB", "limit": store_gb} if size_bytes > store_gb * 1e9 else None


def _recent_pace(kind: str, format: str) -> Pace:
    # Not by small ones, whose time is mostly what any export takes.
    recent = ExportFile.objects.filter(run__kind=kind, format=format, rows__gte=10_000).select_related("run")
    done = list(recent.order_by("-created_at")[:RECENT])
    rows = sum(export.rows for export in done)
    if not rows:
        return FIRST_GUESS[kind][format]
    seconds = sum(_duration_s(export.run) for export in done)
    return Pace(bytes_per_row=sum(e.size_bytes for e in done) / rows, seconds_per_row=seconds / rows)


def _duration_s(run: TaskRun) -> float:
    if run.started_at is None or run.finished_at is None:
        return 0.0
    return (run.finished_at - run.started_at).total_seconds()
