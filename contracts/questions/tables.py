"""Tables: figures of the contracts that filters mean, a row for each value of a dimension, and perhaps
columns for those of another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    FailFast,
    Field,
    model_validator,
)

from contracts import fields
from contracts.fields import FieldType
from contracts.questions.dimensions import DIMENSIONS, NAMES, VALUE_BAND, Dimension
from contracts.questions.filters import Filters
from contracts.questions.model import Question, invalid, invalid_member
from contracts.questions.numbers import MAX_AMOUNT, Amount, Whole
from contracts.questions.orders import Order
from contracts.questions.query import MAX_PAGE, MAX_PAGE_SIZE, Page
from contracts.questions.texts import OneOf

# More bars than a screen has points help nobody, and each is a row of one page.
MAX_BANDS = 1000
MAX_STEPS = 100
# Of names: with all figures they stay within the 16,384 columns of Excel.
MAX_COLUMNS = 200
MAX_CROSSED_ROWS = 200
CENT = Decimal("0.01")
SCALES = ("linear", "logarithmic")
LABEL = "label"
"""What rows are called, and how one sorts by it."""

MEASURES: Mapping[str, fields.Field] = {
    field.name: field
    for field in (
        fields.Field(
            name="count",
            label="Contracts",
            type=FieldType.INTEGER,
            width=12,
            description="How many contracts.",
        ),
        fields.Field(
            name="total_value",
            label="Total value",
            type=FieldType.MONEY,
            width=22,
            unit="PHP",
            description="What they are worth together.",
        ),
        fields.Field(
            name="share",
            label="Share",
            type=FieldType.SHARE,
            width=10,
            description="Part of the value of all contracts that the filters mean.",
        ),
        fields.Field(
            name="avg_value",
            label="Average",
            type=FieldType.MONEY,
            width=18,
            unit="PHP",
            description="Average of the amounts, rounded to the centavo.",
        ),
        fields.Field(
            name="median_value",
            label="Median",
            type=FieldType.MONEY,
            width=18,
            unit="PHP",
            description="The amount in the middle; of two, their average.",
        ),
        fields.Field(
            name="first_award",
            label="First award",
            type=FieldType.DATE,
            width=12,
            description="Earliest known day of award.",
        ),
        fields.Field(
            name="last_award",
            label="Last award",
            type=FieldType.DATE,
            width=12,
            description="Latest known day of award.",
        ),
        fields.Field(
            name="contractors",
            label="Contractors",
            type=FieldType.INTEGER,
            width=12,
            description="How many different contractors; a missing name is none.",
        ),
        fields.Field(
            name="organizations",
            label="Organizations",
            type=FieldType.INTEGER,
            width=12,
            description="How many different organizations; a missing name is none.",
        ),
    )
}
"""What can be said of a group of contracts, by name."""

COUNTED: Mapping[str, str] = {
    NAMES[name].plural: NAMES[name].column for name in ("contractor", "organization")
}
"""Measure -> the column whose different names it counts."""

USUAL_MEASURES = ("count", "total_value", "share", "avg_value")


SORTS = (LABEL, *MEASURES)


@dataclass(frozen=True, kw_only=True)
class TableSort(Order):
    """Order of the rows of a table; ties are broken by the label, so that every order is total."""

    choices = SORTS
    refusal = "is no order of rows"

    field: str = "total_value"


def _order_measures(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise invalid("needs at least one figure")
    # One order, so that the same ones asked for in another share a cached answer.
    return tuple(name for name in MEASURES if name in names)


class Bands(Question):
    """How amounts are cut into bands: ``count`` of them from ``start`` on. Linear ones are ``width`` pesos
    wide and begin at 0; of logarithmic ones, which begin at 1, ``steps`` make a tenfold, and each power of
    ten is a bound."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"scale": {"const": "linear"}}, "required": ["scale"]},
            "then": {
                "properties": {"width": {"type": ["string", "number"]}, "steps": {"type": "null"}},
                "required": ["width"],
            },
            "else": {
                "properties": {"steps": {"type": "integer"}, "width": {"type": "null"}},
                "required": ["steps"],
            },
        }
    )

    scale: Annotated[str, OneOf(SCALES, "scale")] = "logarithmic"
    start: Amount | None = None
    count: Annotated[int, Whole(1, MAX_BANDS)] = 100
    width: Amount | None = None
    steps: Annotated[int, Whole(1, MAX_STEPS)] | None = None

    @model_validator(mode="after")
    def _check_scale(self) -> Self:
        wanted, other = ("width", "steps") if self.scale == "linear" else ("steps", "width")
        if getattr(self, wanted) is None:
            raise invalid_member(f"a {self.scale} scale needs it", wanted)
        if getattr(self, other) is not None:
            raise invalid_member(f"does not go with a {self.scale} scale", other)
        if self.width is not None and self.width < CENT:
            raise invalid_member("must be at least 0.01", "width")
        # Below, bands would be narrower than a centavo.
        if self.scale == "logarithmic" and self.first < 1:
            raise invalid_member("must be at least 1 on a logarithmic scale", "start")
        return self

    @property
    def first(self) -> Decimal:
        if self.start is None:
            return Decimal(0 if self.scale == "linear" else 1)
        return self.start

    @property
    def bounds(self) -> tuple[Decimal, ...]:
        """Ends of the bands, one more than there are: band n is from bound n to before the next one."""
        if self.width is not None:
            ends = (self.first + self.width * n for n in range(self.count + 1))
        else:
            steps = self.steps or 1
            # The power at or below the start, so that bands have the same bounds wherever one begins.
            first = next(n for n in range(16 * steps) if _power(n + 1, steps) > self.first)
            ends = (_power(n, steps) for n in range(first, min(first + self.count, 16 * steps) + 1))
        # Amounts end where they cannot be stored any more, just before 10 to the power of 16.
        return tuple(dict.fromkeys(min(end, MAX_AMOUNT + CENT) for end in ends))


