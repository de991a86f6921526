"""The command that imports: what it says when it cannot."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from contracts import snapshot
from tests.contracts.ingest.hostile import number_cell, with_row, write_package
from tests.contracts.ingest.raw_files import write_s3


@pytest.fixture(autouse=True)
def own_datasets(tmp_path: Path, settings: Settings) -> None:
    settings.DATASET_ROOT = tmp_path / "datasets"


def test_an_import_reports_what_became_of_each_file(tmp_path: Path, settings: Settings) -> None:
    said = StringIO()
    call_command("import_contracts", str(write_s3(tmp_path / "raw.csv", {}, {})), stdout=said)
    assert "raw.csv (S3): read 2 = imported 1 + collapsed 0 + unawarded 0 + duplicates 1" in said.getvalue()
    assert snapshot.current(settings.DATASET_ROOT).version in said.getvalue()


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
