"""Exports in a browser: progress, cancellation, and a file that holds exactly what the page counted."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from tests.e2e.conftest import Site
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


def test_refused_export_says_why(page: Page) -> None:
    ExplorerPage(page, "?year=2022")
    body = '{"type": "urn:x", "code": "too-many", "status": 429, "detail": "You have 50 exports waiting."}'
    page.route(
        "**/tasks/export/",
        lambda route: route.fulfill(
            status=429, body=body, content_type="application/problem+json", headers={"Retry-After": "7"}
        ),
    )
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("alert")).to_contain_text("You have 50 exports waiting.")
    expect(page.get_by_role("alert")).to_contain_text("Wait 7 seconds")


@contextmanager
def frozen(site: Site) -> Iterator[None]:
    """The workers that make exports stand still meanwhile; shorter than a lease, or others take over."""
    workers = site.export_workers()
    for worker in workers:
        worker.suspend()
    try:
        yield
    finally:
        for worker in workers:
            worker.resume()


def wait_for(condition: Callable[[], bool], *, within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
