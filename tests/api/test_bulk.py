"""The files of whole dataset versions: nothing missing, nothing twice, made again where they are lost."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from pytest_django import Settings

from contracts.fields import FIELDS
from data_processing.models import OWN, ExportFile, TaskRun
from data_processing.outputs import files
from tests.api.conftest import work_off
from tests.datasets import MORE_AWARDS, publish_awards

BULK = "/api/v1/datasets/current/bulk/"


def get_bytes(client: Client, url: str, **headers: str) -> tuple[Any, bytes]:
    response = client.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    body = b"".join(response) if response.streaming else response.content
    return response, body


def work_all_off() -> None:
    """As workers would: what is held back has its turn when another has ended."""
    while TaskRun.objects.filter(state="PENDING").exists():
        work_off()


@pytest.fixture
def version(visitor: Client, settings: Settings) -> str:
    return publish_awards(settings.DATASET_ROOT, MORE_AWARDS).version


@pytest.fixture
def bulk(visitor: Client, version: str) -> dict[str, Any]:
    """The listing of the current version, whose files are there."""
    assert visitor.get(BULK).status_code == 202
    work_all_off()
    answer = visitor.get(BULK)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def read_tables(visitor: Client, bulk: dict[str, Any], folder: Path) -> list[pa.Table]:
    tables = []
    for file in bulk["files"]:
        path = folder / file["name"]
        path.write_bytes(get_bytes(visitor, file["url"])[1])
        tables.append(pq.read_table(path))
    return tables


def test_first_request_starts_the_files_and_says_how_far_they_are(visitor: Client, version: str) -> None:
    answer = visitor.get(BULK)
    assert answer.status_code == 202
    assert int(answer["Retry-After"]) > 0
    assert (answer.json()["files_made"], answer.json()["files"]) == (0, 4)
    assert answer.json()["dataset_version"] == version
    runs = TaskRun.objects.filter(kind="bulk")
    assert {run.owner for run in runs} == {OWN}
    # Who comes next waits for the same ones.
    assert visitor.get(f"{BULK}datapackage.json").status_code == 202
    assert runs.count() == 4
    work_all_off()
    assert visitor.get(BULK).status_code == 200
    assert runs.count() == 4


def test_files_hold_every_contract_once(visitor: Client, bulk: dict[str, Any], tmp_path: Path) -> None:
    tables = read_tables(visitor, bulk, tmp_path)
    whole = pa.concat_tables(tables)
    assert whole.column_names == [field.name for field in FIELDS]
    assert whole.num_rows == bulk["rows"] == len(MORE_AWARDS)
    assert sorted(whole["id"].to_pylist()) == list(range(1, len(MORE_AWARDS) + 1))
    total = sum((award["contract_amount"] for award in MORE_AWARDS), Decimal(0))
    assert sum(whole["contract_amount"].to_pylist()) == total
    assert whole["source"].to_pylist().count("flood_control") == 2
    for file, table in zip(bulk["files"], tables, strict=True):
        assert table.num_rows == file["rows"] > 0
        assert {day and day.year for day in table["award_date"].to_pylist()} == {file["year"]}


def test_listing_and_description_agree_with_the_bytes(visitor: Client, bulk: dict[str, Any]) -> None:
    described = visitor.get(bulk["datapackage"]).json()
    assert described["$schema"].endswith("/2.0/datapackage.json")
    assert (described["version"], described["sources"][0]["title"]) == (bulk["dataset_version"], "2024.csv")
    for file, resource in zip(bulk["files"], described["resources"], strict=True):
        response, body = get_bytes(visitor, file["url"])
        assert (file["size_bytes"], file["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
        assert response["ETag"] == f'"{file["sha256"]}"'
        assert resource["path"] == file["name"]
        assert (resource["bytes"], resource["hash"]) == (len(body), f"sha256:{file['sha256']}")
        fields = {field["name"]: field["type"] for field in resource["schema"]["fields"]}
        assert list(fields) == pq.read_schema(pa.BufferReader(body)).names
        assert (fields["award_date"], fields["contract_amount"]) == ("date", "number")


def test_a_file_comes_in_ranges_and_not_twice(visitor: Client, bulk: dict[str, Any]) -> None:
    file = bulk["files"][0]
    _, whole = get_bytes(visitor, file["url"])
    part, body = get_bytes(visitor, file["url"], Range="bytes=-8")
    assert (part.status_code, body) == (206, whole[-8:])
    assert part["Content-Range"] == f"bytes {len(whole) - 8}-{len(whole) - 1}/{len(whole)}"
    assert visitor.get(file["url"], headers={"if-none-match": part["ETag"]}).status_code == 304
    assert visitor.get(file["url"], headers={"range": f"bytes={len(whole)}-"}).status_code == 416
    head = visitor.head(file["url"])
    assert (head.status_code, head["Content-Length"], head.content) == (200, f"{len(whole)}", b"")


def test_a_lost_file_is_made_again(visitor: Client, bulk: dict[str, Any]) -> None:
    file = bulk["files"][1]
    files.absolute_path(ExportFile.objects.get(name=file["name"]).path).unlink()
    answer = visitor.get(file["url"])
    assert (answer.status_code, answer.json()["code"]) == (503, "bulk-file-missing")
    assert int(answer["Retry-After"]) > 0
    assert visitor.get(BULK).json()["files_made"] == len(bulk["files"]) - 1
    work_all_off()
    _, body = get_bytes(visitor, file["url"])
    assert hashlib.sha256(body).hexdigest() == file["sha256"]


def test_what_is_not_there_is_said(visitor: Client, bulk: dict[str, Any], settings: Settings) -> None:
    assert visitor.get(f"{BULK}philgeps-1999.parquet").status_code == 404
    gone = visitor.get("/api/v1/datasets/20000101T000000000Z-0000/bulk/")
    assert (gone.status_code, gone.json()["code"]) == (410, "snapshot-missing")
    settings.BULK_FILES = False
    for path in (BULK, bulk["datapackage"], bulk["files"][0]["url"]):
        assert visitor.get(path).status_code == 404


def test_files_are_nobodys_exports(visitor: Client, staff: Client, bulk: dict[str, Any]) -> None:
    run = TaskRun.objects.filter(kind="bulk").first()
    assert run is not None
    for client in (visitor, staff):
        assert client.get("/api/v1/data-processing/exports/").json()["results"] == []
        assert client.delete(f"/api/v1/data-processing/exports/{run.pk}/").status_code == 404
    assert visitor.get(BULK).json() == bulk
