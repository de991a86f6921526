"""The work of a table: its pages, its file and its estimate say the same of the same contracts."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from contracts.questions.tables import Table
from data_processing.lifecycle import runner
from data_processing.models import ExportFile, TaskRun
from data_processing.outputs import files
from data_processing.outputs.estimates import estimate_table
from tests.machine import MakeRun

pytestmark = pytest.mark.django_db

CROSSED = {
    "rows": "category",
    "columns": "year",
    "measures": ["count", "total_value"],
    "sort": "-count",
    "filters": {"include_flood_control": True},
}


def work(make_run: MakeRun, kind: str, body: dict[str, Any]) -> TaskRun:
    run = make_run(kind, body)
    runner.run_attempt(run.id, worker="test")
    run.refresh_from_db()
    assert run.result is not None, run.error
    return run


def export(make_run: MakeRun, body: dict[str, Any]) -> tuple[TaskRun, Path]:
    run = work(make_run, "table_export", body)
    return run, files.absolute_path(ExportFile.objects.get(run=run).path)


def test_page_says_what_it_is_of(make_run: MakeRun) -> None:
    result = work(make_run, "table", {**CROSSED, "page_size": 1, "page": 2}).result
    assert result is not None
    assert [row["label"] for row in result["rows"]] == ["Furniture"]
    assert (result["page"], result["pages"], result["total_rows"]) == (2, 2, 2)
    assert result["filters_in_words"] == "all contracts; flood-control source included"
    assert result["include_flood_control"] is True


def test_cross_table_in_excel_adds_up_and_has_its_sheet_about(make_run: MakeRun) -> None:
    run, path = export(make_run, CROSSED)
    book = openpyxl.load_workbook(path)
    head, *rows = book["Table"].iter_rows(values_only=True)
    assert head == (
        "Category",
        "Contracts",
        "Total value",
        "2023: Contracts",
        "2023: Total value",
        "2024: Contracts",
        "2024: Total value",
    )
    assert [(row[0], row[1]) for row in rows] == [("Construction Projects", 32), ("Furniture", 1)]
    for _, count, value, *cells in rows:
        assert count == sum(cell or 0 for cell in cells[::2])
        assert value == pytest.approx(sum(cell or 0 for cell in cells[1::2]))
    about = dict(book["About"].iter_rows(max_col=2, values_only=True))
    assert about["Filters"] == "by category and year; all contracts; flood-control source included"
    assert about["All contracts"] == 33
    assert about["2023: Total value"] == "Year 2023: What they are worth together. In PHP."
    assert run.result is not None
    assert (run.result["rows"], run.result["name"]) == (
        2,
        "philgeps-by-category-and-year-all-contracts-flood-control-source-included.xlsx",
    )


def test_files_of_all_formats_hold_the_same_table(make_run: MakeRun) -> None:
    body = {
        "rows": "value_band",
        "columns": "contractor",
        "top_columns": 1,
        "sort": "label",
        "measures": ["count"],
    }
    _, as_csv = export(make_run, {**body, "format": "csv"})
    _, as_parquet = export(make_run, {**body, "format": "parquet"})
    with as_csv.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    table = pq.read_table(as_parquet).to_pylist()
    said = [{name: "" if value is None else str(value) for name, value in row.items()} for row in table]
    assert said == lines
    assert list(lines[0]) == ["value_band", "min", "max", "count", "count: Peña & Sons", "count: 1 other"]
    assert sum(int(line["count"]) for line in lines) == 32


def test_estimate_counts_rows_and_takes_a_finished_file_as_its_measure(make_run: MakeRun) -> None:
    run, path = export(make_run, {"rows": "month", "format": "csv"})
    estimate = estimate_table(Table.from_json({"rows": "month"}), format="csv", version=run.dataset_version)
    assert run.result is not None
    assert estimate["rows"] == run.result["rows"]
    assert estimate["bytes"] == pytest.approx(path.stat().st_size, rel=0.5)
    assert estimate["sheets"] is None


def test_comparison_says_what_its_sides_are_and_gives_a_page_of_all_labels(make_run: MakeRun) -> None:
    body = {
        "a": {"time_ranges": [{"type": "yearly", "year": 2024}]},
        "b": {"time_ranges": [{"type": "yearly", "year": 2023}]},
        "by": "year",
        "sort": "label",
        "page": 2,
        "page_size": 1,
    }
    result = work(make_run, "compare", body).result
    assert result is not None
    assert (result["a_in_words"], result["b_in_words"]) == ("awarded 2024", "awarded 2023")
    assert (result["page"], result["pages"], result["total_rows"]) == (2, 2, 2)
    assert result["b_remarks"] == {"unknown_names": [], "implausible": None, "nothing_found": None}
    [row] = result["rows"]
    assert row["label"] == "2024"
    assert row["count"] == {
        **result["summary"]["count"],
        "b": 0,
        "difference": row["count"]["a"],
        "ratio": None,
    }
