"""Search: one page of contracts and how many there are."""

from __future__ import annotations

from typing import Annotated

from contracts.engine.absence import Remarks
from contracts.fields import FIELDS, Also, Pesos
from contracts.progress import Progress
from contracts.questions.query import PagedQuery
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest

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


class SearchRequest(TaskRequest, PagedQuery):
    """Which contracts, and which page of them."""

    def describe(self) -> str:
        return f"Search: {self.filters.describe()}, page {self.page}"


class SearchResult(Remarks):
    """A page of contracts, and how many all pages hold."""

    rows: Annotated[list[dict[str, str | int | None]], Also(items=ROW)]
    page: int
    page_size: int
    pages: int
    total_rows: int
    total_value: Pesos
    filters_in_words: str
    include_flood_control: bool
    dataset_version: str
    sample: bool


def search_contracts(request: SearchRequest, context: Context) -> Work:
    """Payload: rows of the page, total rows and value (pesos) of all pages."""
    page = request.wanted
    yield Progress(phase="searching", current=0, total=1, unit="steps")
    with context.open_reader() as reader:
        totals, rows = reader.count(request.filters), reader.search(request, page)
        remarks = reader.remark(request.filters)
    payload: SearchResult = {
        "rows": rows,
        "page": page.number,
        "page_size": page.size,
        "pages": -(-totals.rows // page.size),
        "total_rows": totals.rows,
        "total_value": f"{totals.total_value:.2f}",
        "filters_in_words": request.filters.describe(),
        "include_flood_control": request.filters.include_flood_control,
        **remarks,
        "dataset_version": context.dataset_version,
        "sample": context.sample,
    }
    return Outcome(payload=payload)


KIND = TaskKind(
    name="search",
    task="process_full_table_search",
    queue="high",
    about="Find one page of contracts.",
    request=SearchRequest,
    result=SearchResult,
    work=search_contracts,
    time_limit_s=60,
    cached=True,
)
