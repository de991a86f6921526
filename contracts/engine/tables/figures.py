"""The measures of groups, whichever contracts and numbers of groups are meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from contracts.engine.aggregates import divide_pesos
from contracts.engine.cursor import Cursor
from contracts.engine.matching import Matcher
from contracts.engine.tables.members import count_names, find_medians
from contracts.engine.tables.statements import (
    GROUP,
    GROUPED,
    count_different,
    group,
    list_members,
    list_names,
)
from contracts.questions.filters import Filters
from contracts.questions.tables import COUNTED
from contracts.snapshot.expressions import Statement

# As many as lie together on disk.
BATCH_ROWS = 122_880
EMPTY = {"count": 0, "total_value": Decimal("0.00"), "share": 0.0, "contractors": 0, "organizations": 0}
"""What is said of no contracts; other measures are missing."""


@dataclass(frozen=True, kw_only=True)
class Measurer:
    """Finds figures of the contracts that ``filters`` means."""

    filters: Filters
    cursor: Cursor
    matcher: Matcher

    def measure(self, key: str, measures: Sequence[str], *, joins: str = "") -> pa.Table:
        """A row for each group: GROUP, as the SQL expression ``key`` numbers it, and ``measures``. ``joins``
        may bring what the key stands for."""
        rows = self.matcher.select_matches(self.filters)
        value = self.matcher.match_rows(self.filters).total_value
        table = self.cursor.fetch_table(group(rows, key, measures, whole=value, joins=joins))
        others = [measure for measure in measures if measure not in GROUPED]
        if not others or not table.num_rows:
            return _complete(table, others)
        # Sorted, because where groups begin among their members is looked for in order.
        table = table.sort_by(GROUP)
        numbers = table.column(GROUP).to_numpy()
        most = self.matcher.match_rows(self.filters).count
        for measure in others:
            if measure in COUNTED:
                names = self._stream(list_names(rows, key, COUNTED[measure], joins=joins))
                figures = count_names(names, numbers, most)
            else:
                members = self._stream(list_members(rows, key, joins=joins))
                figures = find_medians(members, numbers, self.matcher.rows)
            table = table.append_column(measure, figures)
        return table

    def _stream(self, statement: Statement) -> pa.RecordBatchReader:
        return self.cursor.stream(statement, batch_rows=BATCH_ROWS)

    def measure_whole(self, measures: Sequence[str], groups: pa.Table) -> Mapping[str, object]:
        """``measures`` of all contracts, whose days of award are those of ``groups``."""
        found = self.matcher.match_rows(self.filters)
        if not found.count:
            return {measure: EMPTY.get(measure) for measure in measures}
        return {measure: self._measure_whole(measure, groups) for measure in measures}

    def _measure_whole(self, measure: str, groups: pa.Table) -> object:
        found = self.matcher.match_rows(self.filters)
        match measure:
            case "count":
                return found.count
            case "total_value":
                return found.total_value
            case "share":
                return 1.0
            case "avg_value":
                return divide_pesos(found.total_value, found.count)
            case "median_value":
                middle = self.matcher.median_amounts(self.filters)
                return divide_pesos(sum(middle, Decimal(0)), len(middle))
            case "first_award":
                return pc.min(groups.column(measure)).as_py()
            case "last_award":
                return pc.max(groups.column(measure)).as_py()
            case _:
                rows = self.matcher.select_matches(self.filters)
                [count] = self.cursor.fetch(count_different(rows, COUNTED[measure]), int)
                return count


def _complete(table: pa.Table, measures: Sequence[str]) -> pa.Table:
    """A table without rows, with the columns of ``measures``."""
    for measure in measures:
        kind = pa.int64() if measure in COUNTED else pa.decimal128(18, 2)
        table = table.append_column(measure, pa.array([], kind))
    return table
