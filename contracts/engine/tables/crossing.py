"""Cross tables: which columns a second dimension gives, and the figures where rows and columns meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from contracts.engine.cursor import Cursor
from contracts.engine.tables.axes import Axis
from contracts.engine.tables.figures import Measurer
from contracts.engine.tables.groups import KEY, Groups
from contracts.engine.tables.statements import GROUP
from contracts.questions.tables import LABEL, TableSort

ROW, COLUMN = "row_place", "column_place"
_ROWS, _COLUMNS = "chosen_rows", "chosen_columns"


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns of a cross table: those of ``keys`` in their order, and one more for all ``others``, of so
    many names."""

    axis: Axis
    keys: tuple[int | None, ...]
    labels: tuple[str | None, ...]
    others: int = 0

    @property
    def count(self) -> int:
        return len(self.keys) + bool(self.others)


def choose_columns(groups: Groups, *, top: int) -> Columns:
    """A column for each of ``groups``; of names, for the ``top`` ones worth most."""
    # What has an order of its own is shown whole, in this order.
    by = TableSort() if groups.axis.is_named else TableSort(field=LABEL, descending=False)
    places = groups.sort(by)
    shown = places[:top] if groups.axis.is_named else places
    chosen = groups.table.take(pa.array(shown))
    return Columns(
        axis=groups.axis,
        keys=tuple(chosen.column(KEY).to_pylist()),
        labels=tuple(chosen.column(LABEL).to_pylist()),
        others=len(places) - len(shown),
    )


def find_cells(
    columns: Columns,
    measures: Sequence[str],
    measurer: Measurer,
    *,
    by_rows: tuple[Axis, pa.ChunkedArray] | None = None,
) -> pa.Table:
    """COLUMN and ``measures`` of each column, or of each cell, with its ROW. ``by_rows`` are the axis and the
    keys of the rows that are meant, whose places count from 0. What holds no contract is not there."""
    _register(measurer.cursor, _COLUMNS, pa.array(columns.keys, pa.int64()))
    joins = _join("LEFT", _COLUMNS, columns.axis)
    key = f"coalesce({_COLUMNS}_place, {len(columns.keys)})"
    if by_rows is not None:
        axis, wanted = by_rows
        _register(measurer.cursor, _ROWS, wanted)
        joins = f"{_join('INNER', _ROWS, axis)} {joins}"
        # One number for both places.
        key = f"{_ROWS}_place * {columns.count} + {key}"
    found = measurer.measure(key, measures, joins=joins)
    rows, places = np.divmod(found.column(GROUP).to_numpy(), max(columns.count, 1))
    placed = found.append_column(ROW, pa.array(rows)).append_column(COLUMN, pa.array(places))
    return placed.drop_columns([GROUP])


def _register(cursor: Cursor, name: str, keys: pa.Array) -> None:
    places = pa.array(np.arange(len(keys)))
    cursor.register_table(name, pa.table({f"{name}_key": keys, f"{name}_place": places}))


def _join(kind: str, name: str, axis: Axis) -> str:
    # Undated contracts have no key, and are a group all the same.
    return f"{kind} JOIN {name} ON {name}_key IS NOT DISTINCT FROM {axis.key}"
