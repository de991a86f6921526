"""What axe-core finds on every page, in light and dark, and what a keyboard alone can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.explorer_page import ExplorerPage

SEVERE = ("serious", "critical")


VIOLATIONS = {"resultTypes": ["violations"]}
OF_COLOR = {**VIOLATIONS, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def find_violations(page: Page) -> list[str]:
    """Serious and critical violations in light and dark, as `rule: element`. What is dark differs in nothing
    but its colors, by whose rules alone it is judged."""
    page.emulate_media(color_scheme="dark")
    dark = _run_axe(page, OF_COLOR)
    page.emulate_media(color_scheme="light")
    return [*dark, *_run_axe(page, VIOLATIONS)]


def _run_axe(page: Page, options: Mapping[str, Any]) -> list[str]:
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in Axe().run(page, options=dict(options)).response["violations"]
        if violation["impact"] in SEVERE
        for node in violation["nodes"]
    ]


def test_explorer_has_no_serious_violation(page: Page) -> None:
    explorer = ExplorerPage(page, "?year=2019&quarter=2019-Q1&min=1000")
    explorer.export()
    expect(page.locator("#cards")).to_be_visible()
    assert find_violations(page) == []
    explorer.rows.first.get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert find_violations(page) == []


def test_charts_have_no_serious_violation(page: Page) -> None:
    ExplorerPage(page, "?show=charts&area=Province+1")
    expect(page.get_by_role("figure")).to_have_count(12)
    page.get_by_text("Numbers", exact=False).first.click()
    assert find_violations(page) == []


def test_tables_and_distribution_have_no_serious_violation(page: Page) -> None:
    ExplorerPage(page, "?show=table&by=area&across=year&figure=count")
    expect(page.get_by_role("table", name="Ranking")).to_be_visible()
    assert find_violations(page) == []
    ExplorerPage(page, "?show=distribution&scale=linear&width=5000")
    expect(page.get_by_role("figure")).to_be_visible()
    assert find_violations(page) == []


def test_comparison_has_no_serious_violation(page: Page) -> None:
    page.goto("/compare/?a.year=2024&b.year=2023&b.area=Province+1")
    expect(page.locator("#answer[aria-busy=false]")).to_be_visible()
    page.get_by_text("Numbers", exact=False).first.click()
    assert find_violations(page) == []


def test_messages_have_no_serious_violation(page: Page) -> None:
    ExplorerPage(page, "?min=9&max=3")
    assert find_violations(page) == []
    ExplorerPage(page, "?q=zeppelin")
    assert find_violations(page) == []
    page.goto("/login/?next=/tasks/")
    assert find_violations(page) == []


def test_other_pages_have_no_serious_violation(staff_page: Page) -> None:
    for path, landmark in (
        ("/tasks/", "#history:visible, #nothing:visible"),
        ("/saved/?area=Province+1", "#save:visible"),
        ("/groups/?area=Province+1&area=Province+2", "#keep:visible"),
        ("/operations/", "#workers tbody tr"),
        ("/operations/dead-letters/", "#groups:visible, #no-groups:visible"),
        ("/datasets/", "#dataset .cards"),
        ("/help/", "h1"),
    ):
        staff_page.goto(path)
        expect(staff_page.locator(landmark).first).to_be_visible()
        assert find_violations(staff_page) == [], path


def test_keyboard_alone_goes_from_a_chart_to_a_file(page: Page) -> None:
    explorer = ExplorerPage(page, "?show=charts")
    years = page.get_by_role("figure").filter(has_text="Value by year of award")
    years.get_by_role("link").first.focus()
    for key in ("End", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Remove 2023")).to_be_visible()
    explorer.wait()
    page.get_by_role("navigation", name="Look at").get_by_role("link", name="Contracts").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("table")).to_be_visible()
    page.locator(".title").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(".title").first).to_be_focused()
    page.locator("#open-export").focus()
    page.keyboard.press("Enter")
    page.locator("#export button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)


def test_skip_link_is_the_first_stop_and_leads_to_the_content(page: Page) -> None:
    page.goto("/help/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize(
    "path",
    [
        "/?show=charts",
        "/?show=table&across=year",
        "/?show=distribution",
        "/flags/",
        "/groups/?area=Province+1&area=Province+2",
        "/tasks/",
        "/operations/",
        "/operations/dead-letters/",
        "/datasets/",
        "/help/",
    ],
)
def test_phone_shows_every_page_without_sideways_scrolling(staff_page: Page, path: str) -> None:
    staff_page.set_viewport_size({"width": 360, "height": 740})
    staff_page.goto(path)
    staff_page.wait_for_load_state("networkidle")
    assert staff_page.evaluate("document.documentElement.scrollWidth") <= 360
