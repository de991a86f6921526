"""The groups of a dimension with their figures, in any order and by pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contracts.engine.cursor import Cursor
from contracts.engine.matching import Matcher
from contracts.engine.tables.axes import Axis
from contracts.engine.tables.statements import group, name_groups
from contracts.questions.filters import Filters
from contracts.questions.tables import LABEL, TableSort

KEY = "key"


@dataclass(frozen=True, kw_only=True)
class Groups:
    """All groups of an axis: ``table`` holds a row for each with its ``key``, ``label`` and measures, in no
    order; ``whole`` the same measures of all contracts, in one row."""

    axis: Axis
    table: pa.Table
    whole: pa.Table

    def sort(self, by: TableSort) -> NDArray[np.uint64]:
        """Places in ``table`` in an order: missing values last, ties by name or place on the axis."""
        # Labels of bands and periods do not all sort as text.
        name = LABEL if self.axis.is_named else KEY
        direction = "descending" if by.descending else "ascending"
        keys = [(name if by.by == LABEL else by.by, direction), (name, "ascending")]
        # Missing values come last unless Arrow is told otherwise.
        places: NDArray[np.uint64] = pc.sort_indices(self.table, sort_keys=keys).to_numpy()
        return places


def find_groups(
    axis: Axis, filters: Filters, measures: Sequence[str], *, cursor: Cursor, matcher: Matcher
) -> Groups:
    """The groups of the contracts that ``filters`` means."""
    value = matcher.match_rows(filters).total_value
    rows = matcher.select_matches(filters)
    grouped = group(rows, {KEY: axis.key}, measures, whole=value)
    if axis.is_named:
        table = cursor.fetch_table(name_groups(grouped, axis.dimension.column))
    else:
        table = _label(axis, cursor.fetch_table(grouped))
    return Groups(axis=axis, table=table, whole=cursor.fetch_table(group(rows, {}, measures, whole=value)))


def _label(axis: Axis, table: pa.Table) -> pa.Table:
    keys = table.column(KEY).to_pylist()
    gaps = axis.list_gaps([key for key in keys if key is not None])
    if gaps:
        table = pa.concat_tables([table, _make_empty(table.schema, gaps)])
    return table.append_column(LABEL, pa.array(axis.say_all([*keys, *gaps]), pa.string()))


EMPTY = {"count": 0, "total_value": Decimal("0.00"), "share": 0.0, "contractors": 0, "organizations": 0}
"""What is said of no contracts; other measures are missing."""


def _make_empty(schema: pa.Schema, keys: Sequence[int]) -> pa.Table:
    return pa.Table.from_pylist([{**EMPTY, KEY: key} for key in keys], schema=schema)
