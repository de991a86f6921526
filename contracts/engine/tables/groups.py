"""The groups of a dimension with their figures, in any order and by pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contracts.engine.tables.axes import Axis
from contracts.engine.tables.figures import EMPTY, Measurer
from contracts.engine.tables.statements import GROUP, UNKNOWN, list_labels
from contracts.questions.orders import Order
from contracts.questions.tables import LABEL

KEY = "key"


@dataclass(frozen=True, kw_only=True)
class Groups:
    """All groups of an axis: ``table`` holds a row for each with its ``key``, ``label`` and measures, in no
    order; ``whole`` are the same measures of all contracts."""

    axis: Axis
    table: pa.Table
    whole: Mapping[str, object]

    def sort(self, order: Order) -> NDArray[np.uint64]:
        """Places in ``table`` in an order: missing values last, ties by name or place on the axis."""
        return sort_groups(self.table, order, named=self.axis.is_named)


def sort_groups(table: pa.Table, order: Order, *, named: bool) -> NDArray[np.uint64]:
    """Places in a table of groups with KEY and LABEL in an order, as ``Groups.sort``; ``named``: of an axis
    with names."""
    # Labels of bands and periods do not all sort as text.
    name = LABEL if named else KEY
    direction = "descending" if order.descending else "ascending"
    keys = [(name if order.field == LABEL else order.field, direction), (name, "ascending")]
    # Missing values come last unless Arrow is told otherwise.
    places: NDArray[np.uint64] = pc.sort_indices(table, sort_keys=keys).to_numpy()
    return places


def find_groups(axis: Axis, measures: Sequence[str], measurer: Measurer) -> Groups:
    """The groups of the contracts that the measurer means."""
    found = measurer.measure(axis.key, measures)
    numbers = found.column(GROUP)
    keys = pc.if_else(pc.equal(numbers, UNKNOWN), None, numbers)
    table = found.drop_columns([GROUP]).append_column(KEY, keys)
    whole = measurer.measure_whole(measures, found)
    if axis.is_named:
        names = measurer.cursor.fetch_table(list_labels(axis.dimension.column)).column(LABEL)
        return Groups(axis=axis, table=table.append_column(LABEL, names.take(keys)), whole=whole)
    return Groups(axis=axis, table=_label(axis, table), whole=whole)


def _label(axis: Axis, table: pa.Table) -> pa.Table:
    keys = table.column(KEY).to_pylist()
    gaps = axis.list_gaps([key for key in keys if key is not None])
    if gaps:
        empty = pa.Table.from_pylist([{**EMPTY, KEY: key} for key in gaps], schema=table.schema)
        table = pa.concat_tables([table, empty])
    return table.append_column(LABEL, pa.array(axis.say_all([*keys, *gaps]), pa.string()))
