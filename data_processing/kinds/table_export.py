"""Table export: all rows of a table into a file."""

from __future__ import annotations

from functools import partial

from contracts.engine.store import Reader
from contracts.progress import Progress
from contracts.questions.tables import Table
from contracts.writers.workbook import About
from data_processing.kinds.context import Context, Work
from data_processing.kinds.exporting import (
    FORMATS,
    ExportResult,
    FileRequest,
    describe_file,
    expect_few,
    hand_over,
    write_file,
)
from data_processing.kinds.kind import TaskKind

# DuckDB fills what it is given; groups of names need a fraction of it, beside the arrays of their members.
MEMORY_MB = 75


class TableExportRequest(FileRequest, Table):
    """Which table to write, and as what. ``formula_guard`` concerns CSV only: in the others text is text."""

    def describe(self) -> str:
        return f"Table ({self.format}) {self.say()}"


def export_table(request: TableExportRequest, context: Context) -> Work:
    """Payload: name, format, rows and cut texts of the file.

    Raises ExportTooLarge, contracts.errors.OutOfSpace.
    """
    yield Progress(phase="adding up", current=0, total=0)
    with context.open_reader(memory_mb=MEMORY_MB) as reader:
        rows = reader.rows_of_table(request)
        expect_few(rows.count)
        path = context.partial_path(request.format)
        about = partial(_describe, request, reader, context)
        written = yield from write_file(rows, request, path, total_rows=rows.count, about=about)
    return hand_over(request, path, written, rows=rows.count, words=request.say(), context=context)


def _describe(wanted: TableExportRequest, reader: Reader, context: Context) -> About:
    return describe_file(
        wanted.filters,
        reader,
        totals=reader.count(wanted.filters),
        context=context,
        title="PhilGEPS contracts in figures",
        words=wanted.say(),
        sheet="Table",
        counted="All contracts",
    )


KIND = TaskKind(
    name="table_export",
    task="export_table",
    queue="normal",
    about="Write all rows of a table into a file.",
    request=TableExportRequest,
    result=ExportResult,
    work=export_table,
    time_limit_s=600,
    formats=FORMATS,
)
