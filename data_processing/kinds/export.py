"""Export: all rows of a query into a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.conf import settings

from contracts.engine.store import Reader, Totals
from contracts.progress import Progress
from contracts.questions.query import Query, Sort
from contracts.writers import workbook
from contracts.writers.delimited import join_csv, write_csv_part
from contracts.writers.outfile import Writing
from contracts.writers.workbook import About
from data_processing.kinds.context import Context, Work
from data_processing.kinds.exporting import (
    FORMATS,
    STREAM_MEMORY_MB,
    ExportResult,
    FileRequest,
    describe_file,
    expect_few,
    hand_over,
    write_file,
    write_split,
)
from data_processing.kinds.kind import TaskKind
from data_processing.outputs.parts import PartPlan, rows_of


class ExportRequest(FileRequest, Query):
    """What to write, and as what. ``formula_guard`` concerns CSV only: in the others text is text."""

    def describe(self) -> str:
        return f"Export ({self.format}): {self.filters.describe()}"


def export_contracts(request: ExportRequest, context: Context) -> Work:
    """Payload: name, format, rows and cut texts of the file.

    Raises ExportTooLarge, contracts.errors.OutOfSpace.
    """
    yield Progress(phase="counting rows", current=0, total=0)
    with context.open_reader(memory_mb=memory_for(request)) as reader:
        totals = reader.count(request.filters)
        expect_few(totals.rows)
        path = context.partial_path(request.format)
        written = yield from _write(request, reader, path, totals=totals, context=context)
    return hand_over(
        request, path, written, rows=totals.rows, words=request.filters.describe(), context=context
    )


def memory_for(query: Query) -> int:
    """What the engine may hold, in MB: little for rows in the order in which they lie."""
    # DuckDB fills what it is given, here with blocks that it will not read again. Only a sort can use more.
    whole: int = settings.ENGINE_MEMORY_MB
    return min(whole, STREAM_MEMORY_MB) if query.sort == Sort() else whole


def _write(wanted: ExportRequest, reader: Reader, path: Path, *, totals: Totals, context: Context) -> Writing:
    about = partial(_describe, wanted, reader, totals=totals, context=context)
    if wanted.format in ("xlsx", "csv") and totals.rows > settings.EXPORT_SPLIT_ROWS:
        return _write_in_parts(wanted, reader, path, totals=totals, about=about, context=context)
    return write_file(reader.rows_of(wanted), wanted, path, total_rows=totals.rows, about=about)


def _write_in_parts(
    wanted: ExportRequest,
    reader: Reader,
    path: Path,
    *,
    totals: Totals,
    about: Callable[[], About],
    context: Context,
) -> Writing:
    """The same bytes, written by as many workers as have time."""
    rows = settings.EXPORT_SPLIT_ROWS
    parts = [range(start, min(start + rows, totals.rows)) for start in range(0, totals.rows, rows)]
    write = partial(write_part, wanted, reader)
    if wanted.format == "csv":
        plans = [{"start": places.start, "stop": places.stop} for places in parts]
        join = partial(join_csv, path, total_rows=totals.rows)
        return write_split(plans, write=write, join=join, context=context)
    said, fields = about(), reader.rows_of(wanted).fields
    sheets = workbook.plan_sheets(fields, said, parts)
    return write_split(
        [sheet.to_json() for sheet in sheets],
        write=write,
        join=partial(workbook.join_sheets, path, fields=fields, about=said, plans=sheets),
        context=context,
    )


def write_part(wanted: ExportRequest, reader: Reader, plan: PartPlan, path: Path) -> Writing:
    """Write one of the parts that an export was split into."""
    source = reader.rows_of(wanted)
    if wanted.format == "xlsx":
        return workbook.write_sheet(source, path, plan=workbook.SheetPlan.from_json(plan))
    return write_csv_part(source, path, places=rows_of(plan), guard_formulas=wanted.formula_guard)


def _describe(wanted: ExportRequest, reader: Reader, *, totals: Totals, context: Context) -> About:
    return describe_file(
        wanted.filters,
        reader,
        totals=totals,
        context=context,
        title="PhilGEPS contracts",
        words=wanted.filters.describe(),
    )


KIND = TaskKind(
    name="export",
    task="export_contracts_to_excel",
    queue="normal",
    about="Write the rows of a query into a file.",
    request=ExportRequest,
    result=ExportResult,
    work=export_contracts,
    time_limit_s=3 * 3600,
    formats=FORMATS,
)
