"""Which amounts an import marks as hardly right, and how sure that is."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from contracts.snapshot.versions import Snapshot
from tests.contracts.ingest.raw_files import S3, import_all, make_rows, read_contracts, write_csv
from tests.contracts.samples import make_sample
from tools.sample import SampleShape


def read_marks(snapshot: Snapshot) -> dict[str, str | None]:
    return {contract["award_number"]: contract["implausible"] for contract in read_contracts(snapshot)}


def import_awards(folder: Path, awards: list[dict[str, Any]]) -> dict[str, str | None]:
    """The marks of awards, by their numbers from 1."""
    numbered = [
        {"Award No.": str(n), "Bid Reference No.": str(n), "Contract No": str(n), **award}
        for n, award in enumerate(awards, start=1)
    ]
    file = write_csv(folder / "raw.csv", [S3, *make_rows(S3, numbered)])
    return read_marks(import_all(folder / "data", file))


@pytest.mark.parametrize(
    ("budget", "amount", "mark"),
    [
        ("1000.00", "10000.01", "over_budget"),
        ("1000.00", "10000.00", None),
        ("9999999999999999.99", "9999999999999999.99", None),
        ("0.01", "9999999999999999.99", "over_budget"),
        # Nothing is like it, so that nothing speaks against it.
        ("NULL", "9999999999999999.99", None),
        ("0.00", "500.00", None),
    ],
)
def test_amount_of_more_than_ten_times_its_budget_is_marked(
    tmp_path: Path, budget: str, amount: str, mark: str | None
) -> None:
    award = {"Approved Budget of the Contract": budget, "Contract Amount": amount}
    assert import_awards(tmp_path, [award]) == {"1": mark}


@pytest.mark.parametrize(
    ("like", "amount", "mark"), [(30, "5000000", "over_like"), (28, "5000000", None), (30, "9900", None)]
)
def test_without_a_budget_an_amount_is_marked_that_is_far_above_like_contracts(
    tmp_path: Path, like: int, amount: str, mark: str | None
) -> None:
    shared = {"Approved Budget of the Contract": "2000", "Business Category": "Chairs"}
    others = [{**shared, "Contract Amount": str(1000 + number)} for number in range(like)]
    doubtful = {**shared, "Approved Budget of the Contract": "NULL", "Contract Amount": amount}
    elsewhere = {**doubtful, "Business Category": "Another"}
    marks = import_awards(tmp_path, [doubtful, elsewhere, *others])
    assert marks.pop("1") == mark
    assert set(marks.values()) == {None}


def test_planted_typing_errors_are_found_and_clean_contracts_are_not(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed of the sample: {seed}")  # noqa: T201 - pytest shows it where a test fails
    key = make_sample(SampleShape(contracts=1_500, seed=seed, faults=False), tmp_path)
    clean = import_all(tmp_path / "clean", *key.paths(tmp_path))
    assert set(read_marks(clean).values()) == {None}
