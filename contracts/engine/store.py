"""Reading a snapshot: count, search, aggregate, suggest, stream.

What a question means in rows is found once. Counting and paging then take arrays; totals by label, and
exports, take the database again.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import duckdb
import numpy as np
import pyarrow as pa

from contracts.engine import sql
from contracts.engine.absence import Remarks, remark
from contracts.engine.aggregates import Answer
from contracts.engine.amounts import Bins, Digits, count_digits, find_bins
from contracts.engine.analysis.answers import Analysis
from contracts.engine.analysis.report import DIMENSIONS, analyze
from contracts.engine.cache import LruCache
from contracts.engine.cursor import Cursor
from contracts.engine.entities.lookup import Entities, Remembered
from contracts.engine.matching import Indexes, Matcher, read_phrases
from contracts.engine.names import NameList, NameMatches
from contracts.engine.observer import Nobody, Observer
from contracts.engine.records.addresses import Address
from contracts.engine.records.identities import Identified, Keys, make_keys
from contracts.engine.records.record import Record, Standing, describe_record, find_standings
from contracts.engine.records.rows import JsonRow, read_rows
from contracts.engine.spill import make_spill_folder
from contracts.engine.tables.answers import TableAnswer
from contracts.engine.tables.comparing import ComparisonAnswer, Sides, answer_comparison
from contracts.engine.tables.groups import Groups
from contracts.engine.tables.rows import TableRows, open_rows
from contracts.engine.tables.tabulation import TableSize, Tabulation
from contracts.engine.totals import answer_aggregation
from contracts.errors import SnapshotMissing
from contracts.fields import FIELD_BY_NAME, Field
from contracts.questions.comparisons import Comparison
from contracts.questions.filters import EXACT, Filters
from contracts.questions.query import LABEL_DIMENSIONS, Aggregation, Page, Query
from contracts.questions.searchtext import spell_typed
from contracts.questions.tables import Table
from contracts.questions.texts import NamePattern, Names, phrases_of
from contracts.snapshot.expressions import Statement
from contracts.snapshot.folders import LockedFolder
from contracts.snapshot.rows import MatchedRows
from contracts.snapshot.versions import Snapshot

# Of the memory limit, what DuckDB may count: result batches and its allocator take the rest (measured).
DUCKDB_SHARE = 0.66
# Some 20 KB each.
REMEMBERED_ANSWERS = 200
# Some 5 KB each.
REMEMBERED_DIGITS = 50
# A bit for each contract: 0.6 MB of 5 million.
REMEMBERED_ROWS = 24
# Of 110,000 contractors with all figures, 15 MB.
REMEMBERED_GROUPS = 4
# Each is looked up in the index of ids, in a tenth of a millisecond; DuckDB reads all for more than 2,048.
FEW_SCANNED = 2_000
NOBODY = Nobody()


@dataclass(frozen=True, kw_only=True)
class Totals:
    """How many contracts, worth how many pesos together."""

    rows: int
    total_value: Decimal


@dataclass(frozen=True)
class Scan:
    """The rows that filters mean, as a tail ``FROM contracts WHERE ...`` for statements on ``cursor``."""

    rows: Statement
    cursor: Cursor


class Store:
    """One read-only connection to a snapshot, shared by the readers of a process.

    All of its files are open from the beginning, so that it goes on when the snapshot is deleted.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        memory_limit_mb: int = 512,
        threads: int = 2,
        observer: Observer = NOBODY,
    ) -> None:
        """``memory_limit_mb`` is about what the process holds at most; sorts beyond it spill to disk.

        Raises SnapshotMissing where the database is not on disk.
        """
        if not snapshot.database.is_file():
            raise SnapshotMissing(f"dataset version {snapshot.version!r} is not on disk")
        self.snapshot = snapshot
        self._observer = observer
        spill = make_spill_folder()
        # Attached rather than opened: DuckDB opens a file once per process, with one configuration for all.
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{int(memory_limit_mb * DUCKDB_SHARE)}MB",
                "threads": threads,
                "temp_directory": str(spill.path),
            }
        )
        self.answers: LruCache[Answer] = LruCache(
            REMEMBERED_ANSWERS, note=lambda hit: observer.note_lookup("answers", hit=hit)
        )
        self.found: LruCache[MatchedRows] = LruCache(
            REMEMBERED_ROWS, note=lambda hit: observer.note_lookup("rows", hit=hit)
        )
        self.groups: LruCache[Groups] = LruCache(
            REMEMBERED_GROUPS, note=lambda hit: observer.note_lookup("groups", hit=hit)
        )
        self.digits: LruCache[Digits] = LruCache(REMEMBERED_DIGITS)
        # All that there can be: one for each name column, and the places.
        self.names: LruCache[NameList] = LruCache(len(EXACT) + 1)
        self.entities = Remembered()
        # Of a snapshot of an older program, 40 MB of 5 million contracts; made when they are first asked for.
        self.identities: LruCache[Keys] = LruCache(1)
        # By the last reference: a cache that drops a store does not know who reads it still.
        self._closing = weakref.finalize(self, _close, self._connection, spill)
        self._closing.atexit = False  # a forked child that ends must not close what its parent reads
        self._attach(snapshot)
        stored = {name for name, *_ in self._connection.execute("DESCRIBE snapshot.contracts").fetchall()}
        self._younger = sql.list_younger_columns(stored)
        self.indexes = Indexes(snapshot, stored=stored)

    def _attach(self, snapshot: Snapshot) -> None:
        try:
            self._connection.execute("ATTACH $1 AS snapshot (READ_ONLY)", [str(snapshot.database)])
        except duckdb.IOException:
            if snapshot.database.is_file():
                raise
            raise SnapshotMissing(f"dataset version {snapshot.version!r} is not on disk any more") from None

    @contextlib.contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader of its own cursor; use it in one thread (``interrupt`` may come from any)."""
        cursor = self._connection.cursor()
        try:
            cursor.execute("USE snapshot")
            if self._younger:
                # A view of this cursor only, because the snapshot is read-only; it hides the table by its
                # name.
                cursor.execute(
                    f"CREATE TEMP VIEW contracts AS SELECT *, {self._younger} FROM snapshot.contracts"
                )
            yield Reader(self, Cursor(cursor, self._observer))
        finally:
            cursor.close()

    def forget(self) -> None:
        """Forget answers and found rows, which gives their memory back; the next ones are found anew."""
        self.answers.forget()
        self.found.forget()
        self.groups.forget()
        self.entities.forget()
        self.identities.forget()
        self.digits.forget()

    def close(self) -> None:
        """Give everything back now. A store that nobody refers to any more does so by itself."""
        self._closing()


def _close(connection: duckdb.DuckDBPyConnection, spill: LockedFolder) -> None:
    connection.close()
    # After the connection, which removes its own files from there.
    spill.remove()


class Reader:
    """Answers questions on one snapshot. Every call may raise QueryInterrupted or OutOfSpace."""

    def __init__(self, store: Store, cursor: Cursor) -> None:
        self._store = store
        self._cursor = cursor

    def count(self, filters: Filters) -> Totals:
        """Rows and pesos of the contracts that ``filters`` means."""
        found = self._matcher.match_rows(filters)
        return Totals(rows=found.count, total_value=found.total_value)

    def search(self, query: Query, page: Page) -> list[JsonRow]:
        """The rows of one page, JSON-ready: dates ISO, money as text with two places."""
        ids = self._matcher.list_ids(query, range(page.offset, page.offset + page.size)).tolist()
        return read_rows(self._cursor, query.columns, ids)

    def find_standings(self, address: Address) -> list[Standing]:
        """The contracts at ``address``: none, one, or several that bear the same numbers."""
        return find_standings(address, self._matcher, self._cursor)

    def describe_record(self, standing: Standing) -> Record:
        """All about one of ``find_standings`` of this reader."""
        return describe_record(standing, self._matcher, self._cursor)

    def identify(self, filters: Filters) -> Identified:
        """What the contracts that ``filters`` means are known by in every version, and their amounts."""
        rows = self._matcher.sum_up(filters).rows()
        arrays = self._matcher.rows
        keys = arrays.keys
        if keys is None:
            keys = self._store.identities.get_or_make("keys", lambda: make_keys(self._cursor, arrays))
        return Identified(ids=rows + 1, keys=keys[rows], amounts=arrays.take_amounts(rows.astype(np.uint32)))

    def read_contracts(self, columns: Sequence[str], ids: Sequence[int]) -> list[JsonRow]:
        """The contracts with these ids, in their order, JSON-ready."""
        return read_rows(self._cursor, columns, ids)

    def aggregate(self, aggregation: Aggregation) -> Answer:
        """``summary`` and the dimensions asked for, JSON-ready. Shapes: ``contracts.engine.aggregates``.

        The answer is remembered: do not change it.
        """
        self._expect_codes(aggregation.dimensions)
        return self._store.answers.get_or_make(
            aggregation,
            lambda: answer_aggregation(aggregation, self._cursor, self._matcher),
        )

    def analyze(self, filters: Filters) -> Analysis:
        """The report on what ``filters`` means. Shapes: ``contracts.engine.analysis.answers``."""
        self._expect_codes(DIMENSIONS)
        return analyze(filters, self._cursor, self._matcher)

    def _expect_codes(self, dimensions: Sequence[str]) -> None:
        grouped = (LABEL_DIMENSIONS[name] for name in dimensions if name in LABEL_DIMENSIONS)
        self._store.indexes.expect_codes(grouped)

    def tabulate(self, table: Table, page: Page) -> TableAnswer:
        """One page of a table, JSON-ready. Shapes: ``contracts.engine.tables.answers``."""
        return self._open_table(table).answer(page)

    def compare(self, comparison: Comparison, page: Page) -> ComparisonAnswer:
        """One page of a comparison, JSON-ready. Shapes: ``contracts.engine.tables.comparing``."""
        (a_totals, b_totals), (a_table, b_table) = comparison.totals, comparison.tables
        sides = Sides(
            totals=(self.aggregate(a_totals), self.aggregate(b_totals)),
            groups=(self._open_table(a_table).groups, self._open_table(b_table).groups),
        )
        return answer_comparison(comparison, page, sides, self._cursor)

    def rows_of_table(self, table: Table) -> TableRows:
        """All rows of a table, for whoever writes them into a file; at work on the first call."""
        return open_rows(table, self._open_table(table), self._cursor)

    def measure_table(self, table: Table) -> TableSize:
        """How large a table is, for less than its figures cost."""
        return self._open_table(table).measure()

    def scan(self, filters: Filters) -> Scan:
        """The contracts that ``filters`` means, for those who ask of them what nothing here does."""
        # Not from the arrays of few contracts, which hold only what totals are grouped by. Few are read by
        # their ids: to find them among five million unpacks the texts of all.
        found = self._matcher.match_rows(filters)
        if found.count <= FEW_SCANNED:
            return Scan(sql.matching_ids((found.rows() + 1).tolist()), self._cursor)
        return Scan(sql.matching_rows(filters, self._matcher.make_bits(filters)), self._cursor)

    def count_digits(self, filters: Filters) -> Digits:
        """What the digits of amounts say (``contracts.engine.amounts``); remembered: do not change it."""
        return self._store.digits.get_or_make(
            filters, lambda: count_digits(self._matcher.select_matches(filters), self._cursor)
        )

    def find_bins(self, filters: Filters, *, number: int) -> Bins | None:
        """The contracts in so many bins of equal width; None where there are none."""
        return find_bins(self._matcher.select_matches(filters), self._cursor, number=number)

    def list_names(self, field: str, *, include_flood_control: bool) -> list[str]:
        """All names that the name filter ``field`` takes, sorted as text."""
        names = self._matcher.list_names(EXACT[field].column)
        return names.list_all(include_flood_control=include_flood_control)

    def list_unknown(self, field: str, names: Names) -> list[str]:
        """Those exact ones of ``names`` that no contract bears in the column of the name filter ``field``."""
        return self._matcher.list_named(field).list_unknown(names)

    def _open_table(self, table: Table) -> Tabulation:
        self._store.indexes.expect_codes(table.columns_of_names)
        return Tabulation(table, cursor=self._cursor, matcher=self._matcher, known=self._store.groups)

    def suggest(
        self,
        field: str,
        typed: str,
        limit: int = 10,
        *,
        within: NamePattern | None = None,
        include_flood_control: bool = False,
    ) -> NameMatches:
        """Labels for the name filter ``field`` that hold what was typed (contracts.questions.searchtext), of
        those that ``within`` means."""
        names = self._matcher.list_named(field)
        kept = within.phrases if within else ()
        ways, whole = spell_typed(typed), " ".join(phrases_of(typed.replace("&&", " ")))
        phrases = read_phrases(self._cursor, {whole, *kept, *(phrase for way in ways for phrase in way)})
        return names.suggest(
            [(*way, *kept) for way in ways or [()]],
            phrases,
            whole=whole,
            limit=limit,
            include_flood_control=include_flood_control,
        )

    @property
    def entities(self) -> Entities:
        """What is asked of names one by one (``contracts.engine.entities``)."""
        store = self._store
        return Entities(
            self._cursor,
            store.indexes,
            names=store.names,
            known=store.entities,
            version=store.snapshot.version,
        )

    def remark(self, filters: Filters) -> Remarks:
        """What to know of an answer to ``filters`` beside its figures (``contracts.engine.absence``)."""
        return remark(filters, self._matcher, self._cursor)

    def stream(
        self,
        query: Query,
        *,
        select: Sequence[str] = (),
        batch_rows: int = 20_000,
        places: range | None = None,
    ) -> pa.RecordBatchReader:
        """All rows in order, or those at ``places`` (from 0), in batches, without holding them in memory.

        ``select`` are SQL select lists, the first over the query's columns, each other over the one before.
        Errors while the batches are read come translated too.
        """
        if places is None:
            statement = sql.select_rows(query, self._matcher.make_bits(query.filters), select)
        else:
            subset = self._matcher.select_subset(query, places)
            statement = sql.select_rows(query, {}, select, subset=subset)
        return self._cursor.stream(statement, batch_rows=batch_rows)

    def stream_processes(self, filters: Filters, *, batch_rows: int = 5_000) -> pa.RecordBatchReader:
        """The contracts that ``filters`` means, those of a contracting process one after the other, in
        batches of ``contracts.engine.sql.PROCESS_COLUMNS``, without holding them in memory."""
        statement = sql.select_processes(filters, self._matcher.make_bits(filters))
        return self._cursor.stream(statement, batch_rows=batch_rows)

    def rows_of(self, query: Query) -> ContractRows:
        """All rows of a query, for whoever writes them into a file."""
        return ContractRows(self, query)

    def interrupt(self) -> None:
        """Stop what runs on this reader, from any thread; the running call raises QueryInterrupted."""
        self._cursor.interrupt()

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self._cursor, self._store.indexes, known=self._store.found, names=self._store.names)


@dataclass(frozen=True)
class ContractRows:
    """The contracts that a query means, as writers take them (``contracts.writers.outfile.Rows``)."""

    reader: Reader
    query: Query

    @property
    def fields(self) -> Sequence[Field]:
        return [FIELD_BY_NAME[name] for name in self.query.columns]

    def stream(
        self, *, select: Sequence[str] = (), batch_rows: int = 20_000, places: range | None = None
    ) -> pa.RecordBatchReader:
        return self.reader.stream(self.query, select=select, batch_rows=batch_rows, places=places)
