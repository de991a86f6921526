"""The work of the analyses: an answer, and a workbook that says the same, with charts of Excel's own."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings

from contracts.flags import counts
from contracts.flags.registry import FLAGS
from data_processing.kinds.analysis import reporting
from data_processing.lifecycle import runner
from data_processing.models import ExportFile, TaskRun
from data_processing.outputs import files
from tests.contracts import libreoffice
from tests.machine import MakeRun

pytestmark = pytest.mark.django_db


def work(make_run: MakeRun, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    run = make_run(kind, body)
    runner.run_attempt(run.id, worker="test")
    run.refresh_from_db()
    assert run.result is not None, run.error
    return dict(run.result)


def test_report_counts_the_flags_that_the_task_of_flags_finds(make_run: MakeRun) -> None:
    report = work(make_run, "analysis", {})
    judged = work(make_run, "flags", {"page_size": 1})
    told = [{name: one[name] for name in one if name != "evidence"} for one in judged["flags"]]
    assert report["flags"]["counts"] == told
    assert [one["code"] for one in told] == list(FLAGS)
    assert report["flags"]["why_none"] is None
    assert report["flags"]["caution"] == "A flag is a reason to look, never a verdict."
    assert report["filters_in_words"] == "all contracts"
    assert (report["subject"], report["peers"]) == (None, None)


def test_too_many_contracts_are_not_judged_and_the_report_says_so(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "MOST_CONTRACTS", 1)
    report = work(make_run, "analysis", {})
    assert report["flags"]["counts"] == []
    assert "are more than the 1 that are judged" in report["flags"]["why_none"]
    assert counts.MOST_CONTRACTS > 1000


def test_workbook_holds_the_report_and_draws_it(make_run: MakeRun) -> None:
    body = {"filters": {"contractors": ["Peña & Sons"]}}
    report = work(make_run, "analysis", body)
    work(make_run, "analysis_export", body)
    path = files.absolute_path(ExportFile.objects.get().path)
    book = openpyxl.load_workbook(path)
    expected = ["Summary", "Years", "Months", "Contractors", "Organizations", "Concentration", "Red flags"]
    assert [name for name in book.sheetnames if name != "Season"] == [*expected, "Peers", "About"]
    head, *rows = book["Organizations"].iter_rows(values_only=True)
    assert head[:4] == ("Organization", "Contracts", "Value (PHP)", "Share")
    [_, buyers] = report["partners"]
    assert [(row[1], f"{row[2]:.2f}") for row in rows] == [
        (one["count"], one["total_value"]) for one in buyers["names"]
    ]
    drawn = {name for name in book.sheetnames if book[name]._charts}
    assert {"Years", "Months", "Contractors", "Organizations", "Peers"} <= drawn
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == "[Content_Types].xml"
        assert sum(name.startswith("xl/charts/") for name in archive.namelist()) == len(drawn)
    about = [str(cell) for row in book["About"].iter_rows(values_only=True) for cell in row]
    assert any("a filter is no market" in text for text in about)
    assert any("Merger Guidelines (2023)" in text for text in about)


def test_libreoffice_reads_every_sheet_of_the_workbook(make_run: MakeRun, tmp_path: Path) -> None:
    work(make_run, "analysis_export", {})
    path = Path(files.absolute_path(ExportFile.objects.get().path))
    libreoffice.convert_sheets([path], tmp_path / "csv")
    book = openpyxl.load_workbook(path)
    read = {name: libreoffice.read_sheet(tmp_path / "csv", path, name) for name in book.sheetnames}
    assert {name: len(rows) for name, rows in read.items()} == {sheet.title: sheet.max_row for sheet in book}
    assert read["Years"][0][:3] == [cell.value for cell in book["Years"][1]][:3]
    assert not [cell for rows in read.values() for row in rows for cell in row if cell.startswith("#")]


def test_names_that_look_like_formulas_are_text_in_the_workbook(make_run: MakeRun) -> None:
    work(make_run, "analysis_export", {})
    book = openpyxl.load_workbook(files.absolute_path(ExportFile.objects.get().path))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}


def test_five_analyses_start_in_a_minute_unless_a_setting_says_otherwise() -> None:
    assert settings.TASK_RATE_LIMITS["analysis"] == (5, 60.0)
    assert TaskRun.objects.count() == 0
