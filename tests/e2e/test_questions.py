"""The questions that people come with, each answered in the browser as a person would ask it."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import openpyxl
from playwright.sync_api import Page, expect

from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.raw_file import COMMA_NAME, FLOOD_AWARDS_2024, PLAIN_AWARDS, SPECIAL, make_plain_awards


def test_everything_of_an_agency_in_all_its_spellings(page: Page) -> None:
    explorer = ExplorerPage(page)
    box = page.get_by_role("combobox", name="Organization", exact=True)
    box.fill("deped")
    expect(page.get_by_role("option").filter(has_text=COMMA_NAME)).to_be_visible()
    box.fill("test municipality")
    page.get_by_role("option", name="All 40 names with municipality and test").click()
    expect(page).to_have_url(re.compile("organization_contains=municipality"))
    assert explorer.count() == PLAIN_AWARDS + len(SPECIAL) - 1
    page.get_by_role("link", name="Table", exact=True).click()
    page.get_by_label("A row for each").select_option("organization")
    expect(page.locator("#table-pager")).to_contain_text("of 40")


def test_subject_and_place_typed_in_one_go(page: Page) -> None:
    explorer = ExplorerPage(page)
    explorer.search('flood control "province 4"')
    expected = sum(
        award["Award Title"].startswith("Construction of flood") and award["Area of Delivery"] == "Province 4"
        for award in make_plain_awards()
    )
    assert 0 < expected < FLOOD_AWARDS_2024
    assert explorer.count() == expected


def test_known_reference_number_with_its_blanks_and_zeros(page: Page) -> None:
    explorer = ExplorerPage(page)
    explorer.search("00 500 1234")
    assert explorer.count() == 1
    expect(explorer.rows.first).to_contain_text("Ref. 5001234")


def test_largest_two_hundred_contractors_with_their_counts_in_excel(page: Page, downloads: Path) -> None:
    explorer = ExplorerPage(page, "?show=table&size=200")
    shown = page.locator("#table tbody tr")
    expect(shown).to_have_count(200)
    path = explorer.download(explorer.export(), downloads)
    head, *rows = openpyxl.load_workbook(path)["Table"].iter_rows(values_only=True)
    assert head[:3] == ("Contractor", "Contracts", "Total value")
    assert [row[0] for row in rows[:200]] == shown.locator("th").all_inner_texts()
    counts = Counter({str(row[0]): row[1] for row in rows})
    plain = Counter(award["Awardee Organization Name"] for award in make_plain_awards())
    assert not plain - counts
    assert sum((counts - plain).values()) == len(SPECIAL)
    values = [row[2] for row in rows]
    assert values == sorted(values, reverse=True)


def test_just_under_a_round_limit(page: Page) -> None:
    explorer = ExplorerPage(page, "?show=distribution&scale=linear&width=1000&min=40000&max=60000")
    bar = page.locator("#distribution").get_by_role("link", name=re.compile(r"^49,000\.00 to 49,999\.99:"))
    expected = sum(49_000 <= Decimal(award["Contract Amount"]) < 50_000 for award in make_plain_awards())
    expect(bar).to_have_attribute("aria-label", re.compile(rf": {expected:,} contracts"))
    bar.click()
    expect(explorer.rows.first).to_be_visible()
    assert explorer.count() == expected
