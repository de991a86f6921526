"""Bulk: all contracts of a year, or of no known day, with all columns, as a file of a dataset version."""

from __future__ import annotations

from typing import Annotated

from contracts.fields import FIELDS
from contracts.progress import Progress
from contracts.questions.filters import Filters
from contracts.questions.numbers import Whole
from contracts.questions.periods import UNDATED, TimeRange
from contracts.questions.query import Query
from contracts.writers.parquet import write_parquet
from data_processing.kinds.context import Context, MadeFile, Outcome, Work
from data_processing.kinds.exporting import STREAM_MEMORY_MB, ExportResult
from data_processing.kinds.kind import TaskKind, TaskRequest

FORMAT = "parquet"
LAST_YEAR = 9999


class BulkRequest(TaskRequest):
    """Which ``year`` of award; None is no known day."""

    year: Annotated[int, Whole(1, LAST_YEAR)] | None = None

    @property
    def query(self) -> Query:
        """All contracts of both sources, which the column ``source`` tells apart."""
        day = UNDATED if self.year is None else TimeRange.year(self.year)
        filters = Filters(time_ranges=(day,), include_flood_control=True)
        return Query(filters=filters, columns=tuple(field.name for field in FIELDS))

    @property
    def file_name(self) -> str:
        return f"philgeps-{self.year or 'undated'}.{FORMAT}"

    def describe(self) -> str:
        return f"All contracts {f'of {self.year}' if self.year else 'on no known day'}, for download"


def write_bulk_file(request: BulkRequest, context: Context) -> Work:
    """Payload: as an export's. Raises contracts.errors.OutOfSpace."""
    yield Progress(phase="counting rows", current=0, total=0)
    with context.open_reader(memory_mb=STREAM_MEMORY_MB) as reader:
        query = request.query
        rows = reader.count(query.filters).rows
        path = context.partial_path(FORMAT)
        written = yield from write_parquet(reader.rows_of(query), path, total_rows=rows)
    words = query.filters.describe()
    return Outcome(
        payload={"name": request.file_name, "format": FORMAT, "rows": rows, "cut_texts": written.cut_texts},
        file=MadeFile(partial=path, name=request.file_name, format=FORMAT, rows=rows, filters_in_words=words),
    )


KIND = TaskKind(
    name="bulk",
    task="write_bulk_file",
    queue="low",
    about="Write all contracts of a year into a file of their dataset version.",
    request=BulkRequest,
    result=ExportResult,
    work=write_bulk_file,
    time_limit_s=600,
    formats=(FORMAT,),
    by_clients=False,
)
