"""A raw PhilGEPS file for the browser tests: many plain awards and a few that are out to break a page."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from tools.sample.layouts import S3

TRICKY = """<script>alert(1)</script> & "Ñ" '; DROP"""
TRICKY_NOTICE = '<img src="x" onerror="alert(2)">'
FORMULA = "=1+1"
UNDATED = "Award of no known day"
COMMA_NAME = "DEPARTMENT OF EDUCATION, DIVISION OF CEBU"

PLAIN_AWARDS = 60_000
LATER = 2_000_000
"""The number of the first award that comes later."""
FLOOD_AWARDS_2024 = 90
"""Plain awards of 2024 whose title names flood and control; all others name neither."""

SPECIAL: tuple[Mapping[str, str], ...] = (
    {"Award Title": TRICKY, "Notice Title": TRICKY_NOTICE, "Awardee Organization Name": TRICKY},
    {
        "Award Title": FORMULA,
        "Procuring Entity": COMMA_NAME,
        "Area of Delivery": "NULL",
        # Of which its amount is more than ten times: a typing error.
        "Approved Budget of the Contract": "100.00",
    },
    {"Award Title": UNDATED, "Award Date": "NULL"},
)


def write_raw_file(path: Path, plain: int = PLAIN_AWARDS) -> None:
    """Write a file of generation S3, one line item each: the ``SPECIAL`` awards, then so many plain ones."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, S3.header, restval="NULL")
        rows.writeheader()
        rows.writerows({**_make_award(n, year=2019), **special} for n, special in enumerate(SPECIAL, start=1))
        rows.writerows(islice(make_plain_awards(), plain))


def write_later_file(path: Path, *awards: Mapping[str, str]) -> None:
    """Write a file of awards that the other one has not, each with these columns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, S3.header, restval="NULL")
        rows.writeheader()
        rows.writerows({**_make_award(n, year=2024), **award} for n, award in enumerate(awards, LATER))


def make_plain_awards() -> Iterator[dict[str, str]]:
    """The raw rows of the plain awards; columns that are left out are NULL."""
    for number in range(PLAIN_AWARDS):
        award = _make_award(number + 1000, year=2020 + number % 5)
        if number % 5 == 4 and number < 5 * FLOOD_AWARDS_2024:
            award["Award Title"] = f"Construction of flood control structure {number}"
        yield award


def _make_award(number: int, *, year: int) -> dict[str, str]:
    day = f"{year}-{1 + number % 12:02}-{1 + number % 28:02}"
    return {
        "Procuring Entity": f"MUNICIPALITY OF TEST {number % 40}",
        "Bid Reference No.": str(5_000_000 + number),
        "Award No.": str(7_000_000 + number),
        "Notice Title": f"Notice {number}",
        "Award Title": f"Supply of office chairs, lot {number}",
        "Business Category": f"Category {number % 7}",
        "Area of Delivery": f"Province {number % 9}",
        "Approved Budget of the Contract": f"{1000 + number}.50",
        "Contract Amount": f"{1000 + number}.25",
        "Published Date": day,
        "Award Date": day,
        "Awardee Organization Name": f"PEÑA & SONS {number % 300}, INC.",
        "Contract No": f"C-{number}",
        "Award Status": "active",
        "Procurement Mode": f"Mode {number % 3}",
        "Funding Source": f"Fund {number % 4}",
        "Classification": f"Class {number % 2}",
    }
