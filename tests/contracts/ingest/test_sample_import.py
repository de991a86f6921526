"""Import of a sample == its answer key: file by file, fate by fate, reject by reject, day by day."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import duckdb
import pytest

from contracts.ingest import DateOrder, import_files
from contracts.progress import Progress
from contracts.snapshot.versions import Snapshot, SourceReport
from tests.contracts.samples import make_sample
from tools.sample import AnswerKey, FileAnswer, SampleShape

Imported = tuple[AnswerKey, Snapshot]

FRESH_SEED = random.SystemRandom().randrange(1_000_000)
"""Another sample at every run; the seed is in the output of a test that fails."""
SHAPES = [
    SampleShape(contracts=60, seed=1),
    SampleShape(contracts=3_000, seed=2),
    SampleShape(rows=6_000, seed=3, lines_per_award=2.5),
    SampleShape(contracts=1_500, seed=4, unawarded_share=0, lines_per_award=1),
    SampleShape(contracts=1_000, seed=5, faults=False),
    SampleShape(contracts=2_000, seed=FRESH_SEED),
]


def finish(steps: Generator[Progress, None, Snapshot]) -> Snapshot:
    """Run an import to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            snapshot: Snapshot = end.value
            return snapshot


def show_shape(shape: SampleShape) -> str:
    seed = "fresh" if shape.seed == FRESH_SEED else f"seed{shape.seed}"
    return f"{shape.contracts or shape.rows}-{seed}"


@pytest.fixture(scope="module", params=SHAPES, ids=show_shape)
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    folder = tmp_path_factory.mktemp("sample")
    print(f"seed of the sample: {request.param.seed}")  # noqa: T201 - pytest shows it where a test fails
    key = make_sample(request.param, folder)
    root = tmp_path_factory.mktemp("datasets")
    steps = import_files(key.paths(folder), root=root, as_of=key.as_of, accept_losses=True)
    return key, finish(steps)


def test_imported_sample_says_that_it_is_invented(imported: Imported) -> None:
    _, snapshot = imported
    assert all(source.sample for source in snapshot.manifest().sources)


def fates_of(answer: FileAnswer | SourceReport) -> dict[str, object]:
    rejected = answer.rejected if isinstance(answer.rejected, int) else len(answer.rejected)
    return {
        "generation": answer.generation,
        "read": answer.read,
        "imported": answer.imported,
        "collapsed": answer.collapsed,
        "unawarded": answer.unawarded,
        "duplicates": answer.duplicates,
        "rejected": rejected,
    }


def test_every_file_has_the_fates_of_the_key(imported: Imported) -> None:
    key, snapshot = imported
    found = {report.file: fates_of(report) for report in snapshot.manifest().sources}
    assert found == {answer.file: fates_of(answer) for answer in key.files}


def test_reasons_are_counted_as_in_the_key(imported: Imported) -> None:
    key, snapshot = imported
    manifest = snapshot.manifest()
    rejected = Counter(reject.reason for answer in key.files for reject in answer.rejected)
    repaired = Counter(cell.reason for answer in key.files for cell in answer.repaired)
    assert (manifest.rejected_by_reason, manifest.repaired_by_reason) == (rejected, repaired)


def test_totals_are_those_of_the_key(imported: Imported) -> None:
    key, snapshot = imported
    manifest = snapshot.manifest()
    found = (manifest.rows, manifest.total_value, manifest.flood_rows, manifest.flood_value)
    assert found == (key.rows, key.total_value, key.flood_rows, key.flood_value)


def test_both_reports_name_the_rows_cells_and_reasons_of_the_key(imported: Imported) -> None:
    key, snapshot = imported
    assert read_report(snapshot.rejects) == sorted(
        (answer.file, str(reject.row), reject.column, reject.value, reject.reason)
        for answer in key.files
        for reject in answer.rejected
    )
    assert read_report(snapshot.repairs) == sorted(
        (answer.file, str(cell.row), cell.column, cell.value, cell.reason)
        for answer in key.files
        for cell in answer.repaired
    )


def read_report(path: Path) -> list[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        return sorted(tuple(row.values()) for row in csv.DictReader(file))


def test_contracts_say_what_was_repaired(imported: Imported) -> None:
    key, snapshot = imported
    with duckdb.connect(str(snapshot.database), read_only=True) as con:
        rows = con.execute(
            "SELECT source_file, unnest(string_split(repaired_fields, ', ')) FROM contracts"
        ).fetchall()
    assert Counter(rows) == Counter(
        (answer.file, cell.column) for answer in key.files for cell in answer.repaired
    )


def test_value_and_award_days_of_every_file_are_those_of_the_key(imported: Imported) -> None:
    """The days show that order of day and month, serials and the shift to UTC were understood."""
    key, snapshot = imported
    with duckdb.connect(str(snapshot.database), read_only=True) as con:
        rows = con.execute(
            """SELECT source_file, count(*), sum(contract_amount),
                sum(coalesce(award_date - DATE '1970-01-01', 0)), count(*) - count(award_date)
            FROM contracts GROUP BY ALL"""
        ).fetchall()
    assert {name: tuple(found) for name, *found in rows} == {
        answer.file: (answer.imported, answer.total_value, answer.award_days, answer.undated)
        for answer in key.files
    }


def test_every_line_item_is_counted_once_and_no_copy_of_one(imported: Imported) -> None:
    key, snapshot = imported
    with duckdb.connect(str(snapshot.database), read_only=True) as con:
        [(line_items,)] = con.execute("SELECT sum(line_items) FROM contracts").fetchall()
    assert line_items == sum(answer.line_items for answer in key.files)


def test_the_key_notices_days_and_months_read_the_wrong_way_round(tmp_path: Path) -> None:
    key = make_sample(SampleShape(contracts=400, seed=6, faults=False), tmp_path / "sample")
    [path] = [path for path in key.paths(tmp_path / "sample") if path.name == "2025_Jul-Sep.csv"]
    [answer] = [answer for answer in key.files if answer.file == path.name]
    snapshot = finish(import_files([path], root=tmp_path, as_of=key.as_of, date_order=DateOrder.DAY_FIRST))
    manifest = snapshot.manifest()
    assert (manifest.rows, set(manifest.repaired_by_reason)) == (answer.imported, {"invalid_date"})
    assert sum_award_days(snapshot) != answer.award_days


def sum_award_days(snapshot: Snapshot) -> int:
    with duckdb.connect(str(snapshot.database), read_only=True) as con:
        [(days,)] = con.execute("SELECT sum(award_date - DATE '1970-01-01') FROM contracts").fetchall()
    return int(days)
