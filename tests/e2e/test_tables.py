"""Tables and distributions in a browser: they add up, sort, narrow down, and leave as files."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path

import openpyxl
from playwright.sync_api import Locator, Page, expect

from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.raw_file import PLAIN_AWARDS, SPECIAL


def table(page: Page) -> Locator:
    return page.get_by_role("region", name="Table", exact=True)


def read_rows(page: Page) -> list[list[str]]:
    expect(page.locator("#table[aria-busy=false]")).to_be_visible()
    rows = table(page).locator("tbody tr").all()
    return [[re.sub(r"[₱,]", "", text) for text in row.locator("th, td").all_inner_texts()] for row in rows]


def test_ranking_is_sorted_by_a_click_paged_and_taken_away_whole(page: Page, downloads: Path) -> None:
    explorer = ExplorerPage(page, "?year=2024")
    page.get_by_role("link", name="Table", exact=True).click()
    by_value = [Decimal(row[2]) for row in read_rows(page)]
    assert by_value == sorted(by_value, reverse=True)
    table(page).get_by_role("button", name="Contracts", exact=True).click()
    expect(page).to_have_url(re.compile("order=-count"))
    table(page).get_by_label("Rows per page").select_option("25")
    expect(table(page).locator("tbody tr")).to_have_count(25)
    first = read_rows(page)
    table(page).get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile("tpage=2"))
    expect(table(page).locator("tbody tr").first).not_to_contain_text(first[0][0])
    path = explorer.download(explorer.export(), downloads)
    head, *rows = openpyxl.load_workbook(path)["Table"].iter_rows(values_only=True)
    assert head[:3] == ("Contractor", "Contracts", "Total value")
    assert sum(row[1] for row in rows) == explorer.count()
    assert [str(row[1]) for row in rows[:25]] == [row[1] for row in first]
    expect(table(page).locator("#table-pager")).to_contain_text(f"of {len(rows):,}")


def test_row_narrows_the_view_to_its_contracts(page: Page) -> None:
    explorer = ExplorerPage(page, "?show=table&by=area&year=2023")
    name, count, *_ = read_rows(page)[0]
    table(page).locator("tbody tr").first.locator("td").first.click()
    expect(page.get_by_role("button", name=f"Remove {name}")).to_be_visible()
    assert explorer.count() == int(count)
    assert len(read_rows(page)) == 1


def test_cross_table_adds_up_and_a_cell_shows_its_contracts(page: Page) -> None:
    explorer = ExplorerPage(page, "?show=table&by=category")
    table(page).get_by_label("Columns").select_option("year")
    table(page).get_by_label("Figure").select_option("count")
    expect(table(page).locator("thead")).to_contain_text("2024")
    rows = read_rows(page)
    assert all(int(row[1]) == sum(int(cell.replace("–", "0")) for cell in row[2:]) for row in rows)
    assert sum(int(row[1]) for row in rows) == PLAIN_AWARDS + len(SPECIAL)
    heads = table(page).locator("thead th").all_inner_texts()
    place = heads.index("2024")
    table(page).locator("tbody tr").first.get_by_role("link").nth(place - 1).click()
    explorer.wait()
    expect(page.get_by_role("button", name="Remove 2024")).to_be_visible()
    expect(explorer.rows.first).to_be_visible()
    assert explorer.count() == int(rows[0][place])


def bars(page: Page) -> Locator:
    return page.locator("#distribution .columns-chart li")


def test_distribution_counts_what_a_bar_leads_to_and_dragging_goes_nearer(
    page: Page, downloads: Path
) -> None:
    explorer = ExplorerPage(page, "?show=distribution")
    page.get_by_label("Scale").select_option("linear")
    page.get_by_label("Width of a bar, pesos").fill("10k")
    page.get_by_label("Width of a bar, pesos").press("Tab")
    expect(page).to_have_url(re.compile("width=10000"))
    expect(bars(page).nth(1).get_by_role("link")).to_have_attribute(
        "aria-label", re.compile("^10,000.00 to 19,999.99:")
    )
    path = explorer.download(explorer.export(format="csv"), downloads)
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert sum(int(line["count"]) for line in lines) == explorer.count()
    start, end = bars(page).nth(1).bounding_box(), bars(page).nth(3).bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + 50)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 50, steps=4)
    page.mouse.up()
    expect(page.get_by_label("At least, pesos")).to_have_value("10,000")
    expect(page.get_by_label("At most, pesos")).to_have_value("39,999.99")
    first = re.compile("^10,000.00 to 19,999.99:")
    expect(bars(page).first.get_by_role("link")).to_have_attribute("aria-label", first)
    said = bars(page).first.get_by_role("link").get_attribute("aria-label") or ""
    count = re.search(r"([\d,]+) contract", said)
    assert count is not None
    bars(page).first.get_by_role("link").click()
    expect(explorer.rows.first).to_be_visible()
    assert explorer.count() == int(count[1].replace(",", ""))
