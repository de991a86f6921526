"""What holds an import: nothing that would lose awards becomes current unless somebody says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import ImportHeld
from contracts.ingest import import_files
from contracts.snapshot import versions as snapshots
from tests.contracts.ingest.raw_files import (
    AS_OF,
    S3,
    UNAWARDED,
    import_all,
    make_rows,
    write_csv,
    write_flood,
    write_s3,
)


def list_files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def make_awards(*amounts: str) -> list[dict[str, str]]:
    """An award for each amount."""
    return [
        {"Award No.": f"7{number}", "Contract Amount": amount} for number, amount in enumerate(amounts, 1)
    ]


def hold(root: Path, *files: Path, share: float = 0.05) -> ImportHeld:
    """The error of an import that is held; nothing may have changed below ``root``."""
    before = list_files(root)
    with pytest.raises(ImportHeld) as caught:
        list(import_files(files, root=root, as_of=AS_OF, max_rejected_share=share))
    assert list_files(root) == before
    return caught.value


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a good dataset is current, and stays: an import that is held changes nothing."""
    folder = tmp_path_factory.mktemp("good")
    import_all(folder / "data", write_s3(folder / "before.csv", {}))
    return folder / "data"


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_s3(tmp_path / "sound.csv", *make_awards(*["10.00"] * 100))


def test_a_file_that_is_nothing_but_a_header_holds_the_import(
    tmp_path: Path, root: Path, sound: Path
) -> None:
    empty = write_s3(tmp_path / "header only.csv")
    for files in ((empty,), (sound, empty)):
        held = hold(root, *files)
        assert "header only.csv has no rows: nothing is switched" in held.losses
        assert ("the dataset would be empty" in held.losses) is (len(files) == 1)
        assert not held.only_share
    assert snapshots.current(root).manifest().rows == 1


def test_a_dataset_without_awards_does_not_become_current(tmp_path: Path, root: Path) -> None:
    held = hold(root, write_s3(tmp_path / "raw.csv", UNAWARDED))
    assert held.losses == ("the dataset would be empty",)


@pytest.mark.parametrize("fault", ["one cell too many", "no amount that can be read"])
def test_a_fault_that_hits_every_row_of_a_file_holds_the_import(
    tmp_path: Path, root: Path, sound: Path, fault: str
) -> None:
    rows = make_rows(S3, make_awards("1.00", "2.00", "3.00"))
    amount = S3.index("Contract Amount")
    if fault == "one cell too many":
        rows = [[*row, "x"] for row in rows]
    else:
        rows = [[*row[:amount], "soon", *row[amount + 1 :]] for row in rows]
    raw = write_csv(tmp_path / "raw.csv", [S3, *rows])
    held = hold(root, sound, raw, share=1)
    assert held.losses == ("none of the 3 awarded rows of raw.csv would be imported",)
    example = {
        "one cell too many": "3 ragged_row, such as raw.csv, row 2",
        "no amount that can be read": "3 invalid_amount, such as raw.csv, row 2, contract_amount: 'soon'",
    }
    assert example[fault] in str(held)


def test_a_share_of_rejected_rows_holds_the_import(tmp_path: Path, root: Path) -> None:
    """Rows of notices that were never awarded, and copies, count neither way."""
    awards = make_awards(*["10.00"] * 18, "soon", "")
    raw = write_s3(tmp_path / "raw.csv", *awards, awards[0], awards[0], UNAWARDED)
    held = hold(root, raw)
    assert held.losses == ("2 of 20 awarded rows (10 %) would be rejected; up to 5 % may be",)
    assert held.only_share
    assert held.rejected_share == pytest.approx(0.1)
    assert "1 invalid_amount, such as raw.csv, row 20, contract_amount: 'soon'" in str(held)
    assert "1 missing_value, such as raw.csv, row 21, contract_amount: empty" in str(held)
    list(import_files([raw], root=tmp_path / "data", as_of=AS_OF, max_rejected_share=held.rejected_share))
    assert snapshots.current(tmp_path / "data").manifest().rows == 18


def test_a_share_of_rejected_pesos_holds_the_import(tmp_path: Path, root: Path) -> None:
    """One row of a hundred; the items of the award that contradicts repeat its amount, which counts once."""
    other = {**make_awards("10.00")[0], "Contract Amount": "250.00"}
    awards = [*make_awards(*["10.00"] * 100), other, {**other, "Item Name": "another"}]
    held = hold(root, write_s3(tmp_path / "raw.csv", *awards))
    assert held.losses == ("₱250.00 of ₱1,250.00 (20 %) would be rejected; up to 5 % may be",)
    assert "2 conflicting_amount, such as raw.csv, row 102, contract_amount: '250.00'" in str(held)


def test_little_that_is_lost_is_imported(tmp_path: Path) -> None:
    awards = make_awards(*["10.00"] * 19, "soon")
    raw = write_s3(tmp_path / "raw.csv", *awards)
    list(import_files([raw], root=tmp_path / "data", as_of=AS_OF, max_rejected_share=0.05))
    assert snapshots.current(tmp_path / "data").manifest().rejected_by_reason == {"invalid_amount": 1}


def test_a_file_that_adds_nothing_new_loses_nothing(tmp_path: Path, sound: Path) -> None:
    """A copy under another name: all its awards are there already."""
    copy = tmp_path / "copy.csv"
    copy.write_bytes(sound.read_bytes())
    list(import_files([sound, copy], root=tmp_path / "data", as_of=AS_OF))
    assert [source.imported for source in snapshots.current(tmp_path / "data").manifest().sources] == [100, 0]


def test_losses_can_be_accepted(tmp_path: Path) -> None:
    raw = write_s3(tmp_path / "raw.csv", *make_awards("soon"))
    work = import_files([raw], root=tmp_path / "data", as_of=AS_OF, accept_losses=True)
    list(work)
    assert snapshots.current(tmp_path / "data").manifest().rows == 0


def test_reports_of_a_held_import_can_be_kept(tmp_path: Path) -> None:
    raw = write_s3(tmp_path / "raw.csv", *make_awards("soon", "1.00", "2.00"))
    folder = tmp_path / "reports" / "of today"
    with pytest.raises(ImportHeld):
        list(
            import_files(
                [raw], root=tmp_path / "data", as_of=AS_OF, max_rejected_share=0.05, reports_folder=folder
            )
        )
    assert (folder / "rejects.csv").read_text(encoding="utf-8").splitlines() == [
        "file,row,column,value,reason",
        "raw.csv,2,contract_amount,soon,invalid_amount",
    ]
    assert list_files(tmp_path / "data") == ["versions"]


def test_many_reasons_are_not_all_shown(tmp_path: Path, root: Path) -> None:
    files = [write_flood(tmp_path / f"{number:02}.csv", {"contract_amount": "soon"}) for number in range(25)]
    held = hold(root, *files)
    assert "- and 5 further reasons in other files" in str(held)


def test_a_long_value_is_cut_in_the_sentence(tmp_path: Path, root: Path) -> None:
    raw = write_s3(tmp_path / "raw.csv", *make_awards("soon" * 1000))
    assert len(str(hold(root, raw))) < 500
