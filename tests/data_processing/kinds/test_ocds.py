"""The kind ocds: by the machine of all exports, with its own file."""

from __future__ import annotations

import gzip
import json
from typing import Any
from zipfile import ZipFile

import pytest
from pytest_django import Settings

from data_processing.errors import ExportTooLarge
from data_processing.kinds.exporting.ocds import OcdsRequest
from data_processing.lifecycle import runner
from data_processing.models import ExportFile
from data_processing.outputs import files
from data_processing.outputs.estimates import estimate_ocds
from tests.contracts.writers.ocds_validator import VALIDATED, list_faults
from tests.machine import MakeRun

pytestmark = pytest.mark.django_db


def read_lines(export: ExportFile) -> list[dict[str, Any]]:
    with ZipFile(files.absolute_path(export.path)) as archive:
        texts = (gzip.decompress(archive.read(name)) for name in archive.namelist())
        return [json.loads(line) for text in texts for line in text.splitlines()]


def publish(make_run: MakeRun, body: dict[str, Any]) -> tuple[dict[str, Any], ExportFile]:
    run = make_run("ocds", body)
    runner.run_attempt(run.id, worker="test")
    run.refresh_from_db()
    assert run.state == "SUCCESS"
    assert run.result is not None
    return run.result, ExportFile.objects.get(run=run)


@VALIDATED
def test_archive_is_valid_and_says_whose_it_is(make_run: MakeRun, settings: Settings) -> None:
    settings.OCDS_PREFIX, settings.OCDS_PUBLISHER = "ocds-a1b2c3", "Some newsroom"
    _, export = publish(make_run, {"filters": {"include_flood_control": True}})
    lines = read_lines(export)
    assert [list_faults(line) for line in lines] == [{}] * len(lines)
    assert {line["publisher"]["name"] for line in lines} == {"Some newsroom"}
    assert {one["ocid"].rsplit("-", 2)[0] for line in lines for one in line["releases"]} >= {"ocds-a1b2c3"}


def test_result_counts_what_is_in_the_file(make_run: MakeRun) -> None:
    result, export = publish(make_run, {"filters": {"keywords": ["flood"]}})
    lines = read_lines(export)
    assert result["rows"] == export.rows == 30
    assert result["releases"] == sum(len(line["releases"]) for line in lines)
    assert result["ocid_prefix"] == "ocds-unregistered"
    assert export.name == "philgeps-text-flood-ocds.zip"
    wanted = OcdsRequest.from_json({"filters": {"keywords": ["flood"]}})
    estimate = estimate_ocds(wanted, format="zip", version=export.dataset_version)
    assert (estimate["rows"], estimate["sheets"]) == (30, None)


def test_too_many_rows_are_refused(make_run: MakeRun, settings: Settings) -> None:
    settings.EXPORT_MAX_ROWS = 5
    run = make_run("ocds")
    runner.run_attempt(run.id, worker="test")
    run.refresh_from_db()
    assert (run.state, (run.error or {})["code"]) == ("FAILURE", ExportTooLarge.code)
    assert not ExportFile.objects.exists()
