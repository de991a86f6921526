"""Boxes of different kinds narrow each other, and what stands in a box is never ignored."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site
from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.raw_file import make_plain_awards


def test_a_year_and_days_narrow_each_other_and_the_words_say_it(page: Page) -> None:
    explorer = ExplorerPage(page, "?from=2024-03-01&to=2024-04-30")
    alone = explorer.count()
    explorer.choose_year(2024)
    assert explorer.count() == alone
    expect(page.locator("#in-words")).to_have_text("awarded 2024, and within 2024-03-01 to 2024-04-30")
    explorer.choose_year(2024)
    explorer.choose_year(2023)
    expect(explorer.summary).to_have_text("No contract matches")


def test_the_second_source_is_chosen_alone_and_is_no_topic(page: Page) -> None:
    explorer = ExplorerPage(page)
    page.get_by_label("Source of the data").select_option(label="Flood-control projects only")
    explorer.wait()
    expect(page).to_have_url(re.compile(r"\?flood=only$"))
    expect(page.locator("#in-words")).to_have_text("all contracts; of the flood-control source only")


def test_text_in_a_name_box_without_a_pick_means_all_names_with_it_or_is_refused_in_words(page: Page) -> None:
    explorer = ExplorerPage(page)
    box = page.get_by_role("combobox", name="Organization", exact=True)
    box.fill("of test 3")
    box.press("Tab")
    expect(page).to_have_url(re.compile("organization_contains=3"))
    plain = sum(" OF TEST 3" in award["Procuring Entity"] for award in make_plain_awards())
    assert explorer.count() == plain + 1  # of the special ones
    box.fill("zeppelin")
    box.press("Tab")
    expect(page.locator("[data-picker=organizations] .field-note")).to_contain_text("No organization has")
    expect(box).to_have_value("zeppelin")


def test_too_long_a_name_and_an_empty_answer_are_told_without_an_empty_box(page: Page) -> None:
    ExplorerPage(page, "?text=zeppelin")
    expect(page.locator("#message")).to_contain_text("Nothing found")
    expect(page.locator("#results")).to_be_hidden()
    page.get_by_role("combobox", name="Keywords").fill("flood " * 60)
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#keyword-error")).to_contain_text("at most 300 characters")
    box = page.get_by_role("combobox", name="Contractor", exact=True)
    box.fill("x" * 201)
    box.press("Tab")
    expect(page.locator("[data-picker=contractors] .field-note")).to_contain_text("At most 200 characters")


def test_back_returns_to_where_the_page_was_and_the_title_says_what_is_seen(page: Page) -> None:
    explorer = ExplorerPage(page, "?year=2024")
    expect(page).to_have_title("Awarded 2024 · PhilGEPS Data Explorer")
    row = explorer.rows.nth(30)
    row.scroll_into_view_if_needed()
    left = page.evaluate("scrollY")
    assert left > 300
    page.get_by_role("link", name="Next").evaluate("link => link.click()")
    expect(page).to_have_title("Awarded 2024 · page 2 · PhilGEPS Data Explorer")
    page.go_back()
    page.wait_for_function("left => Math.abs(scrollY - left) < 5", arg=left)


def test_rows_are_shown_as_a_skeleton_until_they_come(page: Page) -> None:
    page.route("**/tasks/search/", lambda route: None)
    page.goto("/")
    expect(page.locator("#skeleton")).to_be_visible()


def test_without_javascript_the_server_searches_and_pages(chromium: Browser, site: Site) -> None:
    with chromium.new_context(base_url=site.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/?year=2024")
        page.wait_for_url("**/search/?year=2024")
        page.get_by_label("Organization's name has").fill("test 4")
        page.get_by_role("button", name="Search").click()
        rows = page.get_by_role("region", name="Contracts").locator("tbody tr")
        expect(rows).to_have_count(50)
        expect(page.get_by_role("heading", level=1)).to_contain_text("contracts")
        page.get_by_role("link", name="Next").click()
        expect(page.get_by_text("Rows 51–100")).to_be_visible()
        rows.first.get_by_role("link").click()
        expect(page.get_by_text("Contract", exact=True).first).to_be_visible()
