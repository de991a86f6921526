"""The pages of anomalies and growth, in a browser: a figure that is clicked shows the rows it counts."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Site

KEEP_FIGURES = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings"
django.setup()
from monitors import sweeping
sweeping.ask_figures()
"""
"""What Beat does at night."""


def follow(figure: Locator, page: Page) -> str:
    """Click it; what the explorer says it found."""
    figure.click()
    page.locator("#results[aria-busy=false]").wait_for(state="attached")
    words = page.locator("#summary").inner_text()
    page.go_back()
    return words


def test_new_dataset_has_anomalies_by_itself_and_each_leads_to_its_contracts(page: Page) -> None:
    # By the sweep, some seconds after the import.
    for _ in range(60):
        answer = page.goto("/anomalies/?kind=amount")
        if answer and answer.status == 200:
            break
        page.wait_for_timeout(1000)
    first = page.locator(".anomaly").first
    expect(first).to_be_visible()
    found = first.get_by_role("link", name=re.compile("in the explorer"))
    assert follow(found, page).endswith(" in 1 contract")
    first.get_by_text("Expected:").get_by_role("link").click()
    page.locator("#results[aria-busy=false]").wait_for(state="attached")
    expect(page.locator("#summary")).to_contain_text("contracts")


def test_growth_of_the_dataset_leads_to_its_contracts(page: Page, site: Site) -> None:
    site.system.run_program("-c", KEEP_FIGURES)
    numbers = page.get_by_text("Numbers: Contracts by day")
    for _ in range(30):
        page.goto("/datasets/")
        page.locator("[data-figures]:not([aria-busy])").first.wait_for()
        if numbers.count():
            break
        page.wait_for_timeout(500)
    numbers.click()
    row = page.get_by_role("region", name="Numbers: Contracts by day").get_by_role("row").last
    count = row.get_by_role("cell").first.inner_text()
    assert re.search(rf" in {count} contracts?$", follow(row.get_by_role("link"), page))