def _power(number: int, steps: int) -> Decimal:
    """10 to the power of ``number`` / ``steps``, to the centavo."""
    whole, rest = divmod(number, steps)
    return (Decimal(10) ** whole * Decimal(10) ** (Decimal(rest) / steps)).quantize(CENT)


Measures = Annotated[
    tuple[Annotated[str, OneOf(MEASURES, "figure")], ...],
    FailFast(),
    Field(max_length=len(MEASURES), json_schema_extra={"minItems": 1}),
    AfterValidator(_order_measures),
]


class Table(Question):
    """A row for each value of the dimension ``rows``, with ``measures`` of its contracts in all, and in each
    column of the dimension ``columns``. Of names, the ``top_columns`` worth most have columns, the others
    share one. ``bands`` cut the dimension ``value_band``; without them its bounds are 1, 2, 5, 10..."""

    filters: Filters = Filters()
    rows: Annotated[str, OneOf(DIMENSIONS, "dimension")] = "contractor"
    columns: Annotated[str, OneOf(DIMENSIONS, "dimension")] | None = None
    top_columns: Annotated[int, Whole(1, MAX_COLUMNS)] = 20
    measures: Measures = USUAL_MEASURES
    sort: Annotated[TableSort, Field(json_schema_extra={"default": TableSort().to_json()})] = TableSort()
    bands: Bands | None = None

    @model_validator(mode="after")
    def _check_dimensions(self) -> Self:
        if self.columns == self.rows:
            raise invalid_member("must be another dimension than that of the rows", "columns")
        if self.bands is not None and VALUE_BAND.name not in (self.rows, self.columns):
            raise invalid_member(f"go with the dimension {VALUE_BAND.name} only", "bands")
        if self.bands is not None and self.columns == VALUE_BAND.name and self.bands.count > MAX_COLUMNS:
            raise invalid_member(f"at most {MAX_COLUMNS} where they are columns", "bands", "count")
        return self

    @property
    def rows_by(self) -> Dimension:
        return DIMENSIONS[self.rows]

    @property
    def columns_by(self) -> Dimension | None:
        return DIMENSIONS[self.columns] if self.columns else None

    @property
    def computed(self) -> tuple[str, ...]:
        """The measures that must be known: those shown and the one sorted by."""
        return tuple(name for name in MEASURES if name in (*self.measures, self.sort.field))

    @property
    def columns_of_names(self) -> set[str]:
        """The columns of contracts whose names are grouped or counted."""
        grouped = {NAMES[name].column for name in (self.rows, self.columns or "") if name in NAMES}
        return grouped | {column for measure, column in COUNTED.items() if measure in self.computed}

    def say(self) -> str:
        """The table in words, for people: file names, About sheets, task lists."""
        across = f" and {self.columns_by.label.lower()}" if self.columns_by else ""
        return f"by {self.rows_by.label.lower()}{across}; {self.filters.describe()}"


class PagedTable(Table):
    """One page of the rows."""

    page: Annotated[int, Whole(1, MAX_PAGE)] = 1
    page_size: Annotated[int, Whole(1, MAX_PAGE_SIZE)] = 50

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        # Each row has a cell for each column, and all of them are one answer in memory.
        if self.columns is not None and self.page_size > MAX_CROSSED_ROWS:
            raise invalid_member(f"at most {MAX_CROSSED_ROWS} where there are columns", "page_size")
        return self

    @property
    def wanted(self) -> Page:
        return Page(number=self.page, size=self.page_size)
