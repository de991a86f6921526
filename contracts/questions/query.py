"""What may be asked of the contracts that filters mean: rows in an order, a page of them, totals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, FailFast, Field

from contracts.fields import DEFAULT_COLUMNS, FIELD_BY_NAME, SORTABLE
from contracts.questions.dimensions import FUNDING_YEAR, NAMES, PERIODS
from contracts.questions.filters import Filters
from contracts.questions.model import Added, Question, invalid
from contracts.questions.numbers import Whole
from contracts.questions.orders import Order
from contracts.questions.texts import OneOf

# A page is one answer in memory, and its ids stand in one statement.
MAX_PAGE_SIZE = 1000
MAX_PAGE = 10_000_000
MAX_TOP_N = 1000

LABEL_DIMENSIONS: Mapping[str, str] = {one.total: one.column for one in NAMES.values()}
"""Dimension of names -> the column that holds them."""

DIMENSIONS: tuple[str, ...] = (
    *(period.total for period in PERIODS.values()),
    FUNDING_YEAR.total,
    *LABEL_DIMENSIONS,
    "value_distribution",
)
"""What aggregates can be asked for beside the summary, under the names of the answer."""


@dataclass(frozen=True, kw_only=True)
class Sort(Order):
    """Order of contracts; ties are broken by id, so that every order is total."""

    choices = SORTABLE
    refusal = "is not a sortable column"

    # The order in which contracts lie on disk (contracts.ingest.layout), for which nothing is sorted.
    field: str = "award_date"


def _check_columns(columns: tuple[str, ...]) -> tuple[str, ...]:
    if not columns:
        raise invalid("needs at least one column")
    if len(set(columns)) != len(columns):
        raise invalid("names a column twice")
    return columns


def _order_dimensions(names: Sequence[str]) -> tuple[str, ...]:
    # One order, so that the same dimensions asked for in another share a cached answer.
    return tuple(name for name in DIMENSIONS if name in names)


Columns = Annotated[
    tuple[Annotated[str, OneOf(FIELD_BY_NAME, "column")], ...],
    FailFast(),
    Field(
        max_length=len(FIELD_BY_NAME),
        json_schema_extra={"uniqueItems": True, "minItems": 1},
    ),
    AfterValidator(_check_columns),
]
Dimensions = Annotated[
    tuple[Annotated[str, OneOf(DIMENSIONS, "dimension")], ...],
    FailFast(),
    Field(max_length=len(DIMENSIONS)),
    AfterValidator(_order_dimensions),
]


class Query(Question):
    """Rows of the contracts that ``filters`` means, as ``columns``, in the order of ``sort``."""

    filters: Filters = Filters()
    # The last release knows columns, but not all of today's usual ones: its own are meant then.
    columns: Annotated[Columns, Added()] = DEFAULT_COLUMNS
    sort: Annotated[Sort, Field(json_schema_extra={"default": Sort().to_json()})] = Sort()


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of results; ``number`` counts from 1."""

    number: int = 1
    size: int = 50

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


class PagedQuery(Query):
    """One page of the rows."""

    page: Annotated[int, Whole(1, MAX_PAGE)] = 1
    page_size: Annotated[int, Whole(1, MAX_PAGE_SIZE)] = 50

    @property
    def wanted(self) -> Page:
        return Page(number=self.page, size=self.page_size)


class Aggregation(Question):
    """Totals of the contracts that ``filters`` means, by each of ``dimensions``."""

    filters: Filters = Filters()
    dimensions: Dimensions = DIMENSIONS
    top_n: Annotated[int, Whole(1, MAX_TOP_N)] = 20


def digest(value: object) -> str:
    """SHA-256 in hex over the canonical JSON of ``value``: the key for caches and deduplication."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
