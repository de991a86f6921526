"""Comparisons: the figures of the contracts that two filters mean, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from contracts.questions.dimensions import DIMENSIONS, PERIODS
from contracts.questions.filters import Filters
from contracts.questions.model import Question
from contracts.questions.numbers import Whole
from contracts.questions.orders import Order
from contracts.questions.query import MAX_PAGE, MAX_PAGE_SIZE, Aggregation, Page
from contracts.questions.tables import LABEL, Table
from contracts.questions.texts import OneOf

COMPARED = ("count", "total_value")
"""The measures of a row, of both sides."""
PARTS = ("a", "b", "difference", "ratio")
"""What is said of a measure: that of each side, a less b, and a divided by b."""

COMPARED_PARTS: Mapping[str, tuple[str, str]] = {
    f"{measure}_{part}": (measure, part) for measure in COMPARED for part in PARTS
}
"""Order of rows -> the measure and the part of it that they are sorted by."""


@dataclass(frozen=True, kw_only=True)
class ComparisonSort(Order):
    """Order of the rows of a comparison; ties are broken by the label, so that every order is total."""

    choices = (LABEL, *COMPARED_PARTS)
    refusal = "is no order of compared rows"

    # What became more comes first, and what became less is the other way round.
    field: str = "total_value_difference"


class Comparison(Question):
    """The contracts that ``a`` means beside those that ``b`` means, with a row for each value of the
    dimension ``by`` that any of them has. ``b`` is what ``a`` is measured by."""

    a: Filters = Filters()
    b: Filters = Filters()
    by: Annotated[str, OneOf(DIMENSIONS, "dimension")] = "contractor"
    sort: Annotated[ComparisonSort, Field(json_schema_extra={"default": ComparisonSort().to_json()})] = (
        ComparisonSort()
    )

    @property
    def totals(self) -> tuple[Aggregation, Aggregation]:
        """Summary and periods of either side."""
        periods = tuple(period.total for period in PERIODS.values())
        return Aggregation(filters=self.a, dimensions=periods), Aggregation(
            filters=self.b, dimensions=periods
        )

    @property
    def tables(self) -> tuple[Table, Table]:
        """The rows of either side."""
        return (
            Table(filters=self.a, rows=self.by, measures=COMPARED),
            Table(filters=self.b, rows=self.by, measures=COMPARED),
        )

    def say(self) -> str:
        """The comparison in words, for people."""
        return f"{self.a.describe()} beside {self.b.describe()}, by {DIMENSIONS[self.by].label.lower()}"


class PagedComparison(Comparison):
    """One page of the rows."""

    page: Annotated[int, Whole(1, MAX_PAGE)] = 1
    page_size: Annotated[int, Whole(1, MAX_PAGE_SIZE)] = 50

    @property
    def wanted(self) -> Page:
        return Page(number=self.page, size=self.page_size)
