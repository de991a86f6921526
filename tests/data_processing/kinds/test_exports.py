"""The work of an export: the file holds what was asked for, and says so."""

from __future__ import annotations

import csv
from datetime import UTC
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pytest_django import Settings

from data_processing.lifecycle import runner
from data_processing.models import ExportFile, TaskRun
from data_processing.outputs import files
from tests.contracts.small_stores import make_award
from tests.datasets import publish_awards
from tests.machine import MakeRun

pytestmark = pytest.mark.django_db


def export(make_run: MakeRun, body: dict[str, Any], **facts: Any) -> tuple[TaskRun, Path]:
    """The finished run and its file; ``facts`` replace columns of the run."""
    run = make_run("export", body)
    if facts:
        TaskRun.objects.filter(id=run.id).update(**facts)
    runner.run_attempt(run.id, worker="test")
    run.refresh_from_db()
    return run, files.absolute_path(ExportFile.objects.get(run=run).path)


@pytest.mark.parametrize(("guard", "title"), [(None, "'=1+1"), (True, "'=1+1"), (False, "=1+1")])
def test_formula_guard_can_be_switched_off(make_run: MakeRun, guard: bool | None, title: str) -> None:
    asked = {"format": "csv", "columns": ["award_title"], "formula_guard": guard}
    _, path = export(make_run, {**asked, "filters": {"value_range": {"max": "1"}}})
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert [row["award_title"] for row in csv.DictReader(file)] == [title]


def test_another_attempt_makes_the_same_workbook(make_run: MakeRun) -> None:
    run, path = export(make_run, {"format": "xlsx"})
    first = path.read_bytes()
    ExportFile.objects.all().delete()
    TaskRun.objects.filter(id=run.id).update(state="PENDING")
    runner.run_attempt(run.id, worker="test")
    assert files.absolute_path(ExportFile.objects.get(run=run).path).read_bytes() == first
    about = dict(openpyxl.load_workbook(path)["About"].iter_rows(max_col=2, values_only=True))
    assert about["Made at"] == f"{run.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def test_about_sums_up_the_rows_of_the_file(make_run: MakeRun) -> None:
    _, path = export(make_run, {"filters": {"keywords": ["flood"]}})
    rows = list(openpyxl.load_workbook(path)["About"].iter_rows(max_col=3, values_only=True))
    said = {label: value for label, value, _ in rows}
    first = rows.index(("Year of award", "Value (PHP)", "Contracts")) + 1
    years = rows[first : rows.index((None, None, None), first)]
    assert [year for year, _, _ in years] == [2023, 2024]
    assert sum(value for _, value, _ in years) == said["Total value (PHP)"] == 465_000
    assert sum(count for _, _, count in years) == said["Rows"] == 30
    assert (said["Contractors"], said["Median value (PHP)"]) == (1, 15_500)


@pytest.mark.parametrize("sample", [True, False])
def test_workbook_and_its_name_say_whether_contracts_are_invented_and_how_to_cite(
    make_run: MakeRun, settings: Settings, sample: bool
) -> None:
    version = publish_awards(settings.DATASET_ROOT, sample=sample).version
    run, path = export(make_run, {}, dataset_version=version)
    about = dict(openpyxl.load_workbook(path)["About"].iter_rows(max_col=2, values_only=True))
    assert run.result is not None
    assert run.result["name"].startswith("SAMPLE-philgeps-all" if sample else "philgeps-all")
    assert ("invented" in about.get("Sample data", "")) is sample
    assert ("SAMPLE" in about["How to cite"]) is sample
    assert version in about["How to cite"]
    assert about["Data as of"].startswith("contracts awarded up to 2024-")


def test_result_says_how_many_texts_were_cut(make_run: MakeRun, settings: Settings) -> None:
    awards = [make_award(1, award_title="a" * 40_000), make_award(2)]
    version = publish_awards(settings.DATASET_ROOT, awards).version
    for format_, cut in (("xlsx", 1), ("csv", 0)):
        run, _ = export(make_run, {"format": format_}, dataset_version=version)
        assert run.result is not None
        assert run.result["cut_texts"] == cut
