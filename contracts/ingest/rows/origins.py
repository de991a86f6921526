"""From which raw rows each contract of the new version was read, written beside it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np

from contracts.ingest.rows.staging import NUMBERED, ROW_OF, TABLE_OF
from contracts.snapshot.lines import RawTable, write_lines


def write_origins(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the row that stands for each award and all that were collapsed into it. Exact repeats of a row
    within its file are none of them: they say nothing that it does not."""
    found = con.execute(
        f"""SELECT {TABLE_OF} AS place, any_value(files.name), any_value(label)
        FROM staging.raw JOIN staging.files USING (file) GROUP BY ALL ORDER BY place"""
    ).fetchall()
    columns = con.execute(_SELECT_ORIGINS).fetchnumpy()
    # Numbers of a few tables in place of those that tell files and sheets apart.
    places = np.array([place for place, *_ in found], np.int64)
    write_lines(
        folder,
        [RawTable(file=file, label=label) for _, file, label in found],
        {**columns, "table": np.searchsorted(places, columns["place"])},
    )


# Where rows of an award say another amount, they are rejected, and none of its rows (``holds``).
_SELECT_ORIGINS = f"""SELECT contract, {TABLE_OF}::UINTEGER AS place, {ROW_OF}::UINTEGER AS "row"
    FROM (
        SELECT contract, coalesce(members.seq, numbered.seq) AS seq
        FROM {NUMBERED} numbered LEFT JOIN (
            SELECT seq, shown FROM staging.members WHERE holds
        ) members ON members.shown = numbered.seq
    ) ORDER BY contract, seq"""
