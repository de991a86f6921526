"""What a workbook of a report holds: sheets of a few rows each, with a chart of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from contracts.fields import FieldType

Cell: TypeAlias = str | int | float | Decimal | None


@dataclass(frozen=True)
class ReportColumn:
    """A column of a sheet; ``width`` in characters."""

    label: str
    type: FieldType
    width: int = 14


@dataclass(frozen=True, kw_only=True)
class ReportChart:
    """A chart of the column ``value`` (from 1) of all rows, by the names in the column ``label``; ``across``
    and ``up`` are what its axes show. Bars stand, lie, or are points of a line."""

    title: str
    value: int
    across: str
    up: str
    label: int = 1
    lying: bool = False
    lines: bool = False


@dataclass(frozen=True, kw_only=True)
class ReportSheet:
    """A sheet: a row of labels, ``rows`` of as many cells, and a chart beside them."""

    name: str
    columns: Sequence[ReportColumn]
    rows: Sequence[Sequence[Cell]]
    chart: ReportChart | None = None
