from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.engine.store import Store
from contracts.fields import FIELD_BY_NAME, FIELDS
from contracts.progress import Progress
from contracts.questions.filters import Filters
from contracts.questions.query import Query
from contracts.writers.parquet import write_parquet
from tests.contracts.small_stores import make_award, open_awards

ALL_COLUMNS = tuple(field.name for field in FIELDS)
DEFAULT = Query()


def export(store: Store, path: Path, *, query: Query = DEFAULT, **options: Any) -> list[Progress]:
    with store.reader() as reader:
        total = reader.count(query.filters).rows
        return list(write_parquet(reader.rows_of(query), path, total_rows=total, **options))


def test_columns_keep_their_names_types_and_values(tmp_path: Path) -> None:
    awkward = {"award_title": "=Ñ 😀\r\n\x01", "notice_title": "", "area_of_delivery": None}
    extremes = {"approved_budget": Decimal("9999999999999999.99"), "award_date": date(9999, 12, 31)}
    query = Query(columns=ALL_COLUMNS)
    with open_awards([make_award(1, **awkward, **extremes), make_award(2)]) as store:
        export(store, tmp_path / "out.parquet", query=query)
        with store.reader() as reader:
            rows = pa.Table.from_batches(list(reader.stream(query)))
    assert pq.read_table(tmp_path / "out.parquet").equals(rows)
    with duckdb.connect() as con:
        described = con.execute(f"DESCRIBE FROM '{tmp_path / 'out.parquet'}'").fetchall()
    assert [(name, type_) for name, type_, *_ in described] == [
        (name, FIELD_BY_NAME[name].type.sql_type) for name in ALL_COLUMNS
    ]


def test_rows_come_in_groups_and_progress_rises_to_the_total(tmp_path: Path, small_store: Store) -> None:
    progress = export(small_store, tmp_path / "out.parquet", query=Query(columns=("id",)), group_rows=5)
    assert [(step.current, step.total) for step in progress] == [(0, 12), (5, 12), (10, 12), (12, 12)]
    file = pq.ParquetFile(tmp_path / "out.parquet")
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [5, 5, 2]
    assert file.read().column("id").to_pylist() == list(range(1, 13))


def test_no_rows_give_the_columns(tmp_path: Path, small_store: Store) -> None:
    query = Query(filters=Filters(keywords=("nowhere",)))
    export(small_store, tmp_path / "out.parquet", query=query)
    table = pq.read_table(tmp_path / "out.parquet")
    assert (table.num_rows, tuple(table.column_names)) == (0, query.columns)
