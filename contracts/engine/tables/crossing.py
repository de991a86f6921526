"""Cross tables: which columns a second dimension gives, and the figures where rows and columns meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa

from contracts.engine.cursor import Cursor
from contracts.engine.tables.axes import Axis
from contracts.engine.tables.groups import KEY, Groups
from contracts.engine.tables.statements import group
from contracts.questions.tables import LABEL, TableSort
from contracts.snapshot.expressions import Statement

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
    by = TableSort() if groups.axis.is_named else TableSort(by=LABEL, descending=False)
    places = groups.sort(by)
    shown = places[:top] if groups.axis.is_named else places
    chosen = groups.table.take(pa.array(shown))
    return Columns(
        axis=groups.axis,
        keys=tuple(chosen.column(KEY).to_pylist()),
        labels=tuple(chosen.column(LABEL).to_pylist()),
        others=len(places) - len(shown),
    )


def select_cells(
    rows: Statement,
    columns: Columns,
    measures: Sequence[str],
    *,
    cursor: Cursor,
    whole: Decimal,
    by_rows: tuple[Axis, pa.ChunkedArray] | None = None,
) -> Statement:
    """Rows (COLUMN, measures) by column, or (ROW, COLUMN, measures) where rows and columns meet. ``by_rows``
    are the axis and the keys of the rows that are meant, whose places count from 0."""
    _register(cursor, _COLUMNS, pa.array(columns.keys, pa.int64()))
    joins = _join("LEFT", _COLUMNS, columns.axis)
    keys = {COLUMN: f"coalesce({_COLUMNS}_place, {len(columns.keys)})"}
    if by_rows is not None:
        axis, wanted = by_rows
        _register(cursor, _ROWS, wanted)
        joins = f"{_join('INNER', _ROWS, axis)} {joins}"
        keys = {ROW: f"{_ROWS}_place", **keys}
    return group(rows, keys, measures, whole=whole, joins=joins)


def _register(cursor: Cursor, name: str, keys: pa.Array) -> None:
    places = pa.array(np.arange(len(keys)))
    cursor.register_table(name, pa.table({f"{name}_key": keys, f"{name}_place": places}))


def _join(kind: str, name: str, axis: Axis) -> str:
    # Undated contracts have no key, and are a group all the same.
    return f"{kind} JOIN {name} ON {name}_key IS NOT DISTINCT FROM {axis.key}"
