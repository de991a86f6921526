"""Reading a snapshot: count, search, aggregate, suggest, stream. Knows no framework and writes nothing.

What a question means in rows is found once: keywords by the word index, everything else by DuckDB. Counting
and paging then take arrays; totals by label, and exports, take the database again.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from contracts import aggregates, sql
from contracts.aggregates import Group
from contracts.errors import OutOfSpace, QueryInterrupted, SnapshotMissing
from contracts.fields import NAME_FILTERS
from contracts.memo import Memo
from contracts.names import NameList
from contracts.query import Aggregation, Filters, Page, Query, phrases_of
from contracts.rows import FoundRows, Mask, RowArrays
from contracts.snapshot import Snapshot
from contracts.words import WordIndex, cut_phrases, read_cuts

DUCKDB_SHARE = 0.66
"""Of the memory limit, what DuckDB may count: result batches and its allocator take the rest (measured)."""
OUT_OF_SPACE = ("No space left on device", "max_temp_directory_size")
"""DuckDB has no error of its own for a full disk: these words of its I/O and memory errors tell it."""
REMEMBERED_ANSWERS = 200
"""Aggregates that a store remembers: some 20 KB each."""
REMEMBERED_ROWS = 24
"""Sets of rows that a store remembers: a bit for each contract, 0.6 MB of 5 million."""


ALL = Filters(include_flood_control=True)


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
        self.answers: Memo[dict[str, Any]] = Memo(REMEMBERED_ANSWERS)
        self.found: Memo[FoundRows] = Memo(REMEMBERED_ROWS)
        self.names: Memo[NameList] = Memo(2 * len(NAME_FILTERS))
        path = str(snapshot.database).replace("'", "''")
        self._connection.execute(f"ATTACH '{path}' AS snapshot (READ_ONLY)")

    @contextlib.contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader of its own cursor; use it in one thread (``interrupt`` may come from any)."""
        cursor = self._connection.cursor()
        try:
            cursor.execute("USE snapshot")
            yield Reader(self, cursor)
        finally:
            cursor.close()

    @cached_property
    def words(self) -> WordIndex:
        """The snapshot's word index, opened when it is needed first. Raises SnapshotMissing."""
        return WordIndex(self._find_folder(self.snapshot.words))

    @cached_property
    def rows(self) -> RowArrays:
        """The snapshot's arrays. Raises SnapshotMissing."""
        return RowArrays(self._find_folder(self.snapshot.rows))

    def _find_folder(self, folder: Path) -> Path:
        if not folder.is_dir():
            raise SnapshotMissing(
                f"dataset version {self.snapshot.version!r} is of an older program: import its files again"
            )
        return folder

    def forget(self) -> None:
        """Forget answers and found rows, which gives their memory back; the next ones are found anew."""
        self.answers.forget()
        self.found.forget()

    def close(self) -> None:
        self._connection.close()
        self._spill.cleanup()


