"""The page of red flags, in a browser: from a question to its contracts, and to a file of them."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.test_accessibility import find_violations


def test_flag_leads_from_a_question_to_its_contracts_and_a_file(page: Page) -> None:
    page.goto("/flags/")
    flag = page.locator("#weekend-award")
    flag.locator("summary").click()
    case = flag.locator(".flag-case").first
    expect(case).to_be_visible(timeout=60_000)
    expect(flag.locator(".flag-count")).to_contain_text(re.compile(r"[1-9][0-9,]* cases?, "))
    expect(flag).to_contain_text("could be judged")
    expect(flag).to_contain_text("never a verdict")
    assert find_violations(page) == []
    flag.get_by_role("button", name="Evidence as CSV").click()
    expect(page.get_by_role("link", name="My tasks")).to_have_count(2)
    case.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/contracts/"))


def test_all_flags_are_judged_at_once_and_filters_narrow_them(page: Page) -> None:
    page.goto("/flags/?area=Province+1")
    expect(page.get_by_role("button", name="Remove Province 1")).to_be_visible()
    page.get_by_role("button", name="Judge all flags").click()
    expect(page.locator("#summary")).to_contain_text("with cases", timeout=60_000)
    counts = page.locator(".flag-count").all_inner_texts()
    assert all(counts)
    page.get_by_label("Year of award").fill("2031")
    page.get_by_label("Year of award").press("Enter")
    expect(page).to_have_url(re.compile("year=2031"))
    expect(page.locator(".flag-count").first).to_be_empty()
    page.get_by_role("button", name="Judge all flags").click()
    expect(page.locator(".flag-count").first).to_have_text("no case", timeout=60_000)


def test_distribution_marks_the_limits_of_the_days_and_the_buyer_that_are_shown(page: Page) -> None:
    bands = "show=distribution&year=2024&scale=linear&width=1000&min=40000&max=60000"
    lines = page.locator("#distribution li.limit")
    page.goto(f"/?{bands}")
    expect(page.locator(".limits")).to_contain_text("barangay")
    expect(lines).to_have_count(1)
    page.goto(f"/?{bands}&organization=MUNICIPALITY+OF+TEST+4")
    expect(page.locator(".limits")).to_contain_text("municipality")
    expect(lines).to_have_count(0)
