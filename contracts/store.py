"""Reading a snapshot: count, search, aggregate, suggest, stream. Knows no framework and writes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from contracts import sql
from contracts.errors import OutOfSpace, QueryInterrupted
from contracts.query import Filters, Page, Query
from contracts.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class Totals:
    """How many contracts, worth how many pesos together."""

    rows: int
    total_value: Decimal


class Store:
    """One read-only connection to a snapshot, shared by the readers of a process."""

    def __init__(self, snapshot: Snapshot, *, memory_limit_mb: int = 512, threads: int = 2) -> None:
        self.snapshot = snapshot
        self._connection = duckdb.connect(
            str(snapshot.database),
            read_only=True,
            config={"memory_limit": f"{memory_limit_mb}MB", "threads": threads},
        )

    @contextlib.contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader of its own cursor; use it in one thread (``interrupt`` may come from any)."""
        cursor = self._connection.cursor()
        try:
            yield Reader(cursor)
        finally:
            cursor.close()

    def close(self) -> None:
        self._connection.close()


class Reader:
    """Answers questions on one snapshot. Raises QueryInterrupted, OutOfSpace."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def count(self, filters: Filters) -> Totals:
        """Rows and pesos of the contracts that ``filters`` means."""
        [(rows, total_value)] = self._fetch(sql.count_rows(filters))
        return Totals(rows=rows, total_value=total_value)

    def search(self, query: Query, page: Page) -> list[dict[str, Any]]:
        """The rows of one page, JSON-ready: dates ISO, money as text with two places."""
        rows = self._fetch(sql.select_page(query, page))
        return [dict(zip(query.columns, map(_to_json, row), strict=True)) for row in rows]

    def stream(
        self, query: Query, *, select: str | None = None, batch_rows: int = 20_000
    ) -> pa.RecordBatchReader:
        """All rows in order, in batches, without holding them in memory."""
        statement = sql.select_rows(query, select)
        with _translated_errors():
            return self._cursor.execute(statement.sql, statement.parameters).to_arrow_reader(batch_rows)

    def interrupt(self) -> None:
        """Stop what runs on this reader, from any thread; the running call raises QueryInterrupted."""
        self._cursor.interrupt()

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
    except duckdb.OutOfMemoryException as error:
        raise OutOfSpace(str(error)) from error
