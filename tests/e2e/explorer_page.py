"""The explorer as a person handles it. Knows the page's words and roles, asserts nothing."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page


class ExplorerPage:
    """The page at `/`, opened with a query string."""

    def __init__(self, page: Page, query: str = "") -> None:
        self.page = page
        page.goto(f"/{query}")
        self.wait()

    def wait(self) -> None:
        """Until the answer to the last search is shown."""
        self.page.locator("#results[aria-busy=false]").wait_for(state="attached")

    @property
    def summary(self) -> Locator:
        return self.page.locator("#summary")

    @property
    def rows(self) -> Locator:
        return self.page.locator("tbody").get_by_role("row")

    @property
    def exports(self) -> Locator:
        return self.page.get_by_role("region", name="Exports").get_by_role("article")

    def count(self) -> int:
        """The number of contracts that the page says it found."""
        self.wait()
        match = re.search(r"in ([\d,]+) contracts?$", self.summary.inner_text())
        return int(match[1].replace(",", "")) if match else 0

    def search(self, text: str) -> None:
        self.page.get_by_role("combobox", name="Keywords").fill(text)
        self.page.get_by_role("button", name="Search").click()
        self.wait()

    def pick(self, label: str, typed: str, name: str) -> None:
        """Choose a suggestion in one of the name filters."""
        box = self.page.get_by_role("combobox", name=label, exact=True)
        box.fill(typed)
        self.page.get_by_role("option").filter(has=self.page.get_by_text(name, exact=True)).click()
        self.wait()

    def choose_year(self, year: int) -> None:
        self.page.locator("label.year", has_text=str(year)).click()
        self.wait()

    def type_amount(self, label: str, text: str) -> None:
        box = self.page.get_by_label(label)
        box.fill(text)
        box.press("Tab")
        self.wait()

    def open_export(self) -> Locator:
        """The form with the choices of an export."""
        form = self.page.get_by_role("form", name="Export")
        if not form.is_visible():
            self.page.get_by_role("button", name="Export", exact=True).click()
        return form

    def export(self, *, format: str = "xlsx") -> Locator:
        """Choose a format and press the button; the card of the export."""
        form = self.open_export()
        form.get_by_label("Take the rows away as").select_option(format)
        form.get_by_role("button", name=re.compile("Export")).click()
        card = self.exports.first
        card.wait_for()
        return card

    def download(self, card: Locator, folder: Path) -> Path:
        """Wait for the file of an export and take it."""
        link = card.get_by_role("link", name="Download")
        link.wait_for(timeout=60_000)
        with self.page.expect_download() as started:
            link.click()
        path = folder / started.value.suggested_filename
        started.value.save_as(path)
        return path
