"""The first screen of the explorer, at the sizes of the real files, on a phone and on paper."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e.boxes import find_faults
from tests.e2e.explorer_page import ExplorerPage

ROWS, VALUE = 5_500_000, "16834354459445.00"
LONG = (
    "KONSTRUKSIYON NG MGA KALSADA, TULAY AT PAARALAN SA BUONG LALAWIGAN NG MAGUINDANAO DEL SUR "
    "AT KALAPIT NA BAYAN JOINT VENT"
)
OFFICE = (
    "DEPARTMENT OF PUBLIC WORKS AND HIGHWAYS - CAMARINES SUR 2ND DISTRICT ENGINEERING OFFICE, "
    "BARAS, CANAMAN, CAMARINES SUR 1"
)
assert len(LONG) == len(OFFICE) == 120
LARGE = "?min=100000000&max=16834354459445&contractor=" + LONG.replace(" ", "+")
SCREENS = ((390, 800), (768, 1024), (1160, 800), (1280, 800), (1366, 768), (1920, 1080), (640, 400))
"""The last one is 1280 x 800 at 200 %."""


def answer_large(route: Route) -> None:
    """What the engine answers, in the sizes of the real files: sums, largest contract, longest names."""
    asked = json.loads(route.request.post_data or "{}")
    asked["filters"] = {}
    answer = route.fetch(post_data=json.dumps(asked))
    body = answer.json()
    enlarge(body["data"])
    route.fulfill(response=answer, json=body)


def enlarge(data: dict[str, Any]) -> None:
    summary = data.get("summary", data)
    summary.update(total_value=VALUE)
    if "summary" in data:
        summary.update(
            avg_value="3060791.72", median_value="245000.00", contractors=110_995, organizations=21_259
        )
        return
    data.update(total_rows=ROWS, pages=110_000)
    for number, row in enumerate(data["rows"]):
        if "award_title" in row:
            row.update(contract_amount=f"{45_000_000_000 - number * 999_999_937}.{number % 2 * 25:02}")
            row.update(award_title=f"{LONG} {LONG}"[:200], awardee_name=LONG, organization_name=OFFICE)
            row.update(area_of_delivery=LONG, business_category=LONG)
        else:
            row.update(label=LONG, count=ROWS, total_value=VALUE, avg_value=VALUE, median_value=VALUE)


@pytest.fixture
def large(page: Page) -> Page:
    """A page that is answered in the sizes of the real files."""
    page.route(re.compile(r"/tasks/(search|aggregates|table)/$"), answer_large)
    return page


@pytest.mark.parametrize("look", ["rows", "table"])
def test_real_sizes_neither_wrap_in_a_number_nor_are_cut_off(large: Page, look: str) -> None:
    explorer = ExplorerPage(large, f"{LARGE}&show={look}")
    expect(large.locator("#cards").get_by_role("link")).to_have_count(4)
    expect(explorer.summary).to_have_text("₱16.83 trillion in 5,500,000 contracts")
    assert explorer.count() == ROWS
    faults = {}
    for width, height in SCREENS:
        large.set_viewport_size({"width": width, "height": height})
        if large.locator("#toggle-filters").is_visible():
            large.locator("#toggle-filters").click()
            faults[width, "filters"] = find_faults(large)
            large.locator("#toggle-filters").click()
        faults[width, look] = find_faults(large)
    assert {size: found for size, found in faults.items() if found} == {}


def test_ten_rows_are_on_the_first_screen_and_names_are_shortened(large: Page) -> None:
    explorer = ExplorerPage(large)
    expect(large.locator("#cards").get_by_role("link")).to_have_count(4)
    boxes = [row.bounding_box() for row in explorer.rows.all()[:10]]
    heights = [box["height"] for box in boxes if box]
    assert boxes[-1] is not None
    assert boxes[-1]["y"] + boxes[-1]["height"] <= 800
    assert min(heights) >= 30
    assert max(heights) <= 44
    strip = large.locator("#cards").bounding_box()
    assert strip is not None
    assert strip["height"] <= 32
    office = explorer.rows.first.get_by_role("link", name="DPWH · Camarines Sur 2nd DEO")
    expect(office).to_have_attribute("title", re.compile(f"^{re.escape(OFFICE)}"))
    expect(explorer.rows.first.locator("[data-column=award_title] .detail")).to_contain_text(LONG)
    amounts = explorer.rows.locator("[data-column=contract_amount]")
    expect(amounts.nth(0)).to_have_text("₱45,000,000,000")
    expect(amounts.nth(1)).to_have_text("₱44,000,000,063.25")


def test_headline_is_exact_where_it_is_pointed_at_focused_or_copied(
    large: Page, context: BrowserContext
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer = ExplorerPage(large)
    value = explorer.summary.get_by_role("link").first
    shown = "e => getComputedStyle(e, '::after').content"
    exact = "₱16,834,354,459,445.00"
    assert value.evaluate(shown) == "none"
    value.hover()
    assert exact in value.evaluate(shown)
    large.mouse.move(0, 0)
    value.focus()
    large.keyboard.press("Shift+Tab")
    large.keyboard.press("Tab")
    assert exact in value.evaluate(shown)
    large.keyboard.press("ControlOrMeta+c")
    assert large.evaluate("navigator.clipboard.readText()") == exact
    explorer.summary.select_text()
    large.keyboard.press("ControlOrMeta+c")
    assert large.evaluate("navigator.clipboard.readText()") == f"{exact} in 5,500,000 contracts"


def test_workbook_of_more_than_a_million_rows_is_warned_of(large: Page) -> None:
    ExplorerPage(large)
    large.get_by_role("button", name="Export", exact=True).click()
    warning = large.locator("#lighter")
    expect(warning).to_contain_text("more than a million rows")
    warning.get_by_role("button", name=re.compile(r"^Parquet, [\d.]+ [KM]B$")).click()
    expect(large.get_by_label("Take the rows away as")).to_have_value("parquet")
    expect(warning).to_be_hidden()


def test_phone_shows_a_row_at_once_and_keeps_filters_within_reach(large: Page) -> None:
    large.set_viewport_size({"width": 390, "height": 800})
    explorer = ExplorerPage(large)
    expect(large.locator("#cards").get_by_role("link")).to_have_count(4)
    row, bar = explorer.rows.first.bounding_box(), large.locator(".bottom-bar").bounding_box()
    assert row is not None
    assert bar is not None
    assert row["y"] + row["height"] <= bar["y"]
    assert bar["y"] + bar["height"] == 800
    expect(large.locator(".bottom-bar")).to_contain_text("5,500,000 contracts")
    day, amount = (
        explorer.rows.first.locator(f"[data-column={name}]").bounding_box()
        for name in ("award_date", "contract_amount")
    )
    assert day is not None
    assert amount is not None
    assert day["y"] <= row["y"] + 12
    assert abs(day["y"] + day["height"] - amount["y"] - amount["height"]) <= 4
    filters = large.get_by_role("button", name=re.compile("^Filters"))
    filters.click()
    expect(large.get_by_role("combobox", name="Contractor", exact=True)).to_be_in_viewport()
    expect(filters).to_be_in_viewport()
    large.keyboard.press("Escape")
    expect(large.get_by_role("combobox", name="Contractor", exact=True)).to_be_hidden()
    form = explorer.open_export()
    expect(form.get_by_role("button", name="Export 5,500,000 rows")).to_be_in_viewport()
    large.keyboard.press("Escape")
    expect(form).to_be_hidden()
    assert find_faults(large) == []


def test_paper_has_rows_as_a_table_charts_in_colour_and_says_where_it_comes_from(page: Page) -> None:
    explorer = ExplorerPage(page, "?year=2024")
    expect(page.locator("#print-foot")).to_contain_text("dataset version 20")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 between its margins
    page.emulate_media(media="print")
    expect(page.locator("#print-foot")).to_be_visible()
    expect(page.locator("#print-foot")).to_contain_text(f"{page.url} · dataset version")
    expect(page.locator("#print-foot")).to_contain_text(re.compile(r"printed \w+ \d+, 20\d\d$"))
    expect(explorer.rows.first).to_have_css("display", "table-row")
    expect(page.locator("#results thead")).to_have_css("display", "table-header-group")
    controls = "nav:visible, select:visible, input:visible, button:not(.title, [data-sort]):visible"
    expect(page.locator(controls)).to_have_count(0)
    assert find_faults(page) == []
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Charts").click()
    bar = page.locator(".bar-fill").first
    expect(bar).to_be_visible()
    page.emulate_media(media="print")
    expect(bar).to_have_css("print-color-adjust", "exact")
    expect(page.locator(controls)).to_have_count(0)
