"""Charts in a browser: they add up to what the API says, a click filters, they cost nothing until seen."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from contracts.snapshot import versions
from tests.e2e.conftest import Site
from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.raw_file import TRICKY, UNDATED

FIRST_PAGE_BYTES = 150_000
"""As they travel: compressed, with their headers."""


def chart(page: Page, title: str) -> Locator:
    return page.get_by_role("figure").filter(has=page.get_by_role("heading", name=title))


def pesos(text: str) -> Decimal:
    return Decimal(text.removeprefix("₱").replace(",", ""))


def test_first_page_is_small_and_has_no_chart_in_it(page: Page) -> None:
    sizes: dict[str, float] = {}
    urls: list[str] = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on(
        "Network.loadingFinished", lambda end: sizes.update({end["requestId"]: end["encodedDataLength"]})
    )
    page.on("response", lambda response: urls.append(response.url))
    ExplorerPage(page)
    expect(page.locator("#cards")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert len(sizes) >= len(urls) - 1, "an event stream has no end; all else is counted"
    assert sum(sizes.values()) < FIRST_PAGE_BYTES
    assert not [url for url in urls if url.endswith(("charts.js", "figures.js", "squarify.js"))]
    page.get_by_role("link", name="Charts").click()
    expect(chart(page, "Value by year of award")).to_be_visible()
    assert [url for url in urls if url.endswith("charts.js")]


def test_cards_sum_up_what_the_filters_leave(page: Page) -> None:
    ExplorerPage(page)
    cards = page.locator("#cards")
    expect(cards).to_contain_text("Contractors301")
    expect(cards).to_contain_text("Organizations41")


def test_rows_stay_where_they_are_when_cards_come(page: Page) -> None:
    waiting: list[Route] = []
    page.route("**/tasks/aggregates/", lambda route: waiting.append(route))
    explorer = ExplorerPage(page, "?year=2019")
    expect(page.locator("#cards")).to_contain_text("Median…")
    before = explorer.rows.first.bounding_box()
    waiting[0].continue_()
    expect(page.locator("#cards").get_by_role("link")).to_have_count(4)
    assert explorer.rows.first.bounding_box() == before


def test_cards_lead_on_from_the_view_that_is_shown_and_keep_the_focus(page: Page) -> None:
    explorer = ExplorerPage(page, "?year=2024")
    total = explorer.summary.get_by_role("link").first
    total.focus()
    page.keyboard.press("Enter")
    explorer.wait()
    expect(page).to_have_url(re.compile("sort=-contract_amount"))
    expect(total).to_be_focused()
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="Line items").check()
    expect(total).to_have_attribute("href", re.compile("columns=.*line_items"))


def test_every_card_leads_to_its_rows(page: Page) -> None:
    explorer = ExplorerPage(page, "?year=2024&area=Province+4")
    cards = page.locator("#cards .card")
    amounts = explorer.rows.locator("[data-column=contract_amount]")
    median = cards.filter(has_text="Median").get_by_role("link").inner_text()
    cards.filter(has_text="Median").get_by_role("link").click()
    explorer.wait()
    assert pesos(amounts.first.inner_text()) <= pesos(median) <= pesos(amounts.last.inner_text())
    explorer.summary.get_by_role("link").first.click()
    explorer.wait()
    largest = [pesos(text) for text in amounts.all_inner_texts()]
    assert largest == sorted(largest, reverse=True)
    average = cards.filter(has_text="Average").get_by_role("link").inner_text()
    cards.filter(has_text="Average").get_by_role("link").click()
    explorer.wait()
    assert pesos(amounts.first.inner_text()) <= pesos(average) < largest[-1]
    cards.filter(has_text="Contractors").get_by_role("link").click()
    expect(chart(page, "Top contractors")).to_be_visible()


def test_what_a_chart_does_not_draw_leads_to_its_rows(page: Page) -> None:
    explorer = ExplorerPage(page, "?show=charts")
    figure = chart(page, "Top contractors")
    figure.get_by_role("button", name="Show 40").click()
    figure.get_by_text("Numbers").click()
    said = figure.get_by_role("row", name="others").get_by_role("cell").all_inner_texts()
    named = figure.locator(".bar-label").all_inner_texts()
    figure.get_by_role("paragraph").get_by_role("link", name="others").click()
    chip = page.get_by_role("button", name="Remove none of 40 names")
    expect(chip).to_be_visible()
    expect(explorer.summary).to_contain_text(f"in {said[1]} contracts")
    expect(explorer.summary.get_by_role("link").first).to_have_attribute("data-exact", said[0])
    expect(chart(page, "Top contractors").locator(".bar-label").first).not_to_have_text(named[0])
    page.reload()
    chip.click()
    chart(page, "Value by year of award").get_by_role("link", name="without a date").first.click()
    page.get_by_role("link", name="Contracts", exact=True).click()
    expect(explorer.rows).to_have_count(1)
    expect(explorer.rows).to_contain_text(UNDATED)
    page.get_by_role("button", name="Remove Without a date").click()
    expect(explorer.rows).to_have_count(50)


def test_click_on_a_bar_filters_and_its_number_is_the_number_of_rows(page: Page) -> None:
    explorer = ExplorerPage(page, "?show=charts&year=2024")
    bar = chart(page, "Top categories").get_by_role("link", name="Category 3")
    said = re.search(r"([\d,]+) contracts", bar.get_attribute("aria-label") or "")
    assert said is not None
    bar.click()
    expect(page.get_by_role("button", name="Remove Category 3")).to_be_visible()
    expect(explorer.summary).to_contain_text(f"{said[1]} contracts")
    page.get_by_role("link", name="Contracts", exact=True).click()
    expect(explorer.rows).to_have_count(50)
    expect(explorer.rows.first).to_contain_text("Category 3")


def test_filtered_year_stands_among_its_neighbours(page: Page) -> None:
    ExplorerPage(page, "?show=charts&year=2024")
    years = chart(page, "Value by year of award")
    drawn = years.locator(".columns-chart a")
    expect(years.locator(".grid-line").first).to_contain_text("₱")
    expect(years.locator(".column-fill:not(.around)")).to_have_count(1)
    assert drawn.count() > 1
    years.get_by_role("link", name=re.compile("^2023:.*left out by your filters")).hover()
    expect(years.locator(".chart-readout")).to_contain_text("2023: ₱")
    page.get_by_role("group", name="Years and months show").get_by_role("button", name="Contracts").click()
    expect(chart(page, "Contracts by year of award")).to_be_visible()
    chart(page, "Contracts by quarter of award").get_by_role("button", name="Months").click()
    months = chart(page, "Contracts by month of award")
    expect(months.locator(".column-fill:not(.around)")).to_have_count(12)
    months.get_by_role("link", name=re.compile("^2023-05:")).click()
    expect(page).to_have_url(re.compile("from=2023-05-01&to=2023-05-31"))


def test_figures_of_a_chart_can_be_taken_along(page: Page) -> None:
    ExplorerPage(page, "?show=charts&year=2024")
    figure = chart(page, "Top categories")
    figure.get_by_text("Numbers").click()
    with page.expect_download() as saving:
        figure.get_by_role("button", name="Download CSV").click()
    assert saving.value.suggested_filename == "Top categories.csv"
    head, first, *_ = Path(saving.value.path()).read_text("utf-8-sig").splitlines()
    assert head == "Name,Total value,Contracts,Share"
    assert first.startswith(figure.locator(".bar-label").first.inner_text())


def test_quarter_and_size_of_contract_filter_too(page: Page) -> None:
    explorer = ExplorerPage(page, "?show=charts")
    chart(page, "Value by quarter").get_by_role("link", name="2024-Q2").click()
    expect(page.get_by_role("button", name="Remove Q2 2024")).to_be_visible()
    expect(page.get_by_role("button", name="Q2", exact=True)).to_have_attribute("aria-pressed", "true")
    chart(page, "Contracts by amount").get_by_role("link", name=re.compile("^₱20K to ₱50K")).click()
    expect(page.get_by_role("button", name="Remove At most ₱49,999.99")).to_be_visible()
    explorer.wait()
    expect(page.get_by_label("At least, pesos")).to_have_value("20,000")


def test_treemap_goes_from_area_to_organization_to_contractor_and_back(page: Page) -> None:
    ExplorerPage(page, "?show=charts")
    treemap = chart(page, "Area › organization › contractor")
    treemap.get_by_role("link", name="Province 4").click()
    trail = treemap.get_by_role("list", name="Where the treemap is")
    expect(trail).to_have_text("All areasProvince 4")
    treemap.get_by_role("link", name="MUNICIPALITY OF TEST 13:").click()
    expect(trail).to_have_text("All areasProvince 4MUNICIPALITY OF TEST 13")
    expect(treemap.get_by_role("link", name="PEÑA & SONS").first).to_be_visible()
    treemap.get_by_role("button", name="All areas").click()
    expect(trail).to_have_count(0)
    expect(page.locator("#chip-bar")).to_be_hidden()


def test_hostile_name_is_drawn_filtered_and_shared(page: Page) -> None:
    explorer = ExplorerPage(page, "?show=charts&year=2019")
    chart(page, "Top contractors").get_by_role("link", name=TRICKY).click()
    expect(explorer.summary).to_contain_text("in 1 contract")
    expect(chart(page, "Top contractors").get_by_role("link")).to_have_count(1)
    chart(page, "Top contractors").get_by_text("Numbers").click()
    expect(chart(page, "Top contractors").get_by_role("row").last).to_contain_text(TRICKY)
    page.reload()
    expect(explorer.summary).to_contain_text("in 1 contract")
    expect(chart(page, "Top contractors").get_by_role("link", name=TRICKY)).to_be_visible()


def test_nothing_to_draw_is_said(page: Page) -> None:
    ExplorerPage(page, "?show=charts&q=zeppelin")
    expect(page.locator("#charts")).to_contain_text("no contract matches")


def test_failed_totals_are_said_and_asked_again(page: Page) -> None:
    page.route("**/tasks/aggregates/", lambda route: route.abort())
    ExplorerPage(page, "?show=charts&year=2021")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    page.unroute("**/tasks/aggregates/")
    page.get_by_role("alert").get_by_role("button", name="Try again").click()
    expect(chart(page, "Value by year of award")).to_be_visible()


@pytest.fixture
def of_older_program(site: Site) -> Iterator[None]:
    """The current dataset, as a program imported it that had no filter by procurement mode."""
    root = site.system.folder / "datasets"
    now = versions.current(root)
    older = versions.Snapshot(now.path.with_name("20200101T000000000Z-0000"))
    shutil.copytree(now.path, older.path)
    text = (older.path / versions.MANIFEST).read_text(encoding="utf-8")
    (older.path / versions.MANIFEST).write_text(text.replace(now.version, older.version), encoding="utf-8")
    with duckdb.connect(str(older.database)) as con:
        con.execute("DROP INDEX contracts_by_id")
        con.execute("ALTER TABLE contracts DROP COLUMN procurement_mode_code")
    versions.use(root, older.version)
    yield
    versions.use(root, now.version)
    shutil.rmtree(older.path)


def test_dataset_of_an_older_program_has_its_charts_but_those_of_younger_filters(
    page: Page, of_older_program: None
) -> None:
    ExplorerPage(page, "?show=charts")
    for title in ("Value by year of award", "Top contractors", "Top categories", "Contracts by amount"):
        expect(chart(page, title)).to_be_visible()
    expect(chart(page, "Top procurement modes")).to_have_count(0)
    ExplorerPage(page, "?procurement_mode=Mode+1")
    expect(page.get_by_role("alert")).to_contain_text("import its files again")


def test_charts_ask_once_for_what_the_dataset_of_an_older_program_cannot_answer(
    page: Page, of_older_program: None
) -> None:
    asked: list[list[str]] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("tasks/aggregates/"):
            asked.append(json.loads(request.post_data or "{}")["dimensions"])

    page.on("request", note)
    explorer = ExplorerPage(page, "?show=charts")
    expect(chart(page, "Top contractors")).to_be_visible()
    with page.expect_response("**/tasks/aggregates/"):
        explorer.search("flood")
    expect(chart(page, "Top contractors")).to_be_visible()
    assert [("by_procurement_mode" in dimensions) for dimensions in asked].count(True) == 1
    assert len(asked) >= 3
