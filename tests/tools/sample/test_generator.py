"""The sample as a whole: repeatable, of the asked size, with a key that adds up."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.samples import find_header, make_sample, read_rows
from tests.tools.sample.conftest import Sample
from tools.sample import AnswerKey, SampleShape, generate
from tools.sample.answer_key import ANSWER_KEY
from tools.sample.faults import FAULTS
from tools.sample.filler import FILE_FAULTS


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_equal_shapes_give_equal_bytes(tmp_path: Path) -> None:
    shape = SampleShape(contracts=700, seed=3)
    make_sample(shape, tmp_path / "one")
    make_sample(shape, tmp_path / "two")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_gives_other_files(tmp_path: Path) -> None:
    make_sample(SampleShape(contracts=200, seed=3), tmp_path / "one")
    make_sample(SampleShape(contracts=200, seed=4), tmp_path / "two")
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    assert one.keys() == two.keys()
    assert not set(one.values()) & set(two.values())


def test_holds_as_many_contracts_as_asked_for(faulty: Sample) -> None:
    assert faulty.key.rows - faulty.key.flood_rows == 4_000
    assert faulty.key.flood_rows == 40


def test_holds_as_many_raw_rows_as_asked_for(tmp_path: Path) -> None:
    key = make_sample(SampleShape(rows=9_000, seed=2), tmp_path)
    assert key.read == pytest.approx(9_000, rel=0.01)


def test_every_row_of_the_key_has_one_fate(faulty: Sample) -> None:
    for file in faulty.key.files:
        assert file.accounted == file.read, file.file


def test_totals_are_the_sums_over_the_files(faulty: Sample) -> None:
    key = faulty.key
    assert key.rows == sum(file.imported for file in key.files)
    assert key.total_value == sum(file.total_value for file in key.files)
    assert key.files[-1].file == "flood-control-projects.csv"
    assert (key.flood_rows, key.flood_value) == (key.files[-1].imported, key.files[-1].total_value)


def test_key_counts_the_rows_that_are_in_the_files(faulty: Sample) -> None:
    for file in faulty.key.files:
        rows = read_rows(faulty.folder / file.file)
        data = [row for row in rows[find_header(rows) + 1 :] if any(row)]
        assert len(data) == file.read, file.file


def test_rejected_rows_and_repaired_cells_stand_where_the_key_says(faulty: Sample) -> None:
    for file in faulty.key.files:
        rows = read_rows(faulty.folder / file.file)
        for reject in file.rejected:
            row = rows[reject.row - 1]
            if reject.reason == "ragged_row":
                assert len(row) != len(rows[find_header(rows)])
            else:
                assert reject.value in row
        for cell in file.repaired:
            assert cell.value in rows[cell.row - 1]


def test_key_is_read_back_as_it_was_written(faulty: Sample) -> None:
    assert AnswerKey.read_from(faulty.folder) == faulty.key
    assert {path.name for path in faulty.folder.iterdir()} == {
        ANSWER_KEY,
        *(file.file for file in faulty.key.files),
    }


def test_every_kind_of_fault_is_put_in(faulty: Sample) -> None:
    assert set(faulty.key.faults) == {*FAULTS, *FILE_FAULTS}


def test_every_reason_of_rejection_and_repair_occurs(faulty: Sample) -> None:
    assert {reject.reason for file in faulty.key.files for reject in file.rejected} == {
        "ragged_row",
        "missing_value",
        "invalid_amount",
        "amount_not_positive",
        "conflicting_amount",
        "nothing_told",
    }
    assert {cell.reason for file in faulty.key.files for cell in file.repaired} == {
        "missing_value",
        "zero_number",
        "invalid_date",
        "impossible_year",
        "invalid_amount",
    }


def test_a_sample_without_faults_has_nothing_to_reject_or_repair(clean: Sample) -> None:
    for file in clean.key.files:
        undated = file.imported if file.generation == "flood" else 0
        assert (file.duplicates, file.rejected, file.repaired, file.undated) == (0, (), (), undated)
    assert clean.key.faults == {}


def test_a_lean_sample_has_one_row_for_each_contract(tmp_path: Path) -> None:
    shape = SampleShape(contracts=300, unawarded_share=0, lines_per_award=1, faults=False, flood_rows=0)
    key = make_sample(shape, tmp_path)
    assert key.read == key.rows == 300


def test_progress_rises_to_its_total(tmp_path: Path) -> None:
    steps = list(generate(SampleShape(contracts=500), tmp_path))
    assert [step.current for step in steps] == sorted(step.current for step in steps)
    assert (steps[-1].current, steps[-1].total, steps[-1].unit) == (505, 505, "contracts")


@settings(max_examples=12, deadline=None)
@given(contracts=st.integers(0, 40), seed=st.integers(0, 10_000), faults=st.booleans())
def test_tiny_samples_are_exact_too(
    tmp_path_factory: pytest.TempPathFactory, contracts: int, seed: int, faults: bool
) -> None:
    shape = SampleShape(contracts=contracts, seed=seed, faults=faults)
    key = make_sample(shape, tmp_path_factory.mktemp("tiny"))
    assert key.rows == contracts + key.flood_rows
    assert all(file.accounted == file.read and file.imported for file in key.files)
    assert key.total_value >= key.flood_value >= Decimal(0)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"contracts": 10, "rows": 10},
        {"contracts": -1},
        {"rows": 100, "flood_rows": 101},
        {"rows": 10, "unawarded_share": 1.0},
        {"rows": 10, "lines_per_award": 0.5},
    ],
)
def test_shape_refuses_what_cannot_be_made(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"sample|unawarded_share|lines_per_award"):
        SampleShape(**options)  # type: ignore[arg-type]  # wrong on purpose
