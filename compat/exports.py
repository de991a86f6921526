"""CSV files in one call, and how large they would be. Workers write them, as all files; the client gets each
with the column names that it knows."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections.abc import Generator, Iterable, Iterator
from typing import ClassVar

from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from api.models import EXPORT
from api.problems import problem
from api.waiting.downloads import Download
from compat import answers
from compat.asking import submit
from compat.contracts import read_filters, read_table
from compat.view import OldView
from contracts.questions.query import Query
from contracts.questions.tables import Table
from data_processing import datasets
from data_processing.kinds.export import ExportRequest
from data_processing.kinds.table_export import TableExportRequest
from data_processing.models import ExportFile, TaskRun
from data_processing.outputs import estimates, export_store, files
from data_processing.outputs.estimates import ExportEstimate

NEWLINE = b"\r\n"
TOTALS = ("label", "total_value", "count", "avg_value")
"""The columns of a file of totals."""


class ExportContracts(OldView):
    """The contracts that are meant, as CSV."""

    scopes: ClassVar = {"POST": EXPORT}

    def post(self, request: Request) -> HttpResponseBase:
        columns = tuple(answers.COLUMNS.values())
        wanted = ExportRequest.from_json(
            {"filters": read_filters(self.body_of(request)), "columns": columns, "format": "csv"}
        )
        return submit(request, "export", wanted, _send_contracts)


class ExportTotals(OldView):
    """The totals of all names of a dimension, as CSV."""

    scopes: ClassVar = {"POST": EXPORT}

    def post(self, request: Request) -> HttpResponseBase:
        wanted = TableExportRequest.from_json({**read_table(self.body_of(request)), "format": "csv"})
        return submit(request, "table_export", wanted, _send_totals)


class EstimateContracts(OldView):
    """How large the file of contracts would be."""

    def post(self, request: Request) -> Response:
        query = Query(filters=read_filters(self.body_of(request)), columns=tuple(answers.COLUMNS.values()))
        version = datasets.current_snapshot().version
        return _shape_estimate(estimates.estimate_export(query, format="csv", version=version))


class EstimateTotals(OldView):
    """How large the file of totals would be."""

    def post(self, request: Request) -> Response:
        table = Table.from_json(read_table(self.body_of(request)))
        version = datasets.current_snapshot().version
        return _shape_estimate(estimates.estimate_table(table, format="csv", version=version))


def _shape_estimate(estimate: ExportEstimate) -> Response:
    return Response({"total_count": estimate["rows"], "estimated_csv_bytes": estimate["bytes"]})


def _send_contracts(run: TaskRun) -> HttpResponseBase:
    export = _find_file(run)
    if export is None:
        return _tell_expired()
    # Only names differ: what follows the first line goes as it lies on the disk.
    ours = _head(answers.COLUMNS.values())
    theirs = _head(answers.COLUMNS)
    rest = files.read_chunks(export.path, len(ours), export.size_bytes)
    response = _respond(_lead(theirs, rest), "contracts_export.csv")
    response.headers["Content-Length"] = str(export.size_bytes - len(ours) + len(theirs))
    return response


def _send_totals(run: TaskRun) -> HttpResponseBase:
    export = _find_file(run)
    if export is None:
        return _tell_expired()
    chunks = files.read_chunks(export.path, 0, export.size_bytes)
    return _respond(_reorder(chunks), "totals_export.csv")


def _find_file(run: TaskRun) -> ExportFile | None:
    export = ExportFile.objects.filter(run=run, deleted_at=None).first()
    if export is not None:
        export_store.note_reader(export)
    return export


def _tell_expired() -> HttpResponseBase:
    return problem(
        503, "still-working", "the file is gone again: ask once more", headers={"Retry-After": "1"}
    )


def _respond(chunks: Generator[bytes], name: str) -> StreamingHttpResponse:
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-transform",
    }
    return StreamingHttpResponse(Download(chunks), headers=headers)


def _head(names: Iterable[str]) -> bytes:
    """The first line, as ``contracts.writers.delimited`` writes it."""
    return codecs.BOM_UTF8 + ",".join(names).encode() + NEWLINE


def _lead(first: bytes, rest: Generator[bytes]) -> Generator[bytes]:
    with contextlib.closing(rest):
        yield first
        yield from rest


def _reorder(chunks: Generator[bytes]) -> Generator[bytes]:
    """A file of totals with the columns TOTALS, a chunk at a time; the first column holds the labels."""
    with contextlib.closing(chunks):
        rows = csv.reader(_split_lines(codecs.iterdecode(chunks, "utf-8-sig")))
        head = next(rows)
        places = [0, *(head.index(name) for name in TOTALS[1:])]
        lines = io.StringIO()
        # Excel takes text without a mark for the code page of its system.
        lines.write("\ufeff")
        write = csv.writer(lines).writerow
        write(TOTALS)
        for row in rows:
            write([row[place] for place in places])
            if lines.tell() >= files.CHUNK_BYTES:
                yield _take(lines)
        yield _take(lines)


def _take(lines: io.StringIO) -> bytes:
    taken = lines.getvalue().encode()
    lines.seek(0)
    lines.truncate()
    return taken


def _split_lines(texts: Iterable[str]) -> Iterator[str]:
    """Texts that were cut anywhere, cut behind each line feed."""
    begun = ""
    for text in texts:
        *whole, begun = (begun + text).split("\n")
        yield from (f"{line}\n" for line in whole)
    if begun:
        yield begun
