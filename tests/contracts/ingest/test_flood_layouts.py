"""The second source as it is published, as its site gives it, and as somebody has derived it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.contracts.ingest.raw_files import (
    FLOOD_PUBLISHED,
    FLOOD_SITE,
    import_all,
    make_rows,
    read_contracts,
    read_rejects,
    read_source,
    write_csv,
    write_flood,
    write_s3,
)

PROJECT = {
    "Region": "Region I",
    "Province": "ABRA",
    "Municipality": "BANGUED",
    "DistrictEngineeringOffice": "Abra District Engineering Office",
    "ProjectId": "P00100001LZ",
    "ProjectName": "Dike along the river",
    "TypeOfWork": "Construction of Dike",
    "FundingYear": "2022",
    "ContractId": "21E00050",
    "ApprovedBudgetForContract": "26600000",
    "ContractCost": "26055000.55",
    "ActualCompletionDate": "2023-04-15",
    "Contractor": "DIKE BUILDERS INC.",
    "StartDate": "2022-03-01",
    "ProjectLatitude": "17.59",
    "ProjectLongitude": "120.61",
}
SITE = {
    "project_id": "P00100009LZ",
    "description": "Dike along the sea",
    "location": "Bangued, Abra",
    "contractor": "DIKE BUILDERS INC.",
    "cost": "96500000",
    "completion_date": "06/30/2023",
    "report_contract_id": "22AB0001",
    "start_date": "02/24/2022",
    "project_type": "Dike",
    "funding_year": "2022",
    "region": "CAR",
    "lat": "17.6",
    "lng": "120.6",
}


def write_published(path: Path, *rows: dict[str, str]) -> Path:
    return write_csv(path, [FLOOD_PUBLISHED, *make_rows(FLOOD_PUBLISHED, rows, given=PROJECT)])


def pick(contract: dict[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(str(contract[name]) for name in names)


def test_the_published_file_fills_the_fields_of_a_project(tmp_path: Path) -> None:
    snapshot = import_all(tmp_path / "data", write_published(tmp_path / "flood.csv", {}))
    [contract] = read_contracts(snapshot)
    expected = {
        "source": "flood_control",
        "project_id": "P00100001LZ",
        "contract_number": "21E00050",
        "award_title": "Dike along the river",
        "classification": "Construction of Dike",
        "business_category": "Flood Control",
        "organization_name": "Abra District Engineering Office",
        "area_of_delivery": "BANGUED, ABRA, Region I",
        "awardee_name": "DIKE BUILDERS INC.",
        "award_date": "None",
        "funding_year": "2022",
        "start_date": "2022-03-01",
        "completion_date": "2023-04-15",
        "latitude": "17.59",
        "longitude": "120.61",
        "approved_budget": "26600000.00",
        "contract_amount": "26055000.55",
    }
    assert dict(zip(expected, pick(contract, *expected), strict=True)) == expected
    assert (read_source(snapshot).generation, read_source(snapshot).notes) == ("flood", ())


def test_a_project_without_any_area_is_read_like_others(tmp_path: Path) -> None:
    nowhere = {"ProjectId": "P00100009LZ", "Municipality": "", "Province": "N/A", "Region": ""}
    snapshot = import_all(tmp_path / "data", write_published(tmp_path / "flood.csv", {}, nowhere))
    areas = {contract["project_id"]: contract["area_of_delivery"] for contract in read_contracts(snapshot)}
    assert areas == {"P00100001LZ": "BANGUED, ABRA, Region I", "P00100009LZ": None}


def test_the_site_gives_the_same_projects_in_other_words(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "site.csv", [FLOOD_SITE, *make_rows(FLOOD_SITE, [SITE], given={})])
    snapshot = import_all(tmp_path / "data", file)
    [contract] = read_contracts(snapshot)
    assert pick(contract, "award_date", "start_date", "completion_date", "area_of_delivery") == (
        "None",
        "2022-02-24",
        "2023-06-30",
        "Bangued, Abra, CAR",
    )
    assert pick(contract, "contract_number", "funding_year", "latitude") == ("22AB0001", "2022", "17.6")
    assert read_source(snapshot).generation == "flood-site"


def test_later_years_of_a_contract_are_parts_of_it(tmp_path: Path) -> None:
    later = {
        "ProjectId": "P00100002LZ",
        "FundingYear": "2023",
        "ContractCost": "MYCA with Project ID P00100001LZ",
    }
    by_contract = {"ProjectId": "P00100003LZ", "ContractCost": "MYCA with Project ID P00999999LZ"}
    chained = {
        "ProjectId": "P00100004LZ",
        "ContractCost": "MYCA with Project ID P00100002LZ",
        "ContractId": "X",
    }
    alone = {
        "ProjectId": "P00100005LZ",
        "ContractId": "23ZZ0001",
        "ContractCost": "MYCA with Project ID P00888888LZ",
    }
    file = write_published(tmp_path / "flood.csv", {}, later, by_contract, chained, alone)
    snapshot = import_all(tmp_path / "data", file)
    [contract] = read_contracts(snapshot)
    assert pick(contract, "project_id", "funding_year", "line_items") == ("P00100001LZ", "2022", "4")
    source = read_source(snapshot)
    assert (source.imported, source.collapsed, source.rejected) == (1, 3, 1)
    assert read_rejects(snapshot)[0][1:4] == (6, "contract_amount", "MYCA with Project ID P00888888LZ")


def test_a_copy_of_the_published_file_adds_nothing(tmp_path: Path) -> None:
    files = [
        write_published(tmp_path / "flood.csv", {}, {"ProjectId": "P00100002LZ", "ContractCost": "5"}),
        write_published(
            tmp_path / "saved.csv", {"ContractCost": "₱26,055,000.55", "Contractor": "Dike Builders, Inc."}
        ),
    ]
    manifest = import_all(tmp_path / "data", *files).manifest()
    assert (manifest.rows, str(manifest.total_value)) == (2, "26055005.55")


def test_a_bad_year_of_funding_is_repaired(tmp_path: Path) -> None:
    file = write_published(
        tmp_path / "flood.csv", {"FundingYear": "20222"}, {"ProjectId": "P2", "FundingYear": "?"}
    )
    snapshot = import_all(tmp_path / "data", file)
    assert [contract["funding_year"] for contract in read_contracts(snapshot)] == [None, None]
    assert read_source(snapshot).repaired_by_reason == {"impossible_year": 2}


def test_dates_of_both_sources_are_read_in_one_import(tmp_path: Path) -> None:
    files = [
        write_s3(tmp_path / "main.csv", {"Published Date": "2022-05-01"}),
        write_flood(tmp_path / "derived.csv", {"award_date": "2024-01-31"}),
        write_published(tmp_path / "flood.csv", {}),
    ]
    dates = [
        pick(contract, "award_date", "publish_date", "start_date", "completion_date")
        for contract in read_contracts(import_all(tmp_path / "data", *files))
    ]
    assert sorted(dates) == [
        ("2022-05-17", "2022-05-01", "None", "None"),
        ("None", "None", "2022-03-01", "2023-04-15"),
        ("None", "None", "None", "2024-01-31"),
    ]
