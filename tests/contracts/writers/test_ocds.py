"""Releases of OCDS: valid to the official validator, complete, and each process once."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from contracts.engine.sql import PROCESS_COLUMNS
from contracts.fields import FIELDS
from contracts.questions.filters import Filters
from contracts.writers.ocds import Compiled, Publication, write_ocds
from contracts.writers.ocds.codes import find_category, find_method, find_status
from contracts.writers.ocds.release import Row, tell_apart
from tests.contracts.small_stores import Award, make_award, open_awards
from tests.contracts.writers.ocds_validator import VALIDATED, list_faults

EVERYTHING = Filters(include_flood_control=True)
PUBLICATION = Publication(
    prefix="ocds-unregistered",
    publisher="Some newsroom",
    version="20261127T222959894Z-239c",
    published_at=datetime(2026, 11, 27, 22, 30, tzinfo=UTC),
    name="all",
)
NOTHING = {field.name: None for field in FIELDS if field.name != "id"}
LIKE_REAL_ONES: tuple[Award, ...] = (
    # Two awards of one notice, to two suppliers, with budgets of their own.
    make_award(1, reference_id="1234567", award_number="900", approved_budget=Decimal("1500000.00")),
    make_award(
        2,
        reference_id="1234567",
        award_number="901",
        awardee_name='R.C. "Boy" Niño & Sons',
        award_title="Lot 2",
    ),
    # The same number in the old system and the new one: two purchases.
    make_award(3, reference_id="3827", publish_date=date(2003, 2, 3), award_date=date(2003, 3, 4)),
    make_award(4, reference_id="3827", publish_date=date(2025, 2, 3), award_date=date(2025, 3, 4)),
    # A line break within a cell, a joint venture, an award without a name, without a day, without a budget.
    make_award(5, award_title="Lease of a\nvehicle", awardee_name="A BUILDERS / B TRADING (FORMERLY: C)"),
    make_award(6, awardee_name=None, award_date=None, approved_budget=None, procurement_mode=None),
    make_award(7, reference_id=None, project_id=None, organization_name=None, award_status="Cancelled"),
    # One buys from another agency, which bears the same name in both columns elsewhere.
    make_award(8, awardee_name="City of Digos", procurement_mode="Agency-to-Agency"),
    make_award(
        9, award_number=None, contract_number="Reso # 104 - PO # 154", contract_amount=Decimal("0.54")
    ),
    make_award(10, contract_amount=Decimal("45094999999.99"), classification="Consulting Services"),
    # Of the second source.
    {
        **NOTHING,
        **{"contract_number": "24EG0058", "project_id": "P00888888LZ", "source": "flood_control"},
        **{"start_date": date(2024, 2, 1), "completion_date": date(2024, 12, 9), "funding_year": 2024},
        **{"award_title": "CONSTRUCTION OF REVETMENT - X", "awardee_name": "Z / Y", "line_items": 1},
        **{"contract_amount": Decimal("96499999.99"), "classification": "Construction of Revetment"},
        **{"organization_name": "Albay 1st District Engineering Office", "source_file": "flood.csv"},
        **{
            "area_of_delivery": "CITY OF LIGAO (ALBAY), ALBAY, Region V",
            "latitude": "13.2",
            "longitude": "123.5",
        },
    },
    # Nothing but what every contract has.
    {**NOTHING, "contract_amount": Decimal("96499999.99"), "line_items": 1, "source": "philgeps"},
)


def publish(
    awards: Sequence[Award], path: Path, *, batch_rows: int = 5_000, filters: Filters = EVERYTHING
) -> Compiled:
    with open_awards(awards) as store, store.reader() as reader:
        rows = reader.count(filters).rows
        batches = reader.stream_processes(filters, batch_rows=batch_rows)
        writing = write_ocds(batches, path, total_rows=rows, publication=PUBLICATION)
        while True:
            try:
                next(writing)
            except StopIteration as end:
                made: Compiled = end.value
                return made


def read_packages(path: Path) -> dict[str, list[dict[str, Any]]]:
    """By the file of the archive, its lines."""
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        return {
            name: [json.loads(line) for line in gzip.decompress(archive.read(name)).splitlines()]
            for name in archive.namelist()
        }


def read_releases(path: Path) -> list[dict[str, Any]]:
    lines = (line for lines in read_packages(path).values() for line in lines)
    return [release for line in lines for release in line["releases"]]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    publish(LIKE_REAL_ONES, tmp_path / "a.zip")
    return tmp_path / "a.zip"


@VALIDATED
def test_validator_finds_no_fault(archive: Path) -> None:
    lines = [line for lines in read_packages(archive).values() for line in lines]
    assert len(lines) == 4
    for line in lines:
        assert list_faults(line) == {}


@VALIDATED
@pytest.mark.parametrize(
    ("member", "value", "kind"),
    [
        ("date", "2024-05-17", "validation_errors"),
        ("ocid", "philgeps-1", "conformance_errors"),
        ("colour", "red", "additional_fields"),
        ("language", " ", "empty_fields"),
    ],
)
def test_validator_would_find_faults(archive: Path, member: str, value: str, kind: str) -> None:
    package = copy.deepcopy(read_packages(archive)["2024.jsonl.gz"][0])
    package["releases"][0][member] = value
    assert kind in list_faults(package)


def test_awards_of_a_notice_are_one_release(archive: Path) -> None:
    (release,) = (one for one in read_releases(archive) if one["tender"]["id"] == "1234567")
    assert release["ocid"] == "ocds-unregistered-1234567-2024"
    assert [(award["id"], award["suppliers"][0]["name"]) for award in release["awards"]] == [
        ("900", "Peña & Sons"),
        ("901", 'R.C. "Boy" Niño & Sons'),
    ]
    assert [(contract["id"], contract["awardID"]) for contract in release["contracts"]] == [
        ("C-1", "900"),
        ("C-2", "901"),
    ]
    roles = {party["name"]: party["roles"] for party in release["parties"]}
    assert roles["City of Digos"] == ["buyer", "procuringEntity"]
    assert roles["Peña & Sons"] == roles['R.C. "Boy" Niño & Sons'] == ["supplier"]
    known = {party["id"] for party in release["parties"]}
    named = [release["buyer"], release["tender"]["procuringEntity"]]
    assert {one["id"] for one in named} < known
    # Two budgets, of which neither is that of the whole.
    assert "value" not in release["tender"]
    assert release["tender"]["tenderPeriod"] == {
        "startDate": "2024-04-01T00:00:00+08:00",
        "endDate": "2024-04-22T23:59:59+08:00",
    }


def test_numbers_that_were_given_anew_are_two_processes(archive: Path) -> None:
    found = {one["ocid"] for one in read_releases(archive) if one["tender"]["id"] == "3827"}
    assert found == {"ocds-unregistered-3827-2003", "ocds-unregistered-3827-2025"}
    assert list(read_packages(archive)) == [
        "2025.jsonl.gz",
        "2024.jsonl.gz",
        "2003.jsonl.gz",
        "undated.jsonl.gz",
    ]


def test_what_is_not_known_is_not_there(archive: Path) -> None:
    (release,) = read_packages(archive)["undated.jsonl.gz"][0]["releases"]
    assert set(release) == {
        *("ocid", "id", "date", "tag", "initiationType", "language", "tender", "awards"),
    }
    assert release["date"] == "2026-11-28T06:30:00+08:00"
    assert release["awards"] == [{"id": "award", "value": {"amount": 96499999.99, "currency": "PHP"}}]


def test_flood_projects_say_where_and_when(archive: Path) -> None:
    (release,) = (one for one in read_releases(archive) if "project" in one["ocid"])
    assert release["tender"]["mainProcurementCategory"] == "works"
    (item,) = release["awards"][0]["items"]
    assert item["deliveryLocation"]["geometry"]["coordinates"] == [123.5, 13.2]
    (contract,) = release["contracts"]
    assert contract["period"] == {
        "startDate": "2024-02-01T00:00:00+08:00",
        "endDate": "2024-12-09T23:59:59+08:00",
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_contract_is_there_once_however_rows_come(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    awards = [
        make_award(
            number,
            reference_id=str(chance.randrange(60)),
            publish_date=date(chance.choice((2003, 2024, 2025)), 1, 2),
            award_number=str(chance.randrange(50)),
            contract_amount=Decimal(chance.randrange(1, 10**9)) / 100,
        )
        for number in range(400)
    ]
    made = publish(awards, tmp_path / "whole.zip")
    releases = read_releases(tmp_path / "whole.zip")
    assert made == Compiled(releases=len(releases), files=3)
    assert len({release["ocid"] for release in releases}) == len(releases)
    amounts = sorted(award["value"]["amount"] for release in releases for award in release["awards"])
    assert amounts == sorted(float(award["contract_amount"]) for award in awards)
    for release in releases:
        numbers = [award["id"] for award in release["awards"]]
        assert len(set(numbers)) == len(numbers)
    for rows in (1, 7):
        publish(awards, tmp_path / f"{rows}.zip", batch_rows=rows)
        assert (tmp_path / f"{rows}.zip").read_bytes() == (tmp_path / "whole.zip").read_bytes()


def test_a_package_is_no_longer_than_a_reader_can_hold(tmp_path: Path) -> None:
    publish([make_award(number) for number in range(1, 252)], tmp_path / "a.zip")
    lines = read_packages(tmp_path / "a.zip")["2024.jsonl.gz"]
    assert [len(line["releases"]) for line in lines] == [100, 100, 51]
    assert len({line["uri"] for line in lines}) == 3


def test_no_contracts_are_an_empty_archive(tmp_path: Path) -> None:
    nobody = Filters.from_json({"contractors": ["Nobody"]})
    made = publish(LIKE_REAL_ONES, tmp_path / "a.zip", filters=nobody)
    assert made == Compiled(releases=0, files=0)
    assert read_packages(tmp_path / "a.zip") == {}


def test_columns_of_engine_and_writer_agree() -> None:
    assert tuple(PROCESS_COLUMNS) == Row._fields


@pytest.mark.parametrize(
    ("mode", "method"),
    [
        ("Public Bidding", "open"),
        ("Shopping", "limited"),
        ("Negotiated Procurement - Small Value Procurement (Sec. 53.9)", "limited"),
        ("Negotiated Procurement - Agency-to-Agency (Sec. 53.5)", "direct"),
        ("Direct Contracting", "direct"),
        ("Limited Source Bidding", "selective"),
        ("By the grace of the mayor", None),
        (None, None),
    ],
)
def test_procurement_methods(mode: str | None, method: str | None) -> None:
    assert find_method(mode) == method


def test_other_codes() -> None:
    assert find_category("Consulting Services", flood_control=False) == ("services", "consultingServices")
    assert find_category("Who knows", flood_control=False) == (None, None)
    assert [find_status(text) for text in ("Posted", "Cancelled", "Failed", "?", None)] == [
        *("active", "cancelled", "unsuccessful", None, None)
    ]


def test_equal_numbers_are_told_apart() -> None:
    assert tell_apart(["7", "7-2", "7", "7", "8"]) == ["7", "7-2", "7-3", "7-4", "8"]
