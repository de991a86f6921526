"""However many threads read a table: its rows come in order, and the same rows give the same bytes."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from contracts.delimited import write_csv
from contracts.outfile import Writing
from contracts.parquet import write_parquet
from contracts.query import Query
from contracts.store import Reader, Store
from contracts.workbook import About, write_xlsx
from tests.contracts.small_stores import open_many_awards

ROWS = 300_000
QUERY = Query(columns=("id", "reference_id", "award_title", "award_date"))
ABOUT = About(
    title="Many",
    filters_in_words="all contracts",
    dataset_version="1",
    sources=("2024.csv",),
    rows=ROWS,
    total_value=Decimal(1),
    made_at=datetime(2026, 11, 21, tzinfo=UTC),
)


def write_packed(reader: Reader, path: Path) -> Writing:
    return write_csv(reader, QUERY, path, total_rows=ROWS, packed=True)


def read_packed(path: Path) -> list[int]:
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        return [int(line["id"]) for line in csv.DictReader(file)]


def write_workbook(reader: Reader, path: Path) -> Writing:
    return write_xlsx(reader, QUERY, path, about=ABOUT, total_rows=ROWS)


def read_workbook(path: Path) -> list[int]:
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name("Contracts").to_python()[1:]
    return [int(str(row[0]).partition(".")[0]) for row in rows]


def write_columns(reader: Reader, path: Path) -> Writing:
    return write_parquet(reader, QUERY, path, total_rows=ROWS)


def read_columns(path: Path) -> list[int]:
    ids: list[int] = pq.read_table(path, columns=["id"]).column(0).to_pylist()
    return ids


@pytest.fixture(scope="module")
def many() -> Iterator[Store]:
    with open_many_awards(ROWS) as store:
        yield store


@pytest.mark.parametrize(
    ("write", "read"),
    [(write_packed, read_packed), (write_workbook, read_workbook), (write_columns, read_columns)],
    ids=["csv.gz", "xlsx", "parquet"],
)
def test_rows_of_many_threads_come_in_order_and_in_the_same_bytes(
    tmp_path: Path, many: Store, write: Callable[[Reader, Path], Writing], read: Callable[[Path], list[int]]
) -> None:
    with many.reader() as reader:
        for name in ("one", "two"):
            list(write(reader, tmp_path / name))
    assert read(tmp_path / "one") == list(range(1, ROWS + 1))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
