"""Rows -> .parquet in flat memory, written by Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from contracts.writers.outfile import Rows, Writing, Written, open_whole, write_behind

# Rows of a row group, which a reader skips or holds as a whole: as many as DuckDB stores and writes.
GROUP_ROWS = 122_880

# Of values that hardly repeat, a dictionary would be built only to be thrown away.
HARDLY_REPEATED = frozenset(
    {"id", "reference_id", "award_number", "contract_number", "award_title", "notice_title"}
    | {"approved_budget", "contract_amount"}
)


def write_parquet(source: Rows, path: Path, *, total_rows: int, group_rows: int = GROUP_ROWS) -> Writing:
    """Write the rows of ``source`` to ``path``, yielding rows done of ``total_rows``.

    Columns keep their names and types: text UTF-8, dates DATE, pesos of contracts DECIMAL(18,2). Packed by
    zstd, a row group for each ``group_rows``. Errors and early closing: as ``write_xlsx``.
    """
    # Not DuckDB's COPY, which holds several row groups and does not say how many rows it has written.
    batches = source.stream(batch_rows=group_rows)
    with (
        open_whole(path) as file,
        ParquetWriter(
            file,
            batches.schema,
            compression="zstd",
            use_dictionary=[one.name for one in source.fields if one.name not in HARDLY_REPEATED],
            # As DuckDB writes it; by default it is bytes in an order that readers have to turn around.
            store_decimal_as_integer=True,
        ) as writer,
    ):
        groups = _form_groups(batches, rows=group_rows)
        pieces = ((group.num_rows, partial(writer.write_batch, group)) for group in groups)
        yield from write_behind(pieces, total_rows=total_rows)
    return Written()


def _form_groups(batches: Iterable[pa.RecordBatch], *, rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in groups of just ``rows``."""
    # Where DuckDB cuts its batches is a matter of threads, and equal rows are to give equal bytes.
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
