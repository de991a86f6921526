"""Exports in a browser: progress, cancellation, and a file that holds exactly what the page counted."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from python_calamine import CalamineWorkbook

from tests.e2e.conftest import Site, frozen
from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.raw_file import FORMULA, PLAIN_AWARDS, TRICKY


def read_workbook(path: Path) -> list[dict[str, Any]]:
    """The rows below the header of the sheet with the contracts."""
    book = openpyxl.load_workbook(path, read_only=True)
    header, *rows = book["Contracts"].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def read_csv(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("format", "read", "title"),
    [("xlsx", read_workbook, "Award title"), ("csv", read_csv, "award_title")],
)
def test_exported_file_holds_exactly_the_rows_that_the_page_counted(
    page: Page, downloads: Path, format: str, read: Callable[[Path], list[dict[str, Any]]], title: str
) -> None:
    explorer = ExplorerPage(page, "?q=flood+%26%26+control&year=2024")
    counted = explorer.count()
    card = explorer.export(format=format)
    path = explorer.download(card, downloads)
    assert path.suffix == f".{format}"
    expect(card).to_contain_text(f"{counted} rows")
    rows = read(path)
    assert len(rows) == counted
    assert all("flood control" in row[title] for row in rows)


def test_export_of_everything_shows_its_progress(page: Page, downloads: Path) -> None:
    explorer = ExplorerPage(page, "?min=1001")
    counted = explorer.count()
    card = explorer.export()
    bar = card.get_by_role("progressbar")
    expect(bar).to_be_visible()
    path = explorer.download(card, downloads)
    expect(bar).to_be_hidden()
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_name("Contracts")
    assert sum(1 for _ in sheet.iter_rows()) - 1 == counted > PLAIN_AWARDS - 10


def test_hostile_and_formula_like_text_is_text_in_the_workbook(page: Page, downloads: Path) -> None:
    explorer = ExplorerPage(page, "?year=2019")
    path = explorer.download(explorer.export(), downloads)
    book = openpyxl.load_workbook(path)
    titles = {cell.value: cell.data_type for row in book["Contracts"].iter_rows() for cell in row}
    assert titles[TRICKY] == titles[FORMULA] == "s"


def test_pressing_export_twice_runs_it_once(page: Page, site: Site) -> None:
    explorer = ExplorerPage(page, "?year=2020&area=Province+3")
    with frozen(site):
        explorer.export()
        explorer.export()
        expect(explorer.exports).to_have_count(1)
    expect(explorer.exports.first.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)


def test_waiting_export_says_its_place_and_can_be_cancelled(page: Page, site: Site) -> None:
    explorer = ExplorerPage(page, "?year=2021&area=Province+5")
    with frozen(site):
        card = explorer.export()
        expect(card).to_contain_text("position 1 in the normal queue")
        card.get_by_role("button", name="Cancel").click()
        expect(card).to_contain_text("Cancelled.")
    card.get_by_role("button", name="Run again").click()
    expect(explorer.exports).to_have_count(1)
    expect(explorer.exports.first.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)


def test_cancellation_that_did_not_get_through_can_be_tried_again(page: Page, site: Site) -> None:
    explorer = ExplorerPage(page, "?year=2021&area=Province+6")
    with frozen(site):
        card = explorer.export()
        page.route("**/tasks/cancel/", lambda route: route.abort())
        card.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
        page.unroute("**/tasks/cancel/")
        card.get_by_role("button", name="Cancel", exact=True).click()
        expect(card).to_contain_text("Cancelled.")


def test_running_export_is_cancelled_and_leaves_no_file(page: Page, site: Site) -> None:
    explorer = ExplorerPage(page, "?min=1002")
    with page.expect_response("**/tasks/export/") as accepted:
        card = explorer.export()
    status_url = accepted.value.json()["links"]["status"]
    wait_for(lambda: page.request.get(status_url).json()["state"] != "PENDING")
    with frozen(site):
        assert page.request.get(status_url).json()["ready"] is False
        card.get_by_role("button", name="Cancel").click()
        expect(card.get_by_role("button", name="Cancelling…")).to_be_disabled()
    expect(card).to_contain_text("Cancelled.", timeout=20_000)
    expect(card.get_by_role("link", name="Download")).to_have_count(0)
    exports = site.system.folder / "exports"
    task_id = accepted.value.json()["task_id"]
    assert [path for path in exports.rglob("*") if task_id in path.name] == []


def test_export_goes_on_when_the_connection_was_lost(page: Page, site: Site) -> None:
    explorer = ExplorerPage(page, "?year=2022&area=Province+2")
    page.route("**/events/", lambda route: route.abort())
    page.route("**/tasks/status/**", lambda route: route.abort())
    with frozen(site):
        card = explorer.export()
        expect(card).to_contain_text("The server cannot be reached")
        page.unroute("**/tasks/status/**")
    expect(card.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)


def test_export_is_followed_by_polling_where_event_streams_are_cut_off(page: Page) -> None:
    page.route("**/events/", lambda route: route.abort())
    explorer = ExplorerPage(page, "?year=2023&area=Province+2")
    expect(explorer.export().get_by_role("link", name="Download")).to_be_visible(timeout=60_000)


def test_export_goes_on_when_the_browser_was_offline_for_a_while(
    page: Page, context: BrowserContext, site: Site
) -> None:
    explorer = ExplorerPage(page, "?year=2022&area=Province+4")
    with frozen(site):
        card = explorer.export()
        expect(card).to_contain_text("Waiting in line")
        context.set_offline(True)
        page.wait_for_timeout(2000)
        context.set_offline(False)
    expect(card.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)


def test_failed_export_says_what_happened_and_runs_again_when_asked(page: Page, site: Site) -> None:
    explorer = ExplorerPage(page, "?year=2021&area=Province+8")
    exports = site.system.folder / "exports"
    aside = exports.rename(exports.with_name("aside"))
    exports.write_text("no folder")
    try:
        card = explorer.export()
        again = card.get_by_role("button", name="Try again")
        expect(again).to_be_visible(timeout=60_000)
        expect(card).to_contain_text("went wrong on our side")
    finally:
        exports.unlink()
        aside.rename(exports)
    again.click()
    expect(explorer.exports.first.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)


RECORD_NOTES = """
    window.notes = [];
    window.Notification = class extends EventTarget {
        static permission = "default";
        static async requestPermission() { return (this.permission = "granted"); }
        constructor(title, { body }) { super(); window.notes.push(`${title}: ${body}`); }
    };
    Object.defineProperty(document, "hidden", { get: () => true });
