"""What tools take: the requests of the API, within bounds that fit into a conversation."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, Strict

from contracts.fields import DEFAULT_COLUMNS
from contracts.questions.filters import NAMED
from contracts.questions.model import Question
from contracts.questions.numbers import ContractNumber, Whole
from contracts.questions.query import Columns, Dimensions
from contracts.questions.texts import OneOf
from data_processing.kinds.aggregates import AggregatesRequest
from data_processing.kinds.compare import CompareRequest
from data_processing.kinds.export import ExportRequest
from data_processing.kinds.search import SearchRequest
from data_processing.kinds.table import TableRequest
from data_processing.kinds.table_export import TableExportRequest

MOST_ROWS = 50
"""What one answer holds at most: it becomes a part of what a model reads, with every later word."""
USUAL_ROWS = 20

Ticket = Annotated[
    str | None,
    Field(
        description="only without a token: the ticket of the answer that started the task",
        pattern="^[A-Za-z0-9:_-]{1,200}$",
    ),
]
PageSize = Annotated[int, Whole(1, MOST_ROWS)]


class FindNames(Question):
    """Which names, by what is typed of them."""

    field: Annotated[str, OneOf(NAMED, "name list")] = "contractors"
    typed: Annotated[str, Strict(), Field(max_length=200)] = ""
    limit: PageSize = USUAL_ROWS


class SearchArguments(SearchRequest):
    """Which contracts, and which page of them."""

    columns: Columns = ("award_number", *DEFAULT_COLUMNS)
    page_size: PageSize = USUAL_ROWS


class OneContract(Question):
    """A contract by the numbers of its bid notice and its award."""

    reference: ContractNumber
    award: ContractNumber | None = None


class TotalsArguments(AggregatesRequest):
    """Which totals, of which contracts."""

    dimensions: Dimensions = ("by_year",)
    top_n: PageSize = USUAL_ROWS


class TableArguments(TableRequest):
    """Which figures, of which contracts, by what; and which page of the rows."""

    page_size: PageSize = USUAL_ROWS


class CompareArguments(CompareRequest):
    """Which contracts beside which, by what; and which page of the rows."""

    page_size: PageSize = USUAL_ROWS


class _Ticketed(Question):
    """A request that may be made as the visitor of an earlier one."""

    ticket: Ticket = None

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in super().to_json().items() if name != "ticket"}


class StartExport(_Ticketed, ExportRequest):
    """Which contracts to write, and as what."""


class StartTableExport(_Ticketed, TableExportRequest):
    """Which table to write, and as what."""


class OneTask(Question):
    """Which task is meant."""

    task_id: Annotated[str, Strict(), Field(max_length=36, json_schema_extra={"format": "uuid"})]
    ticket: Ticket = None


class Nothing(Question):
    """No arguments."""
