"""The rows of a table as writers of files take them (``contracts.writers.outfile.Rows``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from contracts.engine.cursor import Cursor
from contracts.engine.sql import pick
from contracts.engine.tables.crossing import COLUMN, ROW, Columns
from contracts.engine.tables.groups import KEY, Groups
from contracts.engine.tables.tabulation import Tabulation
from contracts.fields import Field, FieldType
from contracts.questions.tables import LABEL, MEASURES, Table
from contracts.snapshot.expressions import Statement

_ORDERED, _CELLS = "ordered_rows", "cells"
_MONEY = pa.decimal128(18, 2)
ENDS = (
    Field(
        name="min",
        label="From",
        type=FieldType.MONEY,
        width=18,
        unit="PHP",
        description="Smallest amount of the band; none where it is open.",
    ),
    Field(
        name="max",
        label="To",
        type=FieldType.MONEY,
        width=18,
        unit="PHP",
        description="Largest amount of the band; none where it is open.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class TableRows:
    """All rows of a table in order, while its reader is open."""

    fields: tuple[Field, ...]
    count: int
    cursor: Cursor
    statement: str

    def stream(
        self, *, select: Sequence[str] = (), batch_rows: int = 20_000, places: range | None = None
    ) -> pa.RecordBatchReader:
        rows = pick(self.statement, select, places)
        return self.cursor.stream(Statement(rows), batch_rows=batch_rows)


def open_rows(table: Table, tabulation: Tabulation, cursor: Cursor) -> TableRows:
    """The rows of a table, found and put in order; one at a time may be read on a cursor."""
    groups = tabulation.groups
    places = pa.array(groups.sort(table.sort))
    own = list(_list_own_fields(table, groups))
    ordered = _name_columns(groups, table, own).take(places)
    cursor.register_table(_ORDERED, ordered.append_column(ROW, pa.array(np.arange(len(places)))))
    crossed: list[Field] = []
    joined = ""
    if table.columns_by is not None:
        columns, _ = tabulation.find_columns(table.columns_by)
        crossed = _list_crossed_fields(table, columns)
        cells = tabulation.find_cells(columns, (groups.axis, groups.table.column(KEY).take(places)))
        cursor.register_table(_CELLS, cells)
        joined = f" LEFT JOIN ({_pivot(table, columns, crossed)}) USING ({ROW})"
    names = ", ".join(_quote(field.name) for field in (*own, *crossed))
    return TableRows(
        fields=(*own, *crossed),
        count=groups.table.num_rows,
        cursor=cursor,
        statement=f"SELECT {names} FROM {_ORDERED}{joined} ORDER BY {ROW}",
    )


def _list_own_fields(table: Table, groups: Groups) -> Iterator[Field]:
    by = table.rows_by
    yield Field(
        name=by.name,
        label=by.label,
        type=FieldType.TEXT,
        width=40,
        description=f"What the contracts of a row share: {by.label.lower()}; empty where it is missing.",
    )
    if groups.axis.list_bands():
        yield from ENDS
    yield from (MEASURES[name] for name in table.measures)


def _name_columns(groups: Groups, table: Table, fields: Sequence[Field]) -> pa.Table:
    """The groups with the columns of ``fields``, under their names."""
    found = {name: groups.table.column(name) for name in table.measures}
    found[table.rows_by.name] = groups.table.column(LABEL)
    if bands := groups.axis.list_bands():
        shown = [bands[key] for key in groups.table.column(KEY).to_pylist()]
        found["min"] = pa.array([band.min for band in shown], _MONEY)
        found["max"] = pa.array([band.max for band in shown], _MONEY)
    return pa.table({field.name: found[field.name] for field in fields})


def _list_crossed_fields(table: Table, columns: Columns) -> list[Field]:
    """A field for each column and measure, column by column."""
    labels = ["(none given)" if label is None else label for label in columns.labels]
    if columns.others:
        labels.append(f"{columns.others:,} other{'s' if columns.others > 1 else ''}")
    taken: set[str] = set()
    return [_cross(MEASURES[measure], label, table, taken) for label in labels for measure in table.measures]


def _cross(measure: Field, label: str, table: Table, taken: set[str]) -> Field:
    # The measure comes first, so that no name from the data begins a header like a formula.
    name = f"{measure.name}: {label}"
    # DuckDB takes names that differ in case only for the same.
    while name.casefold() in taken:
        name += "'"
    taken.add(name.casefold())
    by = table.columns_by.label if table.columns_by else ""
    return Field(
        name=name,
        label=label if len(table.measures) == 1 else f"{label}: {measure.label}",
        type=measure.type,
        width=max(measure.width, 14),
        unit=measure.unit,
        description=f"{by} {label}: {measure.description}",
    )


def _pivot(table: Table, columns: Columns, crossed: Sequence[Field]) -> str:
    asked = [(place, measure) for place in range(columns.count) for measure in table.measures]
    cells = ", ".join(
        f"any_value({measure}) FILTER ({COLUMN} = {place}) AS {_quote(field.name)}"
        for (place, measure), field in zip(asked, crossed, strict=True)
    )
    return f"SELECT {ROW}, {cells} FROM {_CELLS} GROUP BY {ROW}"


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