class Reader:
    """Answers questions on one snapshot. Every call may raise QueryInterrupted or OutOfSpace."""

    def __init__(self, store: Store, cursor: duckdb.DuckDBPyConnection) -> None:
        self._store = store
        self._cursor = cursor
        self._interrupted = False

    def count(self, filters: Filters) -> Totals:
        """Rows and pesos of the contracts that ``filters`` means."""
        found = self._find_rows(filters)
        return Totals(rows=found.count, total_value=found.total_value)

    def search(self, query: Query, page: Page) -> list[dict[str, Any]]:
        """The rows of one page, JSON-ready: dates ISO, money as text with two places."""
        found = self._find_rows(query.filters)
        ids = self._store.rows.page_ids(found, query.sort, page)
        if ids is None:
            statement = sql.select_page_ids(query, page, self._find_bits(query.filters))
            ids = [number for (number,) in self._fetch(statement)]
        if not ids:
            return []
        rows = {row[0]: row[1:] for row in self._fetch(sql.select_by_id(query.columns, ids))}
        return [dict(zip(query.columns, map(_to_json, rows[number]), strict=True)) for number in ids]

    def find(self, query: Query, page: Page) -> tuple[Totals, list[dict[str, Any]]]:
        """What ``count`` and ``search`` answer."""
        return self.count(query.filters), self.search(query, page)

    def aggregate(self, aggregation: Aggregation) -> dict[str, Any]:
        """``summary`` and the dimensions asked for, JSON-ready. Shapes: ``contracts.aggregates``.

        The answer is remembered: do not change it.
        """
        return self._store.answers.recall(aggregation, lambda: self._aggregate(aggregation))

    def _aggregate(self, aggregation: Aggregation) -> dict[str, Any]:
        found = self._find_rows(aggregation.filters)
        totals = aggregates.find_cube(aggregation.filters) or self._keep_totals(aggregation)
        bins = self._groups(aggregates.select_bins(totals))
        labels = {
            name: (every, missing) for name, every, missing in self._fetch(aggregates.count_names(totals))
        }
        contractors, organizations = (
            every - missing
            for every, missing in (labels.get(d, (0, 0)) for d in ("by_contractor", "by_organization"))
        )
        answer: dict[str, Any] = {
            "summary": aggregates.shape_summary(
                bins,
                middle=self._store.rows.median_amounts(found),
                contractors=contractors,
                organizations=organizations,
            )
        }
        months = self._groups(aggregates.select_months(totals))
        whole = aggregates.whole_of(bins)
        for dimension in aggregation.dimensions:
            if dimension == "value_distribution":
                answer[dimension] = aggregates.shape_bins(bins)
            elif dimension in aggregates.PERIODS:
                answer[dimension] = aggregates.shape_groups(aggregates.sum_periods(months, dimension), whole)
            else:
                statement = aggregates.select_labels(totals, dimension, top_n=aggregation.top_n)
                every, _ = labels.get(dimension, (0, 0))
                answer[dimension] = aggregates.shape_labels(self._groups(statement), whole, labels=every)
        return answer

    def _keep_totals(self, aggregation: Aggregation) -> str:
        rows = sql.matching_rows(aggregation.filters, self._find_bits(aggregation.filters))
        self._fetch(aggregates.keep_totals(rows, aggregates.groupings_for(aggregation.dimensions)))
        return aggregates.TOTALS

    def suggest(
        self, field: str, typed: str, limit: int = 10, *, include_flood_control: bool = False
    ) -> list[Suggestion]:
        """Labels for the name filter ``field`` that hold ``typed`` at a word start, best first."""
        key = (NAME_FILTERS[field], include_flood_control)
        names = self._store.names.recall(key, lambda: self._list_names(*key))
        [(phrase,)] = self._fetch(sql.fold_typed(typed))
        return [
            Suggestion(label=label, count=count, total_value=value)
            for label, count, value in names.suggest(phrase, limit=limit)
        ]

    def _list_names(self, column: str, include_flood_control: bool) -> NameList:
        statement = sql.list_names(column, include_flood_control=include_flood_control)
        with _translated_errors():
            return NameList(self._cursor.sql(statement.sql, params=statement.parameters).to_arrow_table())

    def stream(
        self, query: Query, *, select: str | None = None, batch_rows: int = 20_000
    ) -> pa.RecordBatchReader:
        """All rows in order, in batches, without holding them in memory.

        ``select`` is a SQL select list over the query's columns. Errors while the batches are read come
        translated too.
        """
        statement = sql.select_rows(query, self._find_bits(query.filters), select)
        self._interrupted = False
        with _translated_errors():
            relation = self._cursor.sql(statement.sql, params=statement.parameters)
            batches = relation.to_arrow_reader(batch_rows)
        return pa.RecordBatchReader.from_batches(batches.schema, self._read(batches))

    def interrupt(self) -> None:
        """Stop what runs on this reader, from any thread; the running call raises QueryInterrupted."""
        self._interrupted = True
        self._cursor.interrupt()

    def _find_rows(self, filters: Filters) -> FoundRows:
        """The contracts that ``filters`` means."""
        return self._store.found.recall(filters, lambda: self._store.rows.sum_up(self._mask(filters)))

    def _mask(self, filters: Filters) -> Mask:
        others = replace(filters, keywords=(), include_flood_control=True)
        if filters.keywords:
            mask = self._meet_keywords(filters.keywords)
            if others != ALL:
                mask &= self._meet_others(others)
        else:
            mask = self._meet_others(others) if others != ALL else np.ones(self._store.rows.size, np.bool_)
        if not filters.include_flood_control:
            mask[self._store.rows.second_source] = False
        return mask

    def _meet_others(self, filters: Filters) -> Mask:
        """The contracts that meet filters without keywords."""
        statement = sql.select_ids(filters, self._find_bits(filters))
        mask = np.zeros(self._store.rows.size, np.bool_)
        with _translated_errors():
            ids = self._cursor.execute(statement.sql, statement.parameters).fetchnumpy()["id"]
        mask[ids - 1] = True
        return mask

    def _meet_keywords(self, keywords: tuple[str, ...]) -> Mask:
        """The contracts that meet one of the keywords: hold all of its phrases."""
        phrases = sorted({phrase for keyword in keywords for phrase in phrases_of(keyword)})
        cuts = read_cuts(self._fetch(cut_phrases(phrases)))
        met: Mask | None = None
        for keyword in keywords:
            first, *rest = (self._store.words.find(cuts[phrase]) for phrase in phrases_of(keyword))
            for mask in rest:
                first &= mask
            met = first if met is None else met | first
        assert met is not None
        return met

    def _find_bits(self, filters: Filters) -> sql.BitsFound:
        """The names and keywords of ``filters`` as the WHERE takes them."""
        masks: dict[tuple[str, str], Mask] = {}
        if statement := sql.find_names(filters):
            for name, column, code, labels in self._fetch(statement):
                masks.setdefault((name, column), np.zeros(labels, np.bool_))[code] = True
        bits = {key: np.packbits(mask).tobytes() for key, mask in masks.items()}
        if filters.keywords:
            bits[sql.KEYWORDS] = self._find_rows(filters).bits
        return bits

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
