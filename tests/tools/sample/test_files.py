"""The files look like the real ones: names, headers, notation of dates and amounts."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from tests.contracts.ingest.raw_files import FLOOD_PUBLISHED
from tests.contracts.samples import find_header, make_sample, read_records, read_rows
from tests.tools.sample.conftest import Sample
from tools.sample import SampleShape
from tools.sample.files import open_sheet
from tools.sample.layouts import SAMPLE_HEADER
from tools.sample.plan import ROWS_PER_WORKBOOK, plan_files

AWARD_FILES = {
    "2013-01 -- 2015-12.xlsx": ("S1", 40, "Organization Name", "Award Status", r"\d\d-[A-Z][a-z]{2}-2\d{3}"),
    "2016-01 -- 2020-12.xlsx": ("S2", 40, "Organization Name", "Award Status", r"\d{1,2}/\d{1,2}/2\d{3}"),
    "2021.csv": ("S3", 43, "Procuring Entity", "List of Bidder's", r"2\d{3}-\d\d-\d\d 00:00:00"),
    "2022.csv": ("S3", 43, "Procuring Entity", "List of Bidder's", r"2\d{3}-\d\d-\d\d (00|15|16):00:00"),
    "2023.csv": ("S3", 43, "Procuring Entity", "List of Bidder's", r"\d{1,2}/\d{1,2}/2\d{3}"),
    "2024.csv": ("S3", 43, "Procuring Entity", "List of Bidder's", r"\d\d/\d\d/2\d{3} 12:00:00 AM"),
    "2025-01 -- 2025-03.csv": ("S3", 43, "Procuring Entity", "List of Bidder's", r"2\d{3}-\d\d-\d\d"),
    "2023_Jan-Mar.csv": ("S4/S5", 46, "Procuring Entity (PE)", "Awardee Joint Venture", r"2\d{3}-\d\d-\d\d"),
    "2025_Apr-Jun.csv": ("S4/S5", 46, "Procuring Entity (PE)", "Awardee Joint Venture", r"\d\d/\d\d/2\d{3}"),
    "2025_Jul-Sep.csv": (
        "S4/S5",
        46,
        "Procuring Entity (PE)",
        "Awardee Joint Venture",
        r"\d{1,2}/\d{1,2}/2\d{3}",
    ),
    "2025_(JAN-MAR).csv": ("S6", 46, "Procuring Entity", "Awardee Joint Venture", r"2\d{3}-\d\d-\d\d"),
}
SPELLINGS = {
    "S1": ("UOM", "Item Desc", "Contract Efectivity Date", "Awardee Corporate Title", "Publish Date(Award)"),
    "S2": ("Unit of Measurement", "Item Desc", "Contract Efectivity Date", "Awardee Corporate Title"),
    "S3": ("UOM", "Item Description", "Contract Efectivity Date", "Awardee Organization Name", "Created By"),
    "S4/S5": (
        "UOM",
        "Item Description",
        "Contract Effectivity Date",
        "Award Reference No.",
        "Bid Notice Status",
    ),
    "S6": ("Unit of Measure", "Item/Lot Name", "Source of Funds", "Approved Budget of the Contract (ABC)"),
}


def test_files_come_in_order_of_time_with_the_reexport_after_its_year(faulty: Sample) -> None:
    names = [file.file for file in faulty.key.files]
    assert names == [*AWARD_FILES, "flood-control-projects.csv"]


@pytest.mark.parametrize("name", AWARD_FILES)
def test_header_is_the_generations_own(faulty: Sample, name: str) -> None:
    generation, columns, first, last, _ = AWARD_FILES[name]
    rows = read_rows(faulty.folder / name)
    *header, mark = rows[find_header(rows)]
    assert mark == SAMPLE_HEADER
    assert (len(header), len(set(header)), header[0], header[-1]) == (columns, columns, first, last)
    assert set(SPELLINGS[generation]) <= set(header)
    assert {file.file: file.generation for file in faulty.key.files}[name] == generation


def test_flood_header_is_that_of_the_published_list(faulty: Sample) -> None:
    assert read_rows(faulty.folder / "flood-control-projects.csv")[0] == [*FLOOD_PUBLISHED, SAMPLE_HEADER]


def test_the_new_system_has_the_numbers_of_the_first_file_again(faulty: Sample) -> None:
    new = {row["Bid Reference No."] for row in read_records(faulty.folder / "2025_(JAN-MAR).csv")}
    old = {row["Reference ID"] for row in read_records(faulty.folder / "2013-01 -- 2015-12.xlsx")}
    assert new & old


@pytest.mark.parametrize(("name", "lines"), [("2013-01 -- 2015-12.xlsx", 3), ("2016-01 -- 2020-12.xlsx", 2)])
def test_workbooks_have_lines_above_the_header(faulty: Sample, name: str, lines: int) -> None:
    assert find_header(read_rows(faulty.folder / name)) == lines


def award_dates(sample: Sample, name: str) -> list[str]:
    return [text for row in read_records(sample.folder / name) if (text := row["Award Date"])]


@pytest.mark.parametrize("name", AWARD_FILES)
def test_dates_keep_to_the_files_notation(clean: Sample, name: str) -> None:
    pattern = re.compile(AWARD_FILES[name][4])
    texts = [text for text in award_dates(clean, name) if text not in ("NULL", "nan", "None")]
    assert texts
    assert all(pattern.fullmatch(text) for text in texts)


def test_one_file_of_2025_puts_the_day_first_and_the_others_do_not(clean: Sample) -> None:
    def parts(name: str, place: int) -> set[int]:
        return {int(text.split("/")[place]) for text in award_dates(clean, name) if "/" in text}

    assert parts("2025_Apr-Jun.csv", 1) == {4, 5, 6}
    assert parts("2025_Jul-Sep.csv", 0) == {7, 8, 9}
    assert max(parts("2025_Apr-Jun.csv", 0)) > 12 < max(parts("2025_Jul-Sep.csv", 1))


@pytest.mark.parametrize("seed", range(4))
def test_even_the_smallest_slashed_file_tells_its_order(tmp_path: Path, seed: int) -> None:
    make_sample(SampleShape(contracts=30, seed=seed), tmp_path)
    for name, month in (("2025_Apr-Jun.csv", 1), ("2025_Jul-Sep.csv", 0), ("2023.csv", 0)):
        dates = [row["Published Date"].split("/") for row in read_records(tmp_path / name)]
        days = [int(parts[1 - month]) for parts in dates if len(parts) == 3]
        assert max(days) > 12, name


def test_shifted_dates_are_the_evening_before(faulty: Sample) -> None:
    times = {text[11:] for text in award_dates(faulty, "2022.csv") if re.fullmatch(r"\d{4}-.{14}", text)}
    assert times == {"00:00:00", "15:00:00", "16:00:00"}


def test_awards_of_the_year_come_again_in_the_reexport(faulty: Sample) -> None:
    year = {row["Award No."] for row in read_records(faulty.folder / "2023.csv")}
    again = [row["Award Reference No."] for row in read_records(faulty.folder / "2023_Jan-Mar.csv")]
    assert len([number for number in again if number in year]) > 20


def test_awards_are_dated_in_their_files_period(clean: Sample) -> None:
    dates = [
        date.fromisoformat(text) for text in award_dates(clean, "2025-01 -- 2025-03.csv") if text != "NULL"
    ]
    assert date(2025, 1, 1) <= min(dates) <= max(dates) <= date(2025, 3, 31)


def test_large_workbooks_are_split_by_months() -> None:
    plans = [plan for plan in plan_files(5_000_000, rows_per_unit=1.0) if plan.workbook]
    assert all(plan.size <= ROWS_PER_WORKBOOK for plan in plans)
    assert [plan.name for plan in plans[:3]] == [
        "2013-01 -- 2013-12.xlsx",
        "2014-01 -- 2014-12.xlsx",
        "2015-01 -- 2015-12.xlsx",
    ]
    assert sum(plan.size for plan in plan_files(5_000_000, rows_per_unit=1.0)) == 5_000_000


ROWS = [["Ñ & <tag>", 'say "x"', "a,b", ""], ["two\nlines", "100%", "R_J", "₱1,000"]]


@pytest.mark.parametrize("quoted", [True, False])
def test_delimited_sheet_keeps_every_character(tmp_path: Path, quoted: bool) -> None:
    path = tmp_path / "texts.csv"
    with open_sheet(path, bom=True, quoted=quoted) as sheet:
        sheet.write(ROWS)
    assert read_rows(path) == ROWS


def test_workbook_sheet_keeps_every_character(tmp_path: Path) -> None:
    path = tmp_path / "texts.xlsx"
    with open_sheet(path) as sheet:
        sheet.write([["above"], *ROWS])
    assert read_rows(path)[1:] == ROWS
    cells = list(openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True))
    assert [[cell or "" for cell in row] for row in cells[1:]] == ROWS
