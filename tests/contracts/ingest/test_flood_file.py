"""The published flood-control file, where it lies beside the repository; its figures are counted here."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.snapshot.versions import Snapshot
from tests.contracts.ingest.raw_files import import_all, read_contracts, read_rejects, read_source

FILE = Path(__file__).parents[4] / "shared" / "data" / "flood_control_awards.csv"

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason=f"{FILE} is not there")


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, ...]]:
    """The rows in the order of the file."""
    with FILE.open(encoding="utf-8-sig", newline="") as file:
        return [tuple(cell.strip() for cell in row) for row in csv.reader(file)][1:]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return import_all(tmp_path_factory.mktemp("flood"), FILE)


def test_the_file_is_the_one_that_the_figures_were_published_for(rows: list[tuple[str, ...]]) -> None:
    assert len(rows) == 8_514
    assert sum(Decimal(row[-1]) for row in rows) == Decimal("466714879058.23")


def test_every_row_is_an_award_or_an_exact_duplicate(rows: list[tuple[str, ...]], snapshot: Snapshot) -> None:
    source = read_source(snapshot)
    distinct = len(set(rows))
    assert (source.read, source.imported, source.duplicates) == (len(rows), distinct, len(rows) - distinct)
    assert (source.collapsed, source.unawarded, source.rejected) == (0, 0, 0)
    assert read_rejects(snapshot) == []


def test_pesos_are_exact_and_duplicates_are_all_that_is_missing(
    rows: list[tuple[str, ...]], snapshot: Snapshot
) -> None:
    manifest = snapshot.manifest()
    assert manifest.flood_value == manifest.total_value == sum(Decimal(row[-1]) for row in set(rows))
    seen: set[tuple[str, ...]] = set()
    repeated = Decimal(0)
    for row in rows:
        repeated += Decimal(row[-1]) if row in seen else 0
        seen.add(row)
    assert manifest.total_value + repeated == sum(Decimal(row[-1]) for row in rows)


def test_it_is_called_a_derivative_and_has_no_day_of_award(snapshot: Snapshot) -> None:
    source = read_source(snapshot)
    assert source.generation == "flood-derived"
    assert "day of completion" in " ".join(note.text for note in source.notes)
    assert (snapshot.manifest().first_award, snapshot.manifest().last_award) == (None, None)


def test_cells_arrive_as_they_are(rows: list[tuple[str, ...]], snapshot: Snapshot) -> None:
    names = ("completion_date", "contract_number", "award_title", "awardee_name", "contract_amount")
    found = {tuple(str(contract[name]) for name in names) for contract in read_contracts(snapshot)}
    expected = {
        (row[0], row[1], " ".join(row[2].split()), " ".join(row[4].split()), f"{Decimal(row[-1]):.2f}")
        for row in rows
    }
    assert found == expected
