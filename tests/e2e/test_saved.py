"""Saving a search from where one is, finding it again, sharing it, having it watched."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site
from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.test_accessibility import find_violations

RAISE = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings"
django.setup()
from monitors.models import Alert, Monitor
monitor = Monitor.objects.get(search__name="Three")
match = {
    "change": "amended", "title": "<b>Chairs</b>", "contractor": None, "organization": "TOWN",
    "award_date": None, "amount": "2000.25", "before": "1999.00", "path": "/contracts/5001000/7001000/",
}
Alert.objects.create(
    owner=monitor.owner, monitor=monitor, number=9, dataset_version="v", new=0, amended=12, new_value=0,
    matches=[match] * 12,
)
"""


def save(page: Page, query: str, name: str) -> None:
    ExplorerPage(page, query)
    page.get_by_role("link", name="Save", exact=True).click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def test_search_is_saved_from_the_explorer_and_leads_back(page: Page) -> None:
    explorer = ExplorerPage(page, "?area=Province+8&year=2022")
    found = explorer.count()
    save(page, "?area=Province+8&year=2022", "Eight")
    # The address does not offer it again.
    assert page.url.endswith("/saved/")
    row = page.get_by_role("row").filter(has_text="Eight")
    expect(row).to_contain_text("area: Province 8; awarded 2022")
    row.get_by_role("link", name="Eight", exact=True).click()
    explorer.wait()
    assert explorer.count() == found
    expect(page.locator("#chips")).to_contain_text("Province 8")


def test_search_is_renamed_copied_and_deleted(page: Page) -> None:
    save(page, "?area=Province+7", "Seven")
    page.get_by_role("button", name="Rename Seven").click()
    page.get_by_role("textbox", name="Name").fill("Sieben")
    page.get_by_role("textbox", name="Note").fill("for the <b>story</b>")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="Sieben")).to_contain_text("for the <b>story</b>")
    page.get_by_role("button", name="Copy Sieben").click()
    expect(page.get_by_role("link", name="Copy of Sieben", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete Sieben", exact=True).click()
    expect(page.get_by_role("link", name="Sieben", exact=True)).to_have_count(0)


def test_shared_link_lets_somebody_else_look_and_keep_until_it_ends(
    page: Page, site: Site, chromium: Browser
) -> None:
    save(page, "?area=Province+6", "Six")
    page.get_by_role("button", name="Share Six").click()
    link = page.locator(".shared-link").inner_text()
    with chromium.new_context(base_url=site.url) as context:
        other = context.new_page()
        other.goto(link)
        expect(other.get_by_role("textbox", name="Name")).to_have_value("Six")
        other.get_by_role("button", name="Save", exact=True).click()
        expect(other.get_by_role("row").filter(has_text="area: Province 6")).to_be_visible()
        page.get_by_role("button", name="End sharing Six").click()
        expect(page.locator(".shared-link")).to_have_count(0)
        other.goto(link)
        expect(other.get_by_role("alert")).to_contain_text("opens no saved search")


def test_watched_search_is_compared_and_says_so(page: Page) -> None:
    save(page, "?area=Province+5", "Five")
    page.get_by_label("When Five is watched").select_option("version")
    expect(page.get_by_text("contracts, compared")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Check now: Five").click()
    expect(page.locator("#announcer")).to_have_text("It was compared with this dataset version already.")
    page.get_by_role("button", name="Make a feed of Five").click()
    feed = page.get_by_role("link", name="Feed of Five").get_attribute("href")
    assert feed is not None
    assert "<feed" in page.request.get(feed).text()
    page.get_by_label("When Five is watched").select_option("paused")
    expect(page.get_by_label("When Five is watched")).to_have_value("paused")


def test_searches_are_carried_as_a_file(page: Page, downloads: Path) -> None:
    save(page, "?area=Province+4", "Four")
    with page.expect_download() as started:
        page.get_by_role("link", name="Export").click()
    started.value.save_as(downloads / "saved.json")
    assert json.loads((downloads / "saved.json").read_text())["searches"][0]["name"] == "Four"
    page.get_by_role("button", name="Delete Four").click()
    expect(page.locator("#nothing")).to_be_visible()
    page.get_by_label("Import…").set_input_files(downloads / "saved.json")
    expect(page.get_by_role("link", name="Four", exact=True)).to_be_visible()


def test_built_in_search_is_looked_at_and_kept(page: Page) -> None:
    page.goto("/saved/")
    page.get_by_role("button", name="Save Flood control").click()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Flood control")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="Flood control")).to_be_visible()


def test_alert_is_shown_once_as_new_and_leads_to_its_contracts(page: Page, site: Site) -> None:
    save(page, "?area=Province+3", "Three")
    page.get_by_label("When Three is watched").select_option("daily")
    expect(page.get_by_label("When Three is watched")).to_have_value("daily")
    site.system.run_program("-c", RAISE, quietly=True)
    alert = page.get_by_role("article").filter(has_text="12 contracts with another amount")
    expect(alert).to_contain_text("<b>Chairs</b>", timeout=30_000)
    expect(alert).to_contain_text("₱2,000.25, before ₱1,999.00")
    expect(alert.locator(".badge")).to_have_text("new")
    assert find_violations(page) == []
    page.reload()
    expect(alert).to_be_visible()
    expect(alert.locator(".badge")).to_have_count(0)
    alert.get_by_text("2 more").click()
    alert.get_by_role("link", name="<b>Chairs</b>").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Supply of office chairs")
