"""One name at a glance, from the explorer and back, and the directory, also without scripts."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site
from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.raw_file import COMMA_NAME
from tests.e2e.test_accessibility import find_violations


def test_contractor_of_a_contract_is_seen_at_a_glance_and_leads_back_to_its_rows(page: Page) -> None:
    explorer = ExplorerPage(page, "?year=2023")
    explorer.rows.first.get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    name = dialog.locator("dt", has_text="Contractor").locator("+ dd > span").inner_text()
    dialog.get_by_role("link", name="This contractor at a glance").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert re.search(r"/contractors/[a-z0-9-]+-[0-9a-f]{12}/$", page.url)
    contracts = page.locator(".card", has_text="Contracts").first.locator("dd").inner_text()
    expect(page.get_by_role("img", name=re.compile("Value by month"))).to_be_visible()
    page.get_by_role("link", name="Explore", exact=True).click()
    explorer.wait()
    expect(page.get_by_role("button", name=f"Remove {name}")).to_be_visible()
    assert explorer.count() == int(contracts.replace(",", ""))


def test_names_are_found_without_scripts(chromium: Browser, site: Site) -> None:
    with chromium.new_context(base_url=site.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/organizations/")
        page.get_by_label("Names with").fill("education cebu")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name=COMMA_NAME).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(COMMA_NAME)
        expect(page.get_by_role("heading", name="Largest contracts")).to_be_visible()
        page.get_by_role("link", name="Organizations").click()
        page.get_by_role("navigation", name="Letters").get_by_role("link", name="D").click()
        expect(page.get_by_role("link", name=COMMA_NAME)).to_be_visible()


def test_names_have_no_serious_violation_and_fit_a_phone(page: Page) -> None:
    page.goto("/areas/")
    page.get_by_role("link", name="Province 1", exact=True).click()
    for path in ("/areas/?letter=p", page.url):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(path)
        assert find_violations(page) == [], path
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_names_that_are_one_to_somebody_are_kept_and_looked_at_together(page: Page) -> None:
    explorer = ExplorerPage(page, "?year=2022&area=Province+1&area=Province+2")
    both = explorer.count()
    page.get_by_role("link", name="Groups").click()
    page.get_by_role("textbox", name="Name of the group").fill("The <b>two</b>")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_role("button", name="Rename The <b>two</b>").click()
    page.get_by_role("textbox", name="Name of the group").fill("North")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("link", name="North")).to_be_visible()
    assert find_violations(page) == []
    page.get_by_role("link", name="North").click()
    explorer.wait()
    # The other filters that one came with are still there.
    assert explorer.count() == both
    page.goto("/areas/")
    page.get_by_role("link", name="Province 1", exact=True).click()
    page.get_by_role("link", name="North: explore all 2 names together").click()
    explorer.wait()
    assert explorer.count() > both
    expect(page.locator("#chips")).to_contain_text("Province 2")
    page.goto("/groups/")
    page.get_by_role("button", name="Delete North").click()
    expect(page.locator("#nothing")).to_be_visible()
