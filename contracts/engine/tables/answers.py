"""Answering a table: a page of its rows as JSON, and its shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, NotRequired, TypedDict, cast

import pyarrow as pa

from contracts.engine.tables.axes import Band
from contracts.engine.tables.crossing import COLUMN, ROW, Columns
from contracts.engine.tables.figures import EMPTY
from contracts.engine.tables.groups import KEY, Groups
from contracts.fields import Also, Pesos
from contracts.questions.tables import LABEL

Day = Annotated[str, Also(format="date")]


class Figures(TypedDict):
    """The measures that were asked for, of some contracts; null where there are none that could have them."""

    count: NotRequired[int]
    total_value: NotRequired[Pesos]
    share: NotRequired[float]
    avg_value: NotRequired[Pesos | None]
    median_value: NotRequired[Pesos | None]
    first_award: NotRequired[Day | None]
    last_award: NotRequired[Day | None]
    contractors: NotRequired[int]
    organizations: NotRequired[int]


class Labelled(Figures):
    """The contracts that share a ``label``, null where it is missing; of a band of amounts ``min`` and
    ``max``, both included, null where it is open."""

    label: str | None
    min: NotRequired[Pesos | None]
    max: NotRequired[Pesos | None]


class TableColumn(Labelled):
    """A column of a cross table; the last one may be all ``others``, of so many labels."""

    others: NotRequired[bool]
    labels: NotRequired[int]


class TableRow(Labelled):
    """A row; of a cross table with a cell for each column, null where there is no contract."""

    cells: NotRequired[list[Figures | None]]


class TableAnswer(TypedDict):
    """A page of ``rows``, of ``total_rows``; ``whole``: of all contracts that the filters mean."""

    whole: Figures
    columns: NotRequired[list[TableColumn]]
    rows: list[TableRow]
    total_rows: int


def shape_rows(groups: Groups, places: pa.Array, measures: Sequence[str]) -> list[TableRow]:
    """The groups at these places of their table."""
    bands = groups.axis.list_bands()
    chosen = groups.table.take(places)
    return [cast(TableRow, _shape_labelled(row, bands, measures)) for row in chosen.to_pylist()]


def shape_columns(columns: Columns, found: pa.Table, measures: Sequence[str]) -> list[TableColumn]:
    """The columns; ``found`` holds their measures by COLUMN."""
    nothing = {measure: EMPTY.get(measure) for measure in measures}
    # A band may be a column without contracts.
    by_place = dict.fromkeys(range(columns.count), nothing) | {row[COLUMN]: row for row in found.to_pylist()}
    bands = columns.axis.list_bands()
    shaped = [
        cast(TableColumn, _shape_labelled({**by_place[place], KEY: key, LABEL: label}, bands, measures))
        for place, (key, label) in enumerate(zip(columns.keys, columns.labels, strict=True))
    ]
    if columns.others:
        rest = shape_figures(by_place[len(columns.keys)], measures)
        shaped.append(cast(TableColumn, {"label": None, **rest, "others": True, "labels": columns.others}))
    return shaped


def add_cells(rows: Sequence[TableRow], found: pa.Table, columns: Columns, measures: Sequence[str]) -> None:
    """Give rows their cells; ``found`` holds measures by ROW and COLUMN."""
    for row in rows:
        row["cells"] = [None] * columns.count
    for cell in found.to_pylist():
        rows[cell[ROW]]["cells"][cell[COLUMN]] = shape_figures(cell, measures)


def shape_figures(row: Mapping[str, object], measures: Sequence[str]) -> Figures:
    return cast(Figures, {measure: _to_json(row[measure]) for measure in measures})


def _shape_labelled(
    row: Mapping[str, object], bands: Mapping[int, Band], measures: Sequence[str]
) -> Labelled:
    ends = shape_band(cast(int | None, row[KEY]), bands)
    return cast(Labelled, {"label": row[LABEL], **shape_figures(row, measures), **ends})


def shape_band(key: int | None, bands: Mapping[int, Band]) -> Mapping[str, str | None]:
    """The ends of a band of amounts; of what is no band, nothing."""
    if key is None or not bands:
        return {}
    return {"min": _say(bands[key].min), "max": _say(bands[key].max)}


def _say(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _to_json(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else value
