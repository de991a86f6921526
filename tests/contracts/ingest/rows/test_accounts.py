"""The account of an import must add up, and says so where it does not. Rows are really lost here, by SQL."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from contracts.errors import ReconciliationFailed
from contracts.ingest.files.preparation import prepare_files
from contracts.ingest.importer import read_files
from contracts.ingest.layout import build
from contracts.ingest.rows.accounts import measure_contracts, report_sources
from contracts.ingest.rows.days import settle_days
from contracts.ingest.rows.fates import decide_fates
from contracts.ingest.rows.staging import RawFile, create_staging
from tests.contracts.ingest.raw_files import AS_OF, UNAWARDED, write_s3

Staged = tuple[duckdb.DuckDBPyConnection, tuple[RawFile, ...]]


@pytest.fixture
def staged(tmp_path: Path) -> Iterator[Staged]:
    """Two files of three and one rows, as they are after reading."""
    rows = [{}, {"Line Item No": "2"}, UNAWARDED]
    paths = [write_s3(tmp_path / "a.csv", *rows), write_s3(tmp_path / "b.csv", {"Bid Reference No.": "2"})]
    with duckdb.connect(str(tmp_path / "contracts.duckdb")) as con:
        create_staging(con, tmp_path / "staging.duckdb")
        reading = read_files(con, prepare_files(paths, tmp_path / "unpacked"))
        try:
            while True:
                next(reading)
        except StopIteration as done:
            files: tuple[RawFile, ...] = done.value
        yield con, files


def decide(con: duckdb.DuckDBPyConnection, files: tuple[RawFile, ...]) -> None:
    for file in files:
        settle_days(con, file, None)
    decide_fates(con, files, as_of=AS_OF)


def test_an_account_that_adds_up_is_reported(staged: Staged) -> None:
    con, files = staged
    decide(con, files)
    first, second = report_sources(con, files)
    assert (first.read, first.imported, first.collapsed, first.unawarded) == (3, 1, 1, 1)
    assert (second.read, second.imported) == (1, 1)


@pytest.mark.parametrize("lost", ["row = 3 AND file = 0", "file = 1", "true"])
def test_rows_lost_after_reading_stop_the_import(staged: Staged, lost: str) -> None:
    con, files = staged
    con.execute(f"DELETE FROM staging.raw WHERE {lost}")
    decide(con, files)
    with pytest.raises(ReconciliationFailed, match=r"rows were read, \d are accounted for"):
        report_sources(con, files)


def test_a_row_that_comes_twice_stops_the_import(staged: Staged) -> None:
    con, files = staged
    con.execute("INSERT INTO staging.raw BY NAME SELECT * FROM staging.raw WHERE file = 1")
    decide(con, files)
    with pytest.raises(ReconciliationFailed, match=r"b\.csv: 1 rows were read, \d are accounted for"):
        report_sources(con, files)


@pytest.mark.parametrize(
    "damage", ["DELETE FROM contracts WHERE id = 1", "UPDATE contracts SET contract_amount = 1 WHERE id = 1"]
)
def test_a_table_without_all_awards_and_pesos_stops_the_import(staged: Staged, damage: str) -> None:
    con, files = staged
    decide(con, files)
    reports = report_sources(con, files)
    con.execute("CREATE TEMP VIEW awards AS SELECT * FROM staging.awards")
    build(con, "awards")
    assert measure_contracts(con, reports) == (2, Decimal(3000))
    con.execute(damage)
    with pytest.raises(ReconciliationFailed, match="were to be stored"):
        measure_contracts(con, reports)
