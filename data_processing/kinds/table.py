"""Table: figures of the contracts by one dimension, or by two, a page of rows at a time."""

from __future__ import annotations

from contracts.engine.absence import Remarks
from contracts.engine.tables.answers import TableAnswer
from contracts.progress import Progress
from contracts.questions.tables import PagedTable
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest


class TableRequest(TaskRequest, PagedTable):
    """Which figures, of which contracts, by what; and which page of the rows."""

    def describe(self) -> str:
        return f"Table {self.say()}, page {self.page}"


class TableResult(TableAnswer, Remarks):
    """A page of rows, and how many all pages hold."""

    page: int
    page_size: int
    pages: int
    filters_in_words: str
    include_flood_control: bool
    dataset_version: str
    sample: bool


def compute_table(request: TableRequest, context: Context) -> Work:
    """Payload: the rows of the page with their figures, money as strings with two places."""
    page = request.wanted
    yield Progress(phase="adding up", current=0, total=1, unit="steps")
    with context.open_reader() as reader:
        answer, remarks = reader.tabulate(request, page), reader.remark(request.filters)
    payload: TableResult = {
        **answer,
        "page": page.number,
        "page_size": page.size,
        "pages": -(-answer["total_rows"] // page.size),
        "filters_in_words": request.filters.describe(),
        "include_flood_control": request.filters.include_flood_control,
        **remarks,
        "dataset_version": context.dataset_version,
        "sample": context.sample,
    }
    return Outcome(payload=payload)


KIND = TaskKind(
    name="table",
    task="compute_table",
    queue="high",
    about="Compute figures by one dimension or two: rankings, cross tables, distributions.",
    request=TableRequest,
    result=TableResult,
    work=compute_table,
    time_limit_s=120,
    cached=True,
)
