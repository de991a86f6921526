"""The rehearsal of an import: it says what the import would do, and leaves nothing behind."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from contracts.ingest import Check, DateOrder, check_files
from tests.contracts.ingest.raw_files import AS_OF, UNAWARDED, import_all, write_csv, write_flood, write_s3


def check(root: Path, *files: Path, **options: Any) -> Check:
    work = check_files(files, root=root, as_of=AS_OF, memory_limit_mb=300, threads=1, **options)
    try:
        while True:
            next(work)
    except StopIteration as done:
        result: Check = done.value
        return result


@pytest.fixture
def faulty(tmp_path: Path) -> list[Path]:
    """Two files with a row of every fate, and cells to repair."""
    award = {"Award No.": "1", "Contract Amount": "100.00"}
    main = write_s3(
        tmp_path / "main.csv",
        {**award, "Award Date": "soon", "Approved Budget of the Contract": "-1"},
        {**award, "Award Date": "soon", "Item Name": "another"},
        {**award, "Award Date": "soon", "Item Name": "another"},
        UNAWARDED,
        {"Award No.": "2", "Contract Amount": "none at all"},
    )
    return [main, write_flood(tmp_path / "flood.csv", {})]


def test_a_check_finds_what_the_import_does(tmp_path: Path, faulty: list[Path]) -> None:
    checked = check(tmp_path / "data", *faulty, max_rejected_share=1.0)
    manifest = import_all(tmp_path / "data", *faulty).manifest()
    assert (checked.outcome, checked.sources) == ("sound", manifest.sources)
    assert (checked.contracts, checked.total_value) == (manifest.rows, manifest.total_value)


def test_a_check_tells_each_finding_with_an_example(tmp_path: Path, faulty: list[Path]) -> None:
    counts = check(tmp_path / "data", *faulty).fate_counts
    assert sorted(map(str, counts)) == [
        "collapsed: 1, such as main.csv, row 3",
        "duplicate: 1, such as main.csv, row 4",
        "rejected: 1 invalid_amount, such as main.csv, row 6, contract_amount: 'none at all'",
        "repaired: 1 invalid_amount, such as main.csv, row 2, approved_budget: '-1'",
        "repaired: 1 invalid_date, such as main.csv, row 2, award_date: 'soon'",
        "unawarded: 1, such as main.csv, row 5",
    ]


def test_a_check_says_whether_the_import_would_be_held(tmp_path: Path, faulty: list[Path]) -> None:
    checked = check(tmp_path / "data", *faulty, max_rejected_share=0.05)
    assert checked.outcome == "held"
    assert checked.losses.sentences == ("1 of 4 awarded rows (25 %) would be rejected; up to 5 % may be",)
    assert check(tmp_path / "data", write_s3(tmp_path / "empty.csv")).losses.faults


def test_every_file_that_is_refused_is_named_and_the_others_are_checked(
    tmp_path: Path, faulty: list[Path]
) -> None:
    undecided = write_s3(tmp_path / "undecided.csv", {"Award Date": "05/06/2024"})
    stranger = write_csv(tmp_path / "stranger.csv", [["name", "age"], ["Ana", "3"]])
    missing = tmp_path / "missing.csv"
    checked = check(tmp_path / "data", undecided, *faulty, stranger, missing)
    assert checked.outcome == "refused"
    assert {refusal.file for refusal in checked.refusals} == {"undecided.csv", "stranger.csv", "missing.csv"}
    assert all(refusal.problem.startswith(refusal.file) for refusal in checked.refusals)
    assert [source.file for source in checked.sources] == ["main.csv", "flood.csv"]
    alone = check(tmp_path / "data", undecided, date_order=DateOrder.DAY_FIRST)
    assert (alone.outcome, alone.contracts) == ("sound", 1)


def test_a_file_whose_name_begins_that_of_a_refused_archive_is_checked(tmp_path: Path) -> None:
    sound = write_s3(tmp_path / "q.csv", {})
    with zipfile.ZipFile(tmp_path / "q.csv.zip", "w") as archive:
        archive.writestr("bad.csv", sound.read_text().replace("Contract Amount", "Sum of Money"))
    found = check(tmp_path / "data", sound, tmp_path / "q.csv.zip")
    assert [refusal.file for refusal in found.refusals] == ["q.csv.zip:bad.csv"]
    assert [source.file for source in found.sources] == ["q.csv"]


def test_a_check_of_nothing_but_refused_files_has_nothing_else_to_say(tmp_path: Path) -> None:
    checked = check(tmp_path / "data", tmp_path / "missing.csv")
    assert (checked.outcome, checked.contracts, checked.sources) == ("refused", 0, ())


def test_a_check_leaves_nothing_on_disk(tmp_path: Path, faulty: list[Path]) -> None:
    root = tmp_path / "data"
    check(root, *faulty, tmp_path / "missing.csv")
    assert not root.exists()
    import_all(root, *faulty)
    before = sorted(root.rglob("*"))
    check(root, *faulty)
    check_files(faulty, root=root, as_of=AS_OF).close()
    assert sorted(root.rglob("*")) == before


def test_a_check_writes_its_reports_where_it_is_told(tmp_path: Path, faulty: list[Path]) -> None:
    check(tmp_path / "data", *faulty, reports_folder=tmp_path / "reports")
    with (tmp_path / "reports" / "repairs.csv").open(encoding="utf-8", newline="") as file:
        found = [(row["row"], row["column"]) for row in csv.DictReader(file)]
    assert found == [("2", "award_date"), ("2", "approved_budget")]


def test_a_check_is_json_with_exact_pesos(tmp_path: Path, faulty: list[Path]) -> None:
    said = json.loads(json.dumps(check(tmp_path / "data", *faulty, max_rejected_share=0.05).to_json()))
    assert (said["outcome"], said["contracts"], said["total_value"]) == ("held", 2, "200.00")
    assert [source["generation"] for source in said["sources"]] == ["S3", "flood-derived"]
    assert {count["fate"] for count in said["findings"]} == {
        "collapsed",
        "duplicate",
        "rejected",
        "repaired",
        "unawarded",
    }
    assert said["held_because"]
