"""Executing statements on one DuckDB cursor, in the errors of the engine."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contracts.engine.observer import Observer
from contracts.errors import OutOfSpace, QueryInterrupted
from contracts.snapshot.expressions import Statement

T = TypeVar("T")

# Told by words, because DuckDB has no class of its own for a full disk: it comes as IOException, out of a
# commit or a checkpoint as others, and through Arrow as OSError.
OUT_OF_SPACE = (
    "No space left on device",
    "Disk quota exceeded",
    "File too large",
    "max_temp_directory_size",
    "Out of Memory Error",
)


class Cursor:
    """For one thread, but for ``interrupt``. Every call may raise QueryInterrupted or OutOfSpace."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, observer: Observer) -> None:
        self._cursor = cursor
        self._observer = observer
        self._interrupted = False

    def execute(self, statement: Statement) -> None:
        with self._watched(), _translated_errors():
            self._cursor.execute(statement.sql, statement.parameters)

    def fetch(self, statement: Statement, row: Callable[..., T]) -> list[T]:
        """The rows, each made by ``row`` of its values."""
        with self._watched(), _translated_errors():
            rows = self._cursor.execute(statement.sql, statement.parameters).fetchall()
        return [row(*values) for values in rows]

    def fetch_numbers(self, statement: Statement) -> dict[str, NDArray[np.int64]]:
        """The columns, of whole numbers and without nulls, by name."""
        with self._watched(), _translated_errors():
            return self._cursor.execute(statement.sql, statement.parameters).fetchnumpy()

    def fetch_table(self, statement: Statement) -> pa.Table:
        with self._watched(), _translated_errors():
            return self._cursor.sql(statement.sql, params=statement.parameters).to_arrow_table()

    def register(self, name: str, numbers: dict[str, NDArray[np.int64]]) -> None:
        """Let statements of this cursor read columns of numbers as the relation ``name``."""
        self._cursor.register(name, numbers)

    def register_table(self, name: str, table: pa.Table) -> None:
        """Let statements of this cursor read ``table`` as the relation ``name``."""
        self._cursor.register(name, table)

    def stream(self, statement: Statement, *, batch_rows: int) -> pa.RecordBatchReader:
        """The rows in batches, without holding them in memory; errors while they are read come translated."""
        self._interrupted = False
        began = time.perf_counter()
        with _translated_errors():
            relation = self._cursor.sql(statement.sql, params=statement.parameters)
            batches = relation.to_arrow_reader(batch_rows)
        planned_s = time.perf_counter() - began
        return pa.RecordBatchReader.from_batches(batches.schema, self._read(batches, planned_s))

    def interrupt(self) -> None:
        """Stop what runs, from any thread; the running call raises QueryInterrupted."""
        self._interrupted = True
        self._cursor.interrupt()

    def _read(self, batches: pa.RecordBatchReader, took_s: float) -> Iterator[pa.RecordBatch]:
        try:
            while True:
                began = time.perf_counter()
                try:
                    batch = self._read_next(batches)
                finally:
                    # Not what the reader does with a batch before it asks for the next one.
                    took_s += time.perf_counter() - began
                if batch is None:
                    return
                yield batch
        finally:
            self._observer.note_statement(took_s)

    def _read_next(self, batches: pa.RecordBatchReader) -> pa.RecordBatch | None:
        try:
            return batches.read_next_batch()
        except StopIteration:
            return None
        # Arrow's interface knows no classes of errors: each of DuckDB's comes as OSError with its words.
        except OSError as error:
            if self._interrupted:
                raise QueryInterrupted("the query was interrupted") from None
            if any(sign in str(error) for sign in OUT_OF_SPACE):
                raise OutOfSpace(str(error)) from error
            raise

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self._observer.note_statement(time.perf_counter() - began)


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
