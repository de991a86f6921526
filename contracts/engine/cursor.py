"""Executing statements on one DuckDB cursor, in the errors of the engine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa

from contracts.errors import OutOfSpace, QueryInterrupted
from contracts.snapshot.expressions import Statement

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

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._interrupted = False

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        with _translated_errors():
            return self._cursor.execute(statement.sql, statement.parameters).fetchall()

    def fetch_arrays(self, statement: Statement) -> dict[str, Any]:
        """The columns as numpy arrays, by name."""
        with _translated_errors():
            return self._cursor.execute(statement.sql, statement.parameters).fetchnumpy()

    def fetch_table(self, statement: Statement) -> pa.Table:
        with _translated_errors():
            return self._cursor.sql(statement.sql, params=statement.parameters).to_arrow_table()

    def register(self, name: str, arrays: dict[str, Any]) -> None:
        """Let statements of this cursor read numpy arrays as the relation ``name``."""
        self._cursor.register(name, arrays)

    def stream(self, statement: Statement, *, batch_rows: int) -> pa.RecordBatchReader:
        """The rows in batches, without holding them in memory; errors while they are read come translated."""
        self._interrupted = False
        with _translated_errors():
            relation = self._cursor.sql(statement.sql, params=statement.parameters)
            batches = relation.to_arrow_reader(batch_rows)
        return pa.RecordBatchReader.from_batches(batches.schema, self._read(batches))

    def interrupt(self) -> None:
        """Stop what runs, from any thread; the running call raises QueryInterrupted."""
        self._interrupted = True
        self._cursor.interrupt()

    def _read(self, batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        while True:
            try:
                batch = batches.read_next_batch()
            except StopIteration:
                return
            # Arrow's interface knows no classes of errors: each of DuckDB's comes as OSError with its words.
            except OSError as error:
                if self._interrupted:
                    raise QueryInterrupted("the query was interrupted") from None
                if any(sign in str(error) for sign in OUT_OF_SPACE):
                    raise OutOfSpace(str(error)) from error
                raise
            yield batch


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
