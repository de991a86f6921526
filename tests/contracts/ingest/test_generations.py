"""Which generation a file is of, found by the names in its header wherever that stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import BadFile
from tests.contracts.ingest.raw_files import (
    FLOOD,
    FLOOD_AWARD,
    S1,
    S2,
    S3,
    S4,
    import_all,
    make_rows,
    read_contracts,
    read_source,
    write_csv,
    write_s3,
    write_xlsx,
)

EXPECTED = {
    "reference_id": "1001",
    "award_number": "2001",
    "contract_number": "C-1",
    "award_title": "Award of road",
    "notice_title": "Repair of road",
    "awardee_name": "ACME TRADING",
    "organization_name": "CITY OF PASIG",
    "area_of_delivery": "Metro Manila",
    "business_category": "Construction Projects",
    "classification": "Civil Works",
    "procurement_mode": "Public Bidding",
    "funding_source": "GAA",
    "award_status": "Posted",
    "line_items": 1,
    "source": "philgeps",
}
S1_AWARD = {
    "Organization Name": "CITY OF PASIG",
    "Reference ID": "1001",
    "Notice Title": "Repair of road",
    "Publish Date": "2015-03-01",
    "Classification": "Civil Works",
    "Business Category": "Construction Projects",
    "Funding Source": "GAA",
    "Procurement Mode": "Public Bidding",
    "Approved Budget of the Contract": "2000",
    "Area of Delivery": "Metro Manila",
    "Closing Date": "2015-03-20",
    "Notice Status": "wrong status",
    "Award No.": "2001",
    "Award Title": "Award of road",
    "Awardee Corporate Title": "ACME TRADING",
    "Contract Amount": "1500",
    "Contract No": "C-1",
    "Publish Date(Award)": "2015-12-31",
    "Award Date": "2015-04-02",
    "Award Status": "Posted",
}
S3_NAMES = {
    "Organization Name": "Procuring Entity",
    "Reference ID": "Bid Reference No.",
    "Publish Date": "Published Date",
    "Publish Date(Award)": "Published Date(Award)",
    "Awardee Corporate Title": "Awardee Organization Name",
}
S4_NAMES = {
    **S3_NAMES,
    "Organization Name": "Procuring Entity (PE)",
    "Award No.": "Award Reference No.",
    "Award Status": "Award Notice Status",
    "Notice Status": "Bid Notice Status",
}


def rename(names: dict[str, str]) -> dict[str, str]:
    return {names.get(name, name): value for name, value in S1_AWARD.items()}


@pytest.mark.parametrize(
    ("generation", "header", "award"),
    [
        ("S1", S1, S1_AWARD),
        ("S2", S2, S1_AWARD),
        ("S3", S3, rename(S3_NAMES)),
        ("S4/S5", S4, rename(S4_NAMES)),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_every_column_of_a_generation_lands_in_its_field(
    tmp_path: Path, generation: str, header: list[str], award: dict[str, str], suffix: str
) -> None:
    write = write_csv if suffix == ".csv" else write_xlsx
    file = write(tmp_path / f"raw{suffix}", [header, *make_rows(header, [award], given={})])
    snapshot = import_all(tmp_path / "data", file)
    [contract] = read_contracts(snapshot)
    expected = {**EXPECTED, "contract_number": None if generation == "S4/S5" else "C-1"}
    assert {name: contract[name] for name in expected} == expected
    assert f"{contract['award_date']} {contract['publish_date']} {contract['closing_date']}" == (
        "2015-04-02 2015-03-01 2015-03-20"
    )
    assert (str(contract["approved_budget"]), str(contract["contract_amount"])) == ("2000.00", "1500.00")
    assert contract["source_file"] == file.name
    assert read_source(snapshot).generation == generation


def test_the_flood_file_is_a_source_of_its_own(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "flood.csv", [FLOOD, *make_rows(FLOOD, [FLOOD_AWARD], given={})])
    snapshot = import_all(tmp_path / "data", file)
    [contract] = read_contracts(snapshot)
    assert (contract["source"], contract["reference_id"]) == ("flood_control", None)
    assert read_source(snapshot).generation == "flood-derived"
    manifest = snapshot.manifest()
    assert (manifest.flood_rows, str(manifest.flood_value)) == (1, "100.00")


@pytest.mark.parametrize("above", [0, 1, 3, 29])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_the_header_is_found_below_lines_of_text(tmp_path: Path, above: int, suffix: str) -> None:
    write = write_csv if suffix == ".csv" else write_xlsx
    lines = [["PhilGEPS", "Bid Notices"]] * above
    file = write(tmp_path / f"raw{suffix}", [*lines, S3, *make_rows(S3, [{}])])
    assert read_source(import_all(tmp_path / "data", file)).imported == 1


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_header_below_the_thirtieth_row_is_not_looked_for(tmp_path: Path, suffix: str) -> None:
    write = write_csv if suffix == ".csv" else write_xlsx
    file = write(tmp_path / f"raw{suffix}", [*[["PhilGEPS"]] * 30, S3, *make_rows(S3, [{}])])
    with pytest.raises(BadFile, match="header"):
        import_all(tmp_path / "data", file)


def test_header_names_are_compared_without_case_order_and_spacing(tmp_path: Path) -> None:
    names = [f"  {name.upper().replace(' ', '  ')} " for name in reversed(S3)]
    [row] = make_rows(S3, [{}])
    file = write_csv(tmp_path / "raw.csv", [names, row[::-1]])
    [contract] = read_contracts(import_all(tmp_path / "data", file))
    assert contract["awardee_name"] == "ACME TRADING"


@pytest.mark.parametrize("header", [S1, S2, S3, S4])
def test_both_spellings_of_effectivity_are_one_column(tmp_path: Path, header: list[str]) -> None:
    swap = {"Contract Efectivity Date": "Contract Effectivity Date"}
    swap |= {new: old for old, new in swap.items()}
    file = write_csv(tmp_path / "raw.csv", [[swap.get(name, name) for name in header]])
    assert read_source(import_all(tmp_path / "data", file)).read == 0


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {}, encoding="utf-8-sig")
    assert read_source(import_all(tmp_path / "data", file)).imported == 1


def test_a_table_of_something_else_has_no_header(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "raw.csv", [["name", "age"], ["Ana", "7"]])
    with pytest.raises(BadFile, match="no known header"):
        import_all(tmp_path / "data", file)
