"""Reading a snapshot: count, search, aggregate, suggest, stream. Knows no framework and writes nothing."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from contracts import aggregates, sql
from contracts.aggregates import Group
from contracts.errors import OutOfSpace, QueryInterrupted, SnapshotMissing
from contracts.fields import NAME_FILTERS
from contracts.query import Aggregation, Filters, Page, Query
from contracts.snapshot import Snapshot

DUCKDB_SHARE = 0.66
"""Of the memory limit, what DuckDB may count: result batches and its allocator take the rest (measured)."""
OUT_OF_SPACE = ("No space left on device", "max_temp_directory_size")
"""DuckDB has no error of its own for a full disk: these words of its I/O and memory errors tell it."""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """How many contracts, worth how many pesos together."""

    rows: int
    total_value: Decimal


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A label that a name filter takes, with what it stands for."""

    label: str
    count: int
    total_value: Decimal


class Store:
    """One read-only connection to a snapshot, shared by the readers of a process."""

    def __init__(self, snapshot: Snapshot, *, memory_limit_mb: int = 512, threads: int = 2) -> None:
        """``memory_limit_mb`` is about what the process holds at most; sorts beyond it spill to disk.

        Raises SnapshotMissing where the database is not on disk.
        """
        if not snapshot.database.is_file():
            raise SnapshotMissing(f"dataset version {snapshot.version!r} is not on disk")
        self.snapshot = snapshot
        self._spill = tempfile.TemporaryDirectory(prefix="contracts-spill-")
        # Attached rather than opened: DuckDB opens a file once per process, with one configuration for all.
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{int(memory_limit_mb * DUCKDB_SHARE)}MB",
                "threads": threads,
                "temp_directory": self._spill.name,
            }
        )
        path = str(snapshot.database).replace("'", "''")
        self._connection.execute(f"ATTACH '{path}' AS snapshot (READ_ONLY)")

    @contextlib.contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader of its own cursor; use it in one thread (``interrupt`` may come from any)."""
        cursor = self._connection.cursor()
        try:
            cursor.execute("USE snapshot")
            yield Reader(cursor)
        finally:
            cursor.close()

    def close(self) -> None:
        self._connection.close()
        self._spill.cleanup()


class Reader:
    """Answers questions on one snapshot. Every call may raise QueryInterrupted or OutOfSpace."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._interrupted = False

    def count(self, filters: Filters) -> Totals:
        """Rows and pesos of the contracts that ``filters`` means."""
        [(rows, total_value)] = self._fetch(sql.count_rows(filters, self._find_names(filters)))
        return Totals(rows=rows, total_value=total_value)

    def search(self, query: Query, page: Page) -> list[dict[str, Any]]:
        """The rows of one page, JSON-ready: dates ISO, money as text with two places."""
        return self._rows(query, sql.select_page_ids(query, page, self._find_names(query.filters)))

    def find(self, query: Query, page: Page) -> tuple[Totals, list[dict[str, Any]]]:
        """What ``count`` and ``search`` answer, with text searched only once."""
        if not query.filters.keywords:
            return self.count(query.filters), self.search(query, page)
        self._fetch(sql.keep_found(query, self._find_names(query.filters)))
        [(rows, total_value)] = self._fetch(sql.COUNT_FOUND)
        totals = Totals(rows=rows, total_value=total_value)
        return totals, self._rows(query, sql.select_found_ids(query.sort, page))

    def _rows(self, query: Query, ids_in_order: sql.Statement) -> list[dict[str, Any]]:
        ids = [number for (number,) in self._fetch(ids_in_order)]
        if not ids:
            return []
        rows = {row[0]: row[1:] for row in self._fetch(sql.select_by_id(query.columns, ids))}
        return [dict(zip(query.columns, map(_to_json, rows[number]), strict=True)) for number in ids]

    def aggregate(self, aggregation: Aggregation) -> dict[str, Any]:
        """``summary`` and the dimensions asked for, JSON-ready. Shapes: ``contracts.aggregates``."""
        rows = self._matching_rows(aggregation.filters)
        self._fetch(aggregates.keep_totals(rows, aggregates.groupings_for(aggregation.dimensions)))
        bins = self._groups(aggregates.select_bins())
        whole = aggregates.whole_of(bins)
        middle = self._fetch(aggregates.select_middle(rows, bins)) if bins else []
        labels = {d: self._fetch(aggregates.count_names(d))[0] for d in ("by_contractor", "by_organization")}
        names = {dimension: every - missing for dimension, (every, missing) in labels.items()}
        answer: dict[str, Any] = {
            "summary": aggregates.shape_summary(
                bins,
                middle=[amount for (amount,) in middle],
                contractors=names["by_contractor"],
                organizations=names["by_organization"],
            )
        }
        for dimension in aggregation.dimensions:
            answer[dimension] = self._dimension(dimension, bins, whole, top_n=aggregation.top_n)
        return answer

    def suggest(
        self, field: str, typed: str, limit: int = 10, *, include_flood_control: bool = False
    ) -> list[Suggestion]:
        """Labels for the name filter ``field`` that hold ``typed`` at a word start, best first."""
        statement = sql.suggest_names(
            NAME_FILTERS[field], typed, limit=limit, include_flood_control=include_flood_control
        )
        return [
            Suggestion(label=label, count=count, total_value=value)
            for label, count, value in self._fetch(statement)
        ]

    def stream(
        self, query: Query, *, select: str | None = None, batch_rows: int = 20_000
    ) -> pa.RecordBatchReader:
        """All rows in order, in batches, without holding them in memory.

        ``select`` is a SQL select list over the query's columns. Errors while the batches are read come
        translated too.
        """
        statement = sql.select_rows(query, self._find_names(query.filters), select)
        self._interrupted = False
        with _translated_errors():
            relation = self._cursor.sql(statement.sql, params=statement.parameters)
            batches = relation.to_arrow_reader(batch_rows)
        return pa.RecordBatchReader.from_batches(batches.schema, self._read(batches))

    def interrupt(self) -> None:
        """Stop what runs on this reader, from any thread; the running call raises QueryInterrupted."""
        self._interrupted = True
        self._cursor.interrupt()

    def _dimension(
        self, dimension: str, bins: list[Group], whole: Group, *, top_n: int
    ) -> list[dict[str, Any]]:
        if dimension == "value_distribution":
            return aggregates.shape_bins(bins)
        if dimension in aggregates.PERIODS:
            return aggregates.shape_groups(self._groups(aggregates.select_periods(dimension)), whole)
        [(labels, _)] = self._fetch(aggregates.count_names(dimension))
        groups = self._groups(aggregates.select_labels(dimension, top_n))
        return aggregates.shape_labels(groups, whole, labels=labels)

    def _matching_rows(self, filters: Filters) -> sql.Statement:
        """The rows as several statements read them; text is searched only once."""
        rows = sql.matching_rows(filters, self._find_names(filters))
        if not filters.keywords:
            return rows
        self._fetch(aggregates.keep_matches(rows))
        return aggregates.MATCHES

    def _find_names(self, filters: Filters) -> sql.NamesFound:
        statement = sql.find_names(filters)
        if statement is None:
            return {}
        return {(phrase, column): bits for phrase, column, bits in self._fetch(statement)}

    def _groups(self, statement: sql.Statement) -> list[Group]:
        return [Group(*row) for row in self._fetch(statement)]

    def _read(self, batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        """The batches; an error that crosses Arrow's interface comes as OSError with DuckDB's words."""
        while True:
            try:
                batch = batches.read_next_batch()
            except StopIteration:
                return
            except OSError as error:
                if self._interrupted:
                    raise QueryInterrupted("the query was interrupted") from None
                if any(sign in str(error) for sign in OUT_OF_SPACE):
                    raise OutOfSpace(str(error)) from error
                raise
            yield batch

    def _fetch(self, statement: sql.Statement) -> list[tuple[Any, ...]]:
        with _translated_errors():
            return self._cursor.execute(statement.sql, statement.parameters).fetchall()


def _to_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else value


@contextlib.contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException:
        raise QueryInterrupted("the query was interrupted") from None
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        if any(sign in str(error) for sign in OUT_OF_SPACE):
            raise OutOfSpace(str(error)) from error
        raise
