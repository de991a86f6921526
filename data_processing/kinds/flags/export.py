"""Flags export: all contracts of all cases of one flag into a file."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from contracts.engine.store import Reader
from contracts.flags.flag import VERDICT
from contracts.flags.judging import open_evidence
from contracts.flags.question import Code
from contracts.flags.registry import FLAGS
from contracts.progress import Progress
from contracts.questions.filters import Filters
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


class FlagsExportRequest(FileRequest):
    """Which flag, of which contracts, and as what its evidence is written. ``formula_guard`` concerns CSV
    only: in the others text is text."""

    flag: Code
    filters: Filters = Filters()

    def describe(self) -> str:
        return f"Evidence ({self.format}): {self.say()}"

    def say(self) -> str:
        return f"Red flag {self.flag}: {self.filters.describe()}"


def export_flag(request: FlagsExportRequest, context: Context) -> Work:
    """Payload: name, format, rows and cut texts of the file.

    Raises ExportTooLarge, contracts.errors.OutOfSpace.
    """
    yield Progress(phase="judging", current=0, total=0)
    with context.open_reader() as reader:
        rows = open_evidence(FLAGS[request.flag], request.filters, reader)
        expect_few(rows.count)
        path = context.partial_path(request.format)
        about = partial(_describe, request, reader, context)
        written = yield from write_file(rows, request, path, total_rows=rows.count, about=about)
    return hand_over(request, path, written, rows=rows.count, words=request.say(), context=context)


def _describe(wanted: FlagsExportRequest, reader: Reader, context: Context) -> About:
    flag = FLAGS[wanted.flag]
    about = describe_file(
        wanted.filters,
        reader,
        totals=reader.count(wanted.filters),
        context=context,
        title=f"Red flag: {flag.title}",
        words=wanted.say(),
        sheet="Evidence",
        counted="All contracts",
    )
    return replace(
        about, notes=(VERDICT, flag.question, flag.formula, flag.source, flag.caution, *about.notes)
    )


KIND = TaskKind(
    name="flags_export",
    task="export_flag",
    queue="normal",
    about="Write the evidence of a red flag into a file.",
    request=FlagsExportRequest,
    result=ExportResult,
    work=export_flag,
    time_limit_s=600,
    formats=FORMATS,
)
