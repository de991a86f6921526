"""The page of analyses in a browser: a figure that is clicked shows the contracts it was computed of."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.test_accessibility import find_violations


def test_figures_of_a_report_lead_to_the_contracts_that_they_are_computed_of(page: Page) -> None:
    page.goto("/analysis/?category=Category+3")
    report = page.locator("#report")
    contracts = report.locator(".card", has_text="Contracts").get_by_role("link")
    expect(contracts).to_be_visible(timeout=60_000)
    count = contracts.inner_text()
    assert find_violations(page) == []
    contracts.click()
    expect(page.locator("#summary")).to_contain_text(f"{count} contracts")
    page.go_back()
    # The season of March is that of whole years, and the address says which.
    report.get_by_text("Numbers: Usual share of a year's value by month").click()
    season = report.get_by_role("region", name="Numbers: Usual share")
    season.get_by_role("link", name="Mar").click()
    expect(page).to_have_url(re.compile("month=2020-03&month=2021-03&month=2022-03"))
    expect(page.get_by_role("button", name="Remove 2022-03")).to_be_visible()


def test_report_goes_with_its_filters(page: Page) -> None:
    page.goto("/analysis/?organization=MUNICIPALITY+OF+TEST+5")
    expect(page.locator("#report")).not_to_be_empty(timeout=60_000)
    year = page.get_by_role("spinbutton", name="Year of award")
    year.fill("2023")
    year.press("Tab")
    expect(page).to_have_url(re.compile("year=2023"))
    expect(page.locator("#report")).to_be_empty()
