"""The work of the flags: an answer and a file say the same of the same contracts."""

from __future__ import annotations

import csv
from typing import Any

import openpyxl
import pytest

from contracts.flags.registry import FLAGS
from data_processing.lifecycle import runner
from data_processing.models import ExportFile, TaskRun
from data_processing.outputs import files
from tests.datasets import AWARDS
from tests.machine import MakeRun

pytestmark = pytest.mark.django_db
WEEKENDS = sorted(
    award["award_number"]
    for award in AWARDS
    if award["source"] == "philgeps" and award["award_date"] and award["award_date"].weekday() > 4
)


def work(make_run: MakeRun, kind: str, body: dict[str, Any]) -> TaskRun:
    run = make_run(kind, body)
    runner.run_attempt(run.id, worker="test")
    run.refresh_from_db()
    assert run.result is not None, run.error
    return run


def test_all_flags_are_judged_unless_some_are_named(make_run: MakeRun) -> None:
    result = work(make_run, "flags", {}).result
    assert result is not None
    assert [one["code"] for one in result["flags"]] == list(FLAGS)
    assert result["caution"] == "A flag is a reason to look, never a verdict."
    assert result["filters_in_words"] == "all contracts"
    named = work(make_run, "flags", {"flags": ["weekend-award", "over-limit"]}).result
    assert named is not None
    assert [one["code"] for one in named["flags"]] == ["over-limit", "weekend-award"]


def test_pages_of_cases_follow_each_other(make_run: MakeRun) -> None:
    assert len(WEEKENDS) > 1
    body = {"flags": ["weekend-award"], "page_size": 1}
    places = range(1, len(WEEKENDS) + 2)
    pages = [work(make_run, "flags", {**body, "page": page}).result for page in places]
    cases = [page["flags"][0]["evidence"] for page in pages if page]
    assert [[case["number"] for case in page] for page in cases] == [*([place] for place in places[:-1]), []]
    addresses = [one["address"] for page in cases for case in page for one in case["evidence"]]
    assert sorted(address.split("/")[1] for address in addresses) == WEEKENDS


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_file_of_the_evidence_holds_all_of_it_and_the_caution(make_run: MakeRun, format: str) -> None:
    run = work(make_run, "flags_export", {"flag": "weekend-award", "format": format})
    path = files.absolute_path(ExportFile.objects.get(run=run).path)
    assert run.result is not None
    assert run.result["rows"] == len(WEEKENDS)
    if format == "csv":
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
        assert sorted(row["award_number"] for row in rows) == WEEKENDS
        assert {row["note"] for row in rows} == {"A flag is a reason to look, never a verdict."}
    else:
        book = openpyxl.load_workbook(path)
        head, *rows = book["Evidence"].iter_rows(values_only=True)
        assert head[:2] == ("Case", "Day of the award")
        assert len(rows) == len(WEEKENDS)
        about = [str(cell) for row in book["About"].iter_rows(values_only=True) for cell in row]
        assert any("never a verdict" in text for text in about)
        assert any(FLAGS["weekend-award"].source in text for text in about)
