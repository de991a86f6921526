"""Rows -> .parquet in flat memory. Knows no task run and no place where files are published.

Written by Arrow: as fast as DuckDB's COPY, which takes the memory of several row groups and does not say how
many rows it has written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from contracts.engine.store import Reader
from contracts.questions.query import Query
from contracts.writers.outfile import Writing, Written, open_whole, write_behind

GROUP_ROWS = 122_880
"""Rows of a row group, the size that DuckDB stores and writes: what a reader can skip or hold at once."""

HARDLY_REPEATED = frozenset(
    {"id", "reference_id", "award_number", "contract_number", "award_title", "notice_title"}
    | {"approved_budget", "contract_amount"}
)
"""Columns for which a dictionary of values would be built only to be thrown away."""


def write_parquet(
    reader: Reader, query: Query, path: Path, *, total_rows: int, group_rows: int = GROUP_ROWS
) -> Writing:
    """Write the contracts that ``query`` means to ``path``, yielding rows done of ``total_rows``.

    Columns keep their names and types: text UTF-8, dates DATE, pesos DECIMAL(18,2). Packed by zstd, a row
    group for each ``group_rows``. Errors and early closing: as ``write_xlsx``.
    """
    batches = reader.stream(query, batch_rows=group_rows)
    with (
        open_whole(path) as file,
        ParquetWriter(
            file,
            batches.schema,
            compression="zstd",
            use_dictionary=[name for name in query.columns if name not in HARDLY_REPEATED],
            store_decimal_as_integer=True,
        ) as writer,
    ):
        groups = _form_groups(batches, rows=group_rows)
        pieces = ((group.num_rows, partial(writer.write_batch, group)) for group in groups)
        yield from write_behind(pieces, total_rows=total_rows)
    return Written()


def _form_groups(batches: Iterable[pa.RecordBatch], *, rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in groups of just ``rows``: where DuckDB cuts its batches is a matter of threads."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        while (count := sum(part.num_rows for part in waiting)) >= rows:
            *whole, last = waiting
            stop = last.num_rows - (count - rows)
            yield pa.concat_batches([*whole, last.slice(0, stop)])
            waiting = [last.slice(stop)]
    if any(part.num_rows for part in waiting):
        yield pa.concat_batches(waiting)
