"""The page of one contract, as people reach it and read it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site
from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.raw_file import TRICKY
from tests.e2e.test_accessibility import find_violations

PLAIN = "/contracts/5001041/7001041/"
"""The 42nd plain award, in row 46 of its file: below the header, three special ones, 41 others."""


def test_a_row_of_the_explorer_leads_to_the_page_of_its_contract(page: Page) -> None:
    explorer = ExplorerPage(page, "?number=5001041")
    assert explorer.count() == 1
    explorer.rows.first.get_by_role("button").click()
    page.get_by_role("link", name="Page of this contract").click()
    expect(page).to_have_url(re.compile(f"{PLAIN}$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Supply of office chairs, lot 1041")
    expect(page.get_by_role("main")).to_contain_text("In 2020-2024.csv, row 46.")
    expect(page.get_by_role("main")).to_contain_text("₱2,041.25")


def test_the_page_is_whole_without_scripts(chromium: Browser, site: Site) -> None:
    with chromium.new_context(base_url=site.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(PLAIN)
        main = page.get_by_role("main")
        expect(main).to_contain_text("PEÑA & SONS 141, INC.")
        expect(page.get_by_text("need JavaScript")).to_have_count(0)
        main.get_by_role("heading", name="Before and after, between the same two").wait_for()
        main.get_by_role("link", name=re.compile("lot")).first.click()
        expect(page).not_to_have_url(re.compile(PLAIN))
        expect(main).to_contain_text("PEÑA & SONS 141, INC.")


def test_text_of_a_contract_becomes_no_markup(page: Page) -> None:
    page.goto("/contracts/5000001/7000001/")
    expect(page.get_by_role("heading", level=1)).to_have_text(TRICKY)


@pytest.mark.parametrize("width", [390, 1920])
def test_the_page_fits_and_is_accessible(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(PLAIN)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert find_violations(page) == []


def test_paper_shows_the_contract_and_no_controls(page: Page) -> None:
    page.goto(PLAIN)
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("navigation", name="Site")).to_be_hidden()
    expect(page.get_by_role("link", name="As JSON")).to_be_hidden()
    expect(page.get_by_role("main")).to_contain_text(f"{PLAIN}")
