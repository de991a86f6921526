"""The command that imports: what it says when it cannot."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from contracts.snapshot import versions
from contracts.snapshot.versions import SourceReport
from data_processing.management.import_words import describe_source
from tests.contracts.ingest.hostile import number_cell, with_row, write_package
from tests.contracts.ingest.raw_files import S3, make_rows, write_csv, write_s3


@pytest.fixture(autouse=True)
def own_datasets(tmp_path: Path, settings: Settings) -> None:
    settings.DATASET_ROOT = tmp_path / "datasets"


def test_an_import_reports_what_became_of_each_file(tmp_path: Path, settings: Settings) -> None:
    said = StringIO()
    call_command("import_contracts", str(write_s3(tmp_path / "raw.csv", {}, {})), stdout=said)
    assert "raw.csv (S3): read 2 = imported 1 + collapsed 0 + unawarded 0 + duplicates 1" in said.getvalue()
    assert versions.current(settings.DATASET_ROOT).version in said.getvalue()


def test_a_hostile_workbook_is_refused_in_a_sentence(tmp_path: Path, settings: Settings) -> None:
    file = write_package(tmp_path / "raw.xlsx", with_row(number_cell("1E999999999")))
    with pytest.raises(CommandError, match=r"raw\.xlsx, sheet 'Awards', cell A2: .*1E999999999.*save it as"):
        call_command("import_contracts", str(file))
    assert list(settings.DATASET_ROOT.rglob("*")) == [settings.DATASET_ROOT / "versions"]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, settings: Settings) -> None:
    settings.DATASET_ROOT = tmp_path / "file" / "datasets"
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match=r"file/datasets.*Not a directory"):
        call_command("import_contracts", str(write_s3(tmp_path / "raw.csv", {})))


# --- what would lose, and what is only looked at ----------------------------------------------------------


def make_awards(count: int) -> list[dict[str, str]]:
    return [{"Award No.": f"7{number}", "Contract Amount": "10.00"} for number in range(count)]


def run(*arguments: str | Path) -> str:
    """What the command says when nothing is wrong."""
    said = StringIO()
    call_command("import_contracts", *map(str, arguments), stdout=said)
    return said.getvalue()


def refuse(*arguments: str | Path) -> tuple[str, str]:
    """What the command says on its way to an error, and the error, which makes the status 1."""
    said = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("import_contracts", *map(str, arguments), stdout=said)
    assert caught.value.returncode == 1
    return said.getvalue(), str(caught.value)


def test_an_import_that_loses_is_held_and_says_how_to_go_on(tmp_path: Path, settings: Settings) -> None:
    raw = write_s3(tmp_path / "raw.csv", *make_awards(8), {"Award No.": "x", "Contract Amount": "soon"})
    _, error = refuse(raw)
    assert "1 of 9 awarded rows (11.1 %) would be rejected; up to 5 % may be" in error
    assert "rejected: 1 invalid_amount, such as raw.csv, row 10, contract_amount: 'soon'" in error
    assert "--check --reports FOLDER" in error
    assert "--max-rejected-percent 12 " in error
    assert f"{tmp_path / 'seen' / 'rejects.csv'}." in refuse(raw, "--reports", tmp_path / "seen")[1]
    assert versions.history(settings.DATASET_ROOT) == []
    assert "8 contracts, ₱80.00" in run(raw, "--max-rejected-percent", "12")


def test_the_setting_says_what_may_be_rejected(tmp_path: Path, settings: Settings) -> None:
    settings.IMPORT_MAX_REJECTED_PERCENT = 20.0
    raw = write_s3(tmp_path / "raw.csv", *make_awards(8), {"Award No.": "x", "Contract Amount": "soon"})
    assert "rejected by reason: invalid_amount 1" in run(raw)
    assert "up to 0 % may be" in refuse(raw, "--max-rejected-percent", "0")[1]
    for wrong in ("-1", "101", "nan", "many"):
        with pytest.raises(CommandError, match=f"'{wrong}' is no number from 0 to 100"):
            call_command("import_contracts", str(raw), f"--max-rejected-percent={wrong}")


def test_a_file_without_rows_is_accepted_only_by_name_of_the_loss(tmp_path: Path, settings: Settings) -> None:
    run(write_s3(tmp_path / "good.csv", {}))
    good = versions.current(settings.DATASET_ROOT)
    empty = write_csv(tmp_path / "header only.csv", [S3])
    _, error = refuse(empty, "--max-rejected-percent", "100")
    assert "header only.csv has no rows: nothing is switched" in error
    assert "--accept-losses" in error
    assert "rejected row" not in error
    assert versions.current(settings.DATASET_ROOT) == good
    assert "0 contracts" in run(empty, "--accept-losses")
    call_command("use_dataset", good.version, stdout=StringIO())
    assert versions.current(settings.DATASET_ROOT) == good


def test_a_check_says_what_would_be_and_changes_nothing(tmp_path: Path, settings: Settings) -> None:
    sound = write_s3(tmp_path / "sound.csv", {"Award Date": "soon"})
    said = run("--check", sound)
    assert "sound.csv (S3): read 1 = imported 1 + collapsed 0" in said
    assert "repaired: 1 invalid_date, such as sound.csv, row 2, award_date: 'soon'" in said
    assert "1 contracts, ₱1,500.00" in said
    rows = [[*row, "x"] for row in make_rows(S3, make_awards(3))]
    ragged = write_csv(tmp_path / "ragged.csv", [S3, *rows])
    said, error = refuse("--check", sound, ragged)
    assert "rejected: 3 ragged_row, such as ragged.csv, row 2" in said
    assert "held: none of the 3 awarded rows of ragged.csv would be imported" in said
    assert error.startswith("the import would be held")
    assert not settings.DATASET_ROOT.exists()


def test_a_check_speaks_json_also_of_what_is_refused(tmp_path: Path) -> None:
    sound, undecided = (
        write_s3(tmp_path / "sound.csv", {}),
        write_s3(tmp_path / "undecided.csv", {"Award Date": "05/06/2024"}),
    )
    assert json.loads(run("--check", "--json", sound))["outcome"] == "sound"
    said, error = refuse("--check", "--json", sound, undecided)
    report = json.loads(said)
    assert (report["outcome"], report["contracts"]) == ("refused", 1)
    [refusal] = report["refused"]
    assert refusal["file"] == "undecided.csv"
    assert "day-first" in refusal["problem"]
    assert error == "the import would be refused because of undecided.csv"


def test_json_is_for_checks(tmp_path: Path) -> None:
    assert refuse("--json", write_s3(tmp_path / "raw.csv", {}))[1] == "--json goes with --check"


@dataclass(frozen=True, kw_only=True)
class LaterReport(SourceReport):
    """A report with members of all sorts, as later readers may add them."""

    encoding: str = "windows-1252"
    ignored_columns: tuple[str, ...] = ("Remarks", "Unnamed: 0")
    left_out_sheets: dict[str, str] = field(default_factory=lambda: {"Notes": "no header"})
    replaced: int = 1234
    missing_columns: tuple[str, ...] = ()


def test_whatever_is_known_of_a_file_is_told() -> None:
    report = LaterReport(
        file="raw.csv",
        generation="S3",
        sha256="ab",
        size_bytes=0,
        read=0,
        imported=0,
        collapsed=0,
        unawarded=0,
        duplicates=0,
        rejected=0,
        rejected_by_reason={},
    )
    assert list(describe_source(report))[1:] == [
        "  encoding: windows-1252",
        "  ignored columns: Remarks, Unnamed: 0",
        "  left out sheets: Notes no header",
        "  replaced: 1,234",
    ]


def test_an_encoding_that_is_told_is_used_and_said(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {"Procuring Entity": "CITY OF PEÑABLANCA"}, encoding="cp850")
    said = StringIO()
    call_command("import_contracts", str(file), encoding="cp850", check=True, stdout=said)
    assert "encoding: cp850" in said.getvalue()
    with pytest.raises(CommandError, match="there is no encoding 'latin-99'"):
        call_command("import_contracts", str(file), "--encoding", "latin-99")