"""
"""A desktop that notes what it is told, and a page that nobody looks at."""


def test_browser_tells_that_an_export_is_done_where_it_may(page: Page, site: Site) -> None:
    page.add_init_script(RECORD_NOTES)
    explorer = ExplorerPage(page, "?year=2023&area=Province+8")
    with frozen(site):
        card = explorer.export()
        card.get_by_role("button", name="Tell me when it is done").click()
    expect(card.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)
    (note,) = page.evaluate("window.notes")
    assert note.startswith("Your export is ready: ")
    assert "area: Province 8; awarded 2023" in note


def test_estimate_stands_at_the_button_before_it_is_pressed(page: Page) -> None:
    ExplorerPage(page, "?year=2020").open_export()
    estimate = page.locator("#estimate")
    expect(estimate).to_have_text(re.compile(r"^about [\d.]+ (KB|MB) · 1 sheet · about \d+ s$"))
    page.get_by_label("Take the rows away as").select_option("csv")
    expect(estimate).to_have_text(re.compile(r"^about [\d.]+ (KB|MB) · about \d+ s$"))


def test_running_export_is_still_followed_after_a_reload(page: Page, site: Site) -> None:
    explorer = ExplorerPage(page, "?year=2020&area=Province+6")
    with frozen(site):
        explorer.export()
        page.goto("/?year=2024")
        expect(explorer.exports).to_contain_text("area: Province 6; awarded 2020")
        expect(explorer.exports).to_contain_text("Waiting in line")
    expect(explorer.exports.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)
    explorer.exports.get_by_role("button", name="Put away").click()
    expect(explorer.exports).to_have_count(0)
    page.reload()
    explorer.wait()
    expect(explorer.exports).to_have_count(0)


def test_two_tabs_show_the_same_export(page: Page, context: BrowserContext, site: Site) -> None:
    first = ExplorerPage(page, "?year=2021&area=Province+7")
    second = ExplorerPage(context.new_page(), "?year=2024")
    with frozen(site):
        first.export()
        expect(second.exports).to_contain_text("area: Province 7; awarded 2021")
        second.exports.get_by_role("button", name="Cancel").click()
        expect(first.exports).to_contain_text("Cancelled.")
    second.exports.get_by_role("button", name="Run again").click()
    for tab in (first, second):
        expect(tab.exports).to_have_count(1)
        expect(tab.exports.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)


def test_hostile_contractor_is_exported_alone_and_found_again_among_the_tasks(
    page: Page, downloads: Path
) -> None:
    explorer = ExplorerPage(page, "?year=2019")
    explorer.pick("Contractor", "<script>", TRICKY)
    path = explorer.download(explorer.export(), downloads)
    (row,) = read_workbook(path)
    assert row["Contractor"] == row["Award title"] == TRICKY
    page.goto("/tasks/")
    page.get_by_role("link", name=f"contractor: {TRICKY}").first.click()
    explorer.wait()
    assert explorer.count() == 1


def test_columns_of_the_file_are_those_shown_where_asked(page: Page, downloads: Path) -> None:
    explorer = ExplorerPage(page, "?year=2019&columns=award_title,line_items")
    explorer.open_export().get_by_label("Columns of the file").select_option("shown")
    path = explorer.download(explorer.export(format="csv"), downloads)
    assert list(read_csv(path)[0]) == ["award_title", "line_items"]


def test_csv_for_programs_keeps_texts_that_begin_like_formulas(page: Page, downloads: Path) -> None:
    explorer = ExplorerPage(page, "?year=2019&category=Category+2&columns=award_title")
    guard = explorer.open_export().get_by_label("Safe for spreadsheets")
    expect(guard).to_be_hidden()
    page.get_by_label("Columns of the file").select_option("shown")
    titles = []
    for number, guarded in enumerate((True, False), start=1):
        explorer.open_export().get_by_label("Take the rows away as").select_option("csv")
        guard.set_checked(guarded)
        explorer.export(format="csv")
        expect(explorer.exports).to_have_count(number)
        path = explorer.download(explorer.exports.first, downloads)
        titles += [row["award_title"] for row in read_csv(path)]
    assert titles == [f"'{FORMULA}", FORMULA]


def test_refused_export_says_why(page: Page) -> None:
    form = ExplorerPage(page, "?year=2022").open_export()
    body = '{"type": "urn:x", "code": "too-many", "status": 429, "detail": "You have 50 exports waiting."}'
    page.route(
        "**/tasks/export/",
        lambda route: route.fulfill(
            status=429, body=body, content_type="application/problem+json", headers={"Retry-After": "7"}
        ),
    )
    form.get_by_role("button", name="Export").click()
    expect(page.get_by_role("alert")).to_contain_text("You have 50 exports waiting.")
    expect(page.get_by_role("alert")).to_contain_text("Wait 7 seconds")


def wait_for(condition: Callable[[], bool], *, within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
