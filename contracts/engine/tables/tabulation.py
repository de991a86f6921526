"""One table of one snapshot: found once, then given by pages, or whole to whoever writes a file."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from contracts.engine.cache import LruCache
from contracts.engine.cursor import Cursor
from contracts.engine.matching import Matcher
from contracts.engine.tables.answers import TableAnswer, add_cells, shape_columns, shape_figures, shape_rows
from contracts.engine.tables.axes import Axis
from contracts.engine.tables.crossing import Columns, choose_columns, find_cells
from contracts.engine.tables.figures import Measurer
from contracts.engine.tables.groups import KEY, Groups, find_groups
from contracts.questions.dimensions import Dimension
from contracts.questions.query import Page
from contracts.questions.tables import Table

KnownGroups = LruCache[Groups]


@dataclass(frozen=True, kw_only=True)
class TableSize:
    """How many rows a table has, and how many figures in each of them."""

    rows: int
    figures: int


class Tabulation:
    """What ``table`` asks; ``known`` remembers groups, which other pages and orders need again."""

    def __init__(self, table: Table, *, cursor: Cursor, matcher: Matcher, known: KnownGroups) -> None:
        self._table, self._known = table, known
        self._measurer = Measurer(filters=table.filters, cursor=cursor, matcher=matcher)

    def answer(self, page: Page) -> TableAnswer:
        """A page of the rows, JSON-ready."""
        table, groups = self._table, self.groups
        places = pa.array(groups.sort(table.sort)[page.offset : page.offset + page.size])
        rows = shape_rows(groups, places, table.measures)
        answer: TableAnswer = {
            "whole": shape_figures(groups.whole, table.measures),
            "rows": rows,
            "total_rows": groups.table.num_rows,
        }
        if table.columns_by is not None:
            columns, totals = self.find_columns(table.columns_by)
            answer["columns"] = shape_columns(columns, totals, table.measures)
            wanted = (groups.axis, groups.table.column(KEY).take(places))
            add_cells(rows, self.find_cells(columns, wanted), columns, table.measures)
        return answer

    def measure(self) -> TableSize:
        """How large it is."""
        table = self._table
        columns = 0
        if table.columns_by is not None:
            columns = choose_columns(self._find_worth(table.columns_by), top=table.top_columns).count
        return TableSize(
            rows=self._find_worth(table.rows_by).table.num_rows, figures=len(table.measures) * (1 + columns)
        )

    @property
    def groups(self) -> Groups:
        """The rows, in no order."""
        return self._find(self._table.rows_by, self._table.computed)

    def find_columns(self, by: Dimension) -> tuple[Columns, pa.Table]:
        """The columns, and their measures by COLUMN."""
        table = self._table
        columns = choose_columns(self._find_worth(by), top=table.top_columns)
        return columns, self.find_cells(columns)

    def find_cells(self, columns: Columns, rows: tuple[Axis, pa.ChunkedArray] | None = None) -> pa.Table:
        """As ``crossing.find_cells``, with the measures of the table."""
        return find_cells(columns, self._table.measures, self._measurer, by_rows=rows)

    def _find_worth(self, by: Dimension) -> Groups:
        # What is worth most comes first, whether or not the worth is shown.
        return self._find(by, ("total_value",))

    def _find(self, by: Dimension, measures: tuple[str, ...]) -> Groups:
        axis = Axis.of(by, self._table.bands)
        return self._known.get_or_make(
            (axis, self._table.filters, measures), lambda: find_groups(axis, measures, self._measurer)
        )
